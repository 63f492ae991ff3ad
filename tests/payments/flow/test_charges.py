"""Charges are written once, in two statements, and become void only while they are due."""

import asyncio
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from payments import charges
from payments.attempts import PaymentInProgress
from payments.charges import ChargeContradicted, ChargeNotDue, NoSuchCharge
from payments.flow import charges as charges_flow
from payments.store import charges as store
from tests.payments.city import City


async def test_many_charges_are_two_statements(city: City) -> None:
    account_id = await city.account()
    requests = [city.request(account_id if k % 2 else None, 100 + k) for k in range(50)]
    fresh: list[str] = []
    again: list[str] = []
    async with city.pool.acquire() as db, db.transaction():
        for _ in range(2):  # the driver reads types when it meets them first
            await charges_flow.request_charges(db, requests[:1], now=city.now)
        with db.query_logger(lambda query: fresh.append(query.query)):
            await charges_flow.request_charges(db, requests[1:], now=city.now)
        with db.query_logger(lambda query: again.append(query.query)):
            await charges_flow.request_charges(db, requests, now=city.now)
        found = await store.charges_by_id(db, [charges.charge_id(r.stay_id, r.account_id) for r in requests])
    # What was written before is read.
    assert (len(fresh), len(again)) == (2, 3)
    assert [found[charges.charge_id(r.stay_id, r.account_id)].amount_fen for r in requests] == [
        r.amount_fen for r in requests
    ]
    assert {c.collect_at for c in found.values()} == {city.now, None}
    assert await city.holds(account_id) == (0, sum(r.amount_fen for r in requests[1::2]))
    assert await city.book(city.operator_id, "payable") == sum(r.amount_fen for r in requests)


async def test_a_stay_is_charged_once(city: City) -> None:
    account_id = await city.account()
    request = city.request(account_id, 500)

    async def ask() -> None:
        async with city.pool.acquire() as db, db.transaction():
            await charges_flow.request_charges(db, [request, request], now=city.now)

    await asyncio.gather(*(ask() for _ in range(8)))
    assert await city.holds(account_id) == (0, 500)
    assert await city.count("select count(*) from charge where stay_id = $1", request.stay_id) == 1


async def test_another_amount_for_the_same_stay_is_refused(city: City) -> None:
    request = city.request(None, 500)
    other = msgspec.structs.replace(request, amount_fen=501)
    async with city.pool.acquire() as db:
        async with db.transaction():
            await charges_flow.request_charges(db, [], now=city.now)
            await charges_flow.request_charges(db, [request], now=city.now)
        with pytest.raises(ChargeContradicted):
            await charges_flow.request_charges(db, [request, other], now=city.now)
        with pytest.raises(ChargeContradicted):
            async with db.transaction():
                await charges_flow.request_charges(db, [city.request(None), other], now=city.now)
        # Other words for the same are no contradiction.
        again = msgspec.structs.replace(request, lines=msgspec.Raw(b"[]"))
        async with db.transaction():
            await charges_flow.request_charges(db, [again], now=city.now)
    assert await city.book(city.operator_id, "payable") == 500


async def test_an_unknown_charge(city: City) -> None:
    async with city.pool.acquire() as db:
        for nobody in (charges.charge_id(city.request(None).stay_id, None), UUID(int=7)):
            assert await store.charges_by_id(db, [nobody]) == {}
            with pytest.raises(NoSuchCharge):
                await charges_flow.charge_by_id(db, nobody)
            with pytest.raises(NoSuchCharge):
                await city.pay(nobody)


async def test_a_void_charge_is_owed_to_nobody(city: City) -> None:
    account_id = await city.account()
    for owner in (account_id, None):
        charge_id = await city.charge(owner, 700)
        for _ in range(2):
            async with city.pool.acquire() as db, db.transaction():
                await charges_flow.void_charge(
                    db, charge_id=charge_id, reason="wrong plate", actor="finance:li", now=city.now
                )
        assert await city.state(charge_id) == "void"
        with pytest.raises(ChargeNotDue):
            await city.pay(charge_id)
    assert await city.holds(account_id) == (0, 0)
    assert await city.book(city.operator_id, "payable") == 0
    assert await city.book(city.operator_id, "casual_receivable") == 0
    assert (
        await city.count("select count(*) from audit where action = 'charge.void' and owner_id = $1", city.operator_id)
        == 2
    )


async def test_what_is_paid_or_being_paid_is_not_voided(city: City) -> None:
    paid, waiting = await city.charge(None), await city.charge(None)
    await city.pay(paid)
    await city.pay(waiting, "slow")
    for charge_id, refusal in ((paid, ChargeNotDue), (waiting, PaymentInProgress)):
        with pytest.raises(refusal):
            async with city.pool.acquire() as db, db.transaction():
                await charges_flow.void_charge(db, charge_id=charge_id, reason="x", actor="finance:li", now=city.now)


async def test_an_account_sees_its_charges_by_pages(city: City) -> None:
    account_id = await city.account()
    made = []
    for _ in range(5):
        made.append(await city.charge(account_id))
        city.now += timedelta(seconds=1)
    seen: list[UUID] = []
    last: UUID | None = None
    async with city.pool.acquire() as db:
        while page := await store.charges_of_account(db, account_id, before=last, limit=2):
            seen += [charge.id for charge in page]
            last = page[-1].reference
    assert seen == made[::-1]
