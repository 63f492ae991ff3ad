"""Every error as an `application/problem+json` document (RFC 9457): one table from class to status and title.

Malformed input is 400 with the field, a refusal by the rules 403, 404, 409, 413 or 422, a full service 503. A 500 is a
defect of ours: it says nothing but its number in the log.
"""

import logging
import re
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from asyncpg import DataError
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import ParameterKwarg

from parking import cases, events, lots, plates, prices, settings, stays, tariffs
from parking.api import tariff_lint
from parking.events import EventRejected, Refusal
from parking.ingest import batch
from parking.live import stream
from parking.tariffs.lint import acceptance
from payments import accounts, attempts, channels, charges, identity, ledger, refunds, settlement
from payments.errors import OneLotError
from sql.pool import TRANSIENT

_log = logging.getLogger(__name__)
_TYPE = "https://onelot.example/problems/"
RETRY_AFTER_S = 5
# How the framework says that a parameter is not there.
_MISSING = re.compile(r"Missing required (\w+) parameter '([^']+)'")
_SOURCES = {"query": "query parameter"}

STATUS: dict[type[OneLotError], int] = {
    accounts.NoSuchAccount: 404,
    accounts.NoSuchTopUp: 404,
    accounts.RequestKeyMalformed: 400,
    accounts.TopUpContradicted: 409,
    accounts.TopUpOutOfRange: 422,
    attempts.PayerMalformed: 400,
    attempts.PaymentInProgress: 409,
    attempts.UnknownChannel: 422,
    identity.HolderUnclear: 422,
    identity.TokenRefused: 401,
    identity.NotYours: 403,
    channels.RequestRefused: 502,
    charges.ChargeContradicted: 409,
    charges.ChargeNotDue: 409,
    charges.NoSuchCharge: 404,
    tariff_lint.CheckUnderWay: 503,
    batch.Overloaded: 503,
    batch.StorageAway: 503,
    events.TooManyEvents: 400,
    ledger.BookMissing: 500,
    ledger.CursorMalformed: 400,
    ledger.FloorBroken: 409,
    ledger.JournalContradicted: 409,
    lots.UnknownLot: 404,
    lots.UnknownGateway: 404,
    lots.UnknownOperator: 422,
    lots.UnknownZone: 404,
    lots.KeysInUse: 409,
    lots.CodeTaken: 409,
    plates.PlateHeld: 409,
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
    cases.UnknownReview: 404,
    cases.AlreadyResolved: 409,
    stream.TooManyListeners: 503,
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
    Refusal.EVENT_ID_CONFLICT: 409,
}


