"""The live page of all lots."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from parking.files import COMPRESSED_ONCE, send
from parking.texts.languages import ZH
from parking.texts.pages import live
from parking.web.reader import Reader
from parking.web.response import page
from payments.identity import Audience

# The script changes the language without asking the server again, so the page brings the words of both.
_PAGE = page(
    "lots.html",
    Reader(ZH, live.WORDS),
    words=msgspec.json.encode(live.WORDS).decode(),
)


@get("/", include_in_schema=False, opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE})
async def lots_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Free spaces as they change."""
    return Response(**send(_PAGE, request.headers)._asdict())


ROUTES: list[HTTPRouteHandler] = [lots_page]
