"""A cheap HTTP/1.1 load client: connections that are kept alive, each with one request in flight.

It reads as little of an answer as it must (status and length), because client and server share the machine: whatever
the client costs is missing at the server.
"""

import asyncio
import gc
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter
from types import MappingProxyType
from typing import cast

from msgspec import Struct

# An answer that does not come at all must not hold up the run: the service itself gives up after 30 s.
LAST_ANSWER_TIMEOUT_S = 40.0
RECONNECT_PAUSE_S = 0.2
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_CLOSE = b"connection: close"


class Shot(Struct, frozen=True, gc=False):
    """A request as the bytes to send, the number of events in it, and where the sender finds what it was."""

    payload: bytes
    events: int = 1
    key: int = 0


class Measured(Struct, frozen=True):
    """What a run of the client saw. Rates count answered events; latencies are of requests, in milliseconds."""

    seconds: float
    requests: int
    events: int
    events_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    statuses: dict[int, int]
    broken: int


# Called with each shot that was answered, the status and the body.
Answered = Callable[[Shot, int, bytes], None]


def request(path: str, body: bytes, *, key: str | None = None, method: str = "POST") -> bytes:
    """A request as bytes; `key` is a bearer key."""
    authorization = f"Authorization: Bearer {key}\r\n" if key else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{authorization}Content-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Run:
    """What the connections of a run share: the deadline and what was seen."""

    def __init__(self, seconds: float, retry: bool, on_answer: Answered | None) -> None:
        self.began = perf_counter()
        self.ends_at = self.began + seconds
        self.retry = retry
        self.on_answer = on_answer
        self.latencies = array("d")
        self.statuses: Counter[int] = Counter()
        self.events = 0
        self.broken = 0
        self.last_at = self.began


class _Ended(Struct, frozen=True):
    """The shot to go on with, None at the end of the stream, and whether its answer was owed."""

    shot: Shot | None
    owed: bool


class _Connection(asyncio.Protocol):
    """Sends the shots of one stream, one after the other."""

    def __init__(self, run: _Run, shots: Iterator[Shot], done: "asyncio.Future[_Ended]", first: Shot | None) -> None:
        self._run = run
        self._shots = shots
        self._done = done
        self._shot: Shot | None = first
        self._buffer = b""
        self._sent_at = 0.0
        self._owed = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's, only of the same shape.
        self._transport = cast(asyncio.Transport, transport)
        self._send(self._shot)

    def _send(self, again: Shot | None = None) -> None:
        """Sends the next shot. When the time is over none is taken, so that the stream can be continued later."""
        assert self._transport is not None
        now = perf_counter()
        shot = again or self._next(now)
        self._shot = shot
        if shot is None:
            self._transport.close()
            return
        self._owed = True
        self._sent_at = now
        self._transport.write(shot.payload)

    def _next(self, now: float) -> Shot | None:
        return next(self._shots, None) if now < self._run.ends_at else None

    def data_received(self, data: bytes) -> None:
        answer = self._buffer + data if self._buffer else data
        head = answer.find(_END)
        if head >= 0:
            lower = answer[:head].lower()
            start = lower.find(_LENGTH)
            length = int(answer[start + len(_LENGTH) : answer.find(b"\r\n", start)]) if start >= 0 else 0
            end = head + len(_END) + length
            if len(answer) >= end:
                self._buffer = b""
                self._answered(int(answer[9:12]), answer[head + len(_END) : end], last=_CLOSE in lower)
                return
        self._buffer = answer

    def _answered(self, status: int, body: bytes, *, last: bool) -> None:
        run, shot = self._run, self._shot
        assert shot is not None
        run.last_at = perf_counter()
        run.latencies.append(run.last_at - self._sent_at)
        run.statuses[status] += 1
        if status < 300:
            run.events += shot.events
        if run.on_answer is not None:
            run.on_answer(shot, status, body)
        self._owed = False
        if last:
            # The server takes no more here: the next connection begins with what comes next.
            assert self._transport is not None
            self._shot = self._next(run.last_at)
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(_Ended(self._shot, self._owed))


async def _stream(run: _Run, host: str, port: int, shots: Iterator[Shot]) -> None:
    """A connection until its shots or the time are over; with `retry`, a shot whose connection broke is sent again."""
    loop = asyncio.get_running_loop()
    first: Shot | None = None
    while perf_counter() < run.ends_at:
        done: asyncio.Future[_Ended] = loop.create_future()
        try:
            transport, _ = await loop.create_connection(partial(_Connection, run, shots, done, first), host, port)
        except OSError:
            run.broken += 1
            if not run.retry:
                raise
            await asyncio.sleep(RECONNECT_PAUSE_S)
            continue
        try:
            async with asyncio.timeout(max(run.ends_at - perf_counter(), 0) + LAST_ANSWER_TIMEOUT_S):
                ended = await done
        finally:
            transport.abort()
        first = ended.shot
        if first is None:
            return
        if not ended.owed:
            continue
        run.broken += 1
        if not run.retry:
            raise ConnectionResetError("the server closed a connection while it owed an answer")
        await asyncio.sleep(RECONNECT_PAUSE_S)


async def fire(
    port: int,
    streams: Sequence[Iterator[Shot]],
    *,
    seconds: float,
    host: str = "127.0.0.1",
    retry: bool = False,
    on_answer: Answered | None = None,
) -> Measured:
    """Sends every stream over a connection of its own until it is at its end or `seconds` are over.

    Raises:
        OSError: a connection failed or broke, unless `retry`.
        TimeoutError: an answer did not come LAST_ANSWER_TIMEOUT_S after the end.
    """
    # What was prepared stays; walking through it again and again would be the client's largest cost.
    gc.collect()
    gc.freeze()
    gc.disable()
    run = _Run(seconds, retry, on_answer)
    try:
        async with asyncio.TaskGroup() as group:
            for shots in streams:
                group.create_task(_stream(run, host, port, shots))
    finally:
        gc.enable()
        gc.unfreeze()
    return measured(run.last_at - run.began, run.latencies, events=run.events, statuses=run.statuses, broken=run.broken)


def measured(
    seconds: float,
    latencies: Iterable[float],
    *,
    events: int,
    statuses: Mapping[int, int] = MappingProxyType({}),
    broken: int = 0,
) -> Measured:
    """Figures from what was timed, in seconds."""
    ordered = sorted(latencies)
    seconds = max(seconds, 1e-9)

    def at(share: float) -> float:
        return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 2) if ordered else 0.0

    return Measured(
        seconds=round(seconds, 3),
        requests=len(ordered),
        events=events,
        events_per_s=round(events / seconds, 1),
        p50_ms=at(0.5),
        p95_ms=at(0.95),
        p99_ms=at(0.99),
        max_ms=at(1.0),
        statuses=dict(statuses),
        broken=broken,
    )
