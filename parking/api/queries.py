"""The parameters of a route's query: what is not among them is refused, as an unknown field of a body is."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.types import Scope
from litestar.typing import FieldDefinition

# Pages and probes are opened by links that others add to.
_STRICT = "/v1/"
NAME_CHARACTERS_MAX = 64
NULL = "null"
# Where a refusal names a parameter as callers do; the framework names it as the code does.
AS_ASKED = "asked"
_known: dict[int, frozenset[str]] = {}
_optional: dict[int, frozenset[str]] = {}


def check(scope: Scope) -> None:
    """Refuses what the route of a request does not ask for.

    Raises:
        ValidationException: a parameter is not known there; it is named, with those that are. Or it is `null`, which
            would be read as if it had been left out.
    """
    query = scope["query_string"]
    if not query or not scope["path"].startswith(_STRICT):
        return
    handler = scope["route_handler"]
    known = names_of(handler)
    for part in query.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        if value.lower() == NULL and name in _left_out_by_null(handler):
            why = f"Expected a value, got `{NULL}`: leave out what you do not ask for."
            raise ValidationException(detail=why, extra=[{"message": why, "key": name, "source": AS_ASKED}])
        if name and name not in known:
            there = f"it has {', '.join(sorted(known))}" if known else "it has none"
            why = f"This route has no such query parameter; {there}."
            field = name[:NAME_CHARACTERS_MAX]
            raise ValidationException(detail=why, extra=[{"message": why, "key": field, "source": AS_ASKED}])


def names_of(handler: BaseRouteHandler) -> frozenset[str]:
    """The names of the query parameters that a route takes, itself or what it depends on."""
    known = _known.get(id(handler))
    if known is None:
        known = _known[id(handler)] = frozenset(name for name, _ in parameters_of(handler))
    return known


def _left_out_by_null(handler: BaseRouteHandler) -> frozenset[str]:
    """The names of those for which the word null would be read as if they had not been asked for."""
    found = _optional.get(id(handler))
    if found is None:
        found = _optional[id(handler)] = frozenset(name for name, field in parameters_of(handler) if _reads_null(field))
    return found


def _reads_null(field: FieldDefinition) -> bool:
    try:
        return msgspec.convert(NULL, field.annotation, strict=False) is None
    except (msgspec.ValidationError, TypeError):
        return False


def parameter(handler: BaseRouteHandler, name: str) -> tuple[str, FieldDefinition] | None:
    """A query parameter by the name that it has in the code, with the one that callers give."""
    return next(((public, field) for public, field in parameters_of(handler) if field.name == name), None)


def parameters_of(handler: BaseRouteHandler) -> Iterator[tuple[str, FieldDefinition]]:
    """The query parameters that a route takes, by the name that callers give."""
    dependencies = handler.resolve_dependencies()
    waiting: list[Any] = [handler.parsed_fn_signature]
    while waiting:
        for field in waiting.pop().parameters.values():
            if isinstance(field.kwarg_definition, QueryParameter):
                yield field.kwarg_definition.query or field.kwarg_definition.name or field.name, field
            elif field.name in dependencies:
                waiting.append(dependencies[field.name].parsed_fn_signature)
