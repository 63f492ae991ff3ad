"""The HTTP service, put together: connections opened, doors attached, clock and entropy handed in."""

import asyncio
import contextlib
import gc
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import asyncpg
from litestar import Litestar, Request, get, head
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

import sql
from parking import counters as redis_counters
from parking import counts, problems, web
from parking.api import gate_events, given, network, publishing, quotes, reference, tariffs
from parking.api import lots as lots_api
from parking.api.bodies import StrictRequest
from parking.api.checks import Checks
from parking.api.doorkeeper import Doorkeeper
from parking.catalog import Catalog
from parking.collector import Collector
from parking.counters import Counters
from parking.gate import BODY_BYTES_MAX
from parking.settings import Settings
from parking.stream import Stream
from payments import api as payments_api
from payments import channels
from payments.api.given import Pool
from payments.channels import Channel
from payments.identity import Audience, Principal

SERVICE_ROLE = "onelot_service"
COMMAND_TIMEOUT_S = 60
# Nearly all objects of a request die with it; the collector of cycles need not look after each seven hundred.
GARBAGE_ALLOCATIONS = 50_000


def random_bits() -> int:
    """64 bits nobody can foretell: identifiers are also what a casual driver pays by."""
    return secrets.randbits(64)


async def open_pool(settings: Settings, *, connections_max: int | None = None) -> sql.Pool:
    """Connections in the role of the service, which can neither change nor delete what is in the books."""
    return await asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=connections_max or settings.pool_max,
        command_timeout=COMMAND_TIMEOUT_S,
        # Compiling a plan costs more than it saves for statements of a few milliseconds.
        server_settings={
            "role": SERVICE_ROLE,
            "application_name": "onelot",
            "jit": "off",
            # What the locks and the acknowledgements rely on is said here and not left to the server's defaults.
            "default_transaction_isolation": "read committed",
            "synchronous_commit": "on",
            # A process that loses its network in the middle of a batch must not keep its lots locked.
            "idle_in_transaction_session_timeout": "30s",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Everything the process holds, opened in order and closed in the opposite one."""
    settings: Settings = app.state.settings
    clock = settings.clock()
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(settings))
        redis = redis_counters.connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        counters = Counters(redis)
        catalog = await Catalog.open(pool, clock)
        stream = Stream(pool, counters)
        collector = Collector(
            pool, catalog, counters, clock=clock, random_bits=random_bits, batch_events_max=settings.batch_events_max
        )
        app.state.update(
            {
                "pool": pool,
                "clock": clock,
                "random_bits": random_bits,
                "secrets": settings.secrets,
                "catalog": catalog,
                "counters": counters,
                "stream": stream,
                "collector": collector,
                "checks": Checks(),
                "channels": channels.open_all(pool, clock, test_channel=settings.test_channel),
            }
        )
        followers = [asyncio.create_task(catalog.follow()), asyncio.create_task(stream.run())]
        # A Redis that served another database would answer for this one until the worker next compares them.
        await counts.repair(pool, counters)
        collector.start()
        # What was made so far stays; looking through it at every collection would cost the gates milliseconds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(GARBAGE_ALLOCATIONS)
        try:
            yield
        finally:
            await collector.stop()
            for task in followers:
                task.cancel()
            await asyncio.gather(*followers, return_exceptions=True)


async def transaction(state: State) -> AsyncIterator[sql.Connection]:
    """One transaction for the request. It commits before the answer is sent, and rolls back on any error."""
    async with state.pool.acquire() as db, db.transaction():
        yield db


def _principal(request: Request[object, object, State]) -> Principal:
    principal: Principal = request.scope["principal"]  # type: ignore[typeddict-item]
    return principal


def _from_state(name: str) -> Provide:
    def read(state: State) -> Any:
        return state[name]

    return Provide(read, sync_to_thread=False)


def _now(state: State) -> datetime:
    moment: datetime = state.clock()
    return moment


def _secret() -> bytes:
    return secrets.token_bytes(32)


def _random_bits() -> Callable[[], int]:
    return random_bits


def _token_secret(state: State) -> str:
    newest: str = state.secrets[0]
    return newest


def _channels(state: State) -> dict[str, Channel]:
    opened: dict[str, Channel] = state.channels
    return opened


@get(
    "/livez", operation_id="livez", summary="The process answers", opt={"audience": (Audience.PUBLIC,)}, tags=["health"]
)
async def livez() -> dict[str, str]:
    """For a supervisor that restarts what hangs."""
    return {"status": "ok"}


@get(
    "/readyz",
    operation_id="readyz",
    summary="The service can work",
    opt={"audience": (Audience.PUBLIC,)},
    tags=["health"],
)
async def readyz(pool: Pool, counters: given.Counters) -> dict[str, str]:
    """For a balancer: the database answers (503 otherwise). Redis may be away; that is said and is no reason to go."""
    async with pool.acquire() as db:
        await db.fetchval("select 1")
    return {"status": "ok", "redis": "away" if counters.away else "ok"}


@head("/livez", opt={"audience": (Audience.PUBLIC,)}, include_in_schema=False)
async def livez_head() -> None:
    """For those who only look at the status."""


@head("/readyz", opt={"audience": (Audience.PUBLIC,)}, include_in_schema=False)
async def readyz_head(pool: Pool) -> None:
    """As GET, without what it says."""
    async with pool.acquire() as db:
        await db.fetchval("select 1")


ROUTES: list[HTTPRouteHandler] = [
    livez,
    livez_head,
    readyz,
    readyz_head,
    gate_events.record_gate_events,
    *network.ROUTES,
    *lots_api.ROUTES,
    *tariffs.ROUTES,
    *quotes.ROUTES,
    *publishing.ROUTES,
    *web.ROUTES,
    *payments_api.ROUTES,
]
for _route in ROUTES:
    reference.describe(_route)


def build(settings: Settings) -> Litestar:
    """The application for these settings; it connects when it starts."""
    return Litestar(
        route_handlers=[*ROUTES, reference.FILES],
        state=State({"settings": settings}),
        lifespan=[lifespan],
        middleware=[Doorkeeper()],
        dependencies={
            "db": Provide(transaction),
            "now": Provide(_now, sync_to_thread=False),
            "random_bits": Provide(_random_bits, sync_to_thread=False),
            "secret": Provide(_secret, sync_to_thread=False),
            "principal": Provide(_principal, sync_to_thread=False),
            "channels": Provide(_channels, sync_to_thread=False),
            "token_secret": Provide(_token_secret, sync_to_thread=False),
            **{
                name: _from_state(name)
                for name in (
                    "pool",
                    "clock",
                    "catalog",
                    "counters",
                    "stream",
                    "collector",
                    "checks",
                )
            },
        },
        exception_handlers=problems.HANDLERS,
        openapi_config=reference.CONFIG,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=2048, exclude="^/v1/gate-events$", exclude_opt_key="exclude_from_compression"
        ),
        request_class=StrictRequest,
        request_max_body_size=BODY_BYTES_MAX,
        # Logging is the command line's business; a library that is imported leaves it alone.
        logging_config=None,
    )
