"""The command line: running OneLot, and looking after it. What registers a city stands in
`commands.registry`, what is done with price texts in `commands.tariffs`.
"""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import asyncpg
import click
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from parking import worker
from parking.app import build
from parking.cli import disputes, registry, tariffs
from parking.clock import random_bits
from parking.live import counts
from parking.live import redis as live_redis
from parking.live.redis import LiveCounts
from parking.settings import Settings, read
from payments.errors import OneLotError
from payments.flow import identity as identity_flow
from payments.flow import settlement as settlement_flow
from payments.identity import STAFF, TOKEN_LIFE_MAX, Audience, Principal, sign_token
from payments.money import yuan
from payments.settlement import Settlement
from sql import invariants
from sql.invariants import Invariant
from sql.migrate import MigrationRefused
from sql.migrate import migrate as run_migrations
from sql.pool import open_pool

T = TypeVar("T")
_out = Console()
_err = Console(stderr=True)


# What the person at the terminal can put right: the database is not there, or not of this version.
_REFUSALS = (
    OneLotError,
    MigrationRefused,
    OSError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ClientConfigurationError,
)
# Who the audit log says it was, when a token is signed here.
ISSUER = Principal(Audience.ADMIN, "command line")


class _Command(click.Group):
    """Refusals end with one sentence and exit code 2, not with a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except _REFUSALS as e:
            _err.print(f"[red]{type(e).__name__}[/]: {e}", highlight=False, soft_wrap=True)
            ctx.exit(2)


@click.group(cls=_Command)
@click.version_option(package_name="onelot")
@click.option("--verbose", is_flag=True, help="Log what happens inside.")
def main(verbose: bool) -> None:
    """OneLot: a city's parking as one network, paid without stopping."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@main.command()
@click.option("--host", help="Address to listen on (ONELOT_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (ONELOT_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (ONELOT_WORKERS).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve the HTTP API."""
    settings = read()
    _ = settings.secrets  # refuses to start without them
    uvicorn.run(
        "parking.cli.main:application",
        factory=True,
        host=host or settings.host,
        port=settings.port if port is None else port,
        workers=workers or settings.workers,
        access_log=False,
        # Nothing here goes by the caller's address, so nobody needs to be believed about it.
        proxy_headers=False,
        server_header=False,
        log_level="info",
        timeout_graceful_shutdown=10,
        backlog=4096,
    )


def application() -> Any:
    """The application as each serving process builds it."""
    return build(read())


@main.command()
def work() -> None:
    """Run the background jobs: collecting, settling, counting, verifying."""
    _run(worker.work(read()))


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    settings = read()
    applied = _run(run_migrations(settings.database_url, now=settings.clock()()))
    _out.print(f"{len(applied or ())} migrations applied")


@main.command()
def verify() -> None:
    """Run all invariants; exit with 1 if any returns a row."""
    found = _run(_findings(read()))
    table = Table("invariant", "rows", "seconds", title="Invariants: queries that must return no row")
    for one in found:
        table.add_row(one.name, f"[{'red' if one.rows else 'green'}]{one.rows}[/]", f"{one.seconds:.3f}")
    _out.print(table)
    for one in found:
        if one.rows:
            _out.print(f"[red]{one.name}[/]: {one.says}\n  " + "\n  ".join(one.sample), highlight=False)
    sys.exit(1 if any(one.rows for one in found) else 0)


async def _findings(settings: Settings) -> list[Invariant]:
    pool = await open_pool(settings.database_url, connections_max=1)
    async with pool, pool.acquire() as db:
        return await invariants.check(db, now=settings.clock()())


@main.command()
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The business day to settle.")
def settle(day: datetime) -> None:
    """Settle a business day for every operator. Running it again changes nothing."""
    settled = _run(_settle(read(), day.date()))
    table = Table("operator", "day", "charges", "gross ¥", "refunds ¥", "platform fee ¥", "net ¥")
    for one in settled:
        amounts = (one.gross_fen, one.refunds_fen, one.platform_fee_fen, one.net_fen)
        table.add_row(
            one.operator_code,
            str(one.business_date),
            str(one.charges),
            *map(yuan, amounts),
        )
    _out.print(table)


async def _settle(settings: Settings, day: date) -> list[Settlement]:
    pool = await open_pool(settings.database_url, connections_max=2)
    columns = (TextColumn("settling"), BarColumn(), MofNCompleteColumn())
    async with pool:
        # Where nobody watches, a bar would leave an empty line.
        with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
            task = progress.add_task("settling", total=None)
            return await settlement_flow.settle(
                pool,
                business_date=day,
                now=settings.clock()(),
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )


@main.command()
@click.option("--role", required=True, type=click.Choice([Audience.DRIVER.value, *(a.value for a in STAFF)]))
@click.option("--subject", required=True, help="Who it is for, as the audit log names them.")
@click.option("--account", type=click.IntRange(min=1), help="The account of a driver's token.")
@click.option("--operator", type=click.IntRange(min=1), help="Limit a clerk or finance officer to one operator.")
@click.option("--hours", default=12, type=click.IntRange(1, int(TOKEN_LIFE_MAX.total_seconds() // 3600)))
def token(role: str, subject: str, account: int | None, operator: int | None, hours: int) -> None:
    """Sign a token for a driver or for staff; the audit log keeps that it was asked for."""
    settings = read()
    secret, now = settings.secrets[0], settings.clock()()
    holder = _run(_holder(settings, Audience(role), subject, account, operator, now))
    click.echo(sign_token(holder, secret=secret, now=now, life=timedelta(hours=hours)))


async def _holder(
    settings: Settings, audience: Audience, subject: str, account_id: int | None, operator_id: int | None, now: datetime
) -> Principal:
    pool = await open_pool(settings.database_url, connections_max=1)
    async with pool, pool.acquire() as db, db.transaction():
        return await identity_flow.token_holder(
            db,
            audience=audience,
            subject=subject,
            account_id=account_id,
            operator_id=operator_id,
            issuer=ISSUER,
            now=now,
            random_bits=random_bits,
        )


@main.command()
def rebuild_occupancy() -> None:
    """Write the counts of all lots from PostgreSQL to Redis anew."""
    _out.print(f"{_run(_rebuild(read()))} counts differed and were written anew")


async def _rebuild(settings: Settings) -> int:
    pool = await open_pool(settings.database_url, connections_max=1)
    redis = live_redis.connect(settings.redis_url)
    try:
        async with pool:
            return await counts.repair(pool, LiveCounts(redis))
    finally:
        await redis.aclose()


@main.command()
@click.option("--minutes", type=click.FloatRange(min=0.2), help="End by itself after so long.")
@click.option("--port", type=click.IntRange(0, 65535), help="Where to serve; without it 8000, or a free port.")
def demo(minutes: float | None, port: int | None) -> None:
    """Play a day of a made-up Jinan on an embedded PostgreSQL and Redis."""
    # The demonstration needs packages that production does not install.
    from seeds.demo import command as demonstration  # noqa: PLC0415

    sys.exit(demonstration.main(minutes, port))


_COMMANDS = (registry.operator, registry.operators, registry.lot, registry.gateway, tariffs.tariff, disputes.disputes)
for command in _COMMANDS:
    main.add_command(command)
