"""What is held of the vehicles that an account pays for, beside their stays, as their driver takes it along.

Who of the staff wrote it is not in it, nor what is held of other vehicles of the same pass.
"""

from datetime import date, datetime
from uuid import UUID

from msgspec import Raw, Struct

from parking.plates import PlateColor


class PaidLink(Struct, frozen=True):
    """A time in which an account paid for a plate, and nobody contests that. `until`: null: it does still."""

    plate: str
    plate_color: PlateColor
    since: datetime
    until: datetime | None


class SessionOfDriver(Struct, frozen=True):
    """A browser in which the driver is signed in. `agent`: what it calls itself."""

    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str


class Exemption(Struct, frozen=True):
    """What a vehicle is known for, where, from when to when and why."""

    id: UUID
    operator_id: int | None
    lot_id: int | None
    plate: str
    plate_color: PlateColor
    tags: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    added_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class ExemptionOfDriver(Exemption, frozen=True, kw_only=True):
    """What a vehicle is known for, with the numbers of it."""

    facts: Raw


class BanHeld(Struct, frozen=True):
    """A ban of a vehicle. `said`: what was said against it with this account."""

    id: UUID
    operator_id: int | None
    lot_id: int | None
    plate: str
    plate_color: PlateColor
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    added_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    said: str | None
    said_at: datetime | None


class PassOfDriver(Struct, frozen=True):
    """A pass that a vehicle is on, with `bays` for all its vehicles."""

    id: UUID
    operator_id: int | None
    code: str
    lot_ids: tuple[int, ...]
    bays: int
    plate: str
    plate_color: PlateColor
    valid_from: date
    valid_through: date
    ended_through: date | None
    note: str
    added_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class BookingOfDriver(Struct, frozen=True):
    """A space that is kept for a vehicle, or was."""

    lot_id: int
    reference: str
    plate: str
    plate_color: PlateColor
    starts_at: datetime
    ends_at: datetime
    note: str
    added_at: datetime
    changed_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None


class TicketOfDriver(Struct, frozen=True):
    """A ticket that was merged with the plate of a vehicle."""

    lot_id: int
    number: str
    issued_at: datetime
    plate: str
    plate_color: PlateColor
    claimed_at: datetime


class ChargingOfDriver(Struct, frozen=True):
    """When a vehicle was charged, as was told at `told_at`."""

    lot_id: int
    session: str
    plate: str
    plate_color: PlateColor
    started_at: datetime
    ended_at: datetime | None
    bay: str
    energy_wh: int | None
    told_at: datetime
