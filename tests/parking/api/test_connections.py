"""Connections of a running service, over sockets of our own: what is too large, too slow or too many is refused."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from msgspec import Struct

from parking import limits
from parking.api import connection_refusals
from parking.api.authentication import audience_of
from parking.api.problems import RETRY_AFTER_S
from parking.limits import Shares
from payments.identity import Audience
from seeds.servers.process import free_port
from tests import running
from tests.conftest import NOW
from tests.patience import PATIENCE_S
from tests.test_routes import OURS, filled

HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"
PAY = (
    b"POST /v1/charges/00000000-0000-8000-8000-000000000000/pay HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\n"
)
ROOMY = Shares(200, 50, 100)
# Short enough for a test; what they are in production stands in parking/limits.py.
SHORT = {"HEAD_TIMEOUT_S": 0.4, "BODY_TIMEOUT_S": 0.4, "WRITE_TIMEOUT_S": 0.4, "LINGER_S": 0.3}


class Service(Struct):
    """A running service, its port, and the port of its gateways' listener."""

    http: httpx.AsyncClient
    port: int
    gateway_port: int

    async def connect(self, port: int | None = None) -> "Caller":
        """A connection."""
        return Caller(*await asyncio.open_connection("127.0.0.1", port or self.port))


class Caller:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *parts: bytes) -> None:
        """Sends, and does not mind when the other end has closed."""
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self.writer.write(part)
                await self.writer.drain()

    async def rest(self) -> bytes:
        """Everything until the other end closes; then this one does too."""
        received = bytearray()
        try:
            async with asyncio.timeout(PATIENCE_S):
                with contextlib.suppress(ConnectionError):
                    while part := await self.reader.read(65536):
                        received += part
        finally:
            self.close()
        return bytes(received)

    async def answer(self) -> bytes:
        """The next answer that has a body of a stated length."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"content-length" in line.lower())
            return head + await self.reader.readexactly(length)

    def close(self) -> None:
        """Closes this end."""
        self.writer.close()


Start = Callable[..., contextlib.AbstractAsyncContextManager[Service]]


@pytest.fixture(scope="module")
async def start(database_url: str, redis_server_url: str, registered: dict[str, str]) -> Start:
    """Starts a service with shares of connections."""

    @asynccontextmanager
    async def started(shares: Shares = ROOMY, **changes: Any) -> AsyncIterator[Service]:
        gateway_port = free_port()
        settings = running.settings(database_url, redis_server_url, now=NOW, **changes)
        async with running.served(settings, gateway_port=gateway_port, shares=shares) as http:
            yield Service(http, http.base_url.port or 0, gateway_port)

    return started


@pytest.fixture(scope="module")
async def service(start: Start) -> AsyncIterator[Service]:
    async with start() as service:
        yield service


def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in SHORT.items():
        monkeypatch.setattr(limits, name, seconds)


def refused(answer: bytes, status: int) -> dict[str, Any]:
    """The problem document of the last answer on a connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b"application/problem+json" in head
    assert b"nosniff" in head
    document: dict[str, Any] = json.loads(body)
    assert document["status"] == status
    return document


# -- too large


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([HEAD, b"".join(b"X-%d: y\r\n" % n for n in range(limits.HEADERS_MAX)), b"\r\n"], 431),
        ([HEAD, b"X: " + b"y" * limits.HEAD_BYTES_MAX, b"\r\n\r\n"], 431),
        ([HEAD, b"X: ", *[b"y" * 4096] * 100], 431),
        ([HEAD, *[b"X" * 4096] * 100], 431),
        ([HEAD, *[b"X-A: " + b"y" * 1000 + b"\r\n"] * 40, b"\r\n"], 431),
        ([b"GET /" + b"y" * limits.URL_BYTES_MAX + b" HTTP/1.1\r\nHost: x\r\n\r\n"], 414),
        ([b"GET /?q=", *[b"y" * 4096] * 100], 414),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"], 400),
        ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], 400),
        ([b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"], 400),
    ],
)
async def test_a_head_that_is_no_head(service: Service, parts: list[bytes], status: int) -> None:
    caller = await service.connect()
    await caller.send(*parts)
    refused(await caller.rest(), status)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"Accept-Language: zh\r\nX: " + b"y" * limits.HEAD_BYTES_MAX + b"\r\n\r\n", 431),
        (b"GET /v1/lots?q=1&q=2 HTTP/1.1\r\nHost: x\r\nAccept-Language: zh-CN\r\nConnection: close\r\n\r\n", 400),
        (b"GET /v1//lots HTTP/1.1\r\nHost: x\r\nAccept-Language: zh\r\nConnection: close\r\n\r\n", 404),
    ],
)
async def test_what_no_route_is_asked_for_is_said_in_the_language_of_who_asks(
    service: Service, request_: bytes, status: int
) -> None:
    for sent, language in ((request_, b"zh-CN"), (request_.replace(b": zh", b": en"), b"en")):
        caller = await service.connect()
        await caller.send(sent)
        answer = await caller.rest()
        title, detail = (refused(answer, status)[name] for name in ("title", "detail"))
        assert b"content-language: " + language in answer
        assert [text.isascii() for text in (title, detail)] == [language == b"en"] * 2


