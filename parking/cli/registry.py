"""The commands that register a city: operators, lots and the keys of gateways. Tariffs have their own."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking.flow import lots as flow
from parking.flow.network import read_network
from parking.lots import Code, LotPlan, Name, decode_plan
from parking.network import Network
from parking.settings import read
from payments.flow.settlement import agree_rate
from payments.money import BPS_WHOLE
from sql.pool import open_pool

T = TypeVar("T")
KEY_BYTES = 32
# Who the audit log names for what is done here.
BY = "command line"
# A lot with all its lanes is a page of text.
FILE_BYTES_MAX = 1 << 20
_out = Console()


class Like(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.5
    """A word that must be of a type of the domain."""

    def __init__(self, name: str, shape: Any) -> None:
        self.name = name
        self._shape = shape

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word as a value of the type; click tells what does not fit."""
        try:
            return msgspec.convert(value, self._shape)
        except msgspec.ValidationError as e:
            self.fail(f"{value!r}: {e}", param, ctx)


class Instant(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.5
    """A point in time that says its offset from UTC."""

    name = "rfc3339"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware instant."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is None or at.utcoffset() is None:
            self.fail(f"{value!r} is no instant like 2026-12-01T00:00:00+08:00.", param, ctx)
        return at


CODE = Like("code", Code)
NAME = Like("name", Name)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def in_transaction(do: Callable[[sql.Connection, datetime], Awaitable[T]]) -> T:
    """What `do` returns; what it wrote is kept unless it raised. It is given the time."""
    settings = read()

    async def done() -> T:
        async with (
            await open_pool(settings.database_url, connections_max=1) as pool,
            pool.acquire() as db,
            db.transaction(),
        ):
            return await do(db, settings.clock()())

    return asyncio.run(done())


@click.group()
def operator() -> None:
    """Those who run lots and are owed their fees."""


@operator.command("add")
@click.argument("code", type=CODE)
@click.option("--name-zh", required=True, type=NAME, help="The name in Chinese.")
@click.option("--name-en", required=True, type=NAME, help="The name in English.")
@click.option(
    "--fee-bps",
    required=True,
    type=click.IntRange(0, BPS_WHOLE),
    help="The platform's share of what the operator is owed, in ten-thousandths.",
)
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="The IANA zone of its business days.")
def add_operator(code: str, name_zh: str, name_en: str, fee_bps: int, time_zone: str) -> None:
    """Register an operator; prints its number."""

    async def register(db: sql.Connection, now: datetime) -> int:
        return await flow.register_operator(
            db,
            code=code,
            name_zh=name_zh,
            name_en=name_en,
            platform_fee_bps=fee_bps,
            time_zone=time_zone,
            by=BY,
            now=now,
        )

    click.echo(in_transaction(register))


@operator.command("fee")
@click.argument("code", type=CODE)
@click.option(
    "--fee-bps",
    required=True,
    type=click.IntRange(0, BPS_WHOLE),
    help="The platform's share of what the operator is owed, in ten-thousandths.",
)
@click.option(
    "--from",
    "since",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day of the stays it is taken of; one that is not closed.",
)
def agree_fee(code: str, fee_bps: int, since: datetime) -> None:
    """Take another share of an operator from a day on; of earlier stays it stays as it was."""

    async def agree(db: sql.Connection, now: datetime) -> None:
        await agree_rate(db, operator_code=code, valid_from=since.date(), platform_fee_bps=fee_bps, actor=BY, now=now)

    in_transaction(agree)


@click.command()
def operators() -> None:
    """List the operators with their numbers."""
    settings = read()

    async def network() -> Network:
        async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
            return await read_network(db, settings.clock()())

    registered = asyncio.run(network())
    table = Table("number", "code", "name", "", "platform fee", "lots")
    for operator in registered.operators.values():
        lots = sum(lot.operator_id == operator.id for lot in registered.lots.values())
        fee = f"{operator.platform_fee_bps / 100:.2f} %"
        table.add_row(str(operator.id), operator.code, operator.name_zh, operator.name_en, fee, str(lots))
    _out.print(table)


@click.group()
def lot() -> None:
    """Car parks and stretches of road bays."""


@lot.command("add")
@click.argument("file", type=FILE)
def add_lot(file: Path) -> None:
    """Register the lot of a JSON file with its lanes and its gateway; prints the lot's number."""
    plan = _plan(file)

    async def register(db: sql.Connection, now: datetime) -> int:
        return await flow.register_lot(db, plan, by=BY, now=now)

    click.echo(in_transaction(register))


@click.group()
def gateway() -> None:
    """The computers of lots that send their events."""


@gateway.command("key")
@click.argument("code", type=CODE)
def issue_key(code: str) -> None:
    """Issue another key to a gateway and print it. It is shown this once; two may be active at a time."""

    async def issue(db: sql.Connection, now: datetime) -> str:
        secret = secrets.token_bytes(KEY_BYTES)
        return await flow.issue_gateway_key(db, gateway_code=code, secret=secret, by=BY, now=now)

    click.echo(in_transaction(issue))


def _plan(file: Path) -> LotPlan:
    try:
        return decode_plan(_read(file))
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise click.BadParameter(f"{file} is not the plan of a lot: {e}.", param_hint="FILE") from None


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        document = opened.read(FILE_BYTES_MAX + 1)
    if len(document) > FILE_BYTES_MAX:
        raise click.BadParameter(f"{file} has more than {FILE_BYTES_MAX} bytes.", param_hint="FILE")
    return document
