"""Price areas: registered, listed, shown and called rightly."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking import zones
from parking.cli.actor import by, staff
from parking.cli.registry import CODE, NAME, in_transaction, more, say_number, with_network
from parking.cli.spoken import headings, word
from parking.dated import Outcome
from parking.flow import prices as prices_flow
from parking.flow import zones as flow
from parking.lots import Registered
from parking.network import Network
from parking.zones import ZoneChange

T = TypeVar("T")
ZONES_MAX, LOTS_MAX = 500, 5_000
_AFTER = click.option("--after", default="", help="The last code of the page before.")
_out, _err = Console(markup=False), Console(stderr=True, markup=False)


@click.group()
def zone() -> None:
    """Price areas, whose lots charge alike."""


@zone.command("add")
@click.argument("code", type=CODE)
@click.option("--name-zh", required=True, type=NAME, help="The name in Chinese.")
@click.option("--name-en", required=True, type=NAME, help="The name in English.")
def add(code: str, name_zh: str, name_en: str) -> None:
    """Register a price area; prints its number. The same again changes nothing."""

    async def register(db: sql.Connection, now: datetime) -> Registered:
        return await prices_flow.register_zone(db, code=code, name_zh=name_zh, name_en=name_en, by=by(), now=now)

    say_number(in_transaction(register))


@zone.command("list")
@_AFTER
def list_zones(after: str) -> None:
    """List the price areas with the tariff in force there."""
    page = _seen(lambda network, now: zones.page(network, after=after, limit=ZONES_MAX, now=now))
    table = Table(*headings("code", "name", "", "tariff", "lots"))
    for one in page.zones:
        table.add_row(one.code, one.name_zh, one.name_en, one.tariff or "", str(one.lots))
    _out.print(table)
    _say_more(page.next)


@zone.command("show")
@click.argument("code", type=CODE)
def show(code: str) -> None:
    """Show a price area with what has been in force there, is, and will be, as JSON."""
    shown = _seen(lambda network, now: zones.shown(network, code, now))
    click.echo(msgspec.json.format(msgspec.json.encode(shown)).decode())


@zone.command("lots")
@click.argument("code", type=CODE)
@_AFTER
def lots(code: str, after: str) -> None:
    """Print the codes of the lots that lie in a price area."""
    page = _seen(lambda network, _: zones.lots(network, code, lot_ids=None, after=after, limit=LOTS_MAX))
    for one in page.lots:
        click.echo(one)
    _say_more(page.next)


@zone.command("rename")
@click.argument("code", type=CODE)
@click.option("--name-zh", type=NAME)
@click.option("--name-en", type=NAME)
def rename(code: str, **said: str | None) -> None:
    """Call a price area rightly; what is left out stays as it is."""
    wanted = msgspec.convert({name: value for name, value in said.items() if value is not None}, ZoneChange)

    async def correct(db: sql.Connection, now: datetime) -> Outcome:
        return await flow.rename(db, code, wanted, by=staff(), now=now)

    click.echo(word(in_transaction(correct)))


def _seen(look: Callable[[Network, datetime], T]) -> T:
    async def seen(_: sql.Connection, network: Network, now: datetime) -> T:
        return look(network, now)

    return with_network(seen)


def _say_more(after: str | None) -> None:
    if after is not None:
        _err.print(more(after), highlight=False)
