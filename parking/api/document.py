"""The API's description (OpenAPI 3.1): what the framework knows of each route, with schemas by msgspec, refusals as
problem documents, and who may call.
"""

import inspect
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Components, SecurityScheme
from litestar.response import Stream
from litestar.serialization import encode_json

from parking.api import queries, schemas
from parking.api.examples import EXAMPLES
from parking.api.paths import HEALTH
from parking.api.problems import Problem
from payments.identity import READERS, Audience

TITLE, VERSION = "OneLot", version("onelot")
DESCRIPTION = """A city's parking as one network, paid without stopping.

Money is in fen (1/100 yuan) and its name ends in `_fen`; instants are RFC 3339 with an offset; coordinates are WGS-84.
Every refusal is a problem document (RFC 9457) whose `type` leads to a page that says what to do (`/problems`), with
titles by `Accept-Language` in English or Chinese. Every answer has an `X-Request-ID`. Lists are read page by page:
give the `next` of a page as `after` of the following one. Whatever is sent again unchanged is done once.
"""
# What a route says in its `opt` where it reads its body itself: the shape of the body by media type.
BODY = "body"
JSON, PROBLEM = "application/json", "application/problem+json"

# One scheme for each kind of caller.
GATEWAY_KEY, DRIVER_TOKEN, STAFF_TOKEN = "gatewayKey", "driverToken", "staffToken"
SCHEMES = {Audience.GATEWAY: GATEWAY_KEY, Audience.DRIVER: DRIVER_TOKEN, **dict.fromkeys(READERS, STAFF_TOKEN)}
COMPONENTS = Components(
    security_schemes={
        GATEWAY_KEY: SecurityScheme(type="http", scheme="bearer", description="The key of a lot's gateway, `olk_…`."),
        DRIVER_TOKEN: SecurityScheme(type="http", scheme="bearer", description="A signed token of a driver's account."),
        STAFF_TOKEN: SecurityScheme(
            type="http",
            scheme="bearer",
            description="A signed token of staff: booth, clerk, finance, admin or auditor.",
        ),
    }
)

# Refusals that any route may answer, all as problem documents.
_REFUSALS = {
    400: "Something is malformed; `field` says what.",
    404: "There is no such thing.",
    409: "It contradicts how things stand.",
    413: "The body is too large.",
    414: "The address is too long.",
    422: "It is well-formed and cannot be done.",
    429: "It was asked too often; `Retry-After` says when to ask again.",
    503: "The service cannot do its work now; `Retry-After` says when to try again.",
}
_REFUSALS_OF_CALLERS = {401: "No credentials, or wrong ones.", 403: "The credentials are somebody else's."}
_WAITING = {
    "Retry-After": {"description": "In how many seconds to try again.", "schema": {"type": "integer", "minimum": 1}}
}


class Operation(NamedTuple):
    """A route with its part of the document."""

    handler: HTTPRouteHandler
    described: dict[str, Any]


def describe(route: HTTPRouteHandler) -> None:
    """Adds a route's audience, and with what to say who calls, to the API's description."""
    audience = route.opt["audience"]
    text = (route.description or inspect.getdoc(route.fn) or "").partition("\n\nRaises:")[0]
    route.description = f"{text}\n\nAudience: {', '.join(audience)}."
    known = audience if audience != (Audience.PUBLIC,) else route.opt.get("recognises", ())
    schemes: list[dict[str, list[str]]] = [{name: []} for name in dict.fromkeys(SCHEMES[each] for each in known)]
    if schemes and audience == (Audience.PUBLIC,):
        schemes.insert(0, {})
    route.security = schemes


def document_of(app: Litestar) -> dict[str, Any]:
    """The description of an application's API, as plain JSON."""
    document: dict[str, Any] = msgspec.json.decode(encode_json(app.openapi_schema.to_schema()))
    operations = list(_operations(app, document))
    shapes = [shape for operation in operations for shape in _shapes(operation)]
    found, components = schemas.schemas_of([*shapes, Problem], schemas.read_meanings())
    for operation in operations:
        _complete(operation, found)
    document["components"]["schemas"] = components
    return document


def _operations(app: Litestar, document: dict[str, Any]) -> Iterator[Operation]:
    for route in app.routes:
        item = document["paths"].get(route.path_format, {})
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods):
                if method.lower() in item and handler.operation_id == item[method.lower()]["operationId"]:
                    yield Operation(handler, item[method.lower()])


# -- the shapes of a route


