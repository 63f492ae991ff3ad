"""A single stay, for the gate its vehicle waits at."""

from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking.api.dependencies import Network
from parking.flow import stays as flow
from parking.flow.stays import StayNow
from payments.api.dependencies import Db, Principal
from payments.identity import Audience


@get(
    "/v1/stays/{stay_id:uuid}",
    operation_id="getStay",
    summary="A stay of the gateway's lot, and whether its vehicle may leave now",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
)
async def get_stay(stay_id: FromPath[UUID], principal: Principal, network: Network, db: Db) -> StayNow:
    """After a payment at the gate, this says `open`."""
    return await flow.stay_by_id(db, lot_id=network.snapshot.gateways[principal.id].lot_id, stay_id=stay_id)


ROUTES: list[HTTPRouteHandler] = [get_stay]
