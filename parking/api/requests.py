"""What is known of a request beside its content: its identifier, who sent it, and how it was refused.

Every answer has the identifier in X-Request-ID, every problem document and log line of the request too. A line is
logged for every 401, 403, 429 and 5xx: with the route and never the path, in which plates and references stand.
"""

import logging
import re
from collections import Counter
from typing import Any

from litestar.types import Message, Scope

from parking.clock import random_bits
from parking.limits import Rate
from parking.live.rates import Rates
from parking.trail import Trail, current

HEADER = b"x-request-id"
# So many wrong keys or tokens within a minute are somebody who guesses, or a gateway whose key is not the right one.
WRONG_CREDENTIALS_PER_MINUTE = 60
_WRONG = Rate(WRONG_CREDENTIALS_PER_MINUTE - 1, 60)
_ALARM = Rate(1, 60)
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
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


def begin(scope: Scope) -> Trail:
    """The trail of a request, made when it is first asked for; log lines of its task carry its identifier from here on.

    The identifier is the caller's X-Request-ID if that has 8 to 64 letters, digits, dots, hyphens and underscores.
    """
    state: dict[str, Any] = scope.setdefault("state", {})
    trail: Trail | None = state.get("trail")
    if trail is None:
        said = next((value for name, value in scope["headers"] if name == HEADER), b"")
        trail = Trail(said.decode() if _WELL_FORMED.fullmatch(said) else f"{random_bits():016x}{random_bits():016x}")
        state["trail"] = trail
        current.set(trail)
    return trail


async def before_send(message: Message, scope: Scope) -> None:
    """Puts the identifier into an answer, and logs one that refuses or fails."""
    if message["type"] != "http.response.start":
        return
    trail = begin(scope)
    message["headers"] = [*message.get("headers", ()), (HEADER, trail.id.encode())]
    status = message["status"]
    if status not in _REFUSALS and status < 500:
        return
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
        _log.error(
            "ALARM %d wrong keys or tokens within a minute",
            WRONG_CREDENTIALS_PER_MINUTE,
            extra={"fields": {"client": fields["client"], "alarms": refusals.alarms}},
        )
