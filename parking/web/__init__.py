"""Pages that load nothing from anywhere else: whole files, read once, and the price texts as their boards show them."""

from hashlib import blake2b
from pathlib import Path
from string import Template
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking.api import tariffs
from parking.api.dependencies import Clock, Network
from parking.web import tariff_page
from payments.identity import Audience

FOLDER = Path(__file__).parent
# Litestar adds the character set to what is text.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Nothing inline, nothing from elsewhere: text that finds its way into a page cannot become code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class File(Struct, frozen=True):
    """A file of the site with its tag."""

    body: bytes
    media_type: str
    tag: str


def _read(folder: Path) -> dict[str, File]:
    return {
        path.name: _file(path.read_bytes(), _TYPES[path.suffix])
        for path in sorted(folder.iterdir())
        if path.suffix in _TYPES
    }


def _file(body: bytes, media_type: str) -> File:
    return File(body, media_type, f'W/"{blake2b(body, digest_size=12).hexdigest()}"')


PAGES = _read(FOLDER)
STATIC = _read(FOLDER / "static")
_TARIFF = Template(PAGES["tariff.html"].body.decode())


@get("/", include_in_schema=False, opt={"audience": (Audience.PUBLIC,)})
async def lots_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The live page of all lots."""
    return _serve(request, PAGES["lots.html"])


@get("/static/{name:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,)})
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script, a style sheet or a picture of a page."""
    if (file := STATIC.get(name)) is None:
        raise NotFoundException(f"There is no file {name!r}.")
    return _serve(request, file)


@get("/tariffs/{code:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,)})
async def tariff_html(
    request: Request[Any, Any, Any],
    network: Network,
    clock: Clock,
    code: FromPath[str],
    version: Annotated[int | None, QueryParameter(ge=1, le=tariffs.VERSION_MAX)] = None,
    lang: Annotated[str | None, QueryParameter(max_length=8)] = None,
) -> Response[bytes]:
    """A published price text as its board shows it."""
    shown = tariffs.shown(network.snapshot, code, version, now=clock())
    spoken = tariff_page.language(lang, request.headers.get("accept-language", ""))
    served = _serve(request, _file(tariff_page.page(_TARIFF, shown, spoken), _TYPES[".html"]))
    served.headers["Vary"] = "Accept-Language"
    return served


def _serve(request: Request[Any, Any, Any], file: File) -> Response[bytes]:
    headers = {
        "ETag": file.tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if file.tag in (request.headers.get("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(file.body, media_type=file.media_type, headers=headers)


ROUTES: list[HTTPRouteHandler] = [lots_page, static_file, tariff_html]
