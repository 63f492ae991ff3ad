"""What is known of a request beside its content: its identifier, who sent it, and how it was refused.

Every answer has the identifier in X-Request-ID, every problem document and log line of the request too. A line is
logged for every 401, 403, 429 and 5xx, and for a share of the others if that is set: with the route and never the path,
in which plates and references stand.
"""

import logging
import re
from collections import Counter
from http import HTTPStatus
from time import monotonic

from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from parking.clock import random_bits
from parking.limits import Rate
from parking.live import metrics, tracing
from parking.live.rates import Rates
from parking.trail import Trail, current

HEADER = b"x-request-id"
GATE_EVENTS = "/v1/gate-events"
# So many wrong keys or tokens within a minute are somebody who guesses, or a gateway whose key is not the right one.
WRONG_CREDENTIALS_PER_MINUTE = 60
_WRONG = Rate(WRONG_CREDENTIALS_PER_MINUTE - 1, 60)
_ALARM = Rate(1, 60)
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}").fullmatch
_REFUSALS = frozenset((401, 403, 429))
_log = logging.getLogger(__name__)


class Refusals:
    """How many requests were refused, by status, and how often an alarm was given for wrong keys and tokens."""

    def __init__(self) -> None:
        self.by_status: Counter[int] = Counter()
        self.alarms = 0

    async def wrong_credentials(self, rates: Rates) -> bool:
        """Counts a wrong key or token, for all processes together; tells whether an alarm is due, once a minute."""
        if not await rates.take("wrong-credentials", _WRONG) or await rates.take("alarm", _ALARM):
            return False
        self.alarms += 1
        return True


class Requests:
    """The application, behind what every request and every answer gets.

    A layer around all others and not a hook of the framework: each hook is awaited with each message.
    """

    def __init__(self, app: ASGIApp, state: State, *, access_share: float) -> None:
        self._app = app
        self._state = state
        self._access = _Access(access_share)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Gives a request its trail, and its answer the identifier. Log lines of its task carry it from here on.

        While the process ends, each answer is the last of its connection, so that the next request goes elsewhere.
        """
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        trail = Trail(_identifier(scope))
        scope["state"]["trail"] = trail
        current.set(trail)
        began = monotonic()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message, trail)
                status, took_s = message["status"], monotonic() - began
                route = scope.get("path_template")
                metrics.answered(scope["method"], route, status, took_s)
                tracing.answered(traced, scope["method"], route, status, trail.kind, trail.id)
                if status in _REFUSALS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    await _log_refusal(scope, trail, status)
                else:
                    self._access.answered(scope, status, took_s)
            await send(message)

        with tracing.span("request") as traced:
            await self._app(scope, receive, sending)

    def _complete(self, message: HTTPResponseStartEvent, trail: Trail) -> None:
        headers = [*message.get("headers", ()), (HEADER, trail.id.encode())]
        if self._state.ending.begun and all(name.lower() != b"connection" for name, _ in headers):
            headers.append((b"connection", b"close"))
        message["headers"] = headers


class _Access:
    """Lines about requests that were not refused: of every so many one. Gate events are counted, and have none."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._owed = 0.0

    def answered(self, scope: Scope, status: int, took_s: float) -> None:
        """Logs a request if it is the turn of one."""
        route = scope.get("path_template")
        if not self._share or route == GATE_EVENTS:
            return
        self._owed += self._share
        if self._owed < 1:
            return
        self._owed -= 1
        fields = {"status": status, "method": scope.get("method"), "route": route, "took_ms": round(took_s * 1000, 1)}
        _log.info("answered", extra={"fields": fields})


def trail_of(scope: Scope) -> Trail:
    """The trail of a request."""
    trail: Trail = scope["state"]["trail"]
    return trail


def _identifier(scope: Scope) -> str:
    """The caller's X-Request-ID if that has 8 to 64 letters, digits, dots, hyphens and underscores, or a new one."""
    for name, value in scope["headers"]:
        if name == HEADER:
            return value.decode() if _WELL_FORMED(value) else _drawn()
    return _drawn()


def _drawn() -> str:
    return f"{random_bits() << 64 | random_bits():032x}"


async def _log_refusal(scope: Scope, trail: Trail, status: int) -> None:
    """Logs an answer that refuses or fails."""
    refusals: Refusals = scope["litestar_app"].state.refusals
    refusals.by_status[status] += 1
    client = scope.get("client")
    fields = {
        "status": status,
        "method": scope.get("method"),
        "route": scope.get("path_template"),
        "caller": trail.caller,
        "client": client[0] if client else None,
        "problem": trail.problem,
        "request_id": trail.id,
    }
    _log.warning("refused" if status < 500 else "failed", extra={"fields": fields})
    # Who has failed too often hears 429 in place of 401, and still guesses.
    wrong = trail.guessed and status in (401, 429)
    if wrong and await refusals.wrong_credentials(scope["litestar_app"].state.rates):
        metrics.ALARMS.labels("credentials").inc()
        _log.error(
            "ALARM %d wrong keys or tokens within a minute",
            WRONG_CREDENTIALS_PER_MINUTE,
            extra={"fields": {"client": fields["client"], "alarms": refusals.alarms}},
        )
