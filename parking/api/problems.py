"""Every error as an `application/problem+json` document (RFC 9457): one table from class to status and title.

Malformed input is 400 with the field, a refusal by the rules 403, 404, 409, 413 or 422, a full service 503. A 500 is a
defect of ours: it says nothing but its number in the log.
"""

import logging
import re
import secrets
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import DataError
from litestar import Request, Response
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg

from parking import appeals, cases, contests, decisions, events, limits, lots, plates, prices, settings, stays, tariffs
from parking.answers import HELD, Display, Instruction
from parking.api import tariff_lint
from parking.barrier import Command
from parking.events import EventRejected, Refusal
from parking.ingest import batch, queue
from parking.live import stream
from parking.tariffs.lint import acceptance
from parking.trail import current
from payments import accounts, attempts, channels, charges, disputes, identity, ledger, refunds, settlement, tries
from payments.errors import OneLotError
from sql.pool import TRANSIENT

_log = logging.getLogger(__name__)
# Where a car may wait for the answer.
GATE_EVENTS = "/v1/gate-events"
_TYPE = "https://onelot.example/problems/"
# Drawn anew for each answer, so that those who were refused together do not come back together. Shorter than a kept
# connection lives unused (limits.IDLE_TIMEOUT_S): who comes back on it must not meet its end.
RETRY_AFTER_S = range(2, 12)
# The framework's message about a missing parameter.
_MISSING = re.compile(r"Missing required (\w+) parameter '([^']+)'")
_SOURCES = {"query": "query parameter"}

STATUS: dict[type[OneLotError], int] = {
    accounts.AccountNotSettled: 409,
    accounts.NoSuchAccount: 404,
    accounts.NoSuchTopUp: 404,
    accounts.RequestKeyMalformed: 400,
    accounts.TopUpContradicted: 409,
    accounts.TopUpOutOfRange: 422,
    attempts.PayerMalformed: 400,
    attempts.PaymentContradicted: 409,
    attempts.PaymentInProgress: 409,
    attempts.UnknownChannel: 422,
    identity.AccountBarred: 403,
    identity.HolderUnclear: 422,
    identity.NoSuchLot: 422,
    identity.NoSuchToken: 404,
    identity.TokenLifeTooLong: 422,
    identity.TokenRefused: 401,
    identity.NotYours: 403,
    channels.NumberReused: 502,
    channels.RequestRefused: 502,
    charges.AlreadyVoid: 409,
    charges.ChargeContradicted: 409,
    charges.ChargeNotDue: 409,
    charges.NoSuchCharge: 404,
    tariff_lint.CheckUnderWay: 503,
    queue.Overloaded: 503,
    batch.StorageAway: 503,
    events.TooManyEvents: 400,
    disputes.DisputeResolved: 409,
    disputes.FindingUnfit: 422,
    disputes.NoSuchDispute: 404,
    disputes.NothingToReturn: 409,
    ledger.BookMissing: 500,
    ledger.CursorMalformed: 400,
    ledger.FloorBroken: 409,
    ledger.JournalContradicted: 409,
    limits.NoRoom: 500,
    limits.TooManyRequests: 429,
    limits.TooManyWaiting: 503,
    lots.UnknownLot: 404,
    lots.UnknownGateway: 404,
    lots.UnknownOperator: 422,
    lots.UnknownZone: 404,
    lots.KeysInUse: 409,
    lots.CodeTaken: 409,
    plates.PlateNotLinked: 404,
    plates.PlateRefused: 422,
    prices.NoTariff: 409,
    prices.HoldsAlready: 409,
    acceptance.NotPublishable: 422,
    prices.NowhereToHold: 422,
    prices.OtherTimeZone: 422,
    prices.TariffMoved: 409,
    prices.UnknownTariff: 404,
    refunds.NotRefundable: 409,
    refunds.RefundContradicted: 409,
    settings.BadSetting: 500,
    settlement.DayNotOver: 409,
    settlement.DayTooOld: 422,
    settlement.NoSuchOperator: 422,
    settlement.RateNotOpen: 409,
    settlement.NoSuchSettlement: 404,
    settlement.RangeTooWide: 400,
    stays.UnknownStay: 404,
    appeals.AppealRefused: 409,
    appeals.TooManyAppeals: 409,
    cases.UnknownCase: 404,
    contests.ContestResolved: 409,
    contests.NoSuchContest: 404,
    contests.NotContestable: 409,
    decisions.DecisionContradicted: 409,
    decisions.DecisionUnfit: 422,
    decisions.FactTooOld: 422,
    decisions.NoSuchFact: 404,
    stream.TooManyListeners: 503,
    tries.TooManyAttempts: 429,
    tariffs.TariffUnclear: 422,
    tariffs.UnknownTimeZone: 422,
    tariffs.StayNotPriceable: 422,
}


# An event that cannot be taken: the status it has alone.
REFUSED: dict[Refusal, int] = {
    Refusal.NOT_JSON: 400,
    Refusal.MALFORMED: 400,
    Refusal.TOO_MANY_EVENTS: 400,
    Refusal.BODY_TOO_LARGE: 413,
    Refusal.UNKNOWN_LANE: 422,
    Refusal.LANE_NOT_YOURS: 403,
}


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


