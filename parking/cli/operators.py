"""Operators: listed, corrected and ended. Registering one, and its share, are `registry`'s."""

from datetime import datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import staff
from parking.cli.registry import CODE, NAME, in_transaction, more
from parking.cli.spoken import headings, word
from parking.dated import Outcome
from parking.flow import operators as flow
from parking.operators import OperatorChange, OperatorPage, OperatorShown

OPERATORS_MAX = 500
_out, _err = Console(markup=False), Console(stderr=True, markup=False)


@click.command()
@click.argument("words", default="")
@click.option("--after", default="", help="The last code of the page before.")
def operators(words: str, after: str) -> None:
    """List the operators with their numbers; WORDS is a part of the code or of a name."""

    async def find(db: sql.Connection, now: datetime) -> OperatorPage:
        return await flow.find(db, words=words, after=after, limit=OPERATORS_MAX, reader=staff(), now=now)

    page = in_transaction(find)
    table = Table(*headings("number", "code", "name", "", "platform fee", "lots", "ends"))
    for one in page.operators:
        fee = f"{one.platform_fee_bps / 100:.2f} %"
        ends = "" if one.closed_from is None else str(one.closed_from)
        table.add_row(str(one.id), one.code, one.name_zh, one.name_en, fee, str(one.lots), ends)
    _out.print(table)
    if page.next is not None:
        _err.print(more(page.next), highlight=False)


@click.command("show")
@click.argument("code", type=CODE)
def show(code: str) -> None:
    """Show an operator with the platform's shares, as JSON."""

    async def find(db: sql.Connection, now: datetime) -> OperatorShown:
        return await flow.show(db, code, reader=staff(), now=now)

    click.echo(msgspec.json.format(msgspec.json.encode(in_transaction(find))).decode())


@click.command("change")
@click.argument("code", type=CODE)
@click.option("--name-zh", type=NAME)
@click.option("--name-en", type=NAME)
@click.option("--time-zone", help="The IANA zone of its business days, as long as none is settled.")
def change(code: str, **said: str | None) -> None:
    """Correct what an operator is called; what is left out stays as it is."""
    wanted = msgspec.convert({name: value for name, value in said.items() if value is not None}, OperatorChange)

    async def correct(db: sql.Connection, now: datetime) -> Outcome:
        return await flow.change(db, code, wanted, by=staff(), now=now)

    click.echo(word(in_transaction(correct)))


@click.command("close")
@click.argument("code", type=CODE)
@click.option(
    "--from",
    "since",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day on which it runs no lots; they are closed by then.",
)
def close(code: str, since: datetime) -> None:
    """Let an operator end on a day; what it is owed is settled as ever."""
    click.echo(word(in_transaction(lambda db, now: flow.end(db, code, since.date(), by=staff(), now=now))))


@click.command("reopen")
@click.argument("code", type=CODE)
def reopen(code: str) -> None:
    """Let an operator go on that was to end, or had."""
    click.echo(word(in_transaction(lambda db, now: flow.end(db, code, None, by=staff(), now=now))))
