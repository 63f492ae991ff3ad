"""Connections that are not served any further: what they are told, and what the log says of them."""

import logging
import secrets
from collections import Counter
from http import HTTPStatus

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from parking import limits
from parking.api import problems
from parking.texts import languages
from parking.texts.durations import in_seconds
from parking.texts.languages import Language

_log = logging.getLogger(__name__)
# An attack refuses thousands in a second: of each kind of refusal one line tells of all in this time.
REFUSAL_LINE_EACH_S = 10.0


class Refusal(Struct, frozen=True):
    """Why a connection is not served any further."""

    status: HTTPStatus
    detail: str

    def answer(self, *, language: Language, at_gate: bool) -> bytes:
        """The whole answer as bytes. at_gate: a car may wait for it."""
        document = problems.of_status(self.status, self.detail, language=language, at_gate=at_gate)
        wait = ""
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            wait = f"retry-after: {secrets.choice(problems.RETRY_AFTER_S)}\r\n"
        head = (
            f"content-type: application/problem+json\r\ncontent-length: {len(document)}\r\ncache-control: no-store\r\n"
            f"content-language: {languages.TAGS[language]}\r\n"
            f"x-content-type-options: nosniff\r\n{wait}connection: close\r\n\r\n"
        )
        return STATUS_LINE[self.status] + head.encode() + document


UNREADABLE = Refusal(
    HTTPStatus.BAD_REQUEST,
    "This is not a request of HTTP/1.1: an address is ASCII, other text in it is percent-encoded.",
)
LARGE_URL = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL is longer than {limits.URL_BYTES_MAX} bytes.")
LARGE_HEAD = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    f"The headers are more than {limits.HEADERS_MAX}, or together larger than {limits.HEAD_BYTES_MAX} bytes.",
)
PIPELINED = Refusal(
    HTTPStatus.BAD_REQUEST, f"More than {limits.PIPELINED_MAX} requests were sent before the first was answered."
)
SLOW_HEAD = Refusal(
    HTTPStatus.REQUEST_TIMEOUT, f"The headers did not come within {in_seconds(limits.HEAD_TIMEOUT_S)[1]}."
)
SLOW_BODY = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The body came too slowly.")
FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "As many connections as this process takes are open; try again.")
FULL_FOR_ADDRESS = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Your address has as many connections open as it may.")


class RefusalLines:
    """Says of refused connections that there are some: the first of a kind at once, those after it now and then."""

    def __init__(self) -> None:
        self._unsaid: Counter[str] = Counter()
        self._said_at: dict[str, float] = {}

    def refused(self, refusal: Refusal, address: str | None, *, at_s: float) -> None:
        """Counts a refusal, and writes a line if the last one of its kind is long enough ago.

        address: the last one's, as far as limits go (None: a proxy). at_s: by a clock that only goes forward.
        """
        kind = refusal.detail
        self._unsaid[kind] += 1
        if at_s - self._said_at.get(kind, -REFUSAL_LINE_EACH_S) < REFUSAL_LINE_EACH_S:
            return
        self._said_at[kind] = at_s
        fields = {
            "status": int(refusal.status),
            "connections": self._unsaid.pop(kind),
            "client": address,
            "problem": kind,
        }
        _log.warning("connections refused", extra={"fields": fields})
