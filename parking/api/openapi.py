"""The API's own description as a page (Swagger UI), with its files served from here: it opens without the internet."""

import inspect
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from parking.api import problems
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
    503: "The service cannot do its work now; `Retry-After` says when to try again.",
}
_REFUSALS_OF_MANY = {429: "Too often; `Retry-After` says when to try again."}
_REFUSALS_OF_CALLERS = {401: "No credentials, or wrong ones.", 403: "The credentials are somebody else's."}

FILES = create_static_files_router(
    path="/static/reference",
    directories=[_FOLDER],
    opt={"audience": (Audience.PUBLIC,)},
    include_in_schema=False,
    # A NUL in the name of a file.
    exception_handlers={ValueError: problems.not_found},
)


def describe(route: HTTPRouteHandler) -> None:
    """Adds a route's audience, its need of a bearer key or token, and its refusals to the API's description."""
    audience = route.opt["audience"]
    text = route.description or inspect.getdoc(route.fn) or ""
    route.description = f"{text}\n\nAudience: {', '.join(audience)}."
    if audience != (Audience.PUBLIC,):
        route.security = [{"bearer": []}]
    refusals = _REFUSALS if audience == (Audience.PUBLIC,) else _REFUSALS | _REFUSALS_OF_CALLERS
    if route.opt.get("limited"):
        refusals = refusals | _REFUSALS_OF_MANY
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
    """The page as it stands in swagger_ui/page.html."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        return (_FOLDER / "page.html").read_bytes()


def _answer(response: Response[Any]) -> Response[Any]:
    """A missing page as a problem document; every other answer with our policy."""
    if response.status_code == HTTPStatus.NOT_FOUND:
        return problems.not_found()
    response.headers["Content-Security-Policy"] = _POLICY
    return response


CONFIG = OpenAPIConfig(
    title="OneLot",
    version="1",
    description="A city's parking as one network, paid without stopping.",
    openapi_router=Router("/schema", route_handlers=[], opt={"audience": (Audience.PUBLIC,)}, after_request=_answer),
    render_plugins=[_Page(path="/swagger")],
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="A gateway's key or a signed token.")
        }
    ),
)