async def test_connections_refused_have_a_line_of_each_kind_now_and_then(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection_refusals, "REFUSAL_LINE_EACH_S", 3600.0)

    async def refuse(service: Service, times: int) -> None:
        for _ in range(times):
            caller = await service.connect()
            await caller.send(b"nonsense\r\n\r\n")
            refused(await caller.rest(), 400)

    async with start() as service:
        await refuse(service, 3)
        caller = await service.connect()
        await caller.send(b"GET /" + b"y" * limits.URL_BYTES_MAX + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        refused(await caller.rest(), 414)
        monkeypatch.setattr(connection_refusals, "REFUSAL_LINE_EACH_S", 0.0)
        await refuse(service, 1)
    lines = [record.__dict__["fields"] for record in caplog.records if record.message == "connections refused"]
    assert [(line["status"], line["connections"], line["client"]) for line in lines] == [
        (400, 1, "127.0.0.1"),
        (414, 1, "127.0.0.1"),
        (400, 3, "127.0.0.1"),
    ]


async def test_a_head_of_the_largest_size_is_read(service: Service) -> None:
    caller = await service.connect()
    names = [b"X-%d: " % n for n in range(limits.HEADERS_MAX - 2)]
    await caller.send(HEAD, *[name + b"y" * 200 + b"\r\n" for name in names], b"\r\n")
    assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    caller.close()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_larger_than_its_route_needs(service: Service, chunked: bool) -> None:
    caller = await service.connect()
    size = 1 << 20
    if chunked:
        await caller.send(PAY, b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b" " * 4096 + b"\r\n" * 1)
        await caller.send(*[b"1000\r\n" + b" " * 4096 + b"\r\n"] * 3)
    else:
        await caller.send(PAY, b"Content-Length: %d\r\n\r\n" % size, b" " * 4096)
    assert refused(await caller.answer(), 413)["field"] == "body"
    caller.close()


async def test_requests_are_pipelined_within_reason(service: Service) -> None:
    caller = await service.connect()
    await caller.send((HEAD + b"\r\n") * 4)
    for _ in range(4):
        assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    caller.close()
    caller = await service.connect()
    await caller.send((HEAD + b"\r\n") * 5_000)
    assert (await caller.rest()).count(b"HTTP/1.1 200 ") <= limits.PIPELINED_MAX + 1


async def test_an_upgrade_is_answered_as_what_it_also_is(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caller = await service.connect()
    await caller.send(HEAD, b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n")
    assert (await caller.answer()).startswith(b"HTTP/1.1 200 ")
    caller.close()
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


# -- too slow


async def test_a_connection_that_says_nothing_is_closed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    caller = await service.connect()
    assert await caller.rest() == b""


@pytest.mark.parametrize("beginning", [b"GET /live", HEAD, b"\r\n", HEAD + b"\r\n" + HEAD])
async def test_a_head_that_trickles_is_cut_off(
    service: Service, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    short(monkeypatch)
    caller = await service.connect()
    await caller.send(beginning)
    trickle = asyncio.create_task(_trickle(caller, b"\r\n" if beginning == b"\r\n" else b"a"))
    answer = await caller.rest()
    trickle.cancel()
    if beginning != b"\r\n":
        refused(answer[answer.rindex(b"HTTP/1.1 4") :], 408)


async def test_a_car_that_waits_for_a_slow_body_gets_a_command(
    service: Service, monkeypatch: pytest.MonkeyPatch, registered: dict[str, str]
) -> None:
    short(monkeypatch)
    caller = await service.connect()
    key = next(iter(registered.values())).encode()
    head = b"POST /v1/gate-events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + b"\r\n"
    await caller.send(head, b"Content-Length: 5000\r\n\r\n{")
    said = refused(await caller.rest(), 408)
    assert (said["gate"], said["display"]["en"]) == ("hold", "Please call for help")


async def test_a_body_that_trickles_is_cut_off(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    caller = await service.connect()
    await caller.send(PAY, b"Content-Length: 5000\r\n\r\n{")
    trickle = asyncio.create_task(_trickle(caller, b" "))
    refused(await caller.rest(), 408)
    trickle.cancel()


async def test_a_slow_body_that_comes_fast_enough_is_read(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    # It takes longer than a body may be silent, and is never silent for nearly as long.
    monkeypatch.setattr(limits, "BODY_TIMEOUT_S", 2.0)
    caller = await service.connect()
    await caller.send(PAY, b"Content-Length: 6000\r\n\r\n")
    for _ in range(6):
        await caller.send(b" " * 1000)
        await asyncio.sleep(0.4)
    refused(await caller.answer(), 400)
    caller.close()


async def test_what_is_left_of_a_refused_body_does_not_hold_the_connection(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    short(monkeypatch)
    caller = await service.connect()
    await caller.send(b"POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
    refused(await caller.answer(), 401)
    trickle = asyncio.create_task(_trickle(caller, b" "))
    await caller.rest()
    trickle.cancel()


async def _trickle(caller: Caller, byte: bytes) -> None:
    while True:
        await caller.send(byte)
        await asyncio.sleep(0.05)


async def test_who_does_not_read_is_let_go(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    short(monkeypatch)
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1024)
    ask = b"GET /static/reference/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\nAccept-Encoding: identity\r\n\r\n"
    writer.write(ask * 8)
    await asyncio.sleep(2.0)
    received = 0
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(1 << 16):
            received += len(part)
    writer.close()
    assert 0 < received < 8_000_000


# -- too many


async def test_one_address_holds_its_share_and_no_more(start: Start) -> None:
    async with start(Shares(40, 10, 20)) as service:
        callers = [await service.connect() for _ in range(10)]
        refused(await (await service.connect()).rest(), 503)
        callers.pop().close()
        await asyncio.sleep(0.05)
        assert (await service.http.get("/livez")).status_code == 200
        for caller in callers:
            caller.close()


async def test_who_waits_longest_makes_room(start: Start) -> None:
    """A proxy has no share of its own, so that here one address can fill the process."""
    async with start(Shares(10, 2, 5), trusted_proxies="127.0.0.0/8") as service:
        idle = [await service.connect() for _ in range(10)]
        await asyncio.sleep(0.05)
        assert (await service.http.get("/livez")).status_code == 200
        assert await idle[0].rest() == b""
        await idle[-1].send(HEAD, b"\r\n")
        assert (await idle[-1].answer()).startswith(b"HTTP/1.1 200 ")
        for caller in idle:
            caller.close()


async def test_a_process_that_works_for_as_many_as_it_takes_says_so(start: Start) -> None:
    async with start(Shares(4, 4, 4), trusted_proxies="127.0.0.0/8") as service:
        busy = [await service.connect() for _ in range(4)]
        for caller in busy:
            await caller.send(PAY, b"Content-Length: 10\r\n\r\n{")
        await asyncio.sleep(0.2)
        answer = await (await service.connect()).rest()
        refused(answer, 503)
        (wait,) = re.findall(rb"retry-after: (.*)\r\n", answer)
        assert int(wait) in RETRY_AFTER_S
        for caller in busy:
            caller.close()


async def test_gateways_have_a_listener_of_their_own(start: Start, registered: dict[str, str]) -> None:
    async with start(Shares(8, 8, 4)) as service:
        callers = [await service.connect() for _ in range(2)]
        refused(await (await service.connect()).rest(), 503)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.gateway_port}") as gateways:
            key = running.bearer(next(iter(registered.values())))
            assert (await gateways.get("/livez")).status_code == 200
            assert (await gateways.get("/readyz")).status_code == 200
            assert (await gateways.post("/v1/gate-events", json=[], headers=key)).status_code in (200, 400)
            # Whatever is for gateways asks for their key there; nothing else is there.
            for method, path, handler in OURS:
                if not path.startswith(("/livez", "/readyz")):
                    answer = await gateways.request(method, filled(path))
                    wanted = 401 if Audience.GATEWAY in audience_of(handler) else 404
                    assert answer.status_code == wanted, f"{method} {path}"
            for path in ("/", "/schema", "/none"):
                assert (await gateways.get(path)).status_code == 404
            # Which methods a path has is no secret there either.
            for path in ("/v1/gate-events", "/v1/gateway/commands", "/livez"):
                assert (await gateways.options(path)).status_code == 204
        for caller in callers:
            caller.close()


async def test_streams_have_their_share_of_an_address(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LISTENERS_ADDRESS_SHARE", 1 << 20)
    async with start() as service:
        caller = await service.connect()
        await caller.send(b"GET /v1/lots/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in await caller.reader.readuntil(b"event: snapshot")
        response = await service.http.get("/v1/lots/stream")
        assert (response.status_code, response.json()["title"]) == (503, "Too many listeners")
        caller.close()
        await asyncio.sleep(0.3)
