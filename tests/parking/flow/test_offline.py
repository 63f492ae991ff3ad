"""The pack in PostgreSQL: by it a gateway decides as the service would, and what differs is small."""

import itertools
import random
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec import structs

from parking import bans as bans_
from parking import offline
from parking.bans import Ban
from parking.barrier import Command
from parking.flow import offline as flow
from parking.flow.events import record_events
from parking.flow.offline import Made
from parking.lots import Direction
from parking.network import Network
from parking.offline import Delta, Entries
from parking.plates import PlateColor
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
# Each leaves at four instants: ten thousand decisions.
CARS, BATCH = 2_500, 500
LEAVES_AFTER = (0 * MINUTE, 7 * MINUTE, 25 * MINUTE, 3 * HOUR)
KEYS = offline.keys_of(bytes(32))
DELTA_BYTES_MAX = 2_000
# None of these is taken for another by a camera.
CITIES, LETTERS, DIGITS = "CEFHJK", "ACEFHJKLMNPRTUVWXY", "3469"


def plates(source: random.Random, count: int, province: str = "鲁") -> list[str]:
    """Different plates."""
    found = [province + "".join(each) for each in itertools.product(CITIES, LETTERS, DIGITS, DIGITS, DIGITS, DIGITS)]
    return source.sample(found, count)


async def pack(district: District, network: Network, lot: str, since: int | None = None) -> Made:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.make_pack(
            db, district.gateway(lot), KEYS, key_id="k", since=since, network=network, now=district.now
        )


async def service_says(district: District, network: Network, said: list[Say]) -> list[str]:
    """What the service does for live events; nothing of it stays."""
    told = [district.passing(each) for each in said]
    async with district.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        try:
            recorded = await record_events(
                db, told, network=network, now=told[0].received_at, random_bits=district.random_bits
            )
        finally:
            await transaction.rollback()
    return [answer.gate for answer in recorded.answers]


async def link(district: District, linked: list[str]) -> None:
    account = await district.account()
    await district.owner.execute(
        "insert into account_plate (plate, plate_color, account_id, linked_at) "
        "select p, 'blue', $2, $3 from unnest($1::text[]) p",
        linked, account, NOW - 40 * 24 * HOUR,
    )  # fmt: skip


