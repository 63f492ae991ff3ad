"""Lots: the list and one lot in full for everybody, and registering."""

from typing import Any

from litestar import Request, Response, get, post, put
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from parking.api.dependencies import City, Clock, LiveCounts, Network, Shelf, Stream
from parking.api.etags import UNCHANGED, sent, tagged, with_tag
from parking.api.kept import Kept, answered_before, asked_by
from parking.api.search import RADIUS_M_DEFAULT, WANTED, AskedCrs, Wanted
from parking.api.wishes import WISHED, Wished
from parking.dated import Outcome
from parking.flow import lots as flow
from parking.limits import LOT_BODY_BYTES_MAX
from parking.listing import LotDetail, LotPage, detail
from parking.live import counts
from parking.lot_pages import lot_page
from parking.lots import ExitRule, LotPlan, SayArrears
from parking.occupancy import publish
from parking.positions import Crs
from payments.api.dependencies import Db, Now, Pool, Principal
from payments.identity import Audience


class ArrearsOfLot(Struct, frozen=True, forbid_unknown_fields=True):
    """What the lanes of a lot say; null: what its operator says."""

    say: SayArrears | None


class ArrearsOfLots(Struct, frozen=True, forbid_unknown_fields=True):
    """What the lanes of an operator's lots say."""

    say: SayArrears


@get(
    "/v1/lots",
    operation_id="listLots",
    summary="Lots with their free spaces",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    before_request=answered_before,
    dependencies={**WANTED, **WISHED},
    responses={200: ResponseSpec(LotPage, generate_examples=False, description="A page of lots."), 304: UNCHANGED},
)
async def list_lots(
    *,
    request: Request[Any, Any, Any],
    network: Network,
    stream: Stream,
    shelf: Shelf,
    wanted: Wanted,
    wished: Wished,
) -> Response[bytes]:
    """Lots that match every filter: in the order of `sort`, else nearest first with a place, else by code. Positions of
    the question and of the answer are in `crs`. With `stay_min` each has what that stay would cost.
    """
    search, place = network.atlas.meant(wanted, RADIUS_M_DEFAULT)
    page = lot_page(
        network.atlas.candidates(search),
        search,
        wished,
        place=place,
        offers=shelf.offers(network.snapshot, wished.stay, search.crs),
        count_of=await stream.counts(),
    )
    answer = with_tag(page)
    kept: Kept = request.app.state.kept
    kept.put(asked_by(request), answer)
    return sent(request, answer)


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
    crs: AskedCrs = Crs.WGS84,
) -> Response[bytes]:
    """The lot of a code, with its tariff notice and how far its own reports are from the count.

    Positions are in `crs`. WGS-84 is what is stored; maps of China show GCJ-02 (高德, 腾讯) or BD-09 (百度).

    Raises:
        UnknownLot: no lot has this code.
    """
    lot = network.lot(code)
    counted = await counts.current(pool, live_counts, [lot.id])
    now = clock()
    published = publish(counted[lot.id], lot.capacity, now=now, is_closed=lot.is_closed)
    snapshot = network.snapshot
    inner = snapshot.nests[lot.id].inner_at(now) if lot.id in snapshot.nests else ()
    stopping = [snapshot.lots[each] for each in inner]
    prices, facilities = snapshot.prices[lot.id], snapshot.facilities.get(lot.id)
    lanes = snapshot.lanes.values()
    return tagged(request, detail(lot, published, lanes, prices, facilities, now, crs, stopping))


@post(
    "/v1/admin/lots",
    operation_id="registerLot",
    summary="Register a lot with its gates, lanes and gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    request_max_body_size=LOT_BODY_BYTES_MAX,
    response_headers=[ResponseHeader(name="Location", description="The new lot.", documentation_only=True)],
    responses={
        200: ResponseSpec(LotPlan, generate_examples=False, description="It is registered so already."),
        201: ResponseSpec(LotPlan, generate_examples=False, description="The new lot."),
    },
)
async def register_lot(
    *, data: JSONBody[LotPlan], principal: Principal, city: City, db: Db, now: Now
) -> Response[LotPlan]:
    """Every process knows the lot within a second. The same again is answered with 200 and changes nothing."""
    await flow.may_register(db, data, principal)
    registered = await flow.register_lot(db, data, by=principal.subject, now=now, city=city)
    status = 200 if registered.outcome is Outcome.UNCHANGED else 201
    return Response(data, headers={"Location": f"/v1/lots/{data.code}"}, status_code=status)


@put(
    "/v1/admin/lots/{code:str}/exits",
    operation_id="setExitRule",
    summary="How cars leave a lot: whether it tells passages, and how long who has paid may take",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def set_exit_rule(code: FromPath[str], data: JSONBody[ExitRule], principal: Principal, db: Db, now: Now) -> None:
    """From now on, known to every process within a second. Where a lot tells passages, a car that was read at an exit
    is inside until it passes.
    """
    await flow.set_exit_rule(db, code, data, by=principal, now=now)


@put(
    "/v1/admin/lots/{code:str}/arrears",
    operation_id="sayArrearsInLot",
    summary="Whether the lanes of a lot say what a car owes from before",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def say_arrears_in_lot(
    code: FromPath[str], data: JSONBody[ArrearsOfLot], principal: Principal, db: Db, now: Now
) -> None:
    """`show` or `nothing`; null: as its operator says. Known to every process within a second. It keeps nobody in."""
    await flow.say_arrears_in_lot(db, code, data.say, by=principal, now=now)


@put(
    "/v1/admin/operators/{code:str}/arrears",
    operation_id="sayArrearsInLotsOf",
    summary="Whether the lanes of an operator's lots say what a car owes from before",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def say_arrears_in_lots_of(
    code: FromPath[str], data: JSONBody[ArrearsOfLots], principal: Principal, db: Db, now: Now
) -> None:
    """Of all its lots that do not say otherwise."""
    await flow.say_arrears_in_lots_of(db, code, data.say, by=principal, now=now)


ROUTES: list[HTTPRouteHandler] = [
    list_lots,
    get_lot,
    register_lot,
    set_exit_rule,
    say_arrears_in_lot,
    say_arrears_in_lots_of,
]
