"""Vehicles that are not let in: who says so, and what drivers say against it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking import network as networks
from parking import plates
from parking.api.dependencies import Network
from parking.api.instants import Instant
from parking.bans import SAID_CHARACTERS_MAX, Ban
from parking.entitlements import Reason
from parking.flow import bans as flow
from parking.flow.entitlements import reach_of
from parking.lots import Code
from parking.plates import PlateColor
from parking.store import bans as store
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience

_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}
_DRIVERS = {"audience": (Audience.DRIVER,)}


class VehicleToBan(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle that is to be let in no more: in a `lot`, in all lots of an `operator`, or, where neither is named, in
    the whole city; from `valid_from` (default: now) until before `valid_until` (null: until further notice).
    """

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    reason: Reason
    valid_until: Instant | None
    plate_color: PlateColor = PlateColor.UNKNOWN
    lot: Code | None = None
    operator: Code | None = None
    valid_from: Instant | None = None


class BanShown(Struct, frozen=True):
    """A ban as staff see it; `said`: by the driver who appealed against it."""

    id: UUID
    plate: str
    plate_color: PlateColor
    lot: str | None
    operator: str | None
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    added_by: str
    added_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    said: str | None
    said_at: datetime | None


class BanOfDriver(Struct, frozen=True):
    """A ban as the driver of its vehicle sees it: where, until when, why, and what was said against it."""

    id: UUID
    plate: str
    plate_color: PlateColor
    lot: str | None
    operator: str | None
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    said: str | None


class BanPage(Struct, frozen=True):
    """Bans, the oldest first; `next` is null on the last page."""

    bans: Sequence[BanShown]
    next: UUID | None


class BanAppeal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the vehicle should be let in."""

    said: Annotated[str, Meta(min_length=1, max_length=SAID_CHARACTERS_MAX)]


@post(
    "/v1/admin/bans",
    operation_id="banVehicle",
    summary="Let a vehicle in no more",
    tags=["administration"],
    opt=_STAFF,
)
async def ban_vehicle(
    *,
    data: JSONBody[VehicleToBan],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> BanShown:
    """It is held at the way in (`reason: banned`), and a person decides. Whoever is inside leaves as any other."""
    made = await flow.ban(
        db,
        plate=data.plate,
        plate_color=data.plate_color,
        reach=reach_of(network.snapshot, lot=data.lot, operator=data.operator),
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        reason=data.reason,
        principal=principal,
        now=now,
        random_bits=random_bits,
    )
    return _shown(made, network.snapshot)


@get("/v1/admin/bans", operation_id="listBans", summary="Vehicles not let in", tags=["administration"], opt=_STAFF)
async def list_bans(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="Of this vehicle.")] = None,
    ended: Annotated[bool, QueryParameter(description="Also those that are over.")] = False,
    appealed: Annotated[bool, QueryParameter(description="Only those somebody appealed against.")] = False,
) -> BanPage:
    """Those that the caller may change: staff of one operator see those of its lots. Who looked is kept."""
    found = await flow.find_bans(
        db,
        plate=plates.looked_for(plate),
        holding=not ended,
        appealed=appealed,
        after=page.above,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    shown = [_shown(each, network.snapshot) for each in found]
    return BanPage(shown, page.next([each.id for each in shown]))


@delete(
    "/v1/admin/bans/{ban_id:uuid}",
    operation_id="endBan",
    summary="Let a vehicle in again",
    tags=["administration"],
    opt=_STAFF,
)
async def end_ban(
    *,
    ban_id: FromPath[UUID],
    reason: Annotated[str, QueryParameter(min_length=1, max_length=200, description="Why; it is kept.")],
    principal: Principal,
    db: Db,
    now: Now,
) -> None:
    """Every process knows within a second."""
    await flow.end_ban(db, ban_id, reason=reason, principal=principal, now=now)


@get("/v1/account/bans", operation_id="listOwnBans", summary="Where vehicles of the account are not let in",
     tags=["drivers"], opt=_DRIVERS)  # fmt: skip
async def list_own_bans(principal: Principal, network: Network, db: Db, now: Now) -> Sequence[BanOfDriver]:
    """Bans that hold or will, of the plates that the account pays for."""
    return [_of_driver(each, network.snapshot) for each in await store.bans_of_account(db, principal.id, now)]


@post(
    "/v1/account/bans/{ban_id:uuid}/appeal",
    operation_id="appealAgainstBan",
    summary="Say why a vehicle should be let in",
    tags=["drivers"],
    opt=_DRIVERS,
)
async def appeal(
    ban_id: FromPath[UUID], data: JSONBody[BanAppeal], principal: Principal, network: Network, db: Db, now: Now
) -> BanOfDriver:
    """Once for each ban. Staff find it (`appealed`), and end the ban or let it stand."""
    made = await flow.appeal(db, ban_id, account_id=principal.id, said=data.said, actor=principal.subject, now=now)
    return _of_driver(made, network.snapshot)


def _shown(each: Ban, network: networks.Network) -> BanShown:
    lot, operator = network.codes_of(each.lot_id, each.operator_id)
    return BanShown(
        id=each.id,
        plate=each.plate,
        plate_color=each.plate_color,
        lot=lot,
        operator=operator,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
        reason=each.reason,
        added_by=each.added_by,
        added_at=each.added_at,
        ended_by=each.ended_by,
        ended_at=each.ended_at,
        end_reason=each.end_reason,
        said=each.said,
        said_at=each.said_at,
    )


def _of_driver(each: Ban, network: networks.Network) -> BanOfDriver:
    lot, operator = network.codes_of(each.lot_id, each.operator_id)
    about = (each.id, each.plate, each.plate_color, lot, operator)
    return BanOfDriver(*about, each.valid_from, each.valid_until, each.reason, each.said)


ROUTES: list[HTTPRouteHandler] = [ban_vehicle, list_bans, end_ban, list_own_bans, appeal]
