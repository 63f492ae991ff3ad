"""How the worker's jobs go, from the command line."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

import sql
from parking import health
from parking.cli.registry import in_transaction
from parking.cli.spoken import headings, word
from parking.health import JobShown
from parking.store import jobs as store

_out = Console(markup=False)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def jobs(*, as_json: bool) -> None:
    """Show the worker's jobs: how often, when last, how long, and why one failed; exit with 1 if one is overdue."""

    async def read(db: sql.Connection, _: datetime) -> Sequence[JobShown]:
        return [health.shown(each) for each in await store.rounds(db)]

    listed = in_transaction(read)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(listed)).decode())
    else:
        _print(listed)
    sys.exit(1 if any(each.overdue for each in listed) or not listed else 0)


def _print(listed: Sequence[JobShown]) -> None:
    if not listed:
        _out.print(word("No worker has ever run: onelot work"))
        return
    table = Table(*headings("job", "each, s", "begun, UTC", "done, UTC", "took, s", "failures", "leader"))
    for each in listed:
        table.add_row(
            each.name,
            f"{each.every_s:g}",
            word("now") if each.running else _at(each.begun_at),
            Text(_at(each.done_at), style="red" if each.overdue else ""),
            "" if each.took_s is None else f"{each.took_s:.2f}",
            str(each.failures) if each.failures else "",
            each.leader,
        )
    _out.print(table)
    for each in listed:
        if each.error is not None and each.failures:
            _out.print(f"{each.name}, {_at(each.failed_at)}: {each.error}", highlight=False, soft_wrap=True)


def _at(at: datetime | None) -> str:
    return word("never") if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
