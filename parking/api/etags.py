"""ETags of cached answers, answers that nobody may keep, and refusals of query parameters."""

from hashlib import blake2b
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.datastructures import ResponseHeader
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from parking.api.limits import GUESSABLE, UNLIMITED
from payments.identity import Audience

# Behind a shared cache a crowd costs one answer a second; a browser asks again with the tag it has.
CACHE_CONTROL = "public, max-age=1"
UNCHANGED = ResponseSpec(
    None, generate_examples=False, description="The answer is the one whose tag was sent in If-None-Match."
)


def tagged(request: Request[Any, Any, Any], answer: Struct | dict[str, Any]) -> Response[bytes]:
    """An answer with its tag, or 304 without it if the caller has the same one."""
    return sent(request, with_tag(answer))


class Tagged(Struct, frozen=True):
    """An answer as JSON, and its tag."""

    body: bytes
    tag: str


def with_tag(answer: Struct | dict[str, Any]) -> Tagged:
    """An answer as it is sent."""
    body = msgspec.json.encode(answer)
    return Tagged(body, f'W/"{blake2b(body, digest_size=12).hexdigest()}"')


def sent(request: Request[Any, Any, Any], answer: Tagged) -> Response[bytes]:
    """An answer with its tag, or 304 without it if the caller has the same one."""
    headers = {"ETag": answer.tag, "Cache-Control": CACHE_CONTROL}
    if answer.tag in (request.headers.get("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(answer.body, media_type="application/json", headers=headers)


def keep_private(route: HTTPRouteHandler) -> None:
    """Lets nobody on the way keep what a route answers, where it is for one caller alone: by credentials, or by an
    identifier that is as good. Gate events are posted and their answers kept by nobody.
    """
    opt = route.opt
    if (opt["audience"] == (Audience.PUBLIC,) and not opt.get(GUESSABLE)) or opt.get(UNLIMITED):
        return
    no_store = ResponseHeader(name="Cache-Control", value="no-store", description="For the caller alone.")
    route.response_headers = (*(route.response_headers or ()), no_store)


def unreadable(parameter: str, why: str) -> ValidationException:
    """The refusal of a query parameter, in the shape that the framework itself gives to those that do not fit."""
    return ValidationException(detail=why, extra=[{"message": why, "key": parameter, "source": "query"}])
