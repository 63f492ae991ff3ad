"""Connections: how many there are, what may arrive on them, and how long it may take.

uvicorn's protocol has no limits of its own. This one refuses what is too large or too slow with a problem document,
before the application hears of it, and keeps the number of connections below the number of descriptors.
"""

import asyncio
from collections import Counter
from functools import cached_property
from typing import Any, Final

import httptools
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from parking import limits
from parking.api import problems
from parking.api.connection_refusals import (
    FULL,
    FULL_FOR_ADDRESS,
    LARGE_HEAD,
    LARGE_URL,
    PIPELINED,
    SLOW_BODY,
    SLOW_HEAD,
    UNREADABLE,
    Refusal,
    RefusalLines,
)
from parking.api.paths import GATEWAYS_LISTENER
from parking.limits import Shares


class Config(uvicorn.Config):
    """uvicorn's settings, and what connections need: who is a proxy, which port is the gateways'."""

    def __init__(self, app: Any, *, trusted_proxies: str, gateway_port: int, shares: Shares, **more: Any) -> None:
        super().__init__(
            app,
            http=Connection,
            ws="none",
            access_log=False,
            # Believed of the proxies that are named, of nobody else.
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=trusted_proxies,
            server_header=False,
            headers=[("x-content-type-options", "nosniff")],
            timeout_keep_alive=int(limits.IDLE_TIMEOUT_S),
            backlog=4096,
            **more,
        )
        self._shares = shares
        self._trusted_proxies = trusted_proxies
        self._gateway_port = gateway_port

    @cached_property
    def rooms(self) -> "Rooms":
        """The connections of this process: made in it, and not handed over when it is started by another."""
        return Rooms(self._shares, self._trusted_proxies, self._gateway_port)


class Room:
    """The connections of one listener, how many each address has, and which of them wait for a request."""

    def __init__(self, connections_max: int, of_address_max: int, *, only_gateways: bool = False) -> None:
        self.only_gateways = only_gateways
        self._connections_max = connections_max
        self._of_address_max = of_address_max
        self._connections = 0
        self._of_address: Counter[str] = Counter()
        # In the order in which they began to wait.
        self.idle: dict[Connection, None] = {}

    def enter(self, address: str | None) -> Refusal | None:
        """Counts a connection in, or says why it may not come. No address: that of a proxy, which has no share."""
        if address is not None and self._of_address[address] >= self._of_address_max:
            return FULL_FOR_ADDRESS
        if self._connections >= self._connections_max and not self._make_room():
            return FULL
        self._connections += 1
        if address is not None:
            self._of_address[address] += 1
        return None

    def leave(self, address: str | None) -> None:
        """Counts a connection out."""
        self._connections -= 1
        if address is not None:
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _make_room(self) -> bool:
        """Closes the connection that has waited longest without a request, if there is one."""
        longest = next(iter(self.idle), None)
        if longest is None:
            return False
        del self.idle[longest]
        longest.transport.abort()
        longest.counted_out()
        return True


class Rooms:
    """The listeners of a process."""

    def __init__(self, shares: Shares, trusted_proxies: str, gateway_port: int) -> None:
        self.lines = RefusalLines()
        self._gateway_port = gateway_port
        self._public = Room(shares.public, shares.of_address)
        self._gateways = Room(shares.gateways, shares.of_gateway_address, only_gateways=True)
        # The library's own reading of such a list, so that both believe the same proxies.
        self._trusted = ProxyHeadersMiddleware(_nothing, trusted_proxies).trusted_hosts if trusted_proxies else ()

    def of(self, port: int | None) -> Room:
        """The room of the listener on this port."""
        return self._gateways if port is not None and port == self._gateway_port else self._public

    def share_of(self, address: str) -> str | None:
        """Under what an address is counted; None for a proxy, behind which is everybody."""
        return None if address in self._trusted else limits.network(address)


async def _nothing(*_: Any) -> None:
    """No application: only the list of proxies is wanted."""


