"""Reading the audit log from the command line."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import by
from parking.cli.registry import CODE, Instant, in_transaction
from parking.cli.spoken import headings
from parking.clock import random_bits
from payments.audit import Filter, Line
from payments.flow import audit as flow
from payments.pages import ROWS_PER_PAGE_MAX, check_times

_out = Console(markup=False)


@click.command()
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
