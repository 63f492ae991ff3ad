"""A lot comes to lie elsewhere while cars are in it: what was decided stays, and who is inside is priced by both."""

from datetime import datetime, timedelta

import sql
from parking.dated import Outcome
from parking.flow import repricing
from parking.flow.lots import register_lot
from parking.flow.network import read_network
from parking.flow.prices import apply_to_lot
from parking.flow.surroundings import set_surroundings
from parking.lots import InnerClock
from parking.surroundings import Surroundings
from payments.identity import Audience, Principal
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import QC, District, visit

ADMIN = Principal(Audience.ADMIN, "tests")
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
YARD, CELLAR = "yard", "cellar"
FEES = """
select s.fee_fen from stay s join lot l on l.id = s.lot_id
 where l.code = $1 and s.plate = $2 and s.state = 'closed' order by s.entered_at
"""


async def priced_like_the_road(db: sql.Connection, *codes: str) -> None:
    tariff_id = await db.fetchval(
        "select tariff_id from lot_tariff p join lot l on l.id = p.lot_id where l.code = $1", QC
    )
    for code in codes:
        await register_lot(db, lot_plan(code, "jn-static"), by="tests", now=NOW - 9 * HOUR)
        since = NOW - 30 * HOUR
        await apply_to_lot(db, lot_code=code, tariff_id=tariff_id, valid_from=since, by="tests", now=NOW - 9 * HOUR)


async def seen(district: District, at: datetime) -> None:
    """The network as it is at an instant, which is now."""
    async with district.pool.acquire() as db:
        district.network = await read_network(db, at)
    district.now = at


async def fee(district: District, lot: str, plate: str) -> int:
    (row,) = await district.owner.fetch(FEES, lot, plate)
    return int(row["fee_fen"])


async def test_a_lot_comes_to_lie_inside_of_another_while_cars_are_there(district: District) -> None:
    async with district.pool.acquire() as db, db.transaction():
        await priced_like_the_road(db, YARD, CELLAR)
    await seen(district, NOW)
    entered = NOW - 2 * HOUR
    # One left before, as it costs without a nest; one is in both lots while that changes.
    for lot, plate, since, until in ((CELLAR, "鲁AS1111", 30, 90), (YARD, "鲁AS1111", 0, 120)):
        await district.record(*visit(f"{lot}a", plate, entered + since * MINUTE, entered + until * MINUTE, lot=lot))
    came_yard, left_yard = visit("yb", "鲁AS2222", entered, NOW + 119 * MINUTE, lot=YARD)
    came_cellar, left_cellar = visit("cb", "鲁AS2222", entered, NOW + HOUR, lot=CELLAR)
    for each in (came_yard, came_cellar):
        await district.record(each)
    before = await fee(district, YARD, "鲁AS1111")
    said = Surroundings(inside_of=YARD, inner_clock=InnerClock.STOPS)
    async with district.pool.acquire() as db, db.transaction():
        changed = await set_surroundings(db, CELLAR, said, valid_from=None, by=ADMIN, now=NOW)
        again = await set_surroundings(db, CELLAR, said, valid_from=None, by=ADMIN, now=NOW + MINUTE)
    assert (changed.outcome, again.outcome) == (Outcome.CHANGED, Outcome.UNCHANGED)
    # Behind the last car that was read in either lot.
    assert changed.valid_from is not None
    assert NOW < changed.valid_from < NOW + MINUTE
    await seen(district, NOW + 3 * HOUR)
    assert await district.broken() == {}
    for each in (left_yard, left_cellar):
        await district.record(each)
    while await district.count("select count(*) from repricing"):
        await repricing.catch_up(
            district.pool, network=district.network, now=district.now, random_bits=district.random_bits
        )
    # Of its four hours one did not count, of the three that it was in the cellar.
    await district.record(*visit("yc", "鲁AS3333", entered, entered + 3 * HOUR, lot=YARD))
    assert await fee(district, YARD, "鲁AS2222") == await fee(district, YARD, "鲁AS3333")
    assert await fee(district, YARD, "鲁AS1111") == before
    assert await district.broken() == {}
