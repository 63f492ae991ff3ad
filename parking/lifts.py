"""Lifts: barriers that persons opened, with what was paid for the cars that went through, for who looks after money."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Lift(Struct, frozen=True):
    """A barrier that a person opened, there or from afar: then `id` is that of the `command`, and `at` when the gateway
    said that it did so. `event_id`, `plate`, `stay_id`: of the car that was read last at the lane in the ten minutes
    before, or that was meant; `owed_fen`, `paid_fen`: of its stay; `taken_fen`: in cash for it, as the booth said.
    """

    id: UUID
    lot: str
    lane: str
    at: datetime
    person: str | None
    reason: str | None
    command: str | None
    event_id: str | None
    plate: str | None
    stay_id: UUID | None
    owed_fen: int | None
    paid_fen: int | None
    taken_fen: int | None
