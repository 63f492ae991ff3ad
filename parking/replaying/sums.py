"""Priced stays summed up as they come: by lot, vehicle, hour and length, with the largest changes."""

import heapq
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from parking.replaying.outcome import DURATIONS, Case, Row, Shares, Tally, Unpriced, WhatIf, masked

_Key = TypeVar("_Key", str, int)
# A stay, the kind of vehicle, and what it cost before and after.
Priced: TypeAlias = tuple[Row, str, int, int]
EXTREMES = 10
LISTED_MAX = 20
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# No zone's offset changes within a quarter of an hour.
_QUARTER_S = 15 * 60
_QUARTERS_A_DAY = 96


class Sums:
    """All sums over the stays so far. Stays come vehicle by vehicle; `told` is called with each."""

    def __init__(self, zone: ZoneInfo, told: Callable[[Case], None] | None) -> None:
        self._zone = zone
        self._told = told
        self._cells: defaultdict[tuple[str, int, int], Tally] = defaultdict(Tally)
        self._lots: defaultdict[int, Tally] = defaultdict(Tally)
        self._local_hours: dict[int, int] = {}
        self._differences: defaultdict[int, int] = defaultdict(int)
        self._rises: list[tuple[int, int, Case]] = []
        self._falls: list[tuple[int, int, Case]] = []
        # What a change must exceed to be among the largest.
        self._rise_over = self._fall_over = 0
        self._noted = 0
        self._listed: list[Unpriced] = []
        self._unpriced = self._more = self._less = self._same = 0
        # The vehicle whose stays are coming, and what they cost more in all.
        self._vehicle: tuple[str, str] | None = None
        self._change = 0

    def add(self, stays: Iterable[Priced]) -> None:
        """Takes in the next stays."""
        cells, lots, differences, hours = self._cells, self._lots, self._differences, self._local_hours
        vehicle, tells = self._vehicle, self._told is not None
        for row, kind, before_fen, after_fen in stays:
            if vehicle is None or row.plate != vehicle[0] or row.plate_color != vehicle[1]:
                self._close_vehicle()
                vehicle = self._vehicle = (row.plate, row.plate_color)
            change = after_fen - before_fen
            self._change += change
            differences[change] += 1
            since = row.entered_at - _EPOCH
            quarter = since.days * _QUARTERS_A_DAY + since.seconds // _QUARTER_S
            hour = hours.get(quarter)
            if hour is None:
                hour = hours[quarter] = row.entered_at.astimezone(self._zone).hour
            cell = cells[kind, hour, bisect_left(DURATIONS, row.left_at - row.entered_at)]
            for tally in (cell, lots[row.lot_id]):
                tally.stays += 1
                tally.before_fen += before_fen
                tally.after_fen += after_fen
                if change > 0:
                    tally.more += 1
                elif change < 0:
                    tally.less += 1
            if tells or change > self._rise_over or -change > self._fall_over:
                self._note(row, kind, before_fen, after_fen)

    def refuse(self, row: Row, reason: str) -> None:
        """Counts a stay that has no price."""
        self._unpriced += 1
        if len(self._listed) < LISTED_MAX:
            self._listed.append(Unpriced(row.lot_id, masked(row.plate), row.entered_at, row.left_at, reason))

    def result(self, *, carried: int) -> WhatIf:
        """What there is so far; nothing is added afterwards."""
        self._close_vehicle()
        total = Tally()
        for tally in self._lots.values():
            total.add(tally)
        return WhatIf(
            total=total,
            drivers=Shares(self._more, self._less, self._same),
            lots=dict(sorted(self._lots.items())),
            kinds=_grouped((kind, tally) for (kind, _, _), tally in self._cells.items()),
            hours=_grouped((hour, tally) for (_, hour, _), tally in self._cells.items()),
            durations=_grouped((duration, tally) for (_, _, duration), tally in self._cells.items()),
            differences=dict(self._differences),
            rises=[case for _, _, case in sorted(self._rises, key=_largest_first)],
            falls=[case for _, _, case in sorted(self._falls, key=_largest_first)],
            carried=carried,
            unpriced=self._unpriced,
            listed=self._listed,
        )

    def _close_vehicle(self) -> None:
        if self._vehicle is not None:
            self._more += self._change > 0
            self._less += self._change < 0
            self._same += self._change == 0
        self._vehicle, self._change = None, 0

    def _note(self, row: Row, kind: str, before_fen: int, after_fen: int) -> None:
        case = Case(row.lot_id, masked(row.plate), kind, row.entered_at, row.left_at, before_fen, after_fen)
        if case.change_fen > self._rise_over:
            self._rise_over = self._keep(self._rises, case)
        elif -case.change_fen > self._fall_over:
            self._fall_over = self._keep(self._falls, case)
        if self._told is not None:
            self._told(case)

    def _keep(self, largest: list[tuple[int, int, Case]], case: Case) -> int:
        """Adds a case to the largest ones; tells what another must exceed to be one of them."""
        self._noted += 1
        heapq.heappush(largest, (abs(case.change_fen), -self._noted, case))
        if len(largest) > EXTREMES:
            heapq.heappop(largest)
        return largest[0][0] if len(largest) == EXTREMES else 0


def _grouped(parts: Iterable[tuple[_Key, Tally]]) -> dict[_Key, Tally]:
    found: defaultdict[_Key, Tally] = defaultdict(Tally)
    for key, tally in parts:
        found[key].add(tally)
    return dict(sorted(found.items()))


def _largest_first(entry: tuple[int, int, Case]) -> tuple[int, int]:
    return -entry[0], -entry[1]
