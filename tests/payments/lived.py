"""Three business days of two operators with everything that can happen to money, settled, and a fourth that is open."""

from datetime import UTC, datetime, timedelta

from payments.attempts import Succeeded
from payments.flow import attempts as attempts_flow
from payments.flow import charges as charges_flow
from payments.flow import settlement as settlement_flow
from payments.store import attempts as attempt_store
from tests.payments.city import City, registered

FIRST_MORNING = datetime(2026, 11, 16, 2, tzinfo=UTC)
A_DAY = timedelta(days=1)


async def lived(city: City) -> None:
    """Fills the books of an empty city. Its operator is `a`; `b` is another one, with a lot of its own."""
    city.operator_id, [city.lot_id] = await registered(city.owner, lots=1, fee_bps=1_000)
    other = City(city.pool, city.owner, city.now, city.random_bits)
    other.operator_id, [other.lot_id] = await registered(city.owner, lots=1, fee_bps=120)
    zhang, li = await city.account(50_000), await city.account(20_000)
    await city.top_up(zhang, 301)
    for each in (city, other):
        each.now = city.now
        day = each.now.date()
        await each.charge(zhang, 700, day=day)
        await each.charge(li, 900, day=day)
        casual = await each.charge(None, 1_000, day=day)
        await each.pay(casual)
        await each.refund(casual, 300)
        await each.charge(None, 250, day=day)
        voided = await each.charge(None, 400, day=day)
        async with each.pool.acquire() as db, db.transaction():
            await charges_flow.void_charge(db, charge_id=voided, reason="x", actor="finance:li", now=each.now)
    await city.collect()
    wallet_paid = await city.owner.fetchval(
        "select id from charge where account_id = $1 and lot_id = $2 and state = 'paid'", zhang, city.lot_id
    )
    await city.refund(wallet_paid, 200)
    closed = await city.charge(None, 350, day=city.now.date())
    await city.pay(closed, "no-refund")
    await city.refund(closed, 50)
    await _paid_twice(city)
    await city.charge(await city.account(), 800, day=city.now.date())  # stays due
    await settlement_flow.settle(city.pool, business_date=city.now.date(), now=city.now + A_DAY)

    city.now += 2 * A_DAY  # a day on which nothing moves lies between
    await city.pay(await city.charge(None, 600, day=city.now.date()))
    earlier = "select id from charge where lot_id = $1 and amount_fen = 1000"
    await city.refund(await city.owner.fetchval(earlier, city.lot_id), 100, key="later")
    await settlement_flow.settle(city.pool, business_date=city.now.date(), now=city.now + A_DAY)

    city.now += A_DAY  # an open day
    await city.pay(await city.charge(None, 450, day=city.now.date()))
    await _corrected(city, zhang)
    assert await city.violations() == {}


async def _paid_twice(city: City) -> None:
    """A payment that failed, another that succeeded, and late evidence for the first: it is held in suspense."""
    charge_id = await city.charge(None, 500, day=city.now.date())
    await city.pay(charge_id, "fail-later")
    await city.resolve()
    async with city.pool.acquire() as db:
        [failed] = await attempt_store.attempts_of(db, charge_id)
    await city.pay(charge_id, "ok")
    evidence = Succeeded(failed.request_no, 500)
    await attempts_flow.take_answer(city.pool, city.local, failed, evidence, now=city.now)


async def _corrected(city: City, driver: int) -> None:
    """Charges that became cheaper and dearer, before and after they were paid, and one that is withdrawn after that."""
    day = city.now.date()
    due, free, void, dearer = [await city.charge(None, 800 + n, day=day) for n in range(4)]
    by_channel, in_parts, not_accepted = [await city.charge(None, 820 + n, day=day) for n in range(3)]
    by_wallet = await city.charge(driver, 830, day=day)
    for paid in (by_channel, in_parts, not_accepted):
        await city.pay(paid)
    await city.collect()
    await city.adjust((due, 310), (free, 0), (void, 320), (dearer, 900))
    await city.adjust((by_channel, 330), (by_wallet, 340), (not_accepted, 950))
    await city.adjust((in_parts, 960), asked_at=city.now + timedelta(seconds=1))
    await city.pay(in_parts)
    await city.adjust((in_parts, 100))
    async with city.pool.acquire() as db, db.transaction():
        await charges_flow.void_charge(db, charge_id=void, reason="x", actor="finance:li", now=city.now)
    await city.resolve()
