"""The pack in PostgreSQL: by it a gateway decides as the service would, and what differs is small."""

import itertools
import os
import random
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from msgspec import structs

import sql
from parking import bans as bans_
from parking import entitlements, grants, offline, passes
from parking.bans import Ban
from parking.barrier import Command
from parking.entitlements import NewVehicle, Reach
from parking.flow import offline as flow
from parking.flow import tickets
from parking.flow.events import record_events
from parking.flow.offline import Made
from parking.lots import Direction
from parking.network import Network
from parking.offline import Came, Delta, Entries
from parking.passes import PassPlan
from parking.plates import PlateColor, of_ticket
from parking.spans import STAY_MAX
from parking.store import entitlements as entitlement_store
from parking.store import passes as pass_store
from payments import ids
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, visit
from tests.parking.deciding import LI
from tests.parking.rights import charged_by

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
# In the suite; ONELOT_OFFLINE_CARS=10000 asks for more.
CARS = int(os.environ.get("ONELOT_OFFLINE_CARS", "1000"))
BATCH = 500
KEYS = offline.keys_of(bytes(32))
PACK_BYTES_MAX, DELTA_BYTES_MAX = 200_000, 2_000
# None of these is taken for another by a camera.
CITIES, LETTERS, DIGITS = "CEFHJK", "ACEFHJKLMNPRTUVWXY", "3469"
# When cars come and go: at once, within free minutes, over midnight, and up to the end of a pack.
LOOKS = tuple(NOW + each for each in (0 * MINUTE, 17 * MINUTE, 45 * MINUTE, 3 * HOUR, 13 * HOUR, 15 * HOUR, 23 * HOUR))
RIGHTS = """
[free]
minutes = 30

[[exempt]]
name_zh = "军警、救护车"
name_en = "Police, military, ambulances"
who = { tags = ["police", "military", "ambulance"] }

[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"
"""


@pytest.fixture(scope="module")
async def priced(pool: sql.Pool, database_url: str, registered: dict[str, str]) -> None:
    """The station exempts who is on duty and sells passes."""
    await charged_by(pool, database_url, STATION, "rights", RIGHTS)


def plates(source: random.Random, count: int, province: str = "鲁") -> list[str]:
    """Different plates."""
    found = [province + "".join(each) for each in itertools.product(CITIES, LETTERS, DIGITS, DIGITS, DIGITS, DIGITS)]
    return source.sample(found, count)


async def pack(district: District, network: Network, lot: str, since: int | None = None) -> Made:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.make_pack(
            db, district.gateway(lot), KEYS, key_id="k", since=since, network=network, now=district.now
        )


async def link(district: District, linked: Sequence[str]) -> None:
    account = await district.account()
    await district.owner.execute(
        "insert into account_plate (plate, plate_color, account_id, linked_at) "
        "select p, 'blue', $2, $3 from unnest($1::text[]) p",
        linked, account, NOW - 40 * 24 * HOUR,
    )  # fmt: skip


