"""The HTTP service, put together: connections opened, routes attached, clock and random bits handed in."""

import asyncio
import contextlib
import gc
import resource
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

import sql
from parking import api, limits, phone_codes, web
from parking import clock as parking_clock
from parking.api import document, etags, openapi, problems, requests
from parking.api.authentication import Authentication
from parking.api.connections import Config
from parking.api.decoding import StrictRequest
from parking.api.kept import Kept
from parking.api.limits import FailureLimit, RequestLimit, Turns
from parking.api.paths import Paths
from parking.api.tariff_lint import TariffLint
from parking.cli import logs
from parking.clock import Clock, random_bits
from parking.fares import Fares
from parking.flow.stays import visits_of
from parking.ingest.batch import GroupCommit
from parking.ingest.receive import Intake
from parking.ingest.refusals import Refusals
from parking.limits import Shares
from parking.live import counts, metrics, rates, tracing
from parking.live import health as live_health
from parking.live import redis as live_redis
from parking.live.city_identity import reached
from parking.live.clocks import LiveClocks
from parking.live.commands import Bell, Dialogue
from parking.live.ending import Ending, end
from parking.live.health import LiveHealth
from parking.live.identity import LiveIdentity
from parking.live.network import LiveNetwork
from parking.live.pulse import Pulse
from parking.live.rates import Rates
from parking.live.redis import LiveCounts
from parking.live.sessions import LiveSessions
from parking.live.stream import Stream
from parking.live.usual import LiveUsual
from parking.occupancy import Count, is_stale
from parking.offers import Shelf
from parking.sessions import Session
from parking.settings import Settings, read
from parking.texts.cases import HOLDS
from parking.texts.corrections import CAUSES
from parking.web import errors
from payments import api as payments_api
from payments import channels
from payments.api.pages import PROVIDED as PAGES
from payments.channels import Channel
from payments.flow.charges import VisitsOf
from payments.identity import Principal
from payments.settlement import LotName
from payments.wording import Wording
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
        gate_pool = await stack.enter_async_context(await _own_pool(settings, limits.BATCHES_AT_ONCE_MAX))
        health_pool = await stack.enter_async_context(await _own_pool(settings, live_health.CONNECTIONS_MAX))
        redis = live_redis.connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        caller_rates = Rates(settings.redis_url)
        stack.push_async_callback(caller_rates.aclose)
        live_counts = LiveCounts(redis)
        live_network = await LiveNetwork.open(pool, clock)
        live_identity = await LiveIdentity.open(pool, clock)
        stream = _stream(settings, pool, live_counts, live_network, clock)
        dialogue = Dialogue(pool, Bell(redis), clock=clock, random_bits=random_bits)
        ending = Ending(settings.ending_grace_s, (stream.close, dialogue.close))
        group_commit = _group_commit(settings, gate_pool, live_network, live_counts, clock, dialogue)
        refusals = Refusals(pool, random_bits=random_bits)
        live_clocks = await LiveClocks.open(pool, clock=clock, random_bits=random_bits)
        app.state.update(
            pool=pool,
            clock=clock,
            random_bits=random_bits,
            **_settled(settings),
            **_known_by(pool, redis, live_identity),
            provider=await stack.enter_async_context(reached(settings.identity_provider, wall=parking_clock.system)),
            network=live_network,
            identity=live_identity,
            live_counts=live_counts,
            rates=caller_rates,
            **_turns(settings),
            stream=stream,
            dialogue=dialogue,
            live_clocks=live_clocks,
            group_commit=group_commit,
            ending=ending,
            pulse=Pulse(redis, parking_clock.system),
            live_health=LiveHealth(health_pool, live_counts, ending, clock),
            intake=Intake(live_network, group_commit, refusals, live_clocks, random_bits=random_bits),
            tariff_lint=TariffLint(),
            **_of_drivers(pool, clock),
            channels=channels.open_all(pool, clock, settings.channels),
        )
        stack.push_async_callback(refusals.count)
        background = (live_network.follow(), live_identity.follow(), live_clocks.follow())
        others = (stream.run(), dialogue.run(), refusals.run(), _sampling(app.state), app.state.pulse.run())
        await stack.enter_async_context(_running(*background, *others))
        # A Redis that served another database would answer for this one until the worker next compares them.
        await counts.repair(pool, live_counts)
        openapi.description(app)
        group_commit.start()
        stack.push_async_callback(group_commit.stop)
        _spare_the_collector()
        with ending.before_signals():
            yield


