"""The API's own description as a page, with its files served from here: it opens without the internet."""

import inspect
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response, Router
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router

from parking.api import problems
from payments.identity import Audience

_FILES_PATH = "/static/reference"


def _files() -> Path:
    """The folder of the Swagger UI that comes with the package `swagger-ui-py`; its Python is not used."""
    spec = find_spec("swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


# What an audience may be refused with, beside what everybody may be. The documents are all of one form.
_REFUSALS = {
    400: "Something is malformed; `field` says what.",
    404: "There is no such thing.",
    409: "It contradicts how things stand.",
    413: "The body is too large.",
    422: "It is well-formed and cannot be done.",
    503: "The service cannot do its work now; `Retry-After` says when to try again.",
}
_REFUSALS_OF_CALLERS = {401: "No credentials, or wrong ones.", 403: "The credentials are somebody else's."}

FILES = create_static_files_router(
    path=_FILES_PATH,
    directories=[_files()],
    opt={"audience": (Audience.PUBLIC,)},
    include_in_schema=False,
    # What Python says of a NUL in the name of a file.
    exception_handlers={ValueError: problems.of_nowhere},
)


def describe(route: HTTPRouteHandler) -> None:
    """Says in the API's description for whom a route is, and that it needs a bearer key or token, from its audience."""
    audience = route.opt["audience"]
    text = route.description or inspect.getdoc(route.fn) or ""
    route.description = f"{text}\n\nAudience: {', '.join(audience)}."
    if audience != (Audience.PUBLIC,):
        route.security = [{"bearer": []}]
    refusals = _REFUSALS if audience == (Audience.PUBLIC,) else _REFUSALS | _REFUSALS_OF_CALLERS
    if HttpMethod.GET in route.http_methods:
        refusals = {status: what for status, what in refusals.items() if status not in (409, 413, 422)}
    documents = {
        status: ResponseSpec(
            problems.Problem, generate_examples=False, description=what, media_type="application/problem+json"
        )
        for status, what in sorted(refusals.items())
    }
    route.responses = {**documents, **(route.responses or {})}


@dataclass
class RawBody:
    """A request body for the OpenAPI document, given as the plain JSON it becomes."""

    content: dict[str, Any] = field(default_factory=dict)
    required: bool = True

    def to_schema(self) -> dict[str, Any]:
        """As the document has it."""
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


def _no_page(response: Response[Any]) -> Response[Any]:
    """The framework's own page for what is not there, as the document that all other doors answer."""
    return problems.of_nowhere() if response.status_code == HTTPStatus.NOT_FOUND else response


CONFIG = OpenAPIConfig(
    title="OneLot",
    version="1",
    description="A city's parking as one network, paid without stopping.",
    openapi_router=Router("/schema", route_handlers=[], opt={"audience": (Audience.PUBLIC,)}, after_request=_no_page),
    render_plugins=[
        SwaggerRenderPlugin(
            js_url=f"{_FILES_PATH}/swagger-ui-bundle.js",
            css_url=f"{_FILES_PATH}/swagger-ui.css",
            standalone_preset_js_url=f"{_FILES_PATH}/swagger-ui-standalone-preset.js",
            favicon="<link rel='icon' type='image/svg+xml' href='/static/icon.svg'>",
        )
    ],
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(type="http", scheme="bearer", description="A gateway's key or a signed token.")
        }
    ),
)
