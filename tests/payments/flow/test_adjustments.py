"""Charges that are adjusted after they were billed, paid, given back and settled, in the books and at the channels."""

import json
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from payments import charges
from payments.charges import Charge, ChargeContradicted, ChargeState, NoSuchCharge
from payments.flow import accounts as accounts_flow
from payments.flow import adjustments as flow
from payments.flow import charges as charges_flow
from payments.flow import holds as holds_flow
from payments.refunds import NotRefundable
from payments.store import adjustments as store
from payments.visits import Visit
from tests.payments.city import DAY, City

DUE, PAID, VOID = ChargeState.DUE, ChargeState.PAID, ChargeState.VOID
A_DAY = timedelta(days=1)
BACK = """select coalesce(sum(r.amount_fen), 0) from channel_local_refund r
            join attempt a on a.request_no = r.payment_number where a.payable_id = $1"""


def money(there: Charge) -> tuple[ChargeState, int, int, int, int, int]:
    """How it stands: what it costs, was paid, is owed, goes back, and is waived."""
    return there.state, there.amount_fen, there.paid_fen, there.owed_fen, there.refunded_fen, there.waived_fen


async def no_visits(*_: object) -> dict[UUID, Visit]:
    """Nobody keeps stays here."""
    return {}


async def earned(city: City) -> int:
    """What the operator is owed by the books."""
    return await city.book(city.operator_id, "payable")


async def test_what_is_due_shrinks_to_nothing_and_grows_again(city: City) -> None:
    account_id = await city.account()
    for payer in (None, account_id):
        charge_id = await city.charge(payer, 1_000)
        await city.adjust((charge_id, 400))
        assert money(await city.stands(charge_id)) == (DUE, 400, 0, 400, 0, 0)
        await city.adjust((charge_id, 0))
        assert money(await city.stands(charge_id)) == (PAID, 0, 0, 0, 0, 0)
        assert await earned(city) == 0
        await city.adjust((charge_id, 700))
        assert money(await city.stands(charge_id)) == (DUE, 700, 0, 700, 0, 0)
        assert await earned(city) == 700
        await city.adjust((charge_id, 0))
    await city.top_up(account_id, 5_000)
    await city.collect()
    assert await city.holds(account_id) == (5_000, 0)


async def test_the_same_amount_again_is_nothing(city: City) -> None:
    charge_id = await city.charge(None, 1_000)
    for _ in range(2):
        await city.adjust((charge_id, 1_000))
        assert (await city.stands(charge_id)).adjustments == 0
    for _ in range(3):
        await city.adjust((charge_id, 300))
    # Of several in one call the last counts.
    await city.adjust((charge_id, 900), (charge_id, 0), (charge_id, 300))
    assert (await city.stands(charge_id)).adjustments == 1


async def test_no_charge_is_none(city: City) -> None:
    with pytest.raises(NoSuchCharge):
        await city.adjust((await city.charge(None), 0), (city.request(None).stay_id, 5))
    async with city.pool.acquire() as db:
        assert await flow.adjust_charges(db, [], now=city.now) == {}


async def test_what_is_held_back_beside_is_locked_with_the_rest(city: City) -> None:
    account_id = await city.account()
    adjusted, held = await city.charge(account_id, 1_000), await city.charge(account_id, 1_000)
    async with city.pool.acquire() as db, city.pool.acquire() as other, db.transaction():
        done = await flow.adjust_charges(db, [city.adjustment(adjusted, 400)], beside=[held], now=city.now)
        assert done.keys() == {adjusted}
        free = await other.fetch("select id from charge where account_id = $1 for update skip locked", account_id)
        assert free == []
        await holds_flow.place_holds(db, {held: "x"}, now=city.now)
    await release(city, held, "x")


async def test_what_a_channel_took_goes_back_to_the_exact_payment(city: City) -> None:
    charge_id = await city.charge(None, 1_000)
    await city.pay(charge_id)
    await city.adjust((charge_id, 400))
    assert money(await city.stands(charge_id)) == (PAID, 400, 1_000, 0, 600, 0)
    assert await city.count(BACK, charge_id) == 0
    await city.resolve()
    assert await city.count(BACK, charge_id) == 600
    assert await earned(city) == 400
    audit = await city.owner.fetchrow("select actor, detail from audit where subject = $1", str(charge_id))
    assert audit is not None
    assert audit["actor"] == "adjustment"
    assert json.loads(audit["detail"])["to_fen"] == 400


