"""The command line: running OneLot, and looking after it. Registering a city is `registry`, tariffs are `tariffs`."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

import sql
from parking import worker
from parking.cli import (
    accounts,
    actor,
    alarms,
    audit,
    bans,
    bookings,
    cases,
    charges,
    coupons,
    disputes,
    doctor,
    entitlements,
    facilities,
    gateways,
    holds,
    imports,
    jobs,
    lanes,
    logs,
    operators,
    passes,
    plates,
    registry,
    reports,
    stays,
    surroundings,
    tariffs,
    zones,
)
from parking.cli.actor import by, staff
from parking.cli.arguments import FILE
from parking.cli.serve import serve
from parking.cli.spoken import headings, in_chinese, sentence, word
from parking.cli.staff import staff as accounts_of_staff
from parking.clock import random_bits
from parking.flow.discrepancies import look_at_all
from parking.flow.lots import operator_of_code
from parking.flow.network import read_network
from parking.live import counts, tracing
from parking.live import redis as live_redis
from parking.live.redis import LiveCounts
from parking.lots import UnknownLot
from parking.settings import Settings, read, use_file
from parking.store import lots as lot_store
from parking.store.lots import LotOfOperator
from parking.texts import problems
from payments.errors import OneLotError
from payments.flow import identity as identity_flow
from payments.flow import settlement as settlement_flow
from payments.identity import DRIVER_TOKEN_LIFE_MAX, READERS, Audience
from payments.money import yuan
from payments.settlement import Settlement
from sql import invariants
from sql.invariants import Invariant
from sql.migrate import MigrationRefused
from sql.migrate import migrate as run_migrations
from sql.pool import DatabaseNotReady, LoginTooPowerful, open_pool

T = TypeVar("T")
_out = Console(markup=False)
_err = Console(stderr=True, markup=False)


# What the person at the terminal can put right: the database is not there, or not of this version.
REFUSALS = (
    OneLotError,
    MigrationRefused,
    OSError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.ClientConfigurationError,
    asyncpg.DataError,
    DatabaseNotReady,
    LoginTooPowerful,
)


class _Command(click.Group):
    """Refusals end with one sentence and exit code 2, not with a trace. Who has chosen Chinese gets all in Chinese."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Runs the command that the line names."""
        if not in_chinese():
            return super().main(*args, **more)
        # Nobody else waits for it.
        from parking.cli import chinese  # noqa: PLC0415

        chinese.teach()
        return click.Group.main(chinese.of(self), *args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except REFUSALS as e:
            _err.print(_refused(e), highlight=False, soft_wrap=True)
            ctx.exit(2)


def _refused(e: Exception) -> Text:
    """A refusal in its sentence; in Chinese what problem documents say of its kind, before the sentence of the case."""
    name = type(e).__name__
    if in_chinese():
        kind = problems.KINDS.get(problems.code_of(type(e)))
        if kind is not None:
            return Text.assemble((kind.title_zh, "red"), f"：{kind.means[0]}\n  ", (f"{name}: {e}", "dim"))
    return Text.assemble((word(name), "red"), f": {e}")


@click.group(cls=_Command)
@click.version_option(package_name="onelot")
@click.option("--config", type=FILE, help="A TOML file of settings (ONELOT_CONFIG); the environment goes before it.")
@click.option("--verbose", is_flag=True, help="Log what happens inside.")
@actor.option
def main(config: Path | None, *, verbose: bool) -> None:
    """OneLot: a city's parking as one network, paid without stopping."""
    if config is not None:
        use_file(config)
    logs.configure("text", logging.INFO if verbose else logging.WARNING)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


@main.command()
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), help="Where /metrics is (ONELOT_WORK_METRICS_PORT); 0: nowhere."
)
def work(metrics_port: int | None) -> None:
    """Run the background jobs: collecting, settling, counting, verifying."""
    settings = read()
    logs.configure_for(settings)
    tracing.start(settings.tracing_endpoint, settings.tracing_share)
    port = settings.work_metrics_port if metrics_port is None else metrics_port
    _run(worker.work(settings, metrics_port=port))


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    settings = read()
    applied = _run(run_migrations(settings.database_url, now=settings.clock()()))
    _out.print(sentence("{count} migrations applied", count=len(applied or ())))


@main.command()
def verify() -> None:
    """Derive the stays of the last days again, and run all invariants; exit with 1 if any returns a row."""
    invariants_checked = _run(_findings(read()))
    table = Table(*headings("invariant", "rows", "seconds"), title=word("Invariants: queries that must return no row"))
    for invariant in invariants_checked:
        rows = Text(str(invariant.rows), style="red" if invariant.rows else "green")
        table.add_row(invariant.name, rows, f"{invariant.seconds:.3f}")
    _out.print(table)
    for invariant in invariants_checked:
        if invariant.rows:
            sample = "\n  ".join(invariant.sample)
            _out.print(Text.assemble((invariant.name, "red"), f": {invariant.says}\n  {sample}"), highlight=False)
    sys.exit(1 if any(invariant.rows for invariant in invariants_checked) else 0)


