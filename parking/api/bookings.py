"""Bookings: spaces of a lot that are kept for vehicles, as the operator or a platform says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import delete, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct, field

from parking import plates
from parking.api.dependencies import Network
from parking.api.instants import Instant
from parking.bookings import Booking, BookingRule, State, Wish
from parking.flow import bookings as flow
from parking.lots import Code
from parking.plates import PlateColor
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience

Reference: TypeAlias = FromPath[Code]
_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}


class SpaceToBook(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle that is to have a space, and when. The colour is needed only where the form of the plate leaves it
    open.
    """

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    starts_at: Instant = field(name="from")
    ends_at: Instant = field(name="until")
    plate_color: PlateColor = PlateColor.UNKNOWN
    note: Annotated[str, Meta(max_length=200)] = ""


class BookingShown(Struct, frozen=True):
    """A booking. The space is kept from `held_from` until `held_until`, or until the vehicle comes (`came_at`)."""

    id: UUID
    reference: str
    plate: str
    plate_color: PlateColor
    starts_at: datetime = field(name="from")
    ends_at: datetime = field(name="until")
    held_from: datetime
    held_until: datetime
    state: State
    came_at: datetime | None
    note: str
    added_by: str
    added_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None


class BookingPage(Struct, frozen=True):
    """Bookings in the order in which they were made; `next` is null on the last page."""

    bookings: Sequence[BookingShown]
    next: UUID | None


@put(
    "/v1/lots/{code:str}/booking-rule",
    operation_id="setBookingRule",
    summary="How a lot takes bookings",
    tags=["administration"],
    opt=_STAFF,
    status_code=204,
)
async def set_rule(
    code: FromPath[str], data: JSONBody[BookingRule], principal: Principal, network: Network, db: Db, now: Now
) -> None:
    """From now on; what is booked stays as it is."""
    await flow.set_rule(db, network.lot(code), data, principal=principal, now=now)


@put(
    "/v1/lots/{code:str}/bookings/{reference:str}",
    operation_id="bookSpace",
    summary="Book a space for a vehicle, or change that",
    tags=["administration"],
    opt=_STAFF,
)
async def book(
    *,
    code: FromPath[str],
    reference: Reference,
    data: JSONBody[SpaceToBook],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> BookingShown:
    """The reference is the caller's own: the same again changes nothing, another vehicle or time changes the booking.
    What ended stays cost follows.
    """
    wish = Wish(reference, data.plate, data.plate_color, data.starts_at, data.ends_at, data.note)
    about = {"principal": principal, "network": network.snapshot, "now": now, "random_bits": random_bits}
    made = await flow.book(pool, network.lot(code), wish, **about)  # type: ignore[arg-type]
    return _shown(made, now)


@get(
    "/v1/lots/{code:str}/bookings",
    operation_id="listBookings",
    summary="Bookings of a lot",
    tags=["administration"],
    opt=_STAFF,
)
async def list_bookings(
    *,
    code: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="Of this vehicle.")] = None,
    ended: Annotated[bool, QueryParameter(description="Also those that are over or cancelled.")] = False,
) -> BookingPage:
    """Who looked is kept."""
    found = await flow.find_bookings(
        db,
        network.lot(code),
        plate=plates.looked_for(plate),
        holding=not ended,
        after=page.above,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return BookingPage([_shown(each, now) for each in found], page.next([each.id for each in found]))


@delete(
    "/v1/lots/{code:str}/bookings/{reference:str}",
    operation_id="cancelBooking",
    summary="Cancel a booking",
    tags=["administration"],
    opt=_STAFF,
)
async def cancel(
    *,
    code: FromPath[str],
    reference: Reference,
    reason: Annotated[str, QueryParameter(min_length=1, max_length=200, description="Why; it is kept.")],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """A driver who was billed less because of it is asked for no more than they accepted."""
    about = {"principal": principal, "network": network.snapshot, "now": now, "random_bits": random_bits}
    await flow.cancel(pool, network.lot(code), reference, reason=reason, **about)  # type: ignore[arg-type]


def _shown(each: Booking, now: datetime) -> BookingShown:
    return BookingShown(
        id=each.id,
        reference=each.reference,
        plate=each.plate,
        plate_color=each.plate_color,
        starts_at=each.starts_at,
        ends_at=each.ends_at,
        held_from=each.holds_from,
        held_until=each.holds_until,
        state=each.state(now),
        came_at=each.came_at,
        note=each.note,
        added_by=each.added_by,
        added_at=each.added_at,
        changed_by=each.changed_by,
        changed_at=each.changed_at,
        ended_by=each.ended_by,
        ended_at=each.ended_at,
        end_reason=each.end_reason,
    )


ROUTES: list[HTTPRouteHandler] = [set_rule, book, list_bookings, cancel]
