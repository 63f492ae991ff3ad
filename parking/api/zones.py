"""Price areas, as staff look them up and call them rightly."""

from typing import Annotated, TypeAlias

from litestar import get, patch
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from parking import zones
from parking.api.dependencies import Clock, Network
from parking.dated import Changed
from parking.flow import zones as flow
from parking.scope import lots_of
from parking.zones import ZoneChange, ZoneLots, ZonePage, ZoneShown
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

ZONES_PER_PAGE_MAX = 200
LOTS_PER_PAGE_MAX = 500
_READERS = {"audience": (Audience.CLERK, Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)}
_After: TypeAlias = Annotated[str, QueryParameter(max_length=64, description="The `next` of the page before.")]


@get("/v1/admin/zones", operation_id="listZones", summary="Price areas", tags=["administration"], opt=_READERS)
async def list_zones(
    network: Network,
    clock: Clock,
    after: _After = "",
    limit: Annotated[int, QueryParameter(ge=1, le=ZONES_PER_PAGE_MAX, description="Areas per page.")] = 50,
) -> ZonePage:
    """By their codes, with what is in force there and how many lots lie in them."""
    await network.refresh()
    return zones.page(network.snapshot, after=after, limit=limit, now=clock())


@get(
    "/v1/admin/zones/{code:str}",
    operation_id="getZone",
    summary="A price area in full",
    tags=["administration"],
    opt=_READERS,
)
async def get_zone(code: FromPath[str], network: Network, clock: Clock) -> ZoneShown:
    """With what has been in force there, is, and will be."""
    await network.refresh()
    return zones.shown(network.snapshot, code, clock())


@get(
    "/v1/admin/zones/{code:str}/lots",
    operation_id="listLotsOfZone",
    summary="The lots that lie in a price area",
    tags=["administration"],
    opt=_READERS,
)
async def list_lots_of_zone(
    code: FromPath[str],
    principal: Principal,
    network: Network,
    after: _After = "",
    limit: Annotated[int, QueryParameter(ge=1, le=LOTS_PER_PAGE_MAX, description="Lots per page.")] = 100,
) -> ZoneLots:
    """By their codes; staff of one operator see its lots."""
    await network.refresh()
    may = lots_of(principal, network.snapshot)
    return zones.lots(network.snapshot, code, lot_ids=may, after=after, limit=limit)


@patch(
    "/v1/admin/zones/{code:str}",
    operation_id="renameZone",
    summary="Call a price area rightly",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def rename_zone(
    code: FromPath[str], data: JSONBody[ZoneChange], principal: Principal, db: Db, now: Now
) -> Changed:
    """What is left out stays as it is."""
    return Changed(await flow.rename(db, code, data, by=principal, now=now))


ROUTES: list[HTTPRouteHandler] = [list_zones, get_zone, list_lots_of_zone, rename_zone]
