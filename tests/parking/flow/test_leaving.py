"""Who was at an exit when a gateway was cut off, and is read there again: decided by the pack as by the service."""

import itertools
from datetime import timedelta

import pytest

import sql
from parking import offline
from parking.flow.events import record_events
from parking.flow.offline import make_pack
from parking.lots import Direction
from parking.offline import Entries
from parking.plates import PlateColor
from tests.conftest import NOW
from tests.district import QC, STATION, District, event
from tests.parking.flow.test_passages import pay

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
KEYS = offline.keys_of(bytes(32))
# Read at the exit, paid or not, and read again: before and after the minutes to leave, within the hour that is paid.
CAME = (20 * MINUTE, 170 * MINUTE, 5 * HOUR)
READ = (2 * MINUTE, 14 * MINUTE, 30 * HOUR)
AGAIN = (0 * MINUTE, 4 * MINUTE, 12 * MINUTE, 16 * MINUTE, 20 * MINUTE, 50 * MINUTE, 4 * HOUR)
# Of two the exit's camera reads another text than the entry's: the lots hold such cars.
DOES = ("pays", "waits", "is linked", "is misread")


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages; the road does not."""
    since = "update lot set confirms_passages_since = '2026-01-01', leave_within_min = 15 where code = $1"
    await owner.execute(since, STATION)
    await owner.execute("update lot set probable_match = 'hold'")


@pytest.mark.parametrize("lot", [QC, STATION])
async def test_who_is_read_again_is_decided_about_as_by_the_service(district: District, lot: str) -> None:
    cars = list(itertools.product(CAME, READ, DOES))
    begin = [f"{'鲁' if lot == QC else '豫'}{'CEFHJK'[n % 6]}{'ACEFHJKLM'[n // 6]}" for n in range(len(cars))]
    plates = [each + ("7936" if does == "is misread" else "4936") for each, (*_, does) in zip(begin, cars, strict=True)]
    paying = ("is linked", "is misread")
    came_as = [plate.replace("7936", "1936") for plate in plates]
    await district.account(*[plate for plate, (*_, does) in zip(came_as, cars, strict=True) if does in paying])
    for n, (came, plate, (ago, read_ago, does)) in enumerate(zip(came_as, plates, cars, strict=True)):
        at = NOW - read_ago
        await district.record(event(f"{lot}{n}i", "entry", at - ago, came, lot=lot), received_at=at - ago)
        left = await district.answer(event(f"{lot}{n}o", "exit", at, plate, lot=lot), received_at=at)
        assert (left.reason == "match_probable") == (does == "is misread"), (plate, left)
        if does == "pays" and left.fee_fen:
            await pay(district, left, at + MINUTE)
    async with district.pool.acquire() as db, db.transaction():
        made = await make_pack(
            db, district.gateway(lot), KEYS, key_id="k", since=None, network=district.network, now=NOW
        )
    assert isinstance(made.entries, Entries)
    seen = {"open": 0, "hold": 0}
    for after in AGAIN:
        at = NOW + after
        told = [
            district.passing(event(f"{lot}{n}x{after}", "exit", at, plate, lot=lot)) for n, plate in enumerate(plates)
        ]
        async with district.pool.acquire() as db:
            transaction = db.transaction()
            await transaction.start()
            recorded = await record_events(db, told, network=district.network, now=at, random_bits=district.random_bits)
            await transaction.rollback()
        for plate, car, answer in zip(plates, cars, recorded.answers, strict=True):
            ours = offline.decide(made.entries, KEYS, Direction.EXIT, plate, PlateColor.BLUE, at=at)
            assert ours == answer.gate, (car, after, made.entries.leaving)
            seen[ours] += 1
    assert min(seen.values()) > len(cars)
