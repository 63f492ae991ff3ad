"""JSON bodies, read strictly: an amount is a number and not its text, and what does not fit is named by its path."""

import json
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException, ValidationException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from payments.shapes import CHARACTERS_MAX, misfit, sentence_of

_NUL = "\0"


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded into what its handler takes, without the coercions of a query string."""

    async def json(self) -> Any:
        """The body as the handler's `data`.

        Raises:
            ValidationException: it is no JSON, or not of this shape; says which field.
        """
        return decoded(await self.body(), self.route_handler.parsed_data_field)


async def read(request: Request[Any, Any, Any], *, bytes_max: int) -> bytes:
    """The body of a request, for a route that cannot wait for the framework to make an object of the headers first.

    Raises:
        RequestEntityTooLarge: it is larger, or said to be.
        InternalServerException: the caller left before it was complete.
    """
    if any(name == b"content-length" and int(value) > bytes_max for name, value in request.scope["headers"]):
        raise RequestEntityTooLarge
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise InternalServerException("client disconnected prematurely")
        parts.append(message["body"])
        size += len(message["body"])
        if size > bytes_max:
            raise RequestEntityTooLarge
        more = message["more_body"]
    return b"".join(parts)


def decoded(body: bytes, field: Any) -> Any:
    """A body as the type of a handler's field; without a field, as plain lists and objects.

    Raises:
        ValidationException: as `StrictRequest.json`.
    """
    try:
        if rb"\u0000" in body and (steps := _steps_to_nul(msgspec.json.decode(body))) is not None:
            raise unfit(".".join(reversed(steps)) or "body", "Text is without NUL.")
        found = msgspec.json.decode(body, type=Any if field is None else field.annotation)
        # What was read is the last of two; which of them was meant nobody knows.
        twice = _named_twice(body)
    except msgspec.ValidationError as e:
        wrong = misfit(e)
        sentence = wrong.sentence if field is None else sentence_of(wrong, field.annotation)
        raise unfit(wrong.name or "body", f"{sentence}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise unfit("body", "The body is not JSON in UTF-8.") from None
    if twice is not None:
        raise unfit(twice, "The field is there twice.")
    return found


def unfit(field: str, sentence: str) -> ValidationException:
    """The refusal of a field of the body, in the shape that the framework itself gives to refused parameters."""
    return ValidationException(detail=sentence, extra=[{"message": sentence, "key": field, "source": "body"}])


class _Twice(Exception):
    """An object has a field of this name twice."""


def _named_twice(body: bytes) -> str | None:
    """The name of a field that an object of a well-formed body has twice, if there is one."""
    try:
        # Numbers are passed over: the decoder has read them.
        json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _Twice as e:
        return str(e)
    return None


def _once(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise _Twice(name[:CHARACTERS_MAX])
        seen.add(name)


def _steps_to_nul(value: Any) -> list[str] | None:
    """The names and numbers that lead to a text with a NUL, the innermost first; None: there is no such text."""
    if isinstance(value, str):
        return [] if _NUL in value else None
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if (steps := _steps_to_nul(part)) is not None:
            return [*steps, str(name)[:CHARACTERS_MAX]]
    return None
