"""Reading the audit log from the command line, and working out its chain."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

import sql
from parking.cli.actor import by
from parking.cli.registry import CODE, Instant, in_transaction
from parking.cli.rights import with_pool
from parking.cli.spoken import headings, sentence, word
from parking.clock import random_bits
from parking.network import Network
from payments import audit_chain
from payments.audit import Filter, Line
from payments.audit_chain import Checked, Fault, Found, Head
from payments.flow import audit as flow
from payments.flow import audit_chain as chain_flow
from payments.pages import ROWS_PER_PAGE_MAX, check_times
from payments.store import audit_chain as store

_out = Console(markup=False)
_err = Console(stderr=True, markup=False)


@click.group(invoke_without_command=True)
@click.pass_context
@click.option("--actor", help="Only what this person or key did.")
@click.option("--action", help="Only this action, such as token.issue.")
@click.option("--subject", help="Only what was done to this, such as account:1001.")
@click.option("--operator", type=CODE, help="Only what stands under an operator, by its code.")
@click.option("--from", "since", type=Instant(), help="Done at this instant or later.")
@click.option("--until", type=Instant(), help="And before this one.")
@click.option("--after", type=click.UUID, help="Go on after this line.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, ROWS_PER_PAGE_MAX))
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each.")
def audit(
    context: click.Context,
    *,
    actor: str | None,
    action: str | None,
    subject: str | None,
    operator: str | None,
    since: datetime | None,
    until: datetime | None,
    after: UUID | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show the audit log, the newest line first. That it was read stands in it."""
    if context.invoked_subcommand is not None:
        return
    check_times(since, until)
    wanted = Filter(None, actor, action, subject, operator, since, until)

    async def read(db: sql.Connection, now: datetime) -> Sequence[Line]:
        return await flow.read_lines(
            db,
            wanted,
            before=after,
            limit=limit,
            reader=by(),
            now=now,
            random_bits=random_bits,
        )

    found = in_transaction(read)
    if as_json:
        for line in found:
            fields = msgspec.structs.asdict(line) | {"detail": msgspec.Raw(line.detail.encode())}
            click.echo(msgspec.json.encode(fields))
        return
    table = Table(*headings("at", "actor", "action", "subject", "detail", "id"))
    for line in found:
        at = f"{line.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(at, line.actor, line.action, line.subject, line.detail, str(line.id))
    _out.print(table)


@audit.command("head")
def head() -> None:
    """Print where the chain of the audit log ends, POSITION:HASH: to be kept where nobody reaches who keeps the log."""

    async def read(db: sql.Connection, _: datetime) -> Head:
        return await store.head(db)

    click.echo(str(in_transaction(read)))


class _HeadType(click.ParamType[Head]):
    name = "position:hash"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        try:
            return audit_chain.head_of(str(value))
        except ValueError:
            self.fail(word("A head is written POSITION:HASH, as `onelot audit head` prints it."), param, ctx)


@audit.command("verify")
@click.option("--head", "heads", type=_HeadType(), multiple=True, help="Where the chain once ended, kept elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="What was found, as JSON.")
def verify(*, heads: Sequence[Head], as_json: bool) -> None:
    """Work out the chain of the audit log again from its lines; ends with 1 if one was changed, taken out or put in."""

    async def work_out(pool: sql.Pool, _: Network, now: datetime) -> Checked:
        columns = (TextColumn(word("lines of the audit log")), BarColumn(), MofNCompleteColumn())
        # Without a terminal a bar would leave an empty line.
        with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
            task = progress.add_task("", total=None)
            return await chain_flow.verify(
                pool, heads=heads, now=now, seen=lambda at, end: progress.update(task, completed=at, total=end)
            )

    checked = with_pool(work_out)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_shown(checked))))
    else:
        _say(checked)
    if checked.found:
        raise SystemExit(1)


def _shown(checked: Checked) -> dict[str, object]:
    return msgspec.structs.asdict(checked) | {"head": str(checked.head)}


def _say(checked: Checked) -> None:
    for each in checked.found:
        click.echo(_said(each))
    figures = {"lines": checked.lines, "forgotten": checked.forgotten, "waiting": checked.waiting}
    click.echo(sentence("{lines} lines; of {forgotten} part is forgotten by its time; {waiting} wait", **figures))
    click.echo(sentence("the chain ends at {head}", head=checked.head))


def _said(found: Found) -> str:
    about = {"position": found.position, "line": found.audit_id}
    match found.fault:
        case Fault.BROKEN:
            said = sentence("{position}: the chain is broken: a place was changed, taken out or put in", **about)
        case Fault.MISSING:
            said = sentence("{position}: line {line} is gone", **about)
        case Fault.CHANGED:
            said = sentence("{position}: line {line} was changed", **about)
        case Fault.FORGOTTEN:
            said = sentence("{position}: line {line} was made to look as if its time were over", **about)
        case Fault.NOT_IN_IT:
            said = sentence("line {line} was put in past the chain", **about)
        case Fault.CUT_OFF:
            said = sentence("{position}: the chain ends before this place, which it once had", **about)
        case Fault.ANOTHER:
            said = sentence("{position}: this is another chain than the one whose head was kept", **about)
    return said
