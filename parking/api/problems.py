"""Every error as an `application/problem+json` document (RFC 9457): the table from class to status is in statuses.py.

Malformed input is 400 with the field, a refusal by the rules 403, 404, 409, 413 or 422, a full service 503. A 500 is a
defect of ours: it says nothing but its number in the log.
"""

import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import DataError
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg

from parking.answers import HELD, Display, Instruction
from parking.api import queries
from parking.api.statuses import KIND_OF_STATUS, REFUSED, STATUS
from parking.barrier import Command
from parking.events import EventRejected
from parking.texts import languages
from parking.texts import problems as kinds
from parking.texts.languages import Language
from parking.trail import current
from payments.errors import OneLotError
from payments.shapes import Misfit, sentence_of
from sql.pool import TRANSIENT

_log = logging.getLogger(__name__)
# Where a car may wait for the answer.
GATE_EVENTS = "/v1/gate-events"
# Where each kind has its page: relative, so that it is found wherever the API is.
PAGES = "/problems"
# Drawn anew for each answer, so that those who were refused together do not come back together. Shorter than a kept
# connection lives unused (limits.IDLE_TIMEOUT_S): who comes back on it must not meet its end.
RETRY_AFTER_S = range(2, 12)
# The framework's message about a missing parameter.
_MISSING = re.compile(r"Missing required (\w+) parameter '([^']+)'")
_SOURCES = {"query": "query parameter"}


class Problem(msgspec.Struct, omit_defaults=True):
    """A problem document. `facts` say what the class of error carries; `field` names what does not fit.

    For gate events also what the lane does now: `gate` and `display`, or of an array `events`, one for each.
    """

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    facts: dict[str, Any] | None = None
    instance: str | None = None
    request_id: str | None = None
    gate: Command | None = None
    display: Display | None = None
    events: Sequence[Instruction] | None = None


def instruct(request: Request[Any, Any, Any], alone: bool, instructions: Sequence[Instruction]) -> None:
    """Says what the lanes do whose events were not taken, for the document that is about to be written."""
    request.scope["state"]["instructions"] = (alone, instructions)


def _with_command(request: Request[Any, Any, Any], problem: Problem) -> None:
    if request.scope["path"] != GATE_EVENTS or request.method != HttpMethod.POST:
        return
    alone, instructions = request.scope["state"].get("instructions", (True, (HELD,)))
    if alone:
        problem.gate, problem.display = instructions[0].gate, instructions[0].display
    else:
        problem.events = instructions


def _problem(request: Request[Any, Any, Any], code: str, status: int, detail: str, field: str | None = None) -> Problem:
    """A document in the language of the caller, English if they name none."""
    language = _language(request)
    title, said = kinds.title(code, language), kinds.detail(code, language, detail)
    return Problem(f"{PAGES}/{code}", title, status, said, field)


def language_of(headers: Iterable[tuple[bytes, bytes]]) -> Language:
    """The language of who sends a request with these headers, whose names are in small letters; English if they name
    none.
    """
    liked = next((value for name, value in headers if name == b"accept-language"), b"")
    return languages.choose(None, liked.decode("latin-1"), default=languages.EN)


def _language(request: Request[Any, Any, Any]) -> Language:
    return language_of(request.scope["headers"])


def _answer(
    request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str] | None = None
) -> Response[bytes]:
    _with_command(request, problem)
    trail = current.get()
    if trail is not None:
        trail.problem = problem.type.removeprefix(f"{PAGES}/")
        problem.request_id = trail.id
    waiting = {}
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        waiting["Retry-After"] = str((problem.facts or {}).get("retry_after_s") or secrets.choice(RETRY_AFTER_S))
    return Response(
        msgspec.json.encode(problem, enc_hook=str),
        status_code=problem.status,
        media_type="application/problem+json",
        # A refusal is of its moment: whoever keeps answers must not keep this one.
        headers={
            "Cache-Control": "no-store",
            "Content-Language": languages.TAGS[_language(request)],
            **waiting,
            **(headers or {}),
        },
    )


def of_status(
    status: HTTPStatus, detail: str, field: str | None = None, *, language: Language, at_gate: bool = False
) -> bytes:
    """A document for what is refused before any route is asked. at_gate: a car may wait for it."""
    code = KIND_OF_STATUS[status]
    said = kinds.detail(code, language, detail)
    problem = Problem(f"{PAGES}/{code}", kinds.title(code, language), status, said, field)
    if at_gate:
        problem.gate, problem.display = HELD.gate, HELD.display
    return msgspec.json.encode(problem)


