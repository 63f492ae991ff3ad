"""What is read before stays are derived again is all that may matter to them, however long ago it was.

A lot remembers as the database is asked: the open stay of a vehicle, and others by when they ended and were recorded.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from parking.clocks import CLOCK_OFF_MAX
from parking.facts import REPLAY_AGE_MAX
from parking.lookback import Lookback, further_lookback, lookback_of
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from parking.prices import LotPrices
from parking.reads import Read
from parking.spans import STAY_MAX
from parking.stays import State, Stay
from payments import ids
from tests.parking.remembered import Remembered, whole
from tests.parking.test_derivation import live

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
PRICES = {1: LotPrices()}
ENTRY, EXIT = Direction.ENTRY, Direction.EXIT
# One vehicle, and what a camera makes of it.
PLATE, MISREAD = "鲁A12B45", "鲁A12C45"


class Stored(Remembered):
    """One lot, of which so much is read for new facts as of a stored one. `now`: when these are recorded."""

    now = BEGIN

    def _believed(self, new: Sequence[Read], near: Sequence[Read]) -> dict[UUID, Stay]:
        vehicles = {read.vehicle for read in (*new, *near)}
        opened = {row.vehicle: row for row in self.rows.values() if row.state is State.OPEN and row.vehicle in vehicles}
        found = {stay.id: stay for stay in opened.values()}
        lookback = lookback_of([*new, *near], opened, PRICES, self.now)
        found |= self._finished(lookback)
        further = further_lookback(new, near, found.values(), lookback.since, self.now)
        if further is not None:
            found |= self._finished(further)
        return found | self._partners(found)

    def _finished(self, lookback: Lookback) -> dict[UUID, Stay]:
        first, last = lookback.id_range
        return {
            row.id: row
            for row in self.rows.values()
            if row.state is not State.OPEN and row.facts and first <= row.id <= last
            if row.vehicle in lookback.since and row.last_at >= lookback.since[row.vehicle]
        }


def read(way: Direction, at: datetime, received_at: datetime, chance: random.Random, **more: object) -> Read:
    said = {"plate": PLATE, "confidence": 0.97, "lane_id": 1 if way is ENTRY else 2, **more}
    id_ = ids.new(received_at, 1, chance.getrandbits(64))
    return Read(
        lot_id=1,
        id=id_,
        direction=way,
        at=at,
        plate_color=PlateColor.BLUE,
        vehicle_class=VehicleClass.SMALL,
        **said,  # type: ignore[arg-type]
    )


def history(chance: random.Random) -> Iterator[tuple[datetime, Read]]:
    """What is read of one vehicle in a year at most, and when that is recorded."""
    at = BEGIN
    for _ in range(chance.randint(2, 9)):
        at += chance.choice((5 * MINUTE, 20 * MINUTE, 9 * HOUR, 5 * DAY, 30 * DAY, 50 * DAY))
        if at > BEGIN + STAY_MAX - DAY:
            return
        way, lane = chance.choice((ENTRY, ENTRY, EXIT)), chance.choice((0, 0, 2))
        yield _told(
            way, at, chance, lane_id=(1 if way is ENTRY else 2) + lane, confidence=chance.choice((0.4, 0.7, 0.97))
        )
        if chance.random() < 0.3:
            # Another look at the same, or at another vehicle just behind it.
            later = at + chance.choice((-3, 3)) * SECOND
            plate = chance.choice((PLATE, MISREAD))
            yield _told(way, later, chance, lane_id=(1 if way is ENTRY else 2) + lane, plate=plate, confidence=0.8)


def _told(way: Direction, at: datetime, chance: random.Random, **more: object) -> tuple[datetime, Read]:
    # Live by a clock that is a little ahead, or handed in later.
    received_at = at + chance.choice((-CLOCK_OFF_MAX, SECOND, chance.random() * REPLAY_AGE_MAX))
    return received_at, read(way, at, received_at, chance, **more)


def test_nothing_that_matters_lies_further_back() -> None:
    for seed in range(1_500):
        told = sorted(history(random.Random(seed)), key=lambda each: each[0])
        lot = Stored()
        for now, each in told:
            lot.now = now
            lot.add([each])
        assert live(lot.rows) == live(whole(each for _, each in told)), seed
