"""The HTTP service, put together: connections opened, routes attached, clock and random bits handed in."""

import asyncio
import contextlib
import gc
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope

import sql
from parking import api, web
from parking.api import openapi, problems, requests
from parking.api.authentication import Authentication
from parking.api.decoding import StrictRequest
from parking.api.tariff_lint import TariffLint
from parking.clock import random_bits
from parking.events import BODY_BYTES_MAX
from parking.ingest.batch import GroupCommit
from parking.ingest.receive import Intake
from parking.ingest.refusals import Refusals
from parking.live import counts
from parking.live import health as live_health
from parking.live import redis as live_redis
from parking.live.ending import Ending
from parking.live.health import LiveHealth
from parking.live.identity import LiveIdentity
from parking.live.network import LiveNetwork
from parking.live.redis import LiveCounts
from parking.live.stream import Stream
from parking.settings import Settings, read
from payments import api as payments_api
from payments import channels
from payments.channels import Channel
from payments.identity import Principal
from payments.settlement import LotName
from sql.pool import open_pool

# Nearly all objects of a request die with it; the collector of cycles need not look after each seven hundred.
GARBAGE_ALLOCATIONS = 50_000
# How long a request may use the database, unless it says so itself. Whatever hangs, it is answered then.
REQUEST_TIMEOUT_S = 15.0


@asynccontextmanager
async def lifespan(app: Litestar) -> AsyncIterator[None]:
    """Everything the process holds, opened in order and closed in the opposite one."""
    settings: Settings = app.state.settings
    clock = settings.clock()
    async with contextlib.AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            await open_pool(settings.database_url, connections_max=settings.pool_max, limit_s=REQUEST_TIMEOUT_S)
        )
        health_pool = await stack.enter_async_context(
            await open_pool(settings.database_url, connections_max=live_health.CONNECTIONS_MAX)
        )
        redis = live_redis.connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        live_counts = LiveCounts(redis)
        live_network = await LiveNetwork.open(pool, clock)
        live_identity = await LiveIdentity.open(pool, clock)
        stream = Stream(pool, live_counts)
        ending = Ending(settings.ending_grace_s)
        ending.when_begun(stream.close)
        group_commit = GroupCommit(
            pool,
            live_network,
            live_counts,
            clock=clock,
            random_bits=random_bits,
            batch_events_max=settings.batch_events_max,
        )
        refusals = Refusals(pool, random_bits=random_bits)
        app.state.update(
            {
                "pool": pool,
                "clock": clock,
                "random_bits": random_bits,
                "secrets": settings.secrets,
                "network": live_network,
                "identity": live_identity,
                "live_counts": live_counts,
                "stream": stream,
                "ending": ending,
                "live_health": LiveHealth(health_pool, live_counts, ending, clock),
                "intake": Intake(live_network, group_commit, refusals, random_bits=random_bits),
                "tariff_lint": TariffLint(),
                "channels": channels.open_all(pool, clock, settings.channels),
            }
        )
        following = (live_network.follow(), live_identity.follow(), stream.run(), refusals.run())
        followers = [asyncio.create_task(each) for each in following]
        # A Redis that served another database would answer for this one until the worker next compares them.
        await counts.repair(pool, live_counts)
        group_commit.start()
        _spare_the_collector()
        try:
            with ending.before_signals():
                yield
        finally:
            await group_commit.stop()
            for task in followers:
                task.cancel()
            await asyncio.gather(*followers, return_exceptions=True)
            await refusals.count()


def _spare_the_collector() -> None:
    """What was made so far stays; looking through it at every collection would cost the gates milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_ALLOCATIONS)


async def close_at_the_end(message: Message, scope: Scope) -> None:
    """While the process ends, each answer is the last of its connection, so that the next request goes elsewhere."""
    if (
        message["type"] == "http.response.start"
        and (ending := scope["litestar_app"].state.get("ending"))
        and ending.begun
    ):
        MutableScopeHeaders(message).setdefault("Connection", "close")


async def transaction(state: State) -> AsyncIterator[sql.Connection]:
    """One transaction for the request. It commits before the answer is sent, and rolls back on any error."""
    async with state.pool.acquire() as db, db.transaction():
        yield db


def _principal(request: Request[object, object, State]) -> Principal:
    principal: Principal = request.scope["principal"]  # type: ignore[typeddict-item]
    return principal


def _caller(request: Request[object, object, State]) -> Principal | None:
    caller: Principal | None = request.scope.get("principal")  # type: ignore[assignment]
    return caller


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


def _lot_names(state: State) -> dict[int, LotName]:
    network: LiveNetwork = state.network
    lots = network.snapshot.lots.values()
    return {lot.id: LotName(lot.operator_id, lot.code, lot.name_zh, lot.name_en) for lot in lots}


def _channels(state: State) -> dict[str, Channel]:
    opened: dict[str, Channel] = state.channels
    return opened


ROUTES: list[HTTPRouteHandler] = [*api.ROUTES, *web.ROUTES, *payments_api.ROUTES]
for _route in ROUTES:
    openapi.describe(_route)


def build(settings: Settings) -> Litestar:
    """The application for these settings; it connects when it starts."""
    return Litestar(
        route_handlers=[*ROUTES, openapi.FILES],
        state=State({"settings": settings, "refusals": requests.Refusals()}),
        before_send=[requests.before_send, close_at_the_end],
        lifespan=[lifespan],
        middleware=[Authentication()],
        dependencies={
            "db": Provide(transaction),
            "now": Provide(_now, sync_to_thread=False),
            "random_bits": Provide(_random_bits, sync_to_thread=False),
            "secret": Provide(_secret, sync_to_thread=False),
            "principal": Provide(_principal, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
            "channels": Provide(_channels, sync_to_thread=False),
            "lot_names": Provide(_lot_names, sync_to_thread=False),
            "token_secret": Provide(_token_secret, sync_to_thread=False),
            **{
                name: _from_state(name)
                for name in (
                    "pool",
                    "clock",
                    "network",
                    "live_counts",
                    "live_health",
                    "stream",
                    "tariff_lint",
                )
            },
        },
        exception_handlers=problems.HANDLERS,
        openapi_config=openapi.CONFIG,
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=2048, exclude="^/v1/gate-events$", exclude_opt_key="exclude_from_compression"
        ),
        request_class=StrictRequest,
        request_max_body_size=BODY_BYTES_MAX,
        # Logging is the command line's business; a library that is imported leaves it alone.
        logging_config=None,
    )


def application() -> Litestar:
    """The application as each serving process builds it, with the settings of its environment."""
    return build(read())
