"""Stays do not depend on the order in which reads arrive, nor on what arrives together."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from parking.exits import NOWHERE, Exits
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from parking.reads import Read
from parking.stays import State, Stay
from tests.parking.remembered import Remembered, decided, whole

BEGIN = datetime(2026, 11, 16, tzinfo=UTC)
# Texts of which one is taken for another, a piece is cut off, or nothing is alike.
SECONDS = (0, 1, 2, 5, 9, 40, 70, 600, 1200, 1900, 3000)
# Also long after an entry a vehicle leaves, comes and leaves within seconds, by a clock that is wrong.
CROWDED_HOURS = (3, 40)
PLATES = ("鲁A12B45", "鲁A12845", "鲁A12B4", "鲁A12B46", "鲁AD12345", "京A12B45", "鲁C77777")


@st.composite
def read(draw: st.DrawFn) -> Read:
    way = draw(st.sampled_from(Direction))
    hours = draw(st.sampled_from((0, 0, *CROWDED_HOURS)) | st.integers(0, 80))
    return Read(
        lot_id=1,
        id=UUID(int=draw(st.integers(1, 2**40))),
        lane_id=(1 if way is Direction.ENTRY else 3) + draw(st.integers(0, 1)),
        direction=way,
        at=BEGIN + timedelta(hours=hours, seconds=draw(st.sampled_from(SECONDS))),
        plate=draw(st.sampled_from(PLATES)),
        plate_color=draw(st.sampled_from((PlateColor.BLUE, PlateColor.BLUE, PlateColor.YELLOW))),
        vehicle_class=draw(st.sampled_from(VehicleClass)),
        confidence=draw(st.sampled_from((0.3, 0.7, 0.95, 0.97))),
        kept_out=way is Direction.ENTRY and draw(st.integers(0, 9)) == 0,
    )


def drawn(chance: random.Random, plates: Sequence[str]) -> Read:
    way = chance.choice(list(Direction))
    hours = chance.choice((0, 0, chance.choice(CROWDED_HOURS), chance.randint(0, 80)))
    return Read(
        lot_id=1,
        id=UUID(int=chance.getrandbits(40)),
        lane_id=(1 if way is Direction.ENTRY else 3) + chance.choice((0, 0, 1)),
        direction=way,
        at=BEGIN + timedelta(hours=hours, seconds=chance.choice(SECONDS)),
        plate=chance.choice(plates),
        plate_color=chance.choice((PlateColor.BLUE, PlateColor.BLUE, PlateColor.BLUE, PlateColor.YELLOW)),
        vehicle_class=chance.choice(list(VehicleClass)),
        confidence=chance.choice((0.3, 0.7, 0.95, 0.97)),
        kept_out=way is Direction.ENTRY and chance.random() < 0.1,
    )


# For some a barrier opened, since accounts paid for them then.
LEAVING = Exits(
    linked={
        ("鲁A12B45", PlateColor.BLUE): [(BEGIN, BEGIN + timedelta(hours=40))],
        ("鲁A12845", PlateColor.BLUE): [(BEGIN + timedelta(minutes=20), None)],
    }
)
reads = st.lists(read(), min_size=1, max_size=14, unique_by=lambda each: each.id)


def live(rows: dict[UUID, Stay]) -> list[Stay]:
    """The stays without what is left of others."""
    return sorted((row for row in rows.values() if row.facts), key=lambda row: row.id)


def arrive(seen: Sequence[Read], cuts: Sequence[int], exits: Exits = NOWHERE) -> Remembered:
    lot = Remembered(exits)
    at = 0
    for cut in (*sorted(cuts), len(seen)):
        lot.add(seen[at:cut])
        at = max(at, cut)
    return lot


@given(reads, st.data())
@settings(max_examples=150)
def test_every_order_and_every_batching_gives_the_same_stays(seen: list[Read], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(seen))
    cuts = data.draw(st.lists(st.integers(0, len(seen)), max_size=6))
    lot = arrive(shuffled, cuts)
    assert (live(lot.rows), lot.decided()) == (live(whole(seen)), decided(seen))


def test_many_lots_of_chance_come_to_the_same_in_any_order() -> None:
    """As above, drawn plainly: a hundred times as fast, so that what happens once in ten thousand is met in the end."""
    for seed in range(2_000):
        chance = random.Random(seed)
        seen = [drawn(chance, chance.sample(PLATES, chance.randint(1, 5))) for _ in range(chance.randint(2, 14))]
        shuffled = chance.sample(seen, len(seen))
        cuts = [chance.randint(0, len(seen)) for _ in range(chance.randint(0, 6))]
        lot = arrive(shuffled, cuts, LEAVING)
        assert live(lot.rows) == live(whole(seen, exits=LEAVING)), seed
        assert lot.decided() == decided(seen, exits=LEAVING), seed


def together(chance: random.Random) -> list[Read]:
    """Short visits, and at one or two later instants what several lanes saw of the vehicle: live events that come late
    are all of when they came.
    """
    hours = (0, 1 / 3, *(chance.choice((9, 17)) for _ in range(chance.randint(2, 6))))
    return [
        structs.replace(
            drawn(chance, PLATES[:1]),
            at=BEGIN + timedelta(hours=each),
            plate_color=PlateColor.BLUE,
            lane_id=lane,
            direction=Direction.ENTRY if lane < 4 else Direction.EXIT,
            confidence=chance.choice((0.4, 0.97, 0.97, 0.97)),
        )
        for each, lane in zip(hours, (1, 4, *(chance.randint(1, 6) for _ in hours)), strict=False)
    ]


def test_what_has_one_instant_comes_to_the_same_in_any_order() -> None:
    for seed in range(1_000):
        chance = random.Random(seed)
        seen = together(chance)
        told = seen if chance.random() < 0.5 else chance.sample(seen, len(seen))
        cuts = [chance.randint(0, len(seen)) for _ in range(chance.randint(0, 3))]
        lot = arrive(told, cuts)
        assert (live(lot.rows), lot.decided()) == (live(whole(seen)), decided(seen)), seed


@given(reads)
def test_no_read_is_lost_and_none_counts_twice(seen: list[Read]) -> None:
    facts = [fact for stay in whole(seen).values() for fact in stay.facts if stay.state is not State.MERGED]
    assert sorted(facts) == sorted(each.id for each in seen)


@given(reads)
def test_a_vehicle_is_inside_once(seen: list[Read]) -> None:
    inside = [stay.vehicle for stay in whole(seen).values() if stay.state is State.OPEN]
    assert len(inside) == len(set(inside))


@given(reads, st.data())
def test_a_number_that_was_answered_leads_to_its_reads_for_ever(seen: list[Read], data: st.DataObject) -> None:
    lot = Remembered()
    answered: dict[UUID, UUID] = {}
    for each in data.draw(st.permutations(seen)):
        lot.add([each])
        home = next(row for row in lot.rows.values() if each.id in row.facts and row.state is not State.MERGED)
        answered[each.id] = home.id
    for fact, number in answered.items():
        row = lot.rows[number]
        while row.state is State.MERGED:
            assert row.merged_into is not None
            row = lot.rows[row.merged_into]
        assert row.facts, fact
