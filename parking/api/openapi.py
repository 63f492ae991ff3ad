"""The API's own description as a page (Swagger UI), with its files served from here: it opens without the internet."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.params import FromPath
from litestar.serialization import encode_json

from parking.api import document, problems
from parking.files import COMPRESSED_ONCE, MEDIA_TYPES, File, file, send
from payments.identity import Audience

_FOLDER = Path(__file__).parent / "swagger_ui"
# As for the other pages, but that Swagger UI's style sheet holds its pictures as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

FILES = {path.name: file(path.read_bytes(), path.suffix) for path in _FOLDER.iterdir() if path.suffix in MEDIA_TYPES}


@get("/static/reference/{name:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE})
async def reference_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script or a style sheet of the page."""
    if (found := FILES.get(name)) is None:
        raise NotFoundException(f"There is no file {name!r}.")
    return Response(**send(found, request.headers, policy=_POLICY)._asdict())


_RENDERED: list[File] = []


class _Page(OpenAPIRenderPlugin):
    """Where the page is: what is sent is `_sent`'s affair."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return FILES["page.html"].body


def description(app: Litestar) -> File:
    """The description of the API, rendered and compressed at the first call. No setting changes it."""
    if not _RENDERED:
        _RENDERED.append(file(encode_json(document.document_of(app)), ".json"))
    return _RENDERED[0]


def _sent(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The page or the description, in place of what the framework renders for every request."""
    match request.scope["path"].rstrip("/"):
        case "/schema" | "/schema/swagger":
            return Response(**send(FILES["page.html"], request.headers, policy=_POLICY)._asdict())
        case "/schema/openapi.json":
            return Response(**send(description(request.app), request.headers, policy=_POLICY)._asdict())
        case _:
            return problems.not_found(request)


CONFIG = OpenAPIConfig(
    title=document.TITLE,
    version=document.VERSION,
    description=document.DESCRIPTION,
    openapi_router=Router(
        "/schema",
        route_handlers=[],
        opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE},
        before_request=_sent,
        include_in_schema=False,
    ),
    render_plugins=[_Page(path="/swagger")],
    components=document.COMPONENTS,
)
