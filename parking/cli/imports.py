"""Many of something at once: from a file into the database, and from the database into a file."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from parking import imports, sheets
from parking.cli.actor import staff
from parking.cli.registry import CODE, FILE, too_large
from parking.cli.spoken import headings, sentence, word
from parking.clock import random_bits
from parking.flow import imports as flow
from parking.flow.imports import At, Imported, Kind, Line, State
from parking.flow.imports.kinds import KINDS
from parking.flow.network import read_network
from parking.imports import Fault, Planned
from parking.imports.mapping import MAPPING_BYTES_MAX, MappingUnclear
from parking.settings import read
from parking.sheets import FILE_BYTES_MAX, Layout, SheetUnclear
from parking.tariffs import Tariff, lint
from parking.tariffs.lint import Finding
from sql.pool import open_pool

_out = Console(markup=False)
_err = Console(stderr=True, markup=False)
# Whose they are, of what is an operator's.
_OF_OPERATORS = ("lots", "passes")


@click.group("import")
def import_() -> None:
    """Take many of something from a file: all of it, or nothing."""


@click.group("export")
def export() -> None:
    """Write down what there is, as CSV that `onelot import` takes; imported again it changes nothing."""


def _importing(kind: Kind[Any]) -> click.Command:
    @click.argument("file", type=FILE)
    @click.option("--mapping", "mapping_file", type=FILE, help="A TOML file that says what the columns mean.")
    @click.option("--dry-run", is_flag=True, help="Look at everything, keep nothing.")
    @click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
    def take(
        file: Path, mapping_file: Path | None, dry_run: bool, as_json: bool, operator_code: str | None = None
    ) -> None:
        given = {} if operator_code is None else {"operator_code": operator_code}
        document, planned = _planned(kind, file, mapping_file, given)
        source = f"{file.name} sha256:{sha256(document).hexdigest()}"
        imported = asyncio.run(_import(kind, planned, source=source, dry_run=dry_run))
        if as_json:
            click.echo(msgspec.json.format(msgspec.json.encode(imported)).decode())
        else:
            _show(imported)
        sys.exit(1 if imported.counts[State.REFUSED] else 0)

    noun = kind.form.noun
    if "operator_code" in kind.form.fields:
        take = click.option("--operator", "operator_code", type=CODE, help=f"Whose {noun} they are.")(take)
    about = f"""Take the {noun} of a CSV, XLSX or JSON file, or correct them; the same again changes nothing.

    Nothing is kept if a row is refused (exit code 1). 2: the file or the mapping cannot be read.
    """
    return click.command(noun, help=about)(take)


def _exporting(kind: Kind[Any]) -> click.Command:
    def write(operator_code: str | None = None) -> None:
        click.echo(asyncio.run(_export(kind, operator_code)), nl=False)

    noun = kind.form.noun
    if noun in _OF_OPERATORS:
        write = click.option("--operator", "operator_code", type=CODE, help="Of this operator.")(write)
    return click.command(noun, help=f"Write the {noun}.")(write)


for _kind in KINDS.values():
    import_.add_command(_importing(_kind))
    export.add_command(_exporting(_kind))


def _planned(
    kind: Kind[Any], file: Path, mapping_file: Path | None, given: Mapping[str, str]
) -> tuple[bytes, list[Planned[Any]]]:
    document = _bytes(file, FILE_BYTES_MAX)
    try:
        mapping = None
        if mapping_file is not None:
            mapping = imports.decode_mapping(_bytes(mapping_file, MAPPING_BYTES_MAX), kind.form)
        sheet = sheets.read(document, file.name, Layout() if mapping is None else mapping.file)
        return document, imports.plan_all(sheet, mapping, kind.form, given)
    except (MappingUnclear, SheetUnclear) as e:
        raise click.UsageError(f"{file if isinstance(e, SheetUnclear) else mapping_file or file}: {e}.") from None


async def _import(kind: Kind[Any], planned: Sequence[Planned[Any]], *, source: str, dry_run: bool) -> Imported:
    settings = read()
    columns = (TextColumn(word("importing")), BarColumn(), MofNCompleteColumn())
    async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
        now = settings.clock()()
        at = At(staff(), now, random_bits, await read_network(db, now), _lint, settings.city)
        # Without a terminal a bar would leave an empty line.
        with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
            task = progress.add_task("", total=None)
            return await flow.import_all(
                db,
                kind,
                planned,
                at,
                source=source,
                dry_run=dry_run,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )


async def _export(kind: Kind[Any], operator_code: str | None) -> bytes:
    settings = read()
    async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
        now = settings.clock()()
        at = At(staff(), now, random_bits, await read_network(db, now), _lint, settings.city)
        async with db.transaction():
            return sheets.as_csv(kind.form.columns, await kind.rows(db, operator_code, at))


async def _lint(tariff: Tariff, now: datetime) -> list[Finding]:
    today = now.astimezone(ZoneInfo(tariff.time_zone)).date()
    return await asyncio.to_thread(lint.check, tariff, today=today, clock=monotonic)


def _bytes(file: Path, bytes_max: int) -> bytes:
    with file.open("rb") as opened:
        document = opened.read(bytes_max + 1)
    if len(document) > bytes_max:
        raise click.UsageError(too_large(file, bytes_max))
    return document


def _show(imported: Imported) -> None:
    """Each row that was not as it stood already, and the counts."""
    table = Table(*headings("line", "code", "", "what, or why"))
    for line in imported.lines:
        if line.state is not State.UNCHANGED or line.faults:
            table.add_row(str(line.line), line.code, word(line.state), _why(line))
    if table.row_count:
        _out.print(table)
    counts = ", ".join(f"{count} {word(state)}" for state, count in imported.counts.items())
    _out.print(sentence("{rows} rows: {counts}", rows=imported.rows, counts=counts), highlight=False)
    if not imported.is_kept:
        _out.print(word("nothing was kept"), highlight=False)


def _why(line: Line) -> str:
    faults = "; ".join(map(_fault, line.faults))
    if faults and line.state not in (State.REFUSED, State.SKIPPED):
        faults = sentence("left out: {faults}", faults=faults)
    return "; ".join([*line.changed, faults]) if faults else ", ".join(line.changed)


def _fault(fault: Fault) -> str:
    place = fault.field or word("the row")
    if fault.column:
        place = sentence("{field} (column {column})", field=place, column=fault.column)
    return sentence("{place}: {value!r}, allowed: {allowed}", place=place, value=fault.value, allowed=fault.allowed)