class Fleet:
    """Cars with and without rights. Some are inside when the pack is made, others come later."""

    def __init__(self, source: random.Random, count: int) -> None:
        ordinary = plates(source, count)
        self.linked, self.exempt, self.holders, self.sharing = (
            ordinary[at * count // 8 : (at + 1) * count // 8] for at in range(4)
        )
        self.on_duty = [f"{plate[:6]}警" for plate in ordinary[count // 2 : 5 * count // 8]]
        self.strangers = ordinary[5 * count // 8 :]
        self.banned = [*self.strangers[::3], *self.linked[::3]]
        self.cars = [*self.linked, *self.exempt, *self.holders, *self.sharing, *self.on_duty, *self.strangers]
        source.shuffle(self.cars)
        self.came = {plate: NOW - source.randrange(40 * 3600) * SECOND for plate in self.cars[: count // 2]}
        # Those that come later, and leave at a later look; of who is inside nearly all leave.
        self.comes: dict[str, datetime] = {}
        self.leaves: dict[str, datetime] = {}
        for plate in self.cars:
            begins = 0 if plate in self.came else source.randrange(len(LOOKS) - 1)
            if plate not in self.came:
                self.comes[plate] = LOOKS[begins]
            self.leaves[plate] = source.choice(LOOKS[begins + (plate not in self.came) :])

    async def register(self, source: random.Random, district: District) -> Network:
        """Registers what they have, of which much begins or ends within the next day; the network then."""
        await link(district, self.linked)
        said = [
            NewVehicle(plate, "x", PlateColor.BLUE, (source.choice(["ambulance", "taxi"]),), {}, *_time(source))
            for plate in self.exempt
        ]
        rows = [entitlements.registered(each, Reach(), platform=1, by="li", now=NOW) for each in said]
        lot = district.lot(STATION)
        async with district.pool.acquire() as db, db.transaction():
            await entitlement_store.add_exempt_vehicles(db, rows, by="li", now=NOW)
            for n, (vehicles, bays) in enumerate(
                [
                    *((each, None) for each in _grouped(self.holders, 6)),
                    *((each, 1) for each in _grouped(self.sharing, 2)),
                ]
            ):
                days = source.choice([(-9, 0), (-9, 9), (1, 9), (-9, -1)])
                first, last = ((NOW + each * 24 * HOUR).date() for each in days)
                plan = PassPlan("month", [(each, PlateColor.BLUE) for each in vehicles], bays, [lot], first, last, "x")
                number = ids.new(NOW, lot.id, n)
                await pass_store.add_pass(db, passes.sold(plan, id_=number, group_id=number, by="li", now=NOW))
        times = {plate: _time(source) for plate in self.banned}
        return structs.replace(
            district.network,
            bans=bans_.by_plate(
                Ban(UUID(int=n), None, None, plate, PlateColor.BLUE, *time, "x", "li", NOW)
                for n, (plate, time) in enumerate(times.items())
            ),
        )


def _time(source: random.Random) -> tuple[datetime, datetime | None]:
    """Always, from some hour on, or until some hour."""
    hour = source.randrange(1, 24)
    return source.choice(
        [(NOW - 9 * HOUR, None), (NOW + hour * HOUR, None), (NOW - 9 * HOUR, NOW + hour * HOUR), (NOW - 9 * HOUR, NOW)]
    )


def _grouped(cars: Sequence[str], size: int) -> list[Sequence[str]]:
    return [cars[at : at + size] for at in range(0, len(cars) - size + 1, size)]


@pytest.mark.usefixtures("priced")
async def test_a_gateway_that_is_cut_off_decides_as_the_service(district: District) -> None:
    source = random.Random(1)
    fleet = Fleet(source, CARS)
    network = await fleet.register(source, district)
    there = structs.replace(district, network=network)
    inside = [event(f"o{plate}", "entry", at, plate, lot=STATION, replay=True) for plate, at in fleet.came.items()]
    for plate in fleet.linked:
        inside += visit(f"r{plate}", plate, NOW - 90 * HOUR, NOW - 89 * HOUR, lot=STATION, replay=True)
    for at in range(0, len(inside), BATCH):
        await there.record(*inside[at : at + BATCH])
    made = await pack(there, network, STATION)
    assert isinstance(made.entries, Entries)
    assert made.cut == ()
    assert len(made.entries.inside) == len(fleet.came)
    assert len(msgspec.json.encode(made.entries)) * 5_000 / CARS <= 2 * PACK_BYTES_MAX
    marks = {plate: offline.mark(KEYS, plate, PlateColor.BLUE) for plate in fleet.cars}
    now_there = set(fleet.came)
    came: dict[str, Came] = {}
    seen = dict.fromkeys(itertools.product(("entry", "exit"), Command), 0)
    async with there.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        for look in LOOKS:
            leaving = [plate for plate in fleet.cars if fleet.leaves[plate] == look]
            coming = [plate for plate, at in fleet.comes.items() if at == look]
            for direction, some in ((Direction.EXIT, leaving), (Direction.ENTRY, coming)):
                kind, ours, told = direction.value, [], []
                for n, plate in enumerate(some):
                    # One after the other at the entry: of two that share a bay one came first.
                    at_lane = look if direction is Direction.EXIT else look + n * SECOND
                    told.append(there.passing(event(f"{kind}{plate}", kind, at_lane, plate, lot=STATION)))
                    ours.append(
                        offline.decide(
                            made.entries, KEYS, direction, plate, PlateColor.BLUE, at=at_lane, came=came.get(plate)
                        )
                    )
                    if direction is Direction.ENTRY:
                        came[plate] = Came(at_lane, frozenset(marks[each] for each in now_there))
                        now_there.add(plate)
                for at in range(0, len(told), BATCH):
                    batch = told[at : at + BATCH]
                    recorded = await record_events(
                        db, batch, network=network, now=batch[-1].received_at, random_bits=there.random_bits
                    )
                    for plate, ruled, answer in zip(some[at:], ours[at:], recorded.answers, strict=False):
                        assert ruled == answer.gate, (plate, kind, look, known_of(fleet, plate), answer)
                        seen[kind, ruled] += 1
                if direction is Direction.EXIT:
                    now_there -= set(leaving)
        await transaction.rollback()
    assert min(seen[each] for each in seen if each[1] is not Command.NONE) > CARS // 40, seen


def known_of(fleet: Fleet, plate: str) -> list[str]:
    """To which of a fleet's cars one belongs."""
    return [name for name in ("linked", "exempt", "holders", "sharing", "on_duty", "strangers", "banned", "came")
            if plate in getattr(fleet, name)]  # fmt: skip


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
    # Whoever did not get the second one has it whole, and so has who was given one by another version of the program.
    whole = await pack(district, district.network, HOSPITAL, since=1)
    assert (whole.version, whole.since, whole.entries) == (2, None, applied)
    await district.owner.execute('update gateway_pack set entries = \'{"inside": {"a": -1}}\'')
    later = await pack(district, district.network, HOSPITAL, since=2)
    assert (later.version, later.since, later.entries) == (3, None, applied)
    async with district.pool.acquire() as db, db.transaction():
        other = await flow.make_pack(
            db, district.gateway(HOSPITAL), offline.keys_of(b"1" * 32), key_id="other", since=3,
            network=district.network, now=district.now,
        )  # fmt: skip
    assert (other.version, other.since) == (4, None)
    assert isinstance(other.entries, Entries)
    assert applied.inside.keys().isdisjoint(other.entries.inside)


async def test_of_more_regulars_than_fit_those_are_known_that_came_last(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    cars = plates(random.Random(4), 4, "粤")
    await link(district, cars[:3])
    for n, plate in enumerate(cars):
        # Later than anybody of another test.
        came = NOW - (50 - n) * MINUTE
        left = came + 40 * MINUTE
        await district.record(
            event(f"g{n}i", "entry", came, plate, replay=True), event(f"g{n}o", "exit", left, plate, replay=True)
        )
    monkeypatch.setattr("parking.store.offline.VEHICLES_OF_SECTION_MAX", 2)
    made = await pack(district, district.network, QC)
    assert isinstance(made.entries, Entries)
    assert "linked" in made.cut
    assert made.entries.linked == {offline.mark(KEYS, plate, PlateColor.BLUE) for plate in cars[1:3]}
    for plate, came_at, gate in ((cars[1], NOW, "open"), (cars[1], None, "hold"), (cars[3], NOW, "hold")):
        came_then = None if came_at is None else Came(came_at)
        ours = offline.decide(made.entries, KEYS, Direction.EXIT, plate, PlateColor.BLUE, at=NOW + HOUR, came=came_then)
        assert ours == gate


async def pack_with(
    district: District, came: Mapping[str, datetime], *, at: datetime, uncounted: Collection[str] = ()
) -> Made:
    """The pack of the station at an instant, if these had come there; they have not."""
    told = [district.passing(event(f"b{plate}", "entry", when, plate, lot=STATION)) for plate, when in came.items()]
    network, gateway = district.network, district.gateway(STATION)
    async with district.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        await record_events(db, told, network=network, now=NOW, random_bits=district.random_bits)
        await db.execute("update open_stay set counted = false where plate = any($1)", uncounted)
        made = await flow.make_pack(db, gateway, KEYS, key_id="k", since=None, network=network, now=at)
        await transaction.rollback()
    return made


@pytest.mark.usefixtures("priced")
async def test_who_has_been_inside_for_as_long_as_a_stay_can_be_keeps_nobody_from_a_pack(district: District) -> None:
    """It is decided about until its stay is over, and held from then on: what is read then has come again."""
    (ghost,) = plates(random.Random(5), 1, "琼")
    on_duty, over = f"{ghost[:6]}警", NOW + STAY_MAX
    made = await pack_with(district, dict.fromkeys((ghost, on_duty), NOW), at=over - 9 * HOUR)
    assert isinstance(made.entries, Entries)
    for plate, color, turns in (
        (ghost, PlateColor.BLUE, ()),
        (on_duty, PlateColor.WHITE, (0, grants.second_of(over))),
    ):
        assert made.entries.inside[offline.mark(KEYS, plate, color)] == turns


async def test_of_more_inside_than_fit_those_are_known_that_count_and_came_last(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has most likely left unseen takes nobody's place."""
    cars = plates(random.Random(6), 5, "藏")
    monkeypatch.setattr("parking.store.offline.VEHICLES_OF_SECTION_MAX", 3)
    came = {plate: NOW - n * SECOND for n, plate in enumerate(cars)}
    made = await pack_with(district, came, at=NOW, uncounted=cars[:1])
    assert isinstance(made.entries, Entries)
    assert "inside" in made.cut
    assert made.entries.inside.keys() == {offline.mark(KEYS, plate, PlateColor.BLUE) for plate in cars[1:4]}


async def test_a_ticket_that_was_merged_leaves_as_its_plate_does(district: District) -> None:
    """Beside what cameras of the operator say when they read no plate: live and cut off the same is decided."""
    texts = {district.lot(QC).operator_id: frozenset({"鲁H00000"})}
    network = district.network = structs.replace(district.network, no_plate_texts=texts)
    (plate,) = plates(random.Random(9), 1, "湘")
    await link(district, [plate])
    number = "T9K3W7"
    async with district.pool.acquire() as db, db.transaction():
        lane = network.lanes[f"{QC}-in"]
        await tickets.hand_out(db, district.gateway(QC), lane, number, now=NOW - HOUR, random_bits=district.random_bits)
    given = await district.owner.fetchval("select number from ticket where event_id = $1", number)
    came = NOW - HOUR + MINUTE
    await district.answer(event("tki", "entry", came, "无牌", lot=QC, ticket=given), received_at=came)

    async def decides() -> set[Command]:
        made = await pack(district, network, QC)
        assert isinstance(made.entries, Entries)
        for way in Direction:
            assert cut_off(made.entries, way, "鲁H00000") is Command.HOLD
        return {cut_off(made.entries, Direction.EXIT, text) for text in (of_ticket(given), of_ticket(given.lower()))}

    def cut_off(entries: Entries, way: Direction, text: str) -> Command:
        return offline.decide(entries, KEYS, way, text, PlateColor.UNKNOWN, at=NOW)

    assert await decides() == {Command.HOLD}
    async with district.pool.acquire() as db, db.transaction():
        await tickets.claim(
            db, district.lot(QC), given, plate, PlateColor.BLUE, by=LI, network=network, now=NOW - MINUTE,
            random_bits=district.random_bits,
        )  # fmt: skip
    assert await decides() == {Command.OPEN}
    for way in ("entry", "exit"):
        assert (await district.answer(event(f"tk{way}", way, NOW, "鲁H00000", lot=QC))).gate is Command.HOLD
    left = await district.answer(event("tko", "exit", NOW, "无牌", lot=QC, ticket=given))
    assert left.gate is Command.OPEN