async def _findings(settings: Settings) -> list[Invariant]:
    pool = await open_pool(settings.database_url, connections_max=1)
    clock = settings.clock()
    async with pool:
        async with pool.acquire() as db:
            network = await read_network(db, clock())
        await look_at_all(pool, network=network, clock=clock)
        async with pool.acquire() as db:
            return await invariants.check(db, now=clock())


@main.command()
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The business day to settle.")
def settle(day: datetime) -> None:
    """Settle a business day for every operator. Running it again changes nothing."""
    settled = _run(_settle(read(), day.date()))
    table = Table(*headings("operator", "day", "charges", "gross ¥", "refunds ¥", "platform fee ¥", "net ¥"))
    for settlement in settled:
        amounts = (settlement.gross_fen, settlement.refunds_fen, settlement.platform_fee_fen, settlement.net_fen)
        table.add_row(
            settlement.operator_code,
            str(settlement.business_date),
            str(settlement.charges),
            *map(yuan, amounts),
        )
    _out.print(table)


async def _settle(settings: Settings, day: date) -> list[Settlement]:
    pool = await open_pool(settings.database_url, connections_max=2)
    columns = (TextColumn(word("settling")), BarColumn(), MofNCompleteColumn())
    async with pool:
        # Without a terminal a bar would leave an empty line.
        with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
            task = progress.add_task("", total=None)
            return await settlement_flow.settle(
                pool,
                business_date=day,
                now=settings.clock()(),
                actor=by(),
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )


@main.command()
@click.option("--role", required=True, type=click.Choice([Audience.DRIVER.value, *(a.value for a in READERS)]))
@click.option("--subject", required=True, help="Who it is for, as the audit log names them.")
@click.option("--account", type=click.IntRange(min=1), help="The account of a driver's token.")
@click.option("--operator", type=registry.CODE, help="Limit a clerk, finance officer or auditor to one operator.")
@click.option("--lot", type=registry.CODE, help="The lot at which a booth is, by its code.")
@click.option("--hours", default=12, type=click.IntRange(1, DRIVER_TOKEN_LIFE_MAX // timedelta(hours=1)))
def token(role: str, subject: str, account: int | None, operator: str | None, lot: str | None, hours: int) -> None:
    """Sign a token for a driver (90 days at most) or for staff (12 hours); prints its identifier and the token."""
    secret = read().secrets[0]

    async def issue(db: sql.Connection, now: datetime) -> identity_flow.NewToken:
        of_operator = None if operator is None else await operator_of_code(db, code=operator)
        of_lot = None if lot is None else await _lot_of(db, lot)
        return await identity_flow.issue_token(
            db,
            audience=Audience(role),
            subject=subject,
            account_id=account,
            operator_id=of_operator if of_lot is None else of_lot.operator_id,
            lot_id=None if of_lot is None else of_lot.id,
            life=timedelta(hours=hours),
            issuer=staff(),
            secret=secret,
            now=now,
            random_bits=random_bits,
        )

    issued = registry.in_transaction(issue)
    _err.print(sentence("{id} until {at:%Y-%m-%d %H:%M} UTC", id=issued.id, at=issued.expires_at), highlight=False)
    click.echo(issued.token)


async def _lot_of(db: sql.Connection, code: str) -> LotOfOperator:
    found = await lot_store.lot_of_code(db, code)
    if found is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    return found


@main.command()
def rebuild_occupancy() -> None:
    """Write the counts of all lots from PostgreSQL to Redis anew."""
    written = _run(_rebuild(read()))
    if written is None:
        raise click.ClickException(word("Redis is away: the counts were not written."))
    _out.print(sentence("{count} counts differed and were written anew", count=written))


async def _rebuild(settings: Settings) -> int | None:
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
@click.option("--drivers", type=click.IntRange(min=1), help="How many have an account at the most; without it 3,000.")
@click.option(
    "--lots", type=click.IntRange(min=1), help="How many lots the city has at the most; its drivers and traffic follow."
)
def demo(minutes: float | None, port: int | None, drivers: int | None, lots: int | None) -> None:
    """Play a day of a made-up Jinan on an embedded PostgreSQL and Redis."""
    # The demonstration needs packages that production does not install.
    from seeds.demo import command as demonstration  # noqa: PLC0415

    sys.exit(demonstration.main(minutes, port, drivers, lots))


for command in (
    *(
        serve,
        holds.holds,
        registry.operator,
        operators.operators,
        registry.lot,
        gateways.gateway,
        tariffs.tariff,
        zones.zone,
    ),
    *(lanes.gate, lanes.lane, imports.import_, imports.export),
    *(accounts.tokens, accounts.account, audit.audit, plates.plate, disputes.disputes),
    *(bans.ban, passes.passes, coupons.coupon, bookings.booking),
    *(cases.cases, alarms.alarms, entitlements.exempt, jobs.jobs, doctor.examine, stays.stays, charges.charges),
    *(reports.report, accounts_of_staff),
):
    main.add_command(command)
for of_operators in (operators.show, operators.change, operators.close, operators.reopen):
    registry.operator.add_command(of_operators)
for of_lots in (facilities.facilities, facilities.bays, surroundings.surroundings):
    registry.lot.add_command(of_lots)
