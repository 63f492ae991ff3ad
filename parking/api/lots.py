"""Lots: the list and one lot in full for everybody, and registering."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from parking import listing
from parking.api.dependencies import Clock, LiveCounts, Network
from parking.api.etags import UNCHANGED, tagged
from parking.api.search import WANTED, Wanted
from parking.flow import lots as flow
from parking.limits import LOT_BODY_BYTES_MAX
from parking.listing import LotDetail, LotPage, detail, summary
from parking.live import counts
from parking.lots import LotPlan
from parking.occupancy import publish
from payments import identity
from payments.api.dependencies import Db, Now, Pool, Principal
from payments.identity import Audience

LIMIT_MAX = 500
OFFSET_MAX = 1_000_000


@get(
    "/v1/lots",
    operation_id="listLots",
    summary="Lots with their free spaces",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    dependencies=WANTED,
    responses={200: ResponseSpec(LotPage, generate_examples=False, description="A page of lots."), 304: UNCHANGED},
)
async def list_lots(
    *,
    request: Request[Any, Any, Any],
    network: Network,
    live_counts: LiveCounts,
    pool: Pool,
    clock: Clock,
    wanted: Wanted,
    min_free: Annotated[int, QueryParameter(ge=0, le=100_000, description="At least this many free spaces.")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX)] = 0,
) -> Response[bytes]:
    """Lots that match every filter: nearest first with `near`, else by code."""
    matching = listing.find(network.snapshot.lots.values(), wanted)
    counted = await counts.current(pool, live_counts, [place.lot.id for place in matching])
    published = [(place, publish(counted[place.lot.id], place.lot.capacity)) for place in matching]
    enough = [(place, count) for place, count in published if count.free >= min_free]
    prices, now = network.snapshot.prices, clock()
    page = LotPage(
        lots=[summary(place, count, prices[place.lot.id], now) for place, count in enough[offset : offset + limit]],
        total=len(enough),
        free=sum(count.free for _, count in enough),
        capacity=sum(count.capacity for _, count in enough),
        limit=limit,
        offset=offset,
    )
    return tagged(request, page)


@get(
    "/v1/lots/{code:str}",
    operation_id="getLot",
    summary="One lot in full",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={200: ResponseSpec(LotDetail, generate_examples=False, description="The lot."), 304: UNCHANGED},
)
async def get_lot(
    request: Request[Any, Any, Any],
    network: Network,
    live_counts: LiveCounts,
    pool: Pool,
    clock: Clock,
    code: FromPath[str],
) -> Response[bytes]:
    """The lot of a code, with its tariff notice and how far its own reports are from the count.

    Raises:
        UnknownLot: no lot has this code.
    """
    lot = network.lot(code)
    counted = await counts.current(pool, live_counts, [lot.id])
    published = publish(counted[lot.id], lot.capacity)
    snapshot = network.snapshot
    return tagged(request, detail(lot, published, snapshot.lanes.values(), snapshot.prices[lot.id], clock()))


@post(
    "/v1/admin/lots",
    operation_id="registerLot",
    summary="Register a lot with its gates, lanes and gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    request_max_body_size=LOT_BODY_BYTES_MAX,
    response_headers=[ResponseHeader(name="Location", description="The new lot.", documentation_only=True)],
)
async def register_lot(data: JSONBody[LotPlan], principal: Principal, db: Db, now: Now) -> Response[LotPlan]:
    """Every process knows the lot within a second."""
    identity.may_act_for(principal, await flow.operator_of_code(db, code=data.operator_code))
    await flow.register_lot(db, data, by=principal.subject, now=now)
    return Response(data, headers={"Location": f"/v1/lots/{data.code}"}, status_code=201)


ROUTES: list[HTTPRouteHandler] = [list_lots, get_lot, register_lot]
