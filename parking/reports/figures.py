"""What is known of lots, as rows of reports are made of it. Amounts are fen, times instants."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class StayLine(Struct, frozen=True, gc=False):
    """A stay that ended, with what was charged for it."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: str
    vehicle_class: str
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    charge_reference: UUID | None
    charge_state: str | None
    amount_fen: int | None
    paid_fen: int | None
    refunded_fen: int | None
    owed_fen: int | None
    method: str | None
    paid_at: datetime | None


class Use(Struct, frozen=True):
    """How a lot was used in a time: who came, who left, how long these stayed, and how long spaces were taken."""

    lot_id: int
    entered: int = 0
    left_: int = 0
    stayed_s: int = 0
    taken_s: int = 0


class ShiftLine(Struct, frozen=True):
    """A shift and its cash."""

    lot_id: int
    id: UUID
    name: str
    opened_at: datetime
    handed_over_at: datetime | None
    handed_over_by: str | None
    taken_fen: int
    counted_fen: int | None
    difference_fen: int | None
    payments: int
    waiting: int
    lifts_without_money: int | None
