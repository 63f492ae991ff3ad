"""Attacks on a OneLot of our own, on this machine: each is one function, run in a process of its own.

`python -m loadtests attack` starts them as `python -m loadtests.attacks NAME`, with the target as JSON on stdin.
Bounded: only loopback addresses, for as long as it is said, and everything that was opened is closed at the end.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from time import monotonic

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from loadtests.client import request

LOOPBACK = "127.0.0.1"
CHARGE = "00000000-0000-8000-8000-000000000000"
PAY = f"POST /v1/charges/{CHARGE}/pay HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
MEGABYTE = 1 << 20
# The usual limit of descriptors of a process is 1,024: more connections than that, from as many addresses as it takes.
CONNECTIONS = 1_200
ADDRESSES = 60
RECONNECT_PAUSE_S = 0.05
COUNTS_KEY, POISON = "onelot:counts", '99999999 {"v2":true}'


class Target(Struct, frozen=True):
    """Where the service is, what an attacker inside of it would have (a gateway's key and lane), and for how long."""

    port: int
    redis_url: str
    key: str
    lane: str
    seconds: float


Attack = Callable[[Target], Awaitable[None]]
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connection(target: Target, address: str) -> AsyncIterator[Pair]:
    """A connection from a loopback address."""
    reader, writer = await asyncio.open_connection(LOOPBACK, target.port, local_addr=(address, 0), limit=1 << 16)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def callers_of(connections: int, addresses: int) -> list[str]:
    """The loopback address of each connection: so many different ones, by turns."""
    different = [f"127.0.{1 + n // 250}.{1 + n % 250}" for n in range(addresses)]
    return [different[n % addresses] for n in range(connections)]


async def hold(
    target: Target, beginning: bytes, *, connections: int, from_addresses: int, trickle: bytes = b""
) -> None:
    """Keeps connections open that have sent only the beginning of a request, and opens those anew that are closed."""

    async def one(address: str) -> None:
        while True:
            with contextlib.suppress(OSError):
                async with connection(target, address) as (reader, writer):
                    writer.write(beginning)
                    reading = asyncio.create_task(_read_all(reader))
                    while not reading.done():
                        await asyncio.wait([reading], timeout=5.0)
                        writer.write(trickle)
            await asyncio.sleep(RECONNECT_PAUSE_S)

    await _together(target, [one(address) for address in callers_of(connections, from_addresses)])


async def _read_all(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(1 << 16):
            pass


async def flood(target: Target, requests: list[bytes], *, connections: int, from_addresses: int = 1) -> None:
    """Sends requests one after the other on each connection, as fast as they are answered."""

    async def one(address: str) -> None:
        turns = cycle(requests)
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                async with connection(target, address) as (reader, writer):
                    while True:
                        writer.write(next(turns))
                        await _answer(reader)
            await asyncio.sleep(RECONNECT_PAUSE_S)

    await _together(target, [one(address) for address in callers_of(connections, from_addresses)])


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    await reader.readexactly(length)


async def pour(target: Target, beginning: bytes, part: bytes, *, connections: int = 4, parts: int = 100) -> None:
    """Sends a beginning and then the same part again and again, as much as is taken."""

    async def one(address: str) -> None:
        while True:
            with contextlib.suppress(OSError):
                async with connection(target, address) as (_, writer):
                    writer.write(beginning)
                    for _ in range(parts):
                        writer.write(part)
                        await writer.drain()
            await asyncio.sleep(RECONNECT_PAUSE_S)

    await _together(target, [one(address) for address in callers_of(connections, connections)])


async def _together(target: Target, callers: list[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(caller) for caller in callers]
    try:
        await asyncio.wait(tasks, timeout=target.seconds)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def get(path: str, headers: str = "") -> bytes:
    """A request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n{headers}\r\n".encode()


# -- the attacks


async def nothing(target: Target) -> None:
    """No attack: the gates alone."""
    await asyncio.sleep(target.seconds)


async def field_names(target: Target) -> None:
    """Names of fields that make a searching pattern begin over and over (small enough to be read, and too large)."""
    beginnings = (" - at `$", " matching regex ", "Object contains unknown field `", " - at `key in `$")
    bodies = [
        json.dumps({beginning * (size // len(beginning)) + "\nx": 1}).encode()
        for beginning in beginnings
        for size in (7_000, 160_000)
    ]
    await flood(target, [request(f"/v1/charges/{CHARGE}/pay", body) for body in bodies], connections=8)


async def idle(target: Target) -> None:
    """Connections that send nothing."""
    await hold(target, b"", connections=CONNECTIONS, from_addresses=ADDRESSES)


async def idle_of_one_address(target: Target) -> None:
    """Connections that send nothing, all of one address."""
    await hold(target, b"", connections=CONNECTIONS, from_addresses=1)


async def slow_heads(target: Target) -> None:
    """Heads of which a byte comes now and then."""
    await hold(target, b"GET / HTTP/1.1\r\nX: ", connections=CONNECTIONS, from_addresses=ADDRESSES, trickle=b"y")


async def slow_bodies(target: Target) -> None:
    """Bodies of which a byte comes now and then."""
    beginning = PAY + b"Content-Length: 1000\r\n\r\n{"
    await hold(target, beginning, connections=CONNECTIONS, from_addresses=ADDRESSES, trickle=b" ")


async def streams(target: Target) -> None:
    """Live streams, as the page opens them."""
    await hold(target, get("/v1/lots/stream"), connections=CONNECTIONS, from_addresses=ADDRESSES)


async def many_headers(target: Target) -> None:
    """Headers without end."""
    part = b"".join(b"X-%d: " % n + b"y" * 28 + b"\r\n" for n in range(1_600))
    await pour(target, b"GET /livez HTTP/1.1\r\nHost: x\r\n", part, parts=1_500)


async def one_header(target: Target) -> None:
    """A header without end."""
    await pour(target, b"GET /livez HTTP/1.1\r\nHost: x\r\nX: ", b"y" * MEGABYTE)


async def one_url(target: Target) -> None:
    """A URL without end."""
    await pour(target, b"GET /livez?q=", b"y" * MEGABYTE)


async def large_bodies(target: Target) -> None:
    """Bodies of a megabyte where a few bytes are needed, left unfinished, as many as there are connections."""
    beginning = PAY + b"Content-Length: %d\r\n\r\n" % MEGABYTE + b" " * (MEGABYTE - 1)
    await hold(target, beginning, connections=400, from_addresses=ADDRESSES)


async def chunked_bodies(target: Target) -> None:
    """The same in chunks, without saying how much it will be."""
    chunks = (b"10000\r\n" + b" " * 65536 + b"\r\n") * 15
    await hold(target, PAY + b"Transfer-Encoding: chunked\r\n\r\n" + chunks, connections=400, from_addresses=ADDRESSES)


async def pipelined(target: Target) -> None:
    """Thousands of requests in one go, whose answers nobody reads."""
    await hold(target, get("/v1/lots") * 5_000, connections=50, from_addresses=ADDRESSES)


async def description(target: Target) -> None:
    """The API's description and its page."""
    paths = ("/schema", "/schema/openapi.json", "/static/reference/swagger-ui-bundle.js")
    await flood(target, [get(path) for path in paths], connections=100)


async def description_from_everywhere(target: Target) -> None:
    """The API's description, asked for by many addresses."""
    await flood(target, [get("/schema/openapi.json")], connections=100, from_addresses=ADDRESSES)


async def lots(target: Target) -> None:
    """The list of lots, of many addresses."""
    await flood(target, [get("/v1/lots")], connections=100, from_addresses=ADDRESSES)


async def readiness(target: Target) -> None:
    """Whether the service is ready, asked by many addresses."""
    await flood(target, [get("/readyz")], connections=100, from_addresses=ADDRESSES)


async def wrong_keys(target: Target) -> None:
    """Keys and tokens that are none."""
    keys = [f"olk_{n:016x}_{n:064x}" for n in range(50)]
    tokens = [f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.{n:043x}" for n in range(50)]
    requests = [get("/v1/cases", f"Authorization: Bearer {text}\r\n") for text in (*keys, *tokens)]
    await flood(target, requests, connections=50, from_addresses=ADDRESSES)


async def guessed_charges(target: Target) -> None:
    """Identifiers of charges that do not exist."""
    paths = [f"/v1/charges/01a9d2c0-{n:04x}-8000-8000-000000000001" for n in range(500)]
    await flood(target, [get(path) for path in paths], connections=50)


async def refused_events(target: Target) -> None:
    """A gateway's key, and events that cannot be taken."""
    events = [{"event_id": f"bad-{n}", "lane": target.lane, "note": "x" * 2_000} for n in range(100)]
    await flood(target, [request("/v1/gate-events", json.dumps(events).encode(), key=target.key)], connections=6)


async def backlog(target: Target) -> None:
    """A gateway that hands in arrays of past events on many connections at once."""
    arrays = [
        [
            {
                "event_id": f"past-{n}-{m}",
                "kind": "entry",
                "lane": target.lane,
                "occurred_at": "2026-01-05T10:00:00+08:00",
                "plate": f"鲁Z{(n * 500 + m) % 100_000:05}",
                "plate_color": "blue",
                "replay": True,
            }
            for m in range(500)
        ]
        for n in range(40)
    ]
    requests = [request("/v1/gate-events", json.dumps(each).encode(), key=target.key) for each in arrays]
    await flood(target, requests, connections=20)


async def poison(target: Target) -> None:
    """A value in Redis that nobody can read, while the list of lots is asked for."""
    redis = Redis.from_url(target.redis_url)
    try:
        await redis.hset(COUNTS_KEY, "1", POISON)
        await flood(target, [get("/v1/lots")], connections=2)
    finally:
        await redis.delete(COUNTS_KEY)
        await redis.aclose()


ATTACKS: dict[str, Attack] = {
    each.__name__.replace("_", "-"): each
    for each in (
        nothing,
        field_names,
        idle,
        idle_of_one_address,
        slow_heads,
        slow_bodies,
        streams,
        many_headers,
        one_header,
        one_url,
        large_bodies,
        chunked_bodies,
        pipelined,
        description,
        description_from_everywhere,
        lots,
        readiness,
        wrong_keys,
        guessed_charges,
        refused_events,
        backlog,
        poison,
    )
}


def main() -> None:
    """Runs the attack that is named against the target on stdin, and ends by itself."""
    # A real attacker computes elsewhere: what this one takes of the processors must not be missing at the gates.
    os.nice(15)
    attack, target = ATTACKS[sys.argv[1]], msgspec.json.decode(sys.stdin.buffer.read(), type=Target)

    async def bounded() -> None:
        began = monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(target.seconds + 5):
                await attack(target)
        sys.stderr.write(f"{sys.argv[1]}: {monotonic() - began:.1f} s\n")

    asyncio.run(bounded())


if __name__ == "__main__":
    main()
