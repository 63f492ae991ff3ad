"""Bookings (预约): a space of a lot is kept for a vehicle from an instant to an instant.

Who comes no longer before the beginning than the lot's rule says is there by the booking; who has not come some time
after it has lost the space, and owes nothing. A booking is of one coming: who leaves has left, however much of it is
left. What its time costs, and what staying on does, the tariff says.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, field, structs

from parking.entitlements import Booked, RightUnfit, check_back, identified
from parking.facts import Fact
from parking.lots import CAPACITY_MAX, Direction, Lot
from parking.plates import PlateColor
from parking.stays import Stay
from payments.errors import OneLotError

EARLY_MIN, EARLY_MIN_MAX = 15, 120
LATE_MIN, LATE_MIN_MAX = 30, 24 * 60
BOOKED_MAX = timedelta(days=31)
AHEAD_MAX = timedelta(days=180)


class NotBookable(OneLotError):
    """The lot has no rule for bookings."""


class NoSpaceToBook(OneLotError):
    """At some moment of the time all spaces that may be booked are."""


class BookedAlready(OneLotError):
    """The vehicle has another booking in the lot that overlaps."""


class UnknownBooking(OneLotError):
    """The lot has no booking of this reference."""


class BookingEnded(OneLotError):
    """The booking was cancelled."""


class BookingRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How a lot takes bookings from now on: of `spaces` at a time; who comes up to `early_min` minutes before the
    beginning is there by the booking, and for who is not there `late_min` minutes after it the space is kept no longer.
    """

    spaces: Annotated[int, Meta(ge=0, le=CAPACITY_MAX)]
    early_min: Annotated[int, Meta(ge=0, le=EARLY_MIN_MAX)] = EARLY_MIN
    late_min: Annotated[int, Meta(ge=0, le=LATE_MIN_MAX)] = LATE_MIN


class State(StrEnum):
    """How a booking stands. waits: its vehicle may come; missed: it did not, and the space was given away."""

    WAITS = "waits"
    CAME = "came"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Booking(Struct, frozen=True):
    """A booking. `reference`: what who made it knows it by, once in a lot. `holds_from`, `holds_until`: when the space
    is kept if the vehicle has not come. `came_at`: when it did, in that time.
    """

    lot_id: int
    id: UUID
    reference: str
    plate: str
    plate_color: PlateColor
    starts_at: datetime
    ends_at: datetime
    holds_from: datetime
    holds_until: datetime
    note: str
    added_by: str
    added_at: datetime
    changed_by: str | None = None
    changed_at: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    came_at: datetime | None = None

    def state(self, now: datetime) -> State:
        """How it stands at an instant."""
        if self.ended_at is not None:
            return State.CANCELLED
        if self.came_at is not None:
            return State.CAME
        return State.WAITS if now < self.holds_until else State.MISSED

    def takes_space(self, now: datetime) -> bool:
        """Whether nobody else may book the space for its time."""
        return self.state(now) in (State.WAITS, State.CAME)


class Wish(Struct, frozen=True):
    """What is to be booked: see `Booking`."""

    reference: str
    plate: str
    plate_color: PlateColor
    starts_at: datetime
    ends_at: datetime
    note: str


def booking(wish: Wish, lot: Lot, rule: BookingRule, *, id_: UUID, by: str, now: datetime) -> Booking:
    """The row for a booking.

    Raises:
        RightUnfit: the text is no plate, or the time is none or lies too far ahead.
        RightTooOld: it begins too far back.
    """
    plate, color = identified(wish.plate, wish.plate_color)
    if not timedelta(0) < wish.ends_at - wish.starts_at <= BOOKED_MAX:
        days_max = BOOKED_MAX // timedelta(days=1)
        raise RightUnfit("A booking ends after it begins, and within days.", field="until", days_max=days_max)
    check_back(wish.starts_at, now=now, field="from")
    if wish.starts_at > now + AHEAD_MAX:
        days_max = AHEAD_MAX // timedelta(days=1)
        raise RightUnfit("So far ahead nothing is booked.", field="from", days_max=days_max)
    starts_at, ends_at = wish.starts_at.astimezone(UTC), wish.ends_at.astimezone(UTC)
    return Booking(
        lot_id=lot.id,
        id=id_,
        reference=wish.reference,
        plate=plate,
        plate_color=color,
        starts_at=starts_at,
        ends_at=ends_at,
        holds_from=starts_at - timedelta(minutes=rule.early_min),
        holds_until=min(ends_at, starts_at + timedelta(minutes=rule.late_min)),
        note=wish.note,
        added_by=by,
        added_at=now,
    )