async def test_what_a_wallet_paid_is_back_at_once_and_pays_what_waits(city: City) -> None:
    account_id = await city.account(1_000)
    paid = await city.charge(account_id, 1_000)
    await city.collect()
    waits = await city.charge(account_id, 500)
    await city.collect()
    assert await city.holds(account_id) == (0, 500)
    await city.adjust((paid, 300))
    assert await city.holds(account_id) == (700, 500)
    await city.collect()
    assert await city.holds(account_id) == (200, 0)
    assert await city.state(waits) == PAID


async def test_dearer_within_the_limit_is_due_again_and_waived_beyond_it(city: City) -> None:
    account_id = await city.account(20_000)
    charge_id = await city.charge(account_id, 1_000)
    await city.collect()
    await city.adjust((charge_id, 9_000))
    assert money(await city.stands(charge_id)) == (DUE, 5_000, 1_000, 4_000, 0, 4_000)
    await city.collect()
    assert money(await city.stands(charge_id)) == (PAID, 5_000, 5_000, 0, 0, 4_000)
    assert await city.holds(account_id) == (15_000, 0)
    # Both payments go back, the last one first.
    await city.adjust((charge_id, 500))
    assert await city.holds(account_id) == (19_500, 0)
    refunds = "select count(distinct attempt_id) from refund where payable_id = $1"
    assert await city.count(refunds, charge_id) == 2


async def test_a_driver_sets_the_limit(city: City) -> None:
    account_id = await city.account()
    charge_id = await city.charge(account_id, 1_000)
    async with city.pool.acquire() as db, db.transaction():
        for _ in range(2):
            standing = await accounts_flow.set_debit_max(
                db, account_id=account_id, debit_max_fen=0, actor="d", now=city.now, random_bits=city.random_bits
            )
    assert standing.debit_max_fen == 0
    assert await city.count("select count(*) from audit where action = 'account.debit_limit'") == 1
    await city.adjust((charge_id, 1_200))
    assert money(await city.stands(charge_id)) == (DUE, 1_000, 0, 1_000, 0, 200)


async def test_a_suspended_account_is_asked_no_more(city: City) -> None:
    account_id = await city.account(1_000)
    charge_id = await city.charge(account_id, 1_000)
    await city.collect()
    async with city.pool.acquire() as db, db.transaction():
        await accounts_flow.bar_account(
            db,
            account_id=account_id,
            barred=True,
            reason="x",
            actor="admin",
            now=city.now,
            random_bits=city.random_bits,
        )
    await city.adjust((charge_id, 1_200))
    assert money(await city.stands(charge_id)) == (PAID, 1_000, 1_000, 0, 0, 200)


async def test_who_stands_at_the_gate_pays_the_rest(city: City) -> None:
    charge_id = await city.charge(None, 1_000)
    await city.pay(charge_id)
    await city.adjust((charge_id, 1_600), asked_at=city.now + timedelta(seconds=1))
    assert money(await city.stands(charge_id)) == (DUE, 1_600, 1_000, 600, 0, 0)
    await city.pay(charge_id)
    assert money(await city.stands(charge_id)) == (PAID, 1_600, 1_600, 0, 0, 0)
    # A person gives back of one payment at a time.
    with pytest.raises(NotRefundable):
        await city.refund(charge_id, 1_100)
    await city.refund(charge_id, 1_000, key="a")
    await city.refund(charge_id, 600, key="b")
    assert await city.count(BACK, charge_id) == 1_600


async def test_what_a_person_gave_back_counts(city: City) -> None:
    """The correction that a refund went ahead of gives nothing back twice, and none takes it back."""
    charge_id = await city.charge(None, 1_000)
    await city.pay(charge_id)
    await city.refund(charge_id, 600)
    await city.adjust((charge_id, 500))
    assert money(await city.stands(charge_id)) == (PAID, 400, 1_000, 0, 600, 100)
    await city.adjust((charge_id, 300))
    assert money(await city.stands(charge_id)) == (PAID, 300, 1_000, 0, 700, 0)
    await city.adjust((charge_id, 1_000))
    assert money(await city.stands(charge_id)) == (DUE, 400, 1_000, 100, 700, 600)
    await city.resolve()


