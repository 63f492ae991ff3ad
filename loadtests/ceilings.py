"""What the parts can do alone, measured beside the whole: Litestar without a database, PostgreSQL without a service."""

import asyncio
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter

import asyncpg

import sql
from loadtests import baseline, rows, traffic
from loadtests.client import Measured, fire, measured
from loadtests.environment import Environment
from loadtests.rows import Batch, Rows
from loadtests.server import Server, child_environment
from parking.occupancy import Move
from parking.store import events as store
from payments.flow import charges as charges_flow
from seeds.servers.process import free_port

_GATE = sql.load("parking/events")
BATCH_EVENTS = 256
WRITERS = 2
# Sent again and again: nothing is stored, so no request need be a new one.
SHOTS_PREPARED = 5000
EVENTS_PREPARED = 50_000


async def litestar(env: Environment, *, seconds: float, connections: int, per_request: int, workers: int) -> Measured:
    """Events per second of a Litestar application that only reads and answers, for the same client and bytes."""
    port = free_port()
    command = ["-m", "uvicorn", "loadtests.baseline:application", "--factory", "--port", str(port), "--no-access-log"]
    server = Server("baseline", [*command, "--workers", str(workers)], child_environment(), port)
    events = min(SHOTS_PREPARED * per_request, max(EVENTS_PREPARED, connections * per_request))
    shots = traffic.prepared(
        env.lots,
        range(events),
        connections=connections,
        events=events,
        until=datetime.now(UTC),
        name="base",
        per_request=per_request,
        path=baseline.ONE if per_request == 1 else baseline.MANY,
    )
    try:
        await server.start(path="/", status=404)
        endless = [itertools.cycle(each) for each in shots]
        await fire(port, endless, seconds=min(1.0, seconds))
        return await fire(port, endless, seconds=seconds)
    finally:
        server.stop()


async def postgres(env: Environment, numbers: range, *, seconds: float, events_max: int) -> Measured:
    """Events per second when the same rows are written in batches straight to PostgreSQL: nothing is read, decided,
    priced or answered, and all that is written was prepared. Two connections, as the service has two queues.
    """
    async with env.database() as db:
        places, payers = await rows.places(db), await rows.payers(db)
    now = datetime.now(UTC)
    prepared = []
    for n in range(WRITERS):
        seen = traffic.visits(
            env.lots[n::WRITERS], numbers[n::WRITERS], name=f"sql{n}", until=now - timedelta(seconds=1), seed=n
        )
        made = Rows(places, payers, now)
        batches = events_max // WRITERS // BATCH_EVENTS
        prepared.append([made.batch(itertools.islice(seen, BATCH_EVENTS)) for _ in range(batches)])
    latencies: list[float] = []
    async with asyncio.TaskGroup() as group:
        began = perf_counter()
        for each in prepared:
            group.create_task(_write(env.database_url, iter(each), began + seconds, latencies, now))
    return measured(perf_counter() - began, latencies, events=len(latencies) * BATCH_EVENTS)


async def _write(url: str, batches: Iterator[Batch], ends_at: float, latencies: list[float], now: datetime) -> None:
    db = await asyncpg.connect(url, server_settings={"role": "onelot_service", "jit": "off"})
    try:
        while perf_counter() < ends_at and (batch := next(batches, None)) is not None:
            began = perf_counter()
            async with db.transaction():
                await _write_batch(db, batch, now)
            latencies.append(perf_counter() - began)
    finally:
        await db.close()


async def _write_batch(db: sql.Connection, batch: Batch, now: datetime) -> None:
    await store.lock_lots(db, sorted(batch.lot_ids))
    await db.execute(_GATE["add_events"], batch.events)
    if batch.ended:
        await store.end_open_stays(db, batch.ended)
    if batch.opened:
        await store.add_open_stays(db, batch.opened)
    if batch.finished:
        await store.put_stays(db, batch.finished, now=now)
    if batch.charges:
        await charges_flow.request_charges(db, batch.charges, now=now)
    moves = [Move(lot_id, moved, moved_since=moved) for lot_id, moved in sorted(batch.moves.items()) if moved]
    if moves:
        await store.move_counts(db, now, moves, heard_at=now)
