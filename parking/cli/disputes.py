"""What finance has to look at, on a terminal: listed, shown, resolved, and money in suspense given back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

import sql
from parking.cli.actor import by
from parking.cli.registry import in_transaction, more
from parking.cli.spoken import chosen, headings, sentence
from parking.settings import read
from parking.texts.amounts import in_yuan
from parking.texts.durations import short_in_days
from payments import disputes as rules
from payments import ids
from payments.channels import Channels, open_all
from payments.disputes import AMOUNT_FEN_MAX, Dispute, DisputeState, Finding
from payments.flow import disputes as flow
from payments.money import yuan
from payments.pages import ROWS_PER_PAGE_MAX
from payments.refunds import Refund
from sql.pool import open_pool

T = TypeVar("T")
_out = Console(markup=False)
_NOTE = click.option("--note", required=True, help="What was found, or why; it is kept.")


def _with_channels(do: Callable[[sql.Pool, Channels, datetime], Awaitable[T]]) -> T:
    settings = read()

    async def done() -> T:
        clock = settings.clock()
        async with await open_pool(settings.database_url, connections_max=1) as pool:
            return await do(pool, open_all(pool, clock, settings.channels), clock())

    return asyncio.run(done())


@click.group()
def disputes() -> None:
    """Payments and refunds a person has to look at."""


@disputes.command("list")
@click.option(
    "--state",
    type=click.Choice([each.value for each in DisputeState]),
    default=DisputeState.OPEN.value,
    show_default=True,
)
@click.option("--operator", type=click.IntRange(min=1), help="Of one operator only (see `onelot operators`).")
@click.option("--after", type=click.UUID, default=ids.FIRST, help="The last dispute of the page before.")
@click.option("--limit", type=click.IntRange(1, ROWS_PER_PAGE_MAX), default=50, show_default=True)
def list_disputes(state: str, operator: int | None, after: UUID, limit: int) -> None:
    """List disputes; those that should have been looked at are red."""

    async def page(db: sql.Connection, now: datetime) -> tuple[list[Dispute], datetime]:
        found = await flow.disputes_page(db, operator_id=operator, state=DisputeState(state), after=after, limit=limit)
        return list(found), now

    rows, now = in_transaction(page)
    table = Table(
        *headings("dispute", "kind", "channel", "asked ¥", "in suspense ¥", "said", "opened", "age", "resolution")
    )
    for row in rows:
        amounts = (yuan(row.asked_fen), yuan(row.held_fen))
        opened = f"{row.opened_at:%Y-%m-%d %H:%M}"
        waited = chosen(short_in_days(rules.age(row, now)))
        aged = Text(waited, style="red" if rules.is_overdue(row, now) else "")
        table.add_row(str(row.id), row.kind, row.channel, *amounts, row.said, opened, aged, row.resolution or "")
    _out.print(table)
    if len(rows) == limit:
        click.echo(more(rows[-1].id))


@disputes.command("show")
@click.argument("dispute_id", type=click.UUID)
def show(dispute_id: UUID) -> None:
    """Print all that is known of a dispute, as JSON."""

    async def find(db: sql.Connection, _: datetime) -> Dispute:
        return await flow.dispute_by_id(db, dispute_id)

    click.echo(msgspec.json.format(msgspec.json.encode(in_transaction(find))))


@disputes.command("resolve")
@click.argument("dispute_id", type=click.UUID)
@click.argument("finding", type=click.Choice([each.value for each in Finding]))
@click.option("--amount-fen", type=click.IntRange(1, AMOUNT_FEN_MAX), help="received: what came.")
@_NOTE
def resolve(dispute_id: UUID, finding: str, amount_fen: int | None, note: str) -> None:
    """Say what the channel's bill shows, and book what follows."""

    async def do(pool: sql.Pool, channels: Channels, now: datetime) -> Dispute:
        async with pool.acquire() as db, db.transaction():
            return await flow.resolve_dispute(
                db,
                channels,
                dispute_id=dispute_id,
                finding=Finding(finding),
                amount_fen=amount_fen,
                note=note,
                actor=by(),
                now=now,
            )

    done = _with_channels(do)
    click.echo(sentence("{state}, {amount} in suspense", state=done.state, amount=in_yuan(done.held_fen)))


@disputes.command("return")
@click.argument("dispute_id", type=click.UUID)
@_NOTE
def return_money(dispute_id: UUID, note: str) -> None:
    """Give money in suspense back through its channel, to the payment it came with."""

    async def do(pool: sql.Pool, channels: Channels, now: datetime) -> Refund:
        return await flow.return_money(pool, channels, dispute_id=dispute_id, note=note, actor=by(), now=now)

    refund = _with_channels(do)
    about = {"id": refund.id, "amount": in_yuan(refund.amount_fen), "state": refund.state}
    click.echo(sentence("refund {id} of {amount}: {state}", **about))
