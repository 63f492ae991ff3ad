"""What is usual in a lot."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from msgspec import Struct

from parking.api.dependencies import Network
from parking.api.etags import UNCHANGED, tagged
from parking.forecast import QUARTER_MIN, UsualDay
from parking.store import forecast as store
from payments.api.dependencies import Pool
from payments.identity import Audience


class UsualDays(Struct, frozen=True):
    """The usual days of a lot, by its clock."""

    lot: str
    time_zone: str
    capacity: int
    quarter_min: int
    usual_days: Sequence[UsualDay]


@get(
    "/v1/lots/{code:str}/usual",
    operation_id="getUsualDays",
    summary="How many spaces are usually free, by quarter of an hour",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={
        200: ResponseSpec(UsualDays, generate_examples=False, description="The usual days."),
        304: UNCHANGED,
    },
)
async def get_usual_days(
    request: Request[Any, Any, Any], network: Network, pool: Pool, code: FromPath[str]
) -> Response[bytes]:
    """By the lot's own past of the last eight weeks, on days of work and on days off (also public holidays). A quarter
    of an hour that was seen on fewer than three days is null; of a lot that is new there is no day at all.

    Raises:
        UnknownLot: no lot has this code.
    """
    lot = network.lot(code)
    async with pool.acquire() as db:
        days = await store.usual_of(db, lot.id)
    return tagged(request, UsualDays(lot.code, lot.time_zone, lot.capacity, QUARTER_MIN, days))


ROUTES: list[HTTPRouteHandler] = [get_usual_days]
