"""What a lot offers, told by staff; everybody sees it in the lot itself."""

from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from parking.facilities import Facilities
from parking.flow import facilities as flow
from parking.limits import LOT_BODY_BYTES_MAX
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}


@get(
    "/v1/admin/lots/{code:str}/facilities",
    operation_id="getFacilities",
    summary="What a lot says that it offers",
    tags=["administration"],
    opt=_STAFF,
)
async def get_facilities(code: FromPath[str], principal: Principal, db: Db) -> Facilities:
    """As it was said, to be said again with what is to be otherwise."""
    return await flow.facilities_of(db, code, reader=principal)


@put(
    "/v1/admin/lots/{code:str}/facilities",
    operation_id="sayFacilities",
    summary="Say what a lot offers: spaces of each kind, limits, opening hours, ways in",
    tags=["administration"],
    opt=_STAFF,
    request_max_body_size=LOT_BODY_BYTES_MAX,
    status_code=204,
)
async def say_facilities(
    code: FromPath[str], data: JSONBody[Facilities], principal: Principal, db: Db, now: Now
) -> None:
    """All of it: what is left out is not said any more. The same again changes nothing. Every process knows within a
    second. Opening hours are written like OpenStreetMap's `opening_hours`, by the lot's clock, without holidays and
    hours by the sun. Positions are WGS-84.
    """
    await flow.say(db, code, data, by=principal, now=now)


ROUTES: list[HTTPRouteHandler] = [get_facilities, say_facilities]