async def test_a_payment_under_way_is_squared_when_it_ends(city: City) -> None:
    cheaper, free, dearer = [await city.charge(None, 1_000) for _ in range(3)]
    for each in (cheaper, free, dearer):
        await city.pay(each, "slow")
    await city.adjust((cheaper, 400), (free, 0), (dearer, 1_300))
    assert await city.state(free) == PAID
    await city.resolve()
    assert money(await city.stands(cheaper)) == (PAID, 400, 400, 0, 0, 0)
    assert money(await city.stands(free)) == (PAID, 0, 0, 0, 0, 0)
    assert money(await city.stands(dearer)) == (DUE, 1_300, 1_000, 300, 0, 0)
    # What came too much lies in suspense until it has gone back, which nobody has to ask for.
    city.now += A_DAY
    await city.resolve()
    assert await city.disputes() == []
    assert (await city.count(BACK, cheaper), await city.count(BACK, free)) == (600, 1_000)
    asked = "select count(*) from audit where action = 'dispute.return' and actor = 'adjustment' and owner_id = $1"
    assert await city.count(asked, city.operator_id) == 2
    await city.pay(dearer)
    assert await city.state(dearer) == PAID


async def test_the_wallet_pays_what_a_payment_under_way_left(city: City) -> None:
    account_id = await city.account(5_000)
    charge_id = await city.charge(account_id, 1_000)
    await city.pay(charge_id, "slow", account_id=account_id)
    await city.adjust((charge_id, 1_300))
    await city.collect()
    assert (await city.stands(charge_id)).paid_fen == 0
    await city.resolve()
    await city.collect()
    assert money(await city.stands(charge_id)) == (PAID, 1_300, 1_300, 0, 0, 0)
    assert await city.holds(account_id) == (4_700, 0)


async def test_a_person_withdraws_what_was_corrected(city: City) -> None:
    unpaid, in_parts = await city.charge(None, 1_000), await city.charge(None, 1_000)
    await city.pay(in_parts)
    await city.adjust((unpaid, 700))
    await city.adjust((in_parts, 1_500), asked_at=city.now + timedelta(seconds=1))
    for charge_id in (unpaid, in_parts):
        async with city.pool.acquire() as db, db.transaction():
            await charges_flow.void_charge(db, charge_id=charge_id, reason="x", actor="finance:li", now=city.now)
    assert (await city.stands(unpaid)).state is VOID
    assert money(await city.stands(in_parts)) == (PAID, 1_500, 1_000, 0, 0, 0)
    assert await earned(city) == 1_000
    # What a person withdrew stays so, whatever is known later.
    await city.adjust((unpaid, 800), (in_parts, 1_700), asked_at=city.now + timedelta(seconds=1))
    assert (await city.stands(unpaid)).state is VOID
    assert money(await city.stands(in_parts)) == (PAID, 1_000, 1_000, 0, 0, 700)
    await city.adjust((in_parts, 900))
    assert (await city.stands(in_parts)).refunded_fen == 100
    await city.resolve()


async def test_a_first_bill_is_repeated_after_corrections(city: City) -> None:
    request = city.request(None, 1_000)
    for fen in (400, 1_200):
        async with city.pool.acquire() as db, db.transaction():
            await charges_flow.request_charges(db, [request], now=city.now)
        await city.adjust((charges.charge_id(request.stay_id, None), fen))
    assert (await city.stands(charges.charge_id(request.stay_id, None))).amount_fen == 1_200
    async with city.pool.acquire() as db, db.transaction():
        contradicted = msgspec.structs.replace(request, amount_fen=1_200)
        with pytest.raises(ChargeContradicted):
            await charges_flow.request_charges(db, [contradicted], now=city.now)


