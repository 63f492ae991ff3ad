"""Where tariffs are in force: applied to lots and price areas, and in which area a lot lies."""

from typing import Annotated

from litestar import Response, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking.api.dependencies import Clock, Network
from parking.api.instants import Instant
from parking.dated import Outcome
from parking.flow import prices as flow
from parking.flow.prices import Places
from parking.limits import LOT_BODY_BYTES_MAX
from parking.lots import Code, Name
from parking.prices import NowhereToHold
from payments import identity
from payments.api.dependencies import Db, Now, Pool, Principal
from payments.identity import Audience

PLACES_MAX = 500
Codes = Annotated[list[Code], Meta(max_length=PLACES_MAX)]


class Application(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a tariff is to be in force, and since when (default: now)."""

    lots: Codes = []
    zones: Codes = []
    valid_from: Instant | None = None


class NewZone(Struct, frozen=True, forbid_unknown_fields=True):
    """A price area to register."""

    code: Code
    name_zh: Name
    name_en: Name


class ZoneOfLot(Struct, frozen=True, forbid_unknown_fields=True):
    """In which price area a lot lies (null: in none), and since when (default: now)."""

    zone: Code | None
    valid_from: Instant | None = None


@post(
    "/v1/admin/tariffs/{code:str}/{version:int}/apply",
    operation_id="applyTariff",
    summary="Put a published tariff into force at lots or in price areas",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    request_max_body_size=LOT_BODY_BYTES_MAX,
    status_code=204,
)
async def apply_tariff(
    *,
    code: FromPath[str],
    version: FromPath[int],
    data: JSONBody[Application],
    principal: Principal,
    network: Network,
    pool: Pool,
    clock: Clock,
) -> None:
    """At all of them or at none, from `valid_from` until another begins; staff of one operator apply to its lots.

    An instant of the past is refused (409) where a tariff is in force, because stays were priced by it.
    The same again changes nothing.
    """
    if not (data.lots or data.zones):
        raise NowhereToHold("Name where it is to hold: lots, zones or both.", field="lots")
    await flow.apply_version(pool, code=code, number=version, places=places_of(data), principal=principal, clock=clock)
    await network.refresh()


@post(
    "/v1/admin/zones",
    operation_id="registerZone",
    summary="Register a price area",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    responses={
        200: ResponseSpec(NewZone, generate_examples=False, description="It is registered so already."),
        201: ResponseSpec(NewZone, generate_examples=False, description="The new price area."),
    },
)
async def register_zone(data: JSONBody[NewZone], principal: Principal, db: Db, now: Now) -> Response[NewZone]:
    """Its lots that have no tariff of their own charge by its tariff. The same again is answered with 200 and changes
    nothing.
    """
    identity.may_act_for_all(principal)
    registered = await flow.register_zone(
        db, code=data.code, name_zh=data.name_zh, name_en=data.name_en, by=principal.subject, now=now
    )
    return Response(data, status_code=200 if registered.outcome is Outcome.UNCHANGED else 201)


@put(
    "/v1/admin/lots/{code:str}/zone",
    operation_id="moveLot",
    summary="Say in which price area a lot lies",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def move_lot(
    *,
    code: FromPath[str],
    data: JSONBody[ZoneOfLot],
    principal: Principal,
    network: Network,
    pool: Pool,
    clock: Clock,
) -> None:
    """From `valid_from` on. A lot that leaves its area keeps the tariff it has until another begins."""
    identity.may_act_for_all(principal)
    await flow.move_lot(
        pool, lot_code=code, zone_code=data.zone, valid_from=data.valid_from, by=principal.subject, clock=clock
    )
    await network.refresh()


def places_of(application: Application) -> Places:
    """Where a tariff is to be in force, for the use case."""
    return Places(application.lots, application.zones, application.valid_from)


ROUTES: list[HTTPRouteHandler] = [apply_tariff, register_zone, move_lot]
