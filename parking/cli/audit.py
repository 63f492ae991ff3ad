"""Reading the audit log from the command line."""

from collections.abc import Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.registry import BY, in_transaction
from parking.clock import random_bits
from payments.audit import LINES_PER_PAGE_MAX, Filter, Line
from payments.flow import audit as flow

_out = Console()


@click.command()
@click.option("--actor", help="Only what this person or key did.")
@click.option("--action", help="Only this action, such as token.issue.")
@click.option("--subject", help="Only what was done to this, such as account:1001.")
@click.option("--after", type=click.UUID, help="Go on after this line.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, LINES_PER_PAGE_MAX))
def audit(actor: str | None, action: str | None, subject: str | None, after: object, limit: int) -> None:
    """Show the audit log, the newest line first. That it was read stands in it."""
    wanted = Filter(None, actor, action, subject)

    async def read(db: sql.Connection, now: datetime) -> Sequence[Line]:
        return await flow.read_lines(
            db,
            wanted,
            before=after,  # type: ignore[arg-type]  # click gives a UUID
            limit=limit,
            reader=BY,
            now=now,
            random_bits=random_bits,
        )

    table = Table("at", "actor", "action", "subject", "detail", "id")
    for line in in_transaction(read):
        at = f"{line.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(at, line.actor, line.action, line.subject, line.detail, str(line.id))
    _out.print(table)