class Problem(msgspec.Struct, omit_defaults=True):
    """A problem document. `facts` say what the class of error carries; `field` names what does not fit."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    facts: dict[str, Any] | None = None
    instance: str | None = None


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> Response[bytes]:
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": str(RETRY_AFTER_S), **(headers or {})}
    return Response(
        msgspec.json.encode(problem, enc_hook=str),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _title(name: str) -> str:
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()
    return words[:1].upper() + words[1:]


def of_error(_: Request[Any, Any, Any], e: OneLotError) -> Response[bytes]:
    """Something the rules refuse."""
    name = type(e).__name__
    facts = {key: value for key, value in e.facts.items() if value is not None and key != "field"}
    field = e.facts.get("field")
    return _answer(
        Problem(
            type=_TYPE + _title(name).lower().replace(" ", "-"),
            title=_title(name),
            status=REFUSED[e.reason] if isinstance(e, EventRejected) else STATUS[type(e)],
            detail=e.sentence,
            field=field if isinstance(field, str) else None,
            facts=facts or None,
        )
    )


def of_validation(request: Request[Any, Any, Any], e: ValidationException) -> Response[bytes]:
    """Malformed input: which field, by the name the caller gave it, and what was expected of it."""
    missing = _MISSING.match(str(e.detail))
    if missing:
        kind, name = missing.groups()
        return _malformed(name, f"The {_SOURCES.get(kind, kind)} {name} is missing.")
    extra = e.extra if isinstance(e.extra, list) else []
    said = [_said(request, x) for x in extra if isinstance(x, dict)]
    if not said:
        return _malformed("body", str(e.detail))
    return _malformed(said[0][0], "; ".join(f"{field}: {what}" for field, what in said))


def _said(request: Request[Any, Any, Any], refused: dict[str, Any]) -> tuple[str, str]:
    """The public name of what does not fit, and why."""
    name, what = str(refused.get("key") or "body"), str(refused.get("message", ""))
    if refused.get("source") == "body" and name != "data":
        return name, what
    if name == "data":
        return "body", "The request needs a body of JSON."
    parameter = request.route_handler.parsed_fn_signature.parameters.get(name)
    definition = None if parameter is None else parameter.kwarg_definition
    public = isinstance(definition, ParameterKwarg) and (definition.query or definition.header or definition.name)
    return str(public or name), what


def _malformed(field: str, detail: str) -> Response[bytes]:
    return _answer(Problem(_TYPE + "malformed", "Malformed", 400, detail, field))


def of_body(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """What can be neither read nor kept: a NUL, bytes that are no UTF-8, endless brackets, numbers beyond measure."""
    _log.warning("%s %r was sent what no column can hold: %r", request.method, request.url.path, str(e))
    detail = "The request holds text or numbers that are not allowed: text is UTF-8 without NUL, a number has 64 bits."
    named = [*request.path_params.items(), *request.query_params.multi_items()]
    return _malformed(next((name for name, value in named if "\0" in str(value)), "body"), detail)


def of_http(_: Request[Any, Any, Any], e: HTTPException) -> Response[bytes]:
    """What the framework refuses: unknown routes, wrong methods, bodies that are too large."""
    phrase = HTTPStatus(e.status_code).phrase
    field = "body" if e.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else None
    kind = _TYPE + phrase.lower().replace(" ", "-")
    headers = {k: v for k, v in (e.headers or {}).items() if k.lower() != "content-length"}
    if e.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="onelot"'
    return _answer(Problem(kind, phrase, e.status_code, e.detail or phrase, field), headers)


def of_absence(_: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """The database is away. Where the connection broke with the commit on its way, only a look at the thing tells."""
    _log.warning("the database is away: %s", type(e).__name__)
    detail = "The service cannot reach its database. This was most likely not done: look, or try again."
    return _answer(Problem(_TYPE + "storage-away", "Storage away", 503, detail))


def of_many(request: Request[Any, Any, Any], e: ExceptionGroup[Exception]) -> Response[bytes]:
    """What the framework makes of a transaction that could not even be rolled back: a cut connection, or a defect."""
    _, other = e.split(TRANSIENT)
    return of_defect(request, e) if other else of_absence(request, e)


def of_nowhere(*_: object) -> Response[bytes]:
    """A path that nothing has, whoever asks and for whatever reason."""
    return _answer(Problem(_TYPE + "not-found", "Not Found", 404, "Not Found"))


def of_defect(request: Request[Any, Any, Any], e: Exception) -> Response[bytes]:
    """A defect of ours. The number finds it in the log; the document gives nothing away."""
    number = str(uuid4())
    _log.error("defect %s in %s %r", number, request.method, request.url.path, exc_info=e)
    detail = "This should not have happened. The number under `instance` finds it in the service's log."
    return _answer(Problem(_TYPE + "defect", "Defect", 500, detail, instance=f"urn:uuid:{number}"))


HANDLERS: dict[Any, Any] = {
    OneLotError: of_error,
    ValidationException: of_validation,
    HTTPException: of_http,
    DataError: of_body,
    UnicodeDecodeError: of_body,
    RecursionError: of_body,
    **dict.fromkeys(TRANSIENT, of_absence),
    ExceptionGroup: of_many,
    Exception: of_defect,
}
