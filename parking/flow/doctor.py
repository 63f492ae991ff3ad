"""Looks at an installation from outside to inside, and stops nowhere: what cannot be looked at is left out."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import asyncpg
from msgspec import Struct

import sql
from parking import doctor
from parking.doctor import Area, GatewayHeard, Kind, Remark, Told
from parking.flow.network import read_network
from parking.store import doctor as store
from parking.store import gateways as gateway_store
from parking.store import jobs as job_store
from sql.migrate import files
from sql.pool import TRANSIENT, DatabaseNotReady, LoginTooPowerful, check_login, open_pool

CONNECT_TIMEOUT_S = 5.0
ASK_TIMEOUT_S = 60.0
_MONTH = timedelta(days=31)


class Examined(Struct, frozen=True):
    """What was looked at, and what was found there."""

    areas: Sequence[Area]
    remarks: Sequence[Remark]


async def examine_database(database_url: str, told: Told, clock: Callable[[], datetime]) -> Examined:
    """Everything that lies in the database."""
    try:
        db = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S, command_timeout=ASK_TIMEOUT_S)
    except (*TRANSIENT, asyncpg.PostgresError, asyncpg.ClientConfigurationError) as e:
        fault = f"{type(e).__name__}: {e}".splitlines()[0]
        return Examined([Area.DATABASE], [doctor.wrong(Area.DATABASE, Kind.DATABASE_AWAY, fault=fault)])
    try:
        server = await store.server(db)
    finally:
        await db.close()
    remarks = [*doctor.of_server(server, now=clock(), told=told)]
    areas = [Area.DATABASE, Area.CLOCK, Area.SCHEMA]
    try:
        pool = await open_pool(database_url, connections_max=1, limit_s=ASK_TIMEOUT_S)
    except DatabaseNotReady as e:
        return Examined(areas, [*remarks, doctor.wrong(Area.SCHEMA, Kind.NOT_READY, fault=str(e))])
    async with pool:
        remarks += await _login(pool, told)
        async with pool.acquire() as lent:
            remarks += await _inside(lent, clock())
    return Examined([*areas, Area.LOGIN, Area.PARTITIONS, Area.WORKER, Area.CITY], remarks)


async def _login(pool: sql.Pool, told: Told) -> Sequence[Remark]:
    if told.allow_owner:
        return [doctor.odd(Area.LOGIN, Kind.OWNER_ALLOWED)]
    try:
        await check_login(pool)
    except LoginTooPowerful as e:
        return [doctor.wrong(Area.LOGIN, Kind.LOGIN_POWERFUL, fault=str(e))]
    return []


async def _inside(db: sql.Connection, now: datetime) -> Sequence[Remark]:
    ahead, network = now.date().replace(day=1) + _MONTH, await read_network(db, now)
    # One that moves no lane, as where another serves its lot, need not be heard of.
    moving = {network.gateways[lane.gateway_id].code for lane in network.lanes.values()}
    gateways = [
        GatewayHeard(row.code, row.seen_at is not None or row.last_event_at is not None, row.keys_active)
        for row in await gateway_store.gateways(db, None)
        if row.code in moving
    ]
    return [
        *doctor.of_schema(await store.applied(db), [file.number for file in files()]),
        *doctor.of_months(await store.months_missing(db, ahead)),
        *doctor.of_jobs(await job_store.rounds(db)),
        *doctor.of_city(network, gateways, now),
    ]
