"""Totals of compared stays: by lot, vehicle, hour and duration, with the largest changes."""

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.plates import masked
from parking.simulation.past_stays import Case, PastStay, Unpriced

_Key = TypeVar("_Key", str, int)
# A stay, the kind of vehicle, and what it cost before and after.
Priced: TypeAlias = tuple[PastStay, str, int, int]
# The longest stays of each class of durations; longer ones are of the last class.
DURATIONS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 1440, 7 * 1440))
EXTREMES = 10
LISTED_MAX = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No time zone's offset changes within a quarter of an hour.
_QUARTER_S = 15 * 60
_QUARTERS_A_DAY = 96


class Total(Struct):
    """Sums over some stays: how many, what they cost before and after, how many cost more and how many less."""

    stays: int = 0
    before_fen: int = 0
    after_fen: int = 0
    more: int = 0
    less: int = 0

    @property
    def same(self) -> int:
        """How many cost the same."""
        return self.stays - self.more - self.less

    @property
    def change_fen(self) -> int:
        """By how much all of them together rise."""
        return self.after_fen - self.before_fen

    def add(self, other: "Total") -> None:
        """Adds the sums of other stays."""
        self.stays += other.stays
        self.before_fen += other.before_fen
        self.after_fen += other.after_fen
        self.more += other.more
        self.less += other.less


class Drivers(Struct, frozen=True):
    """How many drivers pay more, less or the same for all their stays together."""

    more: int
    less: int
    same: int

    @property
    def all(self) -> int:
        """How many there are."""
        return self.more + self.less + self.same


class Outcome(Struct, frozen=True):
    """What the draft would have changed. Keys: lots by number, kinds of vehicles, local hours, places in DURATIONS.

    earlier: how many stays before the period were priced only for what they used. unpriced: how many could not be
    priced; listed: some of them.
    """

    total: Total
    drivers: Drivers
    lots: dict[int, Total]
    kinds: dict[str, Total]
    hours: dict[int, Total]
    durations: dict[int, Total]
    differences: dict[int, int]
    rises: Sequence[Case]
    falls: Sequence[Case]
    earlier: int
    unpriced: int
    listed: Sequence[Unpriced]


class Totals:
    """The totals of all stays so far. Stays come vehicle by vehicle; `on_case` is called with each."""

    def __init__(self, time_zone: ZoneInfo, on_case: Callable[[Case], None] | None) -> None:
        self._time_zone = time_zone
        self._on_case = on_case
        self._cells: defaultdict[tuple[str, int, int], Total] = defaultdict(Total)
        self._lots: defaultdict[int, Total] = defaultdict(Total)
        self._local_hours: dict[int, int] = {}
        self._differences: defaultdict[int, int] = defaultdict(int)
        self._rises: list[tuple[int, int, Case]] = []
        self._falls: list[tuple[int, int, Case]] = []
        # What a change must exceed to be among the largest.
        self._rise_over = self._fall_over = 0
        self._noted = 0
        self._listed: list[Unpriced] = []
        self._unpriced = self._more = self._less = self._same = 0
        # The vehicle whose stays are coming, and by how much they rise together.
        self._vehicle: tuple[str, str] | None = None
        self._change = 0

    def add(self, stays: Iterable[Priced]) -> None:
        """Adds the next stays."""
        cells, lots, differences, hours = self._cells, self._lots, self._differences, self._local_hours
        vehicle, notes_all = self._vehicle, self._on_case is not None
        for stay, kind, before_fen, after_fen in stays:
            if vehicle is None or stay.plate != vehicle[0] or stay.plate_color != vehicle[1]:
                self._close_vehicle()
                vehicle = self._vehicle = (stay.plate, stay.plate_color)
            change = after_fen - before_fen
            self._change += change
            differences[change] += 1
            since = stay.entered_at - _EPOCH
            quarter = since.days * _QUARTERS_A_DAY + since.seconds // _QUARTER_S
            hour = hours.get(quarter)
            if hour is None:
                hour = hours[quarter] = stay.entered_at.astimezone(self._time_zone).hour
            cell = cells[kind, hour, bisect_left(DURATIONS, stay.left_at - stay.entered_at)]
            for total in (cell, lots[stay.lot_id]):
                total.stays += 1
                total.before_fen += before_fen
                total.after_fen += after_fen
                if change > 0:
                    total.more += 1
                elif change < 0:
                    total.less += 1
            if notes_all or change > self._rise_over or -change > self._fall_over:
                self._note(stay, kind, before_fen, after_fen)

    def refuse(self, stay: PastStay, reason: str) -> None:
        """Counts a stay that has no price."""
        self._unpriced += 1
        if len(self._listed) < LISTED_MAX:
            self._listed.append(Unpriced(stay.lot_id, masked(stay.plate), stay.entered_at, stay.left_at, reason))

    def outcome(self, *, earlier: int) -> Outcome:
        """The totals so far; nothing is added afterwards."""
        self._close_vehicle()
        whole = Total()
        for total in self._lots.values():
            whole.add(total)
        return Outcome(
            total=whole,
            drivers=Drivers(self._more, self._less, self._same),
            lots=dict(sorted(self._lots.items())),
            kinds=_grouped((kind, total) for (kind, _, _), total in self._cells.items()),
            hours=_grouped((hour, total) for (_, hour, _), total in self._cells.items()),
            durations=_grouped((duration, total) for (_, _, duration), total in self._cells.items()),
            differences=dict(self._differences),
            rises=[case for _, _, case in sorted(self._rises, key=_largest_first)],
            falls=[case for _, _, case in sorted(self._falls, key=_largest_first)],
            earlier=earlier,
            unpriced=self._unpriced,
            listed=self._listed,
        )

    def _close_vehicle(self) -> None:
        if self._vehicle is not None:
            self._more += self._change > 0
            self._less += self._change < 0
            self._same += self._change == 0
        self._vehicle, self._change = None, 0

    def _note(self, stay: PastStay, kind: str, before_fen: int, after_fen: int) -> None:
        case = Case(stay.lot_id, masked(stay.plate), kind, stay.entered_at, stay.left_at, before_fen, after_fen)
        if case.change_fen > self._rise_over:
            self._rise_over = self._keep(self._rises, case)
        elif -case.change_fen > self._fall_over:
            self._fall_over = self._keep(self._falls, case)
        if self._on_case is not None:
            self._on_case(case)

    def _keep(self, largest: list[tuple[int, int, Case]], case: Case) -> int:
        """Adds a case to the largest ones; returns what another must exceed to be one of them."""
        self._noted += 1
        heapq.heappush(largest, (abs(case.change_fen), -self._noted, case))
        if len(largest) > EXTREMES:
            heapq.heappop(largest)
        return largest[0][0] if len(largest) == EXTREMES else 0


def _grouped(parts: Iterable[tuple[_Key, Total]]) -> dict[_Key, Total]:
    groups: defaultdict[_Key, Total] = defaultdict(Total)
    for key, total in parts:
        groups[key].add(total)
    return dict(sorted(groups.items()))


def _largest_first(entry: tuple[int, int, Case]) -> tuple[int, int]:
    return -entry[0], -entry[1]