def _bodies(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The shape of the body by media type; empty: there is none."""
    if BODY in handler.opt:
        bodies: dict[str, Any] = handler.opt[BODY]
        return bodies
    return {} if handler.parsed_data_field is None else {JSON: handler.parsed_data_field.annotation}


def _answers(handler: HTTPRouteHandler) -> dict[int, Any]:
    """The shape of what is answered when all is well, by status; None: nothing, or bytes that are no JSON."""
    said = {
        status: spec.data_container
        for status, spec in (handler.responses or {}).items()
        if spec.data_container != Problem
    }
    returned = handler.parsed_return_field.annotation
    if get_origin(returned) is Response:
        (returned,) = get_args(returned)
    nothing = returned in (bytes, NoneType, Stream)
    return {handler.status_code: None if nothing else returned, **said}


def _parameters(handler: HTTPRouteHandler) -> dict[str, Any]:
    """The enumerations among the parameters of the query, by the names of these."""
    named = {}
    for name, field in queries.parameters_of(handler):
        shape = next((each for each in (field.annotation, *get_args(field.annotation)) if _is_enum(each)), None)
        if shape is not None:
            named[name] = shape
    return named


def _is_enum(shape: Any) -> bool:
    return isinstance(shape, type) and hasattr(shape, "__members__")


def _shapes(operation: Operation) -> Iterator[Any]:
    handler = operation.handler
    for shape in (*_bodies(handler).values(), *_answers(handler).values(), *_parameters(handler).values()):
        if shape is not None:
            yield shape


# -- the parts of an operation


def _complete(operation: Operation, found: Mapping[str, dict[str, Any]]) -> None:
    handler, described = operation
    example = EXAMPLES.get(described["operationId"])
    bodies = _bodies(handler)
    if bodies:
        described["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": found[repr(shape)]} for kind, shape in bodies.items()},
        }
        if example is not None and example.body is not None:
            described["requestBody"]["content"][JSON]["example"] = example.body
    for status, shape in _answers(handler).items():
        for content in described["responses"][str(status)].get("content", {}).values():
            if shape is not None:
                content["schema"] = found[repr(shape)]
            if example is not None and status == handler.status_code:
                content["example"] = example.answer
    described["responses"] = _responses(handler, described["responses"])
    enums = _parameters(handler)
    described["parameters"] = [_parameter(each, enums, found) for each in described.get("parameters", ())]
    described.pop("deprecated")


def _responses(handler: HTTPRouteHandler, responses: dict[str, Any]) -> dict[str, Any]:
    """With every refusal the route may answer."""
    said = {status: responses[str(status)] for status in _answers(handler)}
    for response in said.values():
        headers = response.pop("headers", {})
        if headers:
            response["headers"] = {name: _header(header) for name, header in headers.items()}
    for status, meaning in _refusals(handler).items():
        said[status] = {"description": meaning, "content": {PROBLEM: {"schema": schemas.reference(Problem)}}}
        if status in (429, 503):
            said[status]["headers"] = _WAITING
    return {str(status): response for status, response in sorted(said.items())}


def _header(header: dict[str, Any]) -> dict[str, Any]:
    return {"description": header["description"], "schema": header.get("schema") or {"type": "string"}}


def _refusals(handler: HTTPRouteHandler) -> dict[int, str]:
    if handler.opt.get(HEALTH):
        return {}
    known = handler.opt["audience"] != (Audience.PUBLIC,) or "recognises" in handler.opt
    refusals = _REFUSALS | _REFUSALS_OF_CALLERS if known else _REFUSALS
    specs = (handler.responses or {}).items()
    own = {status: spec.description for status, spec in specs if spec.data_container is Problem}
    if HttpMethod.GET in handler.http_methods:
        refusals = {status: meaning for status, meaning in refusals.items() if status not in (409, 413)}
    return refusals | own


def _parameter(
    parameter: dict[str, Any], enums: Mapping[str, Any], found: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """A parameter as it can be sent, which is never null, with its meaning said once."""
    schema = dict(parameter.get("schema", {}))
    for alternative in (*schema.pop("oneOf", ()), *schema.pop("allOf", ())):
        if alternative != {"type": "null"}:
            schema = {**alternative, **schema}
    schema.pop("description", None)
    if "$ref" in schema:
        shape = found[repr(enums[parameter["name"]])]
        schema = {**shape, **{key: value for key, value in schema.items() if key == "default"}}
    schema = {
        key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in schema.items()
    }
    kept: dict[str, Any] = {
        key: parameter[key] for key in ("name", "in", "description", "required") if key in parameter
    }
    return {**kept, "schema": schema}