class Connection(HttpToolsProtocol):
    """One connection, with limits on everything that arrives on it."""

    config: Config

    # Where in a request the connection is: waiting for one, in its head, in its body.
    _WAITING: Final = 0
    _HEAD: Final = 1
    _BODY: Final = 2

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._room: Room | None = None
        self._share: str | None = None
        self._only_gateways = False
        self.url = b""
        self._at = self._WAITING
        self._head_bytes = 0
        self._headers_bytes = 0
        self._body_bytes = 0
        self._body_began = 0.0
        self._refusal: Refusal | None = None
        self._leaving = False
        self._dropped_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    # -- coming and going

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Counts the connection in, or refuses it."""
        super().connection_made(transport)
        rooms = self.config.rooms
        self._share = rooms.share_of(self.client[0]) if self.client else None
        room = rooms.of(self.server[1] if self.server else None)
        self._only_gateways = room.only_gateways
        if (refusal := room.enter(self._share)) is not None:
            self._refuse(refusal)
            return
        self._room = room
        room.idle[self] = None
        self._deadline = self.loop.call_later(limits.HEAD_TIMEOUT_S, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        """Counts the connection out."""
        self.counted_out()
        self._cancel_deadline()
        if self._unread is not None:
            self._unread.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def counted_out(self) -> None:
        """No more one of the room's; a second call does nothing."""
        if self._room is not None:
            self._room.idle.pop(self, None)
            self._room.leave(self._share)
            self._room = None

    # -- what arrives

    def data_received(self, data: bytes) -> None:
        """Reads on, unless it is too much."""
        if self._leaving:
            self._dropped_bytes += len(data)
            if self._dropped_bytes > limits.LINGER_BYTES_MAX:
                self.flow.pause_reading()
            return
        self._unset_keepalive_if_required()
        if self._at != self._BODY:
            self._head_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing here speaks another protocol: the request is answered as the plain one it also is.
            pass
        except httptools.HttpParserError:
            self.send_400_response("")
            return
        if self._at == self._HEAD and self._head_bytes > limits.HEAD_BYTES_MAX:
            self._refuse(LARGE_HEAD)
        else:
            self._set_deadline()

    def _set_deadline(self) -> None:
        """Something is still to come, or only line ends came: it has its time. A request that is complete has none."""
        if self._at == self._WAITING and self._answering:
            self._cancel_deadline()
        elif self._deadline is None:
            self._body_began = self.loop.time()
            wait_s = limits.BODY_TIMEOUT_S if self._at == self._BODY else limits.HEAD_TIMEOUT_S
            self._deadline = self.loop.call_later(wait_s, self._too_slow)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._at = self._HEAD
        self._headers_bytes = 0

    def on_url(self, url: bytes) -> None:
        """A part of the URL."""
        self.url += url
        if len(self.url) > limits.URL_BYTES_MAX:
            self._stop(LARGE_URL)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        headers = self.headers
        self._headers_bytes += len(name) + len(value)
        if self._headers_bytes > limits.HEAD_BYTES_MAX or len(headers) >= limits.HEADERS_MAX:
            self._stop(LARGE_HEAD)
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is complete: the request is passed on while its body comes."""
        if len(self.pipeline) >= limits.PIPELINED_MAX:
            self._stop(PIPELINED)
        self._at = self._BODY
        self._head_bytes = 0
        self._body_bytes = 0
        if self._deadline is not None:
            self._cancel_deadline()
        if self._room is not None:
            self._room.idle.pop(self, None)
            if self._room.only_gateways:
                self.scope["extensions"] = {GATEWAYS_LISTENER: {}}
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        if self._body_bytes > limits.LINGER_BYTES_MAX and self.cycle.response_complete:
            # Refused without being read, and still it comes: it may wait outside until its time is over.
            self.flow.pause_reading()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._at = self._WAITING
        if self._deadline is not None:
            self._cancel_deadline()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is sent: the connection waits for the next request, or for the rest of this one's body."""
        if self._leaving:
            self.transport.close()
            return
        super().on_response_complete()
        if self._room is not None and self.cycle.response_complete:
            self._room.idle[self] = None

    # -- what is refused

    def _stop(self, refusal: Refusal) -> None:
        """Ends the parser's work from within one of its calls."""
        self._refusal = refusal
        raise ValueError(refusal.detail)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 — the parser's words are of no use to a caller
        """What the parser could not read, or was stopped at."""
        self._refuse(self._refusal or UNREADABLE)

    def _too_slow(self) -> None:
        """The time is over: for a head, or for a body unless it comes fast enough or we are the ones who wait."""
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._at == self._BODY and self._answering:
            due = self._body_began + limits.BODY_TIMEOUT_S + self._body_bytes / limits.BODY_BYTES_PER_S_MIN
            wait_s = limits.BODY_TIMEOUT_S if self.flow.read_paused else due - self.loop.time()
            if wait_s > 0:
                self._deadline = self.loop.call_later(wait_s, self._too_slow)
                return
            self._refuse(SLOW_BODY)
        elif self._at != self._HEAD:
            # Nobody waits for an answer.
            self.transport.close()
        else:
            self._refuse(SLOW_HEAD)

    def _refuse(self, refusal: Refusal) -> None:
        """Says why, and closes. Where an answer is being sent nothing can be said."""
        self.config.rooms.lines.refused(refusal, self._share, at_s=self.loop.time())
        self._leaving = True
        self._cancel_deadline()
        if self.transport.is_closing():
            return
        if self._answering and (self.cycle.response_started or self._at != self._BODY):
            # What is in work is answered, at its own pace, and nothing more.
            self.pipeline.clear()
            self._deadline = self.loop.call_later(limits.WRITE_TIMEOUT_S, self.transport.abort)
            return
        if self._answering:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.flow.resume_reading()
        # Whoever comes to the gateways' listener is one.
        at_gate = self._only_gateways or self.url.startswith(problems.GATE_EVENTS.encode())
        # Of a head that was not read to its end what is known of it; of none nothing.
        language = problems.language_of(self.headers or ())
        self.transport.write(refusal.answer(language=language, at_gate=at_gate))
        # What still arrives is read and dropped for a moment: closing on unread bytes would take the answer with it.
        self.transport.write_eof()
        self._deadline = self.loop.call_later(limits.LINGER_S, self.transport.abort)

    @property
    def _answering(self) -> bool:
        """Whether the application owes an answer."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    # -- what is not read

    def pause_writing(self) -> None:
        """The caller does not read as fast as we write."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(limits.WRITE_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The caller reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
