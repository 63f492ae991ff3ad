"""Refusals as pages, for people. Programs get the problem document itself; who is not signed in is shown where to."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.enums import HttpMethod
from msgspec import Struct

from parking.sessions import PAGE
from parking.texts.pages import sign_in as words
from parking.web.reader import Reader
from parking.web.response import language_of, shown
from payments.identity import Audience

Handler = Callable[[Request[Any, Any, Any], Any], Response[bytes]]


class _Problem(Struct):
    title: str
    detail: str
    request_id: str | None = None
    instance: str | None = None


def as_pages(handlers: Mapping[Any, Handler]) -> dict[Any, Handler]:
    """Handlers of refusals that answer people by a page."""
    return {refusal: _for_people(handler) for refusal, handler in handlers.items()}


def _for_people(handler: Handler) -> Handler:
    def handle(request: Request[Any, Any, Any], refusal: Any) -> Response[bytes]:
        answer = handler(request, refusal)
        if not _is_read_by_people(request):
            return answer
        if answer.status_code == HTTPStatus.UNAUTHORIZED and request.method == HttpMethod.GET:
            return _to_sign_in(request)
        problem = msgspec.json.decode(answer.content, type=_Problem)
        reader = Reader(language_of(request), words.WORDS)
        status = answer.status_code or HTTPStatus.INTERNAL_SERVER_ERROR
        page = shown(request, "refused.html", reader, status_code=status, problem=problem)
        page.headers.update({name: value for name, value in answer.headers.items() if name == "Retry-After"})
        return page

    return handle


def _is_read_by_people(request: Request[Any, Any, Any]) -> bool:
    path = request.scope["path"]
    # Where nothing is at an address there is no handler.
    found: Any = request.scope.get("route_handler")
    is_page = found is not None and bool(found.opt.get(PAGE))
    return "text/html" in request.headers.get("accept", "") and (is_page or not path.startswith(("/v1/", "/schema")))


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Staff by their login, drivers by their phone."""
    audience = request.scope["route_handler"].opt.get("audience", ())
    where = "/sign-in/phone" if audience == (Audience.DRIVER,) else "/sign-in"
    path, query = request.scope["path"], request.scope["query_string"].decode("latin-1")
    to = f"{where}?{urlencode({'next': f'{path}?{query}' if query else path})}"
    if request.headers.get("hx-request"):
        # A part of a page is asked for: the whole of it goes.
        return Response(b"", status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": to})
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, headers={"Location": to, "Cache-Control": "no-store"})