async def test_a_doubt_holds_a_charge_back_until_it_has_gone(city: City) -> None:
    account_id = await city.account(5_000)
    charge_id, other = await city.charge(account_id, 1_000), await city.charge(None, 1_000)
    await city.adjust((charge_id, 900), (other, 900), hold="match_probable")
    await hold(city, charge_id, "read_doubtful")
    await city.collect()
    assert (await city.stands(charge_id)).paid_fen == 0
    await release(city, charge_id, "match_probable")
    await city.collect()
    assert (await city.stands(charge_id)).paid_fen == 0
    await release(city, charge_id, "read_doubtful")
    await hold(city, charge_id, "read_doubtful")
    await release(city, charge_id, "read_doubtful")
    await city.collect()
    assert (await city.stands(charge_id)).paid_fen == 900
    # Paid, and due for the rest: it may be held back again.
    await city.adjust((charge_id, 1_100), hold="read_doubtful")
    await city.collect()
    assert (await city.stands(charge_id)).owed_fen == 200
    async with city.pool.acquire() as db, db.transaction():
        await holds_flow.release_charge(db, charge_id=charge_id, reason="x", actor="finance:li", now=city.now)
    # What a person has looked at stays free.
    await hold(city, charge_id, "read_doubtful")
    await city.collect()
    assert (await city.stands(charge_id)).owed_fen == 0


async def hold(city: City, charge_id: UUID, reason: str) -> None:
    async with city.pool.acquire() as db, db.transaction():
        await holds_flow.place_holds(db, {charge_id: reason}, now=city.now)


async def release(city: City, charge_id: UUID, reason: str) -> None:
    async with city.pool.acquire() as db, db.transaction():
        await holds_flow.release_holds(db, {charge_id: reason}, now=city.now)


async def test_what_a_closed_wallet_paid_is_before_a_person(city: City) -> None:
    account_id = await city.account(1_000)
    charge_id = await city.charge(account_id, 1_000)
    await city.collect()
    async with city.pool.acquire() as db, db.transaction():
        await accounts_flow.close_account(
            db, account_id=account_id, actor="driver:1", now=city.now, random_bits=city.random_bits
        )
    await city.adjust((charge_id, 400))
    assert money(await city.stands(charge_id)) == (PAID, 400, 1_000, 0, 0, 0)
    assert await city.violations() == {"charge_keeps_too_much": 1}
    await city.adjust((charge_id, 1_000))


async def test_what_a_channel_does_not_give_back_is_before_a_person(city: City) -> None:
    charge_id = await city.charge(None, 1_000)
    await city.pay(charge_id, "no-refund")
    await city.adjust((charge_id, 400))
    await city.resolve()
    assert money(await city.stands(charge_id)) == (PAID, 400, 1_000, 0, 0, 0)
    assert await city.violations() == {"charge_keeps_too_much": 1}
    await city.adjust((charge_id, 1_000))


async def test_the_operator_and_the_driver_see_the_corrections(city: City) -> None:
    account_id = await city.account(1_000)
    charge_id = await city.charge(account_id, 1_000)
    await city.collect()
    await city.adjust((charge_id, 400))
    await city.adjust((charge_id, 9_000))
    async with city.pool.acquire() as db:
        [shown] = await charges_flow.charges_of_driver(
            db, account_id, before=None, limit=5, wording={}, visits_of=no_visits
        )
        page = await store.adjustments_page(db, DAY, DAY, operator_id=city.operator_id, after=None, limit=1)
        rest = await store.adjustments_page(
            db, DAY, DAY, operator_id=city.operator_id, after=(page[0].charge_id, page[0].n), limit=5
        )
    lower, higher = shown.corrections
    assert (lower.made_on, lower.from_fen, lower.to_fen, lower.returned_fen) == (DAY, 1_000, 400, 600)
    assert (higher.from_fen, higher.to_fen, higher.waived_fen, higher.cause) == (400, 5_000, 4_000, "passing")
    assert json.loads(bytes(shown.lines))[0]["amount_fen"] == 9_000
    assert [(each.kind, each.to_fen, each.waived_for) for each in (*page, *rest)] == [
        ("lowered", 400, None),
        ("raised", 5_000, "not_accepted"),
    ]
