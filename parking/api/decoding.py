"""JSON bodies, read strictly: an amount is a number and not its text, and what does not fit is named by its path."""

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import ValidationException

from payments.shapes import CHARACTERS_MAX, misfit

_NUL = "\0"


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded into what its handler takes, without the coercions of a query string."""

    async def json(self) -> Any:
        """The body as the handler's `data`.

        Raises:
            ValidationException: it is no JSON, or not of this shape; says which field.
        """
        return decoded(await self.body(), self.route_handler.parsed_data_field)


def decoded(body: bytes, field: Any) -> Any:
    """A body as the type of a handler's field; without a field, as plain lists and objects.

    Raises:
        ValidationException: as `StrictRequest.json`.
    """
    try:
        if rb"\u0000" in body and (steps := _steps_to_nul(msgspec.json.decode(body))) is not None:
            raise unfit(".".join(reversed(steps)) or "body", "Text is without NUL.")
        return msgspec.json.decode(body, type=Any if field is None else field.annotation)
    except msgspec.ValidationError as e:
        wrong = misfit(e)
        raise unfit(wrong.name or "body", f"{wrong.sentence}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise unfit("body", "The body is not JSON in UTF-8.") from None


def unfit(field: str, sentence: str) -> ValidationException:
    """The refusal of a field of the body, in the shape that the framework itself gives to refused parameters."""
    return ValidationException(detail=sentence, extra=[{"message": sentence, "key": field, "source": "body"}])


def _steps_to_nul(value: Any) -> list[str] | None:
    """The names and numbers that lead to a text with a NUL, the innermost first; None: there is no such text."""
    if isinstance(value, str):
        return [] if _NUL in value else None
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        if (steps := _steps_to_nul(part)) is not None:
            return [*steps, str(name)[:CHARACTERS_MAX]]
    return None