def changed(known: Booking, new: Booking) -> Booking | None:
    """A booking as it is said anew; None if it says the same. What is not said again, like the minutes of the lot's
    rule, stays.

    Raises:
        BookingEnded: it was cancelled.
    """
    said = ("plate", "plate_color", "starts_at", "ends_at", "note")
    if known.ended_at is not None:
        raise BookingEnded("It was cancelled. A new booking has a reference of its own.", reference=known.reference)
    if all(getattr(known, name) == getattr(new, name) for name in said):
        return None
    return structs.replace(
        new,
        id=known.id,
        added_by=known.added_by,
        added_at=known.added_at,
        changed_by=new.added_by,
        changed_at=new.added_at,
    )


def check_room(new: Booking, others: Iterable[Booking], rule: BookingRule, *, now: datetime) -> None:
    """Refuses a booking for which there is no space. `others`: those of the lot that touch its time.

    Raises:
        BookedAlready: its vehicle has one of them.
        NoSpaceToBook: see above.
    """
    taken = [each for each in others if each.id != new.id and each.takes_space(now)]
    for each in taken:
        same = (each.plate, each.plate_color) == (new.plate, new.plate_color)
        if same and each.starts_at < new.ends_at and new.starts_at < each.ends_at:
            raise BookedAlready("This vehicle has a booking here in that time.", field="from", reference=each.reference)
    if most_at_once([new, *taken], new.holds_from, new.ends_at) > rule.spaces:
        raise NoSpaceToBook("All spaces that may be booked are taken.", field="from", spaces=rule.spaces)


def most_at_once(booked: Sequence[Booking], since: datetime, until: datetime) -> int:
    """How many bookings take a space at the same moment within a time, at the most. One takes it from when it is kept
    until its end.
    """
    steps = []
    for each in booked:
        begins, ends = max(each.holds_from, since), min(each.ends_at, until)
        if begins < ends:
            steps += [(begins, 1), (ends, -1)]
    most = at_once = 0
    # Of one instant who goes comes before who begins.
    for _, step in sorted(steps):
        at_once += step
        most = max(most, at_once)
    return most


def booked(stay: Stay, known: Iterable[Booking]) -> tuple[Booked, ...]:
    """When a closed stay, as it is billed, is there by bookings of its vehicle in its lot."""
    assert stay.entered_at is not None
    assert stay.left_at is not None
    found = [
        Booked(each.id, each.holds_from, each.ends_at)
        for each in known
        if each.ended_at is None
        and (each.lot_id, each.plate, each.plate_color) == stay.vehicle
        and stay.entered_at < each.holds_until
        and each.holds_from < stay.left_at
    ]
    return tuple(sorted(found, key=lambda each: (each.since, each.booking_id)))


# -- at the gate


class BookingSeen(Struct, frozen=True):
    """The booking by which a vehicle comes in: as who made it knows it, and its time."""

    reference: str
    starts_at: datetime = field(name="from")
    ends_at: datetime = field(name="until")


def coming(facts: Iterable[Fact], bookable: Iterable[int]) -> list[Fact]:
    """The facts of vehicles at a way in that may have a booking there."""
    lots = frozenset(bookable)
    if not lots:
        return []
    return [fact for fact in facts if fact.lot_id in lots and fact.direction is Direction.ENTRY and fact.applies]


def seen(fact: Fact, known: Iterable[Booking]) -> BookingSeen | None:
    """The booking by which the vehicle of a fact comes in."""
    vehicle = (fact.lot_id, fact.plate, fact.plate_color)
    for each in known:
        in_time = each.holds_from <= fact.effective_at < each.holds_until
        if in_time and (each.lot_id, each.plate, each.plate_color) == vehicle:
            return BookingSeen(each.reference, each.starts_at, each.ends_at)
    return None
