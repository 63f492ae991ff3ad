"""What finance has to look at, on a terminal. It is resolved over the API, where who looks has a name."""

from datetime import datetime
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.registry import in_transaction
from payments.disputes import DISPUTES_PER_PAGE_MAX, Dispute, DisputeState
from payments.flow import disputes as flow
from payments.money import yuan

_STATES = [each.value for each in DisputeState]
_out = Console()


@click.command()
@click.option(
    "--state",
    type=click.Choice([each.value for each in DisputeState]),
    default=DisputeState.OPEN.value,
    show_default=True,
)
@click.option("--operator", type=click.IntRange(min=1), help="Of one operator only (see `onelot operators`).")
@click.option("--after", type=click.UUID, help="The last dispute of the page before.")
@click.option("--limit", type=click.IntRange(1, DISPUTES_PER_PAGE_MAX), default=50, show_default=True)
def disputes(state: str, operator: int | None, after: UUID | None, limit: int) -> None:
    """List payments and refunds a person has to look at."""

    async def page(db: sql.Connection, _: datetime) -> list[Dispute]:
        found = await flow.disputes_page(db, operator_id=operator, state=DisputeState(state), after=after, limit=limit)
        return list(found)

    rows = in_transaction(page)
    table = Table("dispute", "kind", "channel", "asked ¥", "in suspense ¥", "said", "opened", "resolution")
    for row in rows:
        amounts = (yuan(row.asked_fen), yuan(row.held_fen))
        opened = f"{row.opened_at:%Y-%m-%d %H:%M}"
        table.add_row(str(row.id), row.kind, row.channel, *amounts, row.said, opened, row.resolution or "")
    _out.print(table)
    if len(rows) == limit:
        click.echo(f"more: --after {rows[-1].id}")
