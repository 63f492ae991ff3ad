"""Scripts, style sheets and pictures of the pages, ours and of others: read once, when the process starts."""

from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking.files import COMPRESSED_ONCE, MEDIA_TYPES, file, send
from parking.web.response import FOLDER
from payments.identity import Audience

FILES = {
    path.name: file(path.read_bytes(), path.suffix)
    for path in sorted([*(FOLDER / "static").iterdir(), *(FOLDER / "vendored").rglob("*")])
    if path.suffix in MEDIA_TYPES
}


@get("/static/{name:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE})
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script, a style sheet or a picture of a page."""
    if (known := FILES.get(name)) is None:
        raise NotFoundException(f"There is no file {name!r}.")
    return Response(**send(known, request.headers)._asdict())


ROUTES: list[HTTPRouteHandler] = [static_file]
