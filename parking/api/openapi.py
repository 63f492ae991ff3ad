"""The API's own description as a page (Swagger UI), with its files served from here: it opens without the internet."""

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar.enums import HttpMethod
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromPath
from litestar.serialization import encode_json

from parking.api import problems
from parking.files import COMPRESSED_ONCE, MEDIA_TYPES, File, file, send
from payments.identity import Audience

_FOLDER = Path(__file__).parent / "swagger_ui"
# As for the other pages, but that Swagger UI's style sheet holds its pictures as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

# Refusals that any route may answer, all as problem documents.
_REFUSALS = {
    400: "Something is malformed; `field` says what.",
    404: "There is no such thing.",
    409: "It contradicts how things stand.",
    413: "The body is too large.",
    422: "It is well-formed and cannot be done.",
    429: "It was asked too often; `Retry-After` says when to ask again.",
    503: "The service cannot do its work now; `Retry-After` says when to try again.",
}
_REFUSALS_OF_CALLERS = {401: "No credentials, or wrong ones.", 403: "The credentials are somebody else's."}

FILES = {path.name: file(path.read_bytes(), path.suffix) for path in _FOLDER.iterdir() if path.suffix in MEDIA_TYPES}


@get("/static/reference/{name:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE})
async def reference_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """A script or a style sheet of the page."""
    if (found := FILES.get(name)) is None:
        raise NotFoundException(f"There is no file {name!r}.")
    return Response(**send(found, request.headers, policy=_POLICY)._asdict())


def describe(route: HTTPRouteHandler) -> None:
    """Adds a route's audience, its need of a bearer key or token, and its refusals to the API's description."""
    audience = route.opt["audience"]
    text = route.description or inspect.getdoc(route.fn) or ""
    route.description = f"{text}\n\nAudience: {', '.join(audience)}."
    if audience != (Audience.PUBLIC,):
        route.security = [{"bearer": []}]
    refusals = _REFUSALS if audience == (Audience.PUBLIC,) else _REFUSALS | _REFUSALS_OF_CALLERS
    if HttpMethod.GET in route.http_methods:
        refusals = {status: meaning for status, meaning in refusals.items() if status not in (409, 413, 422)}
    documents = {
        status: ResponseSpec(
            problems.Problem, generate_examples=False, description=meaning, media_type="application/problem+json"
        )
        for status, meaning in sorted(refusals.items())
    }
    route.responses = {**documents, **(route.responses or {})}


@dataclass
class RawBody:
    """A request body for the OpenAPI document, given as the plain JSON it becomes."""

    content: dict[str, Any] = field(default_factory=dict)
    required: bool = True

    def to_schema(self) -> dict[str, Any]:
        """The body in the form of the OpenAPI document."""
        return {"content": self.content, "required": self.required}


def inlined(shape: type) -> dict[str, Any]:
    """A JSON schema without references, because OpenAPI's components belong to the framework."""
    schema = msgspec.json.schema(shape)
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(definitions[node["$ref"].rsplit("/", 1)[1]])
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return resolved


class _Page(OpenAPIRenderPlugin):
    """Where the page is: what is sent is `_sent`'s affair."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return FILES["page.html"].body


def description(app: Litestar) -> File:
    """The description of an application's API, rendered and compressed at the first call."""
    rendered: File | None = app.state.get("description")
    if rendered is None:
        rendered = app.state["description"] = file(encode_json(app.openapi_schema.to_schema()), ".json")
    return rendered


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
    title="OneLot",
    version="1",
    description="A city's parking as one network, paid without stopping.",
    openapi_router=Router(
        "/schema",
        route_handlers=[],
        opt={"audience": (Audience.PUBLIC,), **COMPRESSED_ONCE},
        before_request=_sent,
        include_in_schema=False,
    ),
    render_plugins=[_Page(path="/swagger")],
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="A gateway's key or a signed token.")
        }
    ),
)
