"""Vehicles that are known for something a price asks for: ambulances with ordinary plates, residents, large buses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Raw, Struct

from parking import network as networks
from parking import plates
from parking.api.dependencies import Network
from parking.api.instants import Instant
from parking.entitlements import ExemptVehicle, Facts, NewVehicle, Reason, Tags
from parking.flow import entitlements as flow
from parking.lots import Code
from parking.plates import PlateColor
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience

_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}


class VehicleToRegister(Struct, frozen=True, forbid_unknown_fields=True):
    """What a vehicle is known for: `tags`, numbers (`facts`: seats, length_cm, bays) or both.

    It holds in a `lot`, in all lots of an `operator`, or, where neither is named, in the whole city; from `valid_from`
    (default: twelve hours ago, since it may stand at the exit) until before `valid_until` (default: until further
    notice). The colour is needed only where the form of the plate leaves it open.
    """

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    reason: Reason
    plate_color: PlateColor = PlateColor.UNKNOWN
    tags: Tags = ()
    facts: Facts = {}
    lot: Code | None = None
    operator: Code | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None


class VehicleShown(Struct, frozen=True):
    """A vehicle that is known for something, from when to when, by whom, and why."""

    id: UUID
    plate: str
    plate_color: PlateColor
    tags: tuple[str, ...]
    facts: Raw
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


class VehiclePage(Struct, frozen=True):
    """Vehicles in the order in which what they are known for begins; `next` is null on the last page."""

    vehicles: Sequence[VehicleShown]
    next: UUID | None


@post(
    "/v1/admin/exempt-vehicles",
    operation_id="addExemptVehicle",
    summary="Register what a vehicle is known for, so that prices that ask for it find it",
    tags=["administration"],
    opt=_STAFF,
)
async def add_vehicle(
    *,
    data: JSONBody[VehicleToRegister],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> VehicleShown:
    """It holds for every stay that it touches, also for one that ended since `valid_from`, whose money follows. The
    same again changes nothing. Staff of one operator register for its lots.
    """
    snapshot = network.snapshot
    said = NewVehicle(
        plate=data.plate,
        reason=data.reason,
        plate_color=data.plate_color,
        tags=data.tags,
        facts=data.facts,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
    )
    reach = flow.reach_of(snapshot, lot=data.lot, operator=data.operator)
    (made,) = await flow.register_vehicles(
        pool, [said], reach, principal=principal, network=snapshot, now=now, random_bits=random_bits
    )
    return _shown(made, snapshot)


@get(
    "/v1/admin/exempt-vehicles",
    operation_id="listExemptVehicles",
    summary="What vehicles are known for",
    tags=["administration"],
    opt=_STAFF,
)
async def list_vehicles(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="Of this vehicle.")] = None,
    ended: Annotated[bool, QueryParameter(description="Also those whose time is over.")] = False,
) -> VehiclePage:
    """Those that the caller may change: staff of one operator see those of its lots. Who looked is kept."""
    found = await flow.find_vehicles(
        db,
        plate=plates.looked_for(plate),
        holding=not ended,
        after=page.above,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    shown = [_shown(each, network.snapshot) for each in found]
    return VehiclePage(shown, page.next([each.id for each in shown]))


@delete(
    "/v1/admin/exempt-vehicles/{right_id:uuid}",
    operation_id="endExemptVehicle",
    summary="A vehicle is known for it no more",
    tags=["administration"],
    opt=_STAFF,
)
async def end_vehicle(
    *,
    right_id: FromPath[UUID],
    reason: Annotated[str, QueryParameter(min_length=1, max_length=200, description="Why; it is kept.")],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
    at: Annotated[datetime | None, QueryParameter(description="From this instant on (default: now).")] = None,
) -> None:
    """What ended stays cost that it no longer touches follows; a driver who was billed less is asked for no more than
    they accepted.
    """
    await flow.end_vehicle(
        pool,
        right_id,
        at=at,
        reason=reason,
        principal=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )


def _shown(each: ExemptVehicle, network: networks.Network) -> VehicleShown:
    lot, operator = network.codes_of(each.lot_id, each.operator_id)
    return VehicleShown(
        id=each.id,
        plate=each.plate,
        plate_color=each.plate_color,
        tags=each.tags,
        facts=Raw(each.facts),
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
    )


ROUTES: list[HTTPRouteHandler] = [add_vehicle, list_vehicles, end_vehicle]
