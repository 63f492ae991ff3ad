"""The page of a bill: whoever has its reference may look and pay, as with a ticket."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking.phone_codes import Offer
from parking.texts.amounts import grouped_with_symbol
from parking.web.dependencies import Pool
from parking.web.lots import CITY_ZONE, answer, reader_of
from parking.web.reader import CURRENCY
from parking.web.response import page
from payments.api.charges import shown
from payments.api.dependencies import Channels, Wording
from payments.channels import CASH, WALLET
from payments.flow import charges as flow
from payments.identity import Audience


@get("/bills/{reference:uuid}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,), "guessable": True})
async def bill_page(
    request: Request[Any, Any, Any], pool: Pool, channels: Channels, wording: Wording, reference: FromPath[UUID]
) -> Response[bytes]:
    """What a stay cost, line by line, and how it is paid; it says neither where nor when that was."""
    async with pool.acquire() as db:
        bill = await shown(db, await flow.charge_named(db, reference, by_id=False), wording)
    reader = reader_of(request, ZoneInfo(CITY_ZONE))
    has_me = request.app.state.phone_offer is not Offer.NONE
    values = {
        "bill": bill,
        "online": online(channels),
        "amount": lambda fen: grouped_with_symbol(fen, CURRENCY),
        "has_me": has_me,
    }
    made = answer(request, page("bill.html", reader, compressed=False, **values))
    made.headers["Cache-Control"] = "no-store"
    return made


def online(channels: Mapping[str, object]) -> list[str]:
    """The channels by which anybody can pay from afar."""
    return [name for name in channels if name not in (CASH.name, WALLET.name)]


ROUTES: list[HTTPRouteHandler] = [bill_page]