def _answer(
    request: Request[Any, Any, Any], problem: Problem, headers: dict[str, str] | None = None
) -> Response[bytes]:
    _with_command(request, problem)
    trail = current.get()
    if trail is not None:
        trail.problem = problem.title
        problem.request_id = trail.id
    waiting = {}
    if problem.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        waiting["Retry-After"] = str((problem.facts or {}).get("retry_after_s") or secrets.choice(RETRY_AFTER_S))
    return Response(
        msgspec.json.encode(problem, enc_hook=str),
        status_code=problem.status,
        media_type="application/problem+json",
        # A refusal is of its moment: whoever keeps answers must not keep this one.
        headers={"Cache-Control": "no-store", **waiting, **(headers or {})},
    )


def of_status(status: HTTPStatus, detail: str, field: str | None = None, *, at_gate: bool = False) -> bytes:
    """A document for what is refused before any route is asked. at_gate: a car may wait for it."""
    kind = _TYPE + status.phrase.lower().replace(" ", "-")
    problem = Problem(kind, status.phrase, status, detail, field)
    if at_gate:
        problem.gate, problem.display = HELD.gate, HELD.display
    return msgspec.json.encode(problem)


def _title(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]


def of_error(request: Request[Any, Any, Any], e: OneLotError) -> Response[bytes]:
    """A refusal by the rules."""
    name = type(e).__name__
    facts = {key: value for key, value in e.facts.items() if value is not None and key != "field"}
    field = e.facts.get("field")
    wait_s = e.facts.get("retry_after_s")
    return _answer(
        request,
        Problem(
            type=_TYPE + _title(name).lower().replace(" ", "-"),
            title=_title(name),
            status=REFUSED[e.reason] if isinstance(e, EventRejected) else STATUS[type(e)],
            detail=e.sentence,
            field=field if isinstance(field, str) else None,
            facts=facts or None,
        ),
        None if wait_s is None else {"Retry-After": str(wait_s)},
    )


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
    if refused.get("source") == "body" and name != "data":
        return name, why
    if name == "data":
        return "body", "The request needs a body of JSON."
    parameter = request.route_handler.parsed_fn_signature.parameters.get(name)
    definition = None if parameter is None else parameter.kwarg_definition
    public = isinstance(definition, ParameterKwarg) and (definition.query or definition.header or definition.name)
    return str(public or name), why


def _malformed(request: Request[Any, Any, Any], field: str, detail: str) -> Response[bytes]:
    return _answer(request, Problem(_TYPE + "malformed", "Malformed", 400, detail, field))


def of_body(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """400, for what no column can store: a NUL, bytes that are not UTF-8, deep nesting, numbers of over 64 bits."""
    _log.warning("%s %s was sent what no column can store: %s", request.method, _route(request), type(e).__name__)
    detail = "The request holds text or numbers that are not allowed: text is UTF-8 without NUL, a number has 64 bits."
    named = [*request.path_params.items(), *request.query_params.multi_items()]
    return _malformed(request, next((name for name, value in named if "\0" in str(value)), "body"), detail)


def of_http(request: Request[Any, Any, Any], e: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown routes, wrong methods, bodies that are too large."""
    phrase = HTTPStatus(e.status_code).phrase
    field = "body" if e.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    kind = _TYPE + phrase.lower().replace(" ", "-")
    headers = {k: v for k, v in (e.headers or {}).items() if k.lower() != "content-length"}
    if e.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="onelot"'
    return _answer(request, Problem(kind, phrase, e.status_code, e.detail or phrase, field), headers)


def of_storage_away(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """503, the database is away. If the connection broke during the commit, only reading it again shows the outcome."""
    _log.warning("the database is away: %s", type(e).__name__)
    detail = "The service cannot reach its database. This was most likely not done: look, or try again."
    return _answer(request, Problem(_TYPE + "storage-away", "Storage away", 503, detail))


def of_group(request: Request[Any, Any, Any], e: ExceptionGroup[Exception]) -> Response[bytes]:
    """The group the framework raises when a rollback failed as well: 503 for a cut connection, else a defect."""
    _, other = e.split(TRANSIENT)
    return of_defect(request, e) if other else of_storage_away(request, e)


def not_found(request: Request[Any, Any, Any]) -> Response[bytes]:
    """404, for a path or a file that is not there."""
    return _answer(request, Problem(_TYPE + "not-found", "Not Found", 404, "Not Found"))


def of_defect(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """A defect of ours. The number finds it in the log; the document gives nothing away."""
    number = str(uuid4())
    _log.error("defect %s in %s %s", number, request.method, _route(request), exc_info=e)
    detail = "This should not have happened. The number under `instance` finds it in the service's log."
    return _answer(request, Problem(_TYPE + "defect", "Defect", 500, detail, instance=f"urn:uuid:{number}"))


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
