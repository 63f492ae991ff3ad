"""Reports at the command line: which there are, and one into a file."""

from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import staff
from parking.cli.holds import named
from parking.cli.registry import CODE, with_network
from parking.cli.spoken import chosen, headings, sentence
from parking.clock import random_bits
from parking.flow import reports as flow
from parking.network import Network
from parking.settings import language, read
from payments.flow import reports as of_books
from payments.flow.reports import Written, form_of
from payments.ledger import Kind
from payments.reports.asked import Asked, Step
from payments.settlement import NoSuchOperator

_out = Console(markup=False)
_DAY = click.DateTime(["%Y-%m-%d"])
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.group()
def report() -> None:
    """Figures for finance, as files."""


@report.command("list")
def list_() -> None:
    """Which reports there are, and what they may be asked for."""
    table = Table(*headings("name", "report", "rows", "options"))
    for each in flow.REPORTS.values():
        options = " ".join(f"--{taken.replace('_', '-')}" for taken in sorted(each.takes))
        table.add_row(each.name, chosen(each.title), chosen(each.about), options)
    _out.print(table)


@report.command("make")
@click.argument("file", type=_NEW_FILE)
@click.option("--report", "name", help="Which one, if the file is not called like it.")
@click.option("--from", "first", type=_DAY, required=True, help="The first business day.")
@click.option("--to", "last", type=_DAY, required=True, help="The last business day; at most a year later.")
@click.option("--operator", type=CODE, help="Only the figures of an operator, by its code.")
@click.option("--lot", type=CODE, help="Only those of a lot, by its code.")
@click.option("--by", "step", type=click.Choice([each.value for each in Step]), default=Step.WHOLE.value)
@click.option("--kind", type=click.Choice([each.value for each in Kind]), help="The business fact that was booked.")
@click.option("--channel", help="Through a channel; empty: through none.")
@click.option("--due", is_flag=True, help="Only stays of which something is owed.")
@click.option("--tax-bps", type=click.IntRange(0, 10_000), default=900, help="The rate of a tax, in ten-thousandths.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Of headings and names; without it yours.")
def make(
    *,
    file: Path,
    name: str | None,
    first: datetime,
    last: datetime,
    operator: str | None,
    lot: str | None,
    step: str,
    kind: str | None,
    channel: str | None,
    due: bool,
    tax_bps: int,
    lang: str | None,
) -> None:
    """Write a report into FILE, as its ending says: .json, .csv, .xlsx or .pdf. However many rows it has."""
    called, form = form_of(file.name)
    of, setting = name or called, read().printing
    spoken = "zh" if (lang or language()) == "zh" else "en"

    async def written(db: sql.Connection, network: Network, now: datetime) -> Written:
        asked = Asked(
            first.date(),
            last.date(),
            _operator(network, operator),
            None if lot is None else named(network, lot).id,
            Step(step),
            None if kind is None else Kind(kind),
            channel,
            due,
            tax_bps,
        )
        made = await flow.make(db, of, asked, network=network, by=staff().subject, now=now)
        with file.open("wb") as out:
            found = await of_books.write(made, form, "zh" if spoken == "zh" else "en", out, setting=setting)
        if flow.definition(of).personal:
            await flow.record_look(db, of, found.rows, reader=staff(), now=now, random_bits=random_bits)
        return found

    done = with_network(written)
    _out.print(sentence("{rows} rows in {file}", rows=done.rows, file=file), highlight=False, soft_wrap=True)


def _operator(network: Network, code: str | None) -> int | None:
    found = [each.id for each in network.operators.values() if each.code == code]
    if code is not None and not found:
        raise NoSuchOperator("There is no such operator.", operator=code)
    return found[0] if found else None
