"""What a trial reads and what it finds: past stays, sums over them, and single cases that do not say whose they are."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

# Up to which a stay is of a class of durations; the last class is everything longer.
DURATIONS = tuple(timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 480, 1440, 7 * 1440))


class Row(Struct, frozen=True, gc=False):
    """A closed stay as it is kept. Rows come vehicle by vehicle, those of a vehicle in order of entry."""

    lot_id: int
    plate: str
    plate_color: str
    vehicle_class: str
    entered_at: datetime
    left_at: datetime
    fee_fen: int


class Period(Struct, frozen=True):
    """Stays that ended from `since` up to `until` are compared; earlier ones only count for what is remembered."""

    since: datetime
    until: datetime


class Tally(Struct):
    """Sums over some stays: how many, what they cost before and after, how many cost more and how many less."""

    stays: int = 0
    before_fen: int = 0
    after_fen: int = 0
    more: int = 0
    less: int = 0

    @property
    def same(self) -> int:
        """How many cost what they did."""
        return self.stays - self.more - self.less

    @property
    def change_fen(self) -> int:
        """What all of them cost more."""
        return self.after_fen - self.before_fen

    def add(self, other: "Tally") -> None:
        """Takes in the sums of other stays."""
        self.stays += other.stays
        self.before_fen += other.before_fen
        self.after_fen += other.after_fen
        self.more += other.more
        self.less += other.less


class Shares(Struct, frozen=True):
    """Drivers by what all their stays together cost: more, less or the same."""

    more: int
    less: int
    same: int

    @property
    def all(self) -> int:
        """All drivers."""
        return self.more + self.less + self.same


class Case(Struct, frozen=True):
    """One stay with both fees; the plate without what tells whose it is."""

    lot_id: int
    plate: str
    kind: str
    entered_at: datetime
    left_at: datetime
    before_fen: int
    after_fen: int

    @property
    def change_fen(self) -> int:
        """What it costs more."""
        return self.after_fen - self.before_fen


class Unpriced(Struct, frozen=True):
    """A stay that could not be priced, and why."""

    lot_id: int
    plate: str
    entered_at: datetime
    left_at: datetime
    reason: str


class WhatIf(Struct, frozen=True):
    """What the draft would have changed. Keys: lots by number, kinds of vehicles, local hours, places in DURATIONS.

    carried: stays before the period that were priced only for what they used.
    """

    total: Tally
    drivers: Shares
    lots: dict[int, Tally]
    kinds: dict[str, Tally]
    hours: dict[int, Tally]
    durations: dict[int, Tally]
    differences: dict[int, int]
    rises: Sequence[Case]
    falls: Sequence[Case]
    carried: int
    unpriced: int
    listed: Sequence[Unpriced]


def masked(plate: str) -> str:
    """A plate as it may be shown: where it is from and how it ends, never whose it is."""
    return f"{plate[:2]}•••{plate[-2:]}" if len(plate) >= 7 else "•••"
