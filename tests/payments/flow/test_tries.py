"""Whoever has the number of a charge cannot keep others from paying it; whose money comes second gets it back."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

import sql
from payments import ids
from payments.attempts import PaymentContradicted, PaymentInProgress, Succeeded
from payments.flow import attempts as attempts_flow
from payments.flow.charges import Paid
from payments.store import attempts as attempt_store
from payments.tries import (
    EXCLUSIVE_FOR,
    TRIES_MAX,
    TRIES_PER_PAYER_MAX,
    TRIES_WINDOW,
    WALLET_WAITS,
    TooManyAttempts,
)
from tests.payments.city import City, attempted

SECOND = timedelta(seconds=1)


async def test_a_stranger_cannot_keep_others_from_paying(city: City) -> None:
    """One tries again and again with tokens that fail after a while; the driver at the gate pays in half a minute."""
    charge_id = await city.charge(None, 500)
    waited = 0
    while True:
        await attempted(city.pay(charge_id, f"fail-later:x{waited % 5}"))
        if isinstance(await attempted(city.pay(charge_id, "ok:driver")), Paid):
            break
        waited += 1
        city.now += SECOND
        await city.resolve_now()
        assert waited <= EXCLUSIVE_FOR.total_seconds()
    assert await city.state(charge_id) == "paid"
    assert await city.executed(charge_id) == 1


async def test_who_owes_it_does_not_wait_for_a_stranger(city: City) -> None:
    account_id, other = await city.account(), await city.account()
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "slow:stranger")
    for asker in (None, other):
        assert await attempted(city.pay(charge_id, "ok:owner", account_id=asker)) is PaymentInProgress
    assert (await city.pay(charge_id, "ok:owner", account_id=account_id)).charge_state == "paid"
    # The stranger's money comes all the same: it waits to be given back to the stranger.
    await city.resolve()
    [dispute] = await city.disputes()
    assert (dispute.kind, dispute.held_fen) == ("overpaid", 500)
    assert await city.book(account_id, "suspense") == 500
    assert (await city.give_back(dispute)).state == "succeeded"
    assert await city.book(account_id, "suspense") == 0
    assert await city.holds(account_id) == (0, 0)


async def test_nobody_takes_the_place_of_the_account_that_pays(city: City) -> None:
    account_id = await city.account()
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "slow:owner", account_id=account_id)
    city.now += EXCLUSIVE_FOR
    assert await attempted(city.pay(charge_id, "ok:stranger")) is PaymentInProgress
    await city.resolve()
    assert await city.state(charge_id) == "paid"


async def test_what_gave_way_and_is_paid_first_pays_the_charge(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow:first")
    city.now += EXCLUSIVE_FOR
    second = await city.pay(charge_id, "slow:second")
    async with city.pool.acquire() as db:
        [first, _] = await attempt_store.attempts_of(db, charge_id)
    assert (first.state, second.state) == ("superseded", "accepted")
    told = Succeeded(first.request_no, 500)
    await attempts_flow.take_answer(city.pool, city.local, first, told, now=city.now)
    assert await city.state(charge_id) == "paid"
    await city.resolve()
    assert [d.attempt_id for d in await city.disputes()] == [second.attempt_id]
    assert await city.book(city.operator_id, "casual_receivable") == 0
    assert await city.book(city.operator_id, "suspense") == 500


async def test_strangers_do_not_keep_the_wallet_waiting(city: City) -> None:
    """One takes the place of another again and again, so that there is always a payment under way."""
    account_id = await city.account()
    charge_id = await city.charge(account_id, 500)
    assert (await city.collect()).declined == 1
    began = city.now
    await city.pay(charge_id, "slow:0")
    await city.top_up(account_id, 500)
    for n in range(1, 40):
        city.now += EXCLUSIVE_FOR
        await city.pay(charge_id, f"slow:{n}")
        if (await city.collect()).paid:
            break
    assert WALLET_WAITS <= city.now - began <= WALLET_WAITS + 2 * EXCLUSIVE_FOR
    assert await city.state(charge_id) == "paid"
    assert await city.holds(account_id) == (0, 0)
    # The strangers' money comes too, and is held to be given back to each.
    await city.resolve()
    held = sum(dispute.held_fen for dispute in await city.disputes())
    assert held == await city.book(account_id, "suspense") > 0


async def test_one_payer_never_pays_beside_themselves(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow:me")
    city.now += timedelta(minutes=5)
    assert await attempted(city.pay(charge_id, "slow:me")) is PaymentInProgress


async def test_tries_have_a_limit_and_say_when_to_come_again(city: City) -> None:
    charge_id = await city.charge(None, 500)
    for n in range(TRIES_MAX):
        assert (await city.pay(charge_id, f"decline:p{n % 10}")).state == "declined"
    with pytest.raises(TooManyAttempts) as refused:
        await city.pay(charge_id, "ok:driver")
    assert refused.value.facts["retry_after_s"] == TRIES_WINDOW.total_seconds()
    city.now += TRIES_WINDOW
    for _ in range(TRIES_PER_PAYER_MAX):
        assert (await city.pay(charge_id, "decline:me")).state == "declined"
    assert await attempted(city.pay(charge_id, "decline:me")) is TooManyAttempts
    assert (await city.pay(charge_id, "ok:driver")).charge_state == "paid"


async def test_declined_tries_do_not_get_dearer(city: City) -> None:
    """A thousand declined ones later the same rows are read as at the beginning."""
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "decline")
    await city.owner.execute(
        """insert into attempt select (jsonb_populate_record(a, jsonb_build_object('id',
               id_floor(a.created_at - n * interval '1 minute'), 'request_no', 'old-' || n))).*
             from attempt a, generate_series(2, 1001) n where payable_id = $1""", charge_id,
    )  # fmt: skip
    await city.owner.execute("analyze attempt")
    read = await rows_read(city, charge_id)
    assert await city.count("select count(*) from attempt where payable_id = $1", charge_id) == 1001
    assert read < 20, f"{read} rows were read"
    city.now += SECOND
    assert (await city.pay(charge_id, "ok:driver")).charge_state == "paid"


async def rows_read(city: City, charge_id: UUID) -> int:
    """How many rows the questions before a payment come by."""
    total = 0
    texts = sql.load("payments/attempts")
    arguments = {
        "live_attempt": (ids.shard_of(charge_id), charge_id),
        "tried": (ids.shard_of(charge_id), charge_id, ids.floor(city.now - TRIES_WINDOW)),
    }
    for name, values in arguments.items():
        plan = await city.owner.fetchval(f"explain (analyze, format json) {texts[name]}", *values)
        nodes = [msgspec.json.decode(plan)[0]["Plan"]]
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", [])
            total += node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(total)


async def test_a_key_is_one_payment(city: City) -> None:
    charge_id = await city.charge(None, 500)
    first = await city.pay(charge_id, "slow", key="k")
    assert await city.pay(charge_id, "slow", key="k") == first
    assert await attempted(city.pay(charge_id, "ok", key="k")) is PaymentContradicted
    # Another key is another payment, as is none.
    for other in ("l", None):
        assert await attempted(city.pay(charge_id, "slow", key=other)) is PaymentInProgress
    await city.resolve()
    again = await city.pay(charge_id, "slow", key="k")
    assert (again.attempt_id, again.state, again.charge_state) == (first.attempt_id, "succeeded", "paid")


async def test_a_key_at_once_is_one_payment(city: City) -> None:
    charge_id = await city.charge(None, 500)
    done = await asyncio.gather(*(city.pay(charge_id, "ok", key="k") for _ in range(8)))
    assert len({paid.attempt_id for paid in done}) == 1
    assert await city.executed(charge_id) == 1
