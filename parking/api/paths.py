"""Which paths reach the routes at all: those in their one plain form.

A proxy's rules go by prefixes. A path that means the same to us and another thing to them would walk around them.
"""

from collections.abc import Awaitable
from http import HTTPStatus
from urllib.parse import unquote_plus

from litestar.enums import ScopeType
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from parking.api import problems
from parking.texts import languages

# How a connection says, in a request's `extensions`, that it came in at the gateways' listener.
GATEWAYS_LISTENER = "onelot.gateways"
# What a route says in its `opt` that tells whether the process is well: asked at every listener.
HEALTH = "health"


def at_gateways(scope: Scope) -> bool:
    """Whether a request came in at the gateways' listener."""
    return GATEWAYS_LISTENER in (scope.get("extensions") or ())


class Paths:
    """The application behind a look at the path and the names of the query."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes the request on, or answers 404 or 400."""
        refused = self._refused(scope) if scope["type"] == ScopeType.HTTP else None
        return (refused or self._app)(scope, receive, send)

    @staticmethod
    def _refused(scope: Scope) -> ASGIResponse | None:
        if not is_plain(scope.get("raw_path") or scope["path"].encode()):
            return _problem(scope, HTTPStatus.NOT_FOUND, "Not Found")
        query = scope["query_string"]
        if b"&" in query and (name := repeated(query)) is not None:
            return _problem(scope, HTTPStatus.BAD_REQUEST, "A query parameter is given twice.", name[:64])
        return None


def is_plain(path: bytes) -> bool:
    """Whether a path has no empty or relative part, and no encoded separator."""
    if b"//" in path or b"/." in path or b"\\" in path:
        return False
    if b"%" not in path:
        return True
    encoded = path.lower()
    return not any(each in encoded for each in (b"%2f", b"%5c", b"/%2e"))


def repeated(query: bytes) -> str | None:
    """The name that a query gives twice, or None."""
    seen = set()
    for part in query.decode("latin-1").split("&"):
        name = unquote_plus(part.partition("=")[0])
        if name in seen and name:
            return name
        seen.add(name)
    return None


def _problem(scope: Scope, status: HTTPStatus, detail: str, field: str | None = None) -> ASGIResponse:
    language = problems.language_of(scope["headers"])
    at_gate = scope["path"] == problems.GATE_EVENTS
    return ASGIResponse(
        body=problems.of_status(status, detail, field, language=language, at_gate=at_gate),
        status_code=status,
        media_type="application/problem+json",
        headers={"Cache-Control": "no-store", "Content-Language": languages.TAGS[language]},
    )
