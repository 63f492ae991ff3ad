"""The past stays that a simulation reads, and how it shows single ones without saying whose they are."""

from datetime import datetime

from msgspec import Struct


class PastStay(Struct, frozen=True, gc=False):
    """A closed stay as it is stored, with the rights it was priced with (JSON text). They come vehicle by vehicle,
    those of a vehicle in order of entry.
    """

    lot_id: int
    plate: str
    plate_color: str
    vehicle_class: str
    entered_at: datetime
    left_at: datetime
    fee_fen: int
    rights: str | None = None


class Period(Struct, frozen=True):
    """Stays that ended from `since` up to `until` are compared; earlier ones only count for what is remembered."""

    since: datetime
    until: datetime


class Case(Struct, frozen=True):
    """One stay with its fee before and after; the plate is masked."""

    lot_id: int
    plate: str
    kind: str
    entered_at: datetime
    left_at: datetime
    before_fen: int
    after_fen: int

    @property
    def change_fen(self) -> int:
        """By how much the fee rises."""
        return self.after_fen - self.before_fen


class Unpriced(Struct, frozen=True):
    """A stay that could not be priced, and why; the plate is masked."""

    lot_id: int
    plate: str
    entered_at: datetime
    left_at: datetime
    reason: str
