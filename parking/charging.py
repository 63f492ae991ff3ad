"""When vehicles were charged in a lot, for prices with free parking while charging or a fee for staying on (占位费)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from parking.entitlements import RightUnfit, check_back, identified
from parking.plates import PlateColor
from parking.stays import Stay
from payments.errors import OneLotError

SESSION_CHARACTERS_MAX = 64
# Longer than any car is charged.
SESSION_MAX = timedelta(days=7)


class SessionContradicted(OneLotError):
    """What is said of a session is of another vehicle than before."""


class ChargingSession(Struct, frozen=True):
    """What a lot said of a session last. `ended_at`: None, it goes on."""

    lot_id: int
    id: UUID
    session: str
    plate: str
    plate_color: PlateColor
    started_at: datetime
    ended_at: datetime | None
    bay: str
    energy_wh: int | None
    told_at: datetime
    told_by: str


def said(session: ChargingSession, before: ChargingSession | None, *, now: datetime) -> ChargingSession | None:
    """The row for what is said of a session; None if it was said before.

    Raises:
        RightUnfit: the text is no plate, it ends before it starts or later than now, or lasts too long.
        RightTooOld: it started too far back: stays of then are not priced again.
        SessionContradicted: it was another vehicle's.
    """
    plate, color = identified(session.plate, session.plate_color)
    check_back(session.started_at, now=now, field="started_at")
    until = session.ended_at or now
    if not timedelta(0) <= until - session.started_at <= SESSION_MAX:
        raise RightUnfit("A session ends after it starts, and within days.", field="ended_at")
    if until > now + timedelta(minutes=2):
        raise RightUnfit("A session has not ended yet.", field="ended_at")
    made = ChargingSession(
        session.lot_id,
        session.id,
        session.session,
        plate,
        color,
        session.started_at.astimezone(UTC),
        None if session.ended_at is None else session.ended_at.astimezone(UTC),
        session.bay,
        session.energy_wh,
        session.told_at,
        session.told_by,
    )
    if before is None:
        return made
    if (before.plate, before.plate_color) != (plate, color):
        raise SessionContradicted("This session is another vehicle's.", field="plate", session=session.session)
    same = ("started_at", "ended_at", "bay", "energy_wh")
    return None if all(getattr(before, name) == getattr(made, name) for name in same) else made


def charged(stay: Stay, sessions: Iterable[ChargingSession]) -> tuple[tuple[datetime, datetime], ...]:
    """When the vehicle of a closed stay was charged during it. A session that goes on lasts as long as the stay."""
    assert stay.entered_at is not None
    assert stay.left_at is not None
    found = []
    for each in sessions:
        if (each.lot_id, each.plate, each.plate_color) == stay.vehicle:
            since, until = max(each.started_at, stay.entered_at), min(each.ended_at or stay.left_at, stay.left_at)
            if since < until:
                found.append((since, until))
    return tuple(sorted(found))