async def test_cars_are_decided_about_ten_thousand_times_as_by_the_service(district: District) -> None:
    source = random.Random(1)
    cars = plates(source, CARS)
    stays = [HOUR * source.random() if source.random() < 0.6 else 40 * HOUR * source.random() for _ in cars]
    for at in range(0, CARS, BATCH):
        some = zip(cars[at : at + BATCH], stays[at : at + BATCH], strict=True)
        await district.record(
            *(event(f"o{plate}", "entry", NOW - ago, plate, lot=STATION, replay=True) for plate, ago in some)
        )
    await link(district, source.sample(cars, CARS // 3))
    made = await pack(district, district.network, STATION)
    assert isinstance(made.entries, Entries)
    assert len(made.entries.inside) == CARS
    seen = {Command.OPEN: 0, Command.HOLD: 0}
    for at, after in itertools.product(range(0, CARS, BATCH), LEAVES_AFTER):
        leaves, some_cars = NOW + after, cars[at : at + BATCH]
        said = [event(f"x{plate}", "exit", leaves, plate, lot=STATION) for plate in some_cars]
        for plate, gate in zip(some_cars, await service_says(district, district.network, said), strict=True):
            ours = offline.decide(made.entries, KEYS, Direction.EXIT, plate, PlateColor.BLUE, at=leaves)
            assert ours == gate, (plate, leaves)
            seen[ours] += 1
    assert min(seen.values()) > CARS // 2
    strangers = plates(source, 40, "豫")
    said = [event(f"y{plate}", "exit", NOW, plate, lot=QC) for plate in strangers]
    assert set(await service_says(district, district.network, said)) == {"hold"}
    assert {
        offline.decide(made.entries, KEYS, Direction.EXIT, each, PlateColor.BLUE, at=NOW) for each in strangers
    } == {Command.HOLD}


async def test_what_differs_is_small_and_makes_the_same_pack(district: District) -> None:
    cars = plates(random.Random(2), 120, "皖")
    came = [
        event(f"d{plate}", "entry", NOW - 3 * HOUR + n * SECOND, plate, lot=HOSPITAL, replay=True)
        for n, plate in enumerate(cars)
    ]
    await district.record(*came[:100])
    await link(district, plates(random.Random(2), 10, "苏"))
    first = await pack(district, district.network, HOSPITAL)
    assert (first.version, first.since) == (1, None)
    again = await pack(district, district.network, HOSPITAL, since=1)
    assert (again.version, again.since, again.entries) == (1, 1, Delta())
    await district.record(*came[100:])
    await district.record(
        *(event(f"e{plate}", "exit", NOW - MINUTE, plate, lot=HOSPITAL, replay=True) for plate in cars[:20])
    )
    second = await pack(district, district.network, HOSPITAL, since=1)
    assert (second.version, second.since) == (2, 1)
    assert isinstance(first.entries, Entries)
    assert isinstance(second.entries, Delta)
    assert len(msgspec.json.encode(second.entries)) <= DELTA_BYTES_MAX
    applied = offline.applied(first.entries, second.entries)
    assert offline.digest(applied) == second.digest
    # Whoever did not get the second one has it whole.
    whole = await pack(district, district.network, HOSPITAL, since=1)
    assert (whole.version, whole.since, whole.entries) == (2, None, applied)
    async with district.pool.acquire() as db, db.transaction():
        other = await flow.make_pack(
            db, district.gateway(HOSPITAL), offline.keys_of(b"1" * 32), key_id="other", since=2,
            network=district.network, now=district.now,
        )  # fmt: skip
    assert (other.version, other.since) == (3, None)
    assert isinstance(other.entries, Entries)
    assert applied.inside.keys().isdisjoint(other.entries.inside)


async def test_who_is_banned_is_held_at_the_way_in(district: District) -> None:
    cars = plates(random.Random(3), 60, "湘")
    banned = cars[:20]
    bans = [
        Ban(UUID(int=n), None, None, plate, PlateColor.BLUE, NOW - HOUR, None, "x", "li", NOW)
        for n, plate in enumerate(banned)
    ]
    network = structs.replace(district.network, bans=bans_.by_plate(bans))
    made = await pack(district, network, QC)
    assert isinstance(made.entries, Entries)
    for plate in cars:
        fact = bans_.noticed(district.passing(event("b", "entry", NOW, plate)), district.lot(), network.bans)  # type: ignore[arg-type]
        held = fact.doubt is not None
        ours = offline.decide(made.entries, KEYS, Direction.ENTRY, plate, PlateColor.BLUE, at=NOW)
        assert (ours is Command.HOLD) == held == (plate in banned)


async def test_a_regular_whose_account_pays_comes_and_goes_meanwhile(district: District) -> None:
    regular, stranger = plates(random.Random(4), 2, "粤")
    await link(district, [regular])
    for n, plate in enumerate((regular, stranger)):
        came = NOW - 30 * HOUR + n * MINUTE
        await district.record(
            event(f"g{n}i", "entry", came, plate, replay=True), event(f"g{n}o", "exit", came + HOUR, plate, replay=True)
        )
    made = await pack(district, district.network, QC)
    assert isinstance(made.entries, Entries)
    for plate, meanwhile, gate in ((regular, True, "open"), (regular, False, "hold"), (stranger, True, "hold")):
        ours = offline.decide(
            made.entries, KEYS, Direction.EXIT, plate, PlateColor.BLUE, at=NOW + HOUR, came_meanwhile=meanwhile
        )
        assert ours == gate