def _settled(settings: Settings) -> dict[str, Any]:
    """What handlers ask for of the settings."""
    offer = phone_codes.offer(settings.texting, is_demonstration=settings.test_channel)
    return {
        "secrets": settings.secrets,
        "city": settings.city,
        "report_room": settings.report_room,
        "phone_offer": offer,
    }


async def _own_pool(settings: Settings, connections_max: int) -> sql.Pool:
    """Connections that nobody else takes. Gate events have some: what one has learnt of types and plans takes
    another tens of milliseconds to learn, while cars wait.
    """
    return await open_pool(settings.database_url, connections_max=connections_max)


@asynccontextmanager
async def _running(*what: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """What is done beside the requests, until the block ends."""
    tasks = [asyncio.create_task(each) for each in what]
    try:
        yield
    finally:
        await end(tasks)


def _turns(settings: Settings) -> dict[str, Turns]:
    """How many are answered at once, and of which kind."""
    return {
        "questions": Turns(limits.READS_AT_ONCE_MAX, waiting_max=limits.CONNECTIONS_MAX),
        "reads": Turns(limits.READS_AT_ONCE_MAX),
        "writes": Turns(limits.writes_at_once(settings.pool_max)),
    }


def _of_drivers(pool: sql.Pool, clock: Clock) -> dict[str, object]:
    """What is kept for those who look for a space: prices of stays, and what is usual."""
    return {"shelf": Shelf(Fares(), clock), "usual": LiveUsual(pool), "kept": Kept()}


def _known_by(pool: sql.Pool, redis: live_redis.Client, identity: LiveIdentity) -> dict[str, Any]:
    """By what people are known at pages, which goes by their own time."""
    wall = parking_clock.system
    sessions = LiveSessions(pool, redis, identity, wall=wall)
    return {"sessions": sessions, "wall": wall, "random_bytes": secrets.token_bytes}


def _sampling(state: State) -> Coroutine[Any, Any, None]:
    """What measures this process now and then."""
    waiting, stream, live_counts = state.group_commit.queue, state.stream, state.live_counts
    return metrics.sample(state.pool, waiting, lambda: stream.listeners, lambda: live_counts.away)


def _group_commit(
    settings: Settings,
    pool: sql.Pool,
    network: LiveNetwork,
    live_counts: LiveCounts,
    clock: Clock,
    dialogue: Dialogue,
) -> GroupCommit:
    return GroupCommit(
        pool,
        network,
        live_counts,
        clock=clock,
        random_bits=random_bits,
        batch_events_max=settings.batch_events_max,
        ring=dialogue.ring,
    )


def _stream(settings: Settings, pool: sql.Pool, live_counts: LiveCounts, network: LiveNetwork, clock: Clock) -> Stream:
    def state_of(count: Count) -> object:
        lot = network.snapshot.lots.get(count.lot_id)
        return is_stale(count, clock()), lot and (lot.is_closed, lot.capacity)

    room = shares_of(settings, gateways=True)
    return Stream(
        pool,
        live_counts,
        listeners_max=room.listeners,
        listeners_of_address_max=room.listeners_of_address,
        state_of=state_of,
    )


def _spare_the_collector() -> None:
    """What was made so far stays; looking through it at every collection would cost the gates milliseconds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_ALLOCATIONS)


def shares_of(settings: Settings, *, gateways: bool, public: bool = True) -> Shares:
    """How many connections a serving process takes, by the descriptors it may open.

    Raises:
        limits.NoRoom: there are too few.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = settings.pool_max + limits.BATCHES_AT_ONCE_MAX + live_redis.CONNECTIONS_MAX + rates.CONNECTIONS_MAX
    return limits.shares(descriptors, taken=taken, gateways=gateways, public=public)


async def transaction(state: State) -> AsyncIterator[sql.Connection]:
    """One transaction for the request. It commits before the answer is sent, and rolls back on any error."""
    async with state.pool.acquire() as db, tracing.committed(db.transaction()):
        yield db


def _principal(request: Request[object, object, State]) -> Principal:
    principal: Principal = request.scope["principal"]  # type: ignore[typeddict-item]
    return principal


def _caller(request: Request[object, object, State]) -> Principal | None:
    caller: Principal | None = request.scope.get("principal")  # type: ignore[assignment]
    return caller


# What payments keeps as words of ours.
WORDING: Wording = {**CAUSES, **HOLDS}


def _session(request: Request[object, object, State]) -> Session | None:
    session: Session | None = request.scope["state"].get("session")
    return session


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


def _visits_of() -> VisitsOf:
    return visits_of


def _wording() -> Wording:
    return WORDING


def _channels(state: State) -> dict[str, Channel]:
    opened: dict[str, Channel] = state.channels
    return opened


ROUTES: list[HTTPRouteHandler] = [*api.ROUTES, *web.ROUTES, *payments_api.ROUTES]
for _route in ROUTES:
    document.describe(_route)
    etags.keep_private(_route)


# What handlers ask for by the names under which the process holds it.
_OF_STATE = (
    *("pool", "clock", "wall", "random_bytes", "sessions", "provider", "secrets", "network", "live_counts"),
    *("live_health", "pulse", "stream", "dialogue", "live_clocks", "group_commit", "tariff_lint", "shelf", "usual"),
    *("city", "report_room", "phone_offer"),
)


def build(settings: Settings) -> Litestar:
    """The application for these settings; it connects when it starts."""
    app = Litestar(
        route_handlers=[*ROUTES, openapi.reference_file],
        state=State({"settings": settings, "refusals": requests.Refusals()}),
        lifespan=[lifespan],
        middleware=[FailureLimit, Authentication, RequestLimit],
        dependencies={
            "db": Provide(transaction),
            "now": Provide(_now, sync_to_thread=False),
            "random_bits": Provide(_random_bits, sync_to_thread=False),
            "secret": Provide(_secret, sync_to_thread=False),
            "principal": Provide(_principal, sync_to_thread=False),
            "caller": Provide(_caller, sync_to_thread=False),
            "signed_in": Provide(_session, sync_to_thread=False),
            "channels": Provide(_channels, sync_to_thread=False),
            "lot_names": Provide(_lot_names, sync_to_thread=False),
            "visits_of": Provide(_visits_of, sync_to_thread=False),
            "wording": Provide(_wording, sync_to_thread=False),
            "token_secret": Provide(_token_secret, sync_to_thread=False),
            **PAGES,
            **{name: _from_state(name) for name in _OF_STATE},
        },
        exception_handlers=errors.as_pages(problems.HANDLERS),
        openapi_config=openapi.CONFIG,
        compression_config=CompressionConfig(
            backend="gzip",
            gzip_compress_level=4,
            minimum_size=2048,
            exclude_opt_key="exclude_from_compression",
        ),
        request_class=StrictRequest,
        request_max_body_size=limits.BODY_BYTES_MAX,
        # Logging is the command line's business; a library that is imported leaves it alone.
        logging_config=None,
    )
    app.asgi_handler = requests.Requests(Paths(app.asgi_handler), app.state, access_share=settings.access_log_share)
    return app


def server_config(
    settings: Settings, app: Any, *, gateway_port: int | None = None, shares: Shares | None = None, **more: Any
) -> Config:
    """What uvicorn serves an application by, with our limits on its connections. `more`: other settings of uvicorn."""
    port = settings.gateway_port if gateway_port is None else gateway_port
    return Config(
        app,
        trusted_proxies=settings.trusted_proxies,
        gateway_port=port,
        shares=shares or shares_of(settings, gateways=bool(port)),
        timeout_worker_healthcheck=limits.WORKER_SILENCE_S,
        **more,
    )


def application() -> Litestar:
    """The application as each serving process builds it, with the settings of its environment."""
    settings = read()
    logs.configure_for(settings)
    tracing.start(settings.tracing_endpoint, settings.tracing_share)
    return build(settings)