def of_error(request: Request[Any, Any, Any], e: OneLotError) -> Response[bytes]:
    """A refusal by the rules."""
    facts = {key: value for key, value in e.facts.items() if value is not None and key != "field"}
    field = e.facts.get("field")
    wait_s = e.facts.get("retry_after_s")
    status = REFUSED[e.reason] if isinstance(e, EventRejected) else STATUS[type(e)]
    problem = _problem(request, kinds.code_of(type(e)), status, e.sentence, field if isinstance(field, str) else None)
    problem.facts = facts or None
    return _answer(request, problem, None if wait_s is None else {"Retry-After": str(wait_s)})


def of_validation(request: Request[Any, Any, Any], e: ValidationException) -> Response[bytes]:
    """Malformed input: which field, by the name the caller gave it, and what was expected of it."""
    missing = _MISSING.match(str(e.detail))
    if missing:
        kind, name = missing.groups()
        return _malformed(request, name, f"The {_SOURCES.get(kind, kind)} {name} is missing.")
    extra = e.extra if isinstance(e.extra, list) else []
    refusals = [_refusal(request, refused) for refused in extra if isinstance(refused, dict)]
    if not refusals:
        return _malformed(request, "body", str(e.detail))
    return _malformed(request, refusals[0][0], "; ".join(f"{field}: {why}" for field, why in refusals))


def _refusal(request: Request[Any, Any, Any], refused: dict[str, Any]) -> tuple[str, str]:
    """The public name of a field or parameter that was refused, and why."""
    name, why = str(refused.get("key") or "body"), str(refused.get("message", ""))
    if refused.get("source") == queries.AS_ASKED or (refused.get("source") == "body" and name != "data"):
        return name, why
    if name == "data":
        return "body", "The request needs a body of JSON."
    if (asked := queries.parameter(request.route_handler, name)) is not None:
        public, shape = asked
        return public, sentence_of(Misfit("$", why), shape.annotation)
    parameter = request.route_handler.parsed_fn_signature.parameters.get(name)
    definition = None if parameter is None else parameter.kwarg_definition
    header = isinstance(definition, ParameterKwarg) and (definition.header or definition.name)
    return str(header or name), why


def _malformed(request: Request[Any, Any, Any], field: str, detail: str) -> Response[bytes]:
    return _answer(request, _problem(request, "malformed", 400, detail, field))


def of_body(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """400, for what no column can store: a NUL, bytes that are not UTF-8, deep nesting, numbers of over 64 bits."""
    _log.warning("%s %s was sent what no column can store: %s", request.method, _route(request), type(e).__name__)
    detail = "The request holds text or numbers that are not allowed: text is UTF-8 without NUL, a number has 64 bits."
    named = [*request.path_params.items(), *request.query_params.multi_items()]
    return _malformed(request, next((name for name, value in named if "\0" in str(value)), "body"), detail)


def of_http(request: Request[Any, Any, Any], e: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown routes, wrong methods, bodies that are too large."""
    field = "body" if e.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    code = KIND_OF_STATUS.get(e.status_code) or ("internal-server-error" if e.status_code >= 500 else "bad-request")
    headers = {k: v for k, v in (e.headers or {}).items() if k.lower() != "content-length"}
    if e.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="onelot"'
    return _answer(request, _problem(request, code, e.status_code, e.detail, field), headers)


def of_storage_away(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """503, the database is away. If the connection broke during the commit, only reading it again shows the outcome."""
    _log.warning("the database is away: %s", type(e).__name__)
    detail = "The service cannot reach its database. This was most likely not done: look, or try again."
    return _answer(request, _problem(request, "storage-away", 503, detail))


def of_group(request: Request[Any, Any, Any], e: ExceptionGroup[Exception]) -> Response[bytes]:
    """The group the framework raises when a rollback failed as well: 503 for a cut connection, else a defect."""
    _, other = e.split(TRANSIENT)
    return of_defect(request, e) if other else of_storage_away(request, e)


def not_found(request: Request[Any, Any, Any]) -> Response[bytes]:
    """404, for a path or a file that is not there."""
    return _answer(request, _problem(request, "not-found", 404, "There is nothing at this address."))


def of_defect(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """A defect of ours. The number finds it in the log; the document gives nothing away."""
    number = str(uuid4())
    _log.error("defect %s in %s %s", number, request.method, _route(request), exc_info=e)
    detail = "This should not have happened. The number under `instance` finds it in the service's log."
    problem = _problem(request, "defect", 500, detail)
    problem.instance = f"urn:uuid:{number}"
    return _answer(request, problem)


def _route(request: Request[Any, Any, Any]) -> str:
    # In paths stand plates and references.
    return str(request.scope.get("path_template", "a path that nothing has"))


HANDLERS: dict[Any, Any] = {
    OneLotError: of_error,
    ValidationException: of_validation,
    HTTPException: of_http,
    DataError: of_body,
    UnicodeDecodeError: of_body,
    RecursionError: of_body,
    **dict.fromkeys(TRANSIENT, of_storage_away),
    ExceptionGroup: of_group,
    Exception: of_defect,
}
