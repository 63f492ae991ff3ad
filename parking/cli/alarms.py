"""Alarms on a terminal: which there are, and what is done about one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import click
import msgspec
from msgspec import Meta
from rich.console import Console
from rich.table import Table

import sql
from parking.alarms import NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, Alarm, AlarmKind
from parking.cli.actor import staff
from parking.cli.holds import named
from parking.cli.registry import CODE, Like, in_transaction, more, with_network
from parking.cli.spoken import chosen, headings
from parking.flow import alarms as flow
from parking.network import Network
from parking.store import alarms as store
from parking.texts.alarms import KINDS, SEVERITIES, STATES
from parking.texts.durations import short_in_days
from payments.pages import ROWS_PER_PAGE, ROWS_PER_PAGE_MAX

_out = Console(markup=False)
_ID = click.argument("alarm_id", type=click.UUID)
_WHO = Like("who", Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)])
_NOTE = Like("note", Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS_MAX)])


@click.group()
def alarms() -> None:
    """What somebody of the city has to see."""


@alarms.command("list")
@click.option("--lot", type=CODE, help="Only those of a lot.")
@click.option("--kind", type=click.Choice([each.value for each in AlarmKind]), help="Only those of a kind.")
@click.option("--resolved", is_flag=True, help="Those that are resolved, in place of the open ones.")
@click.option("--after", type=click.UUID, help="The last alarm of the page before.")
@click.option("--limit", type=click.IntRange(1, ROWS_PER_PAGE_MAX), default=ROWS_PER_PAGE, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each.")
def list_alarms(
    *, lot: str | None, kind: str | None, resolved: bool, after: UUID | None, limit: int, as_json: bool
) -> None:
    """List alarms, the newest first."""

    async def find(db: sql.Connection, network: Network, now: datetime) -> tuple[Sequence[Alarm], datetime]:
        lot_ids = None if lot is None else [named(network, lot).id]
        of_kind = None if kind is None else AlarmKind(kind)
        found = await store.find(db, lot_ids, before=after, limit=limit, is_open=not resolved, kind=of_kind)
        return found, now

    found, now = with_network(find)
    if as_json:
        for each in found:
            click.echo(msgspec.json.encode(each))
        return
    table = Table(*headings("alarm", "severity", "what", "lot", "gateway", "raised", "age", "state", "sent"))
    for each in found:
        about = (chosen(SEVERITIES[each.severity]), chosen(KINDS[each.kind]), each.lot, each.gateway or "")
        age = chosen(short_in_days((each.resolved_at or now) - each.raised_at))
        last = (f"{each.raised_at:%Y-%m-%d %H:%M}", age, chosen(STATES[each.state]), each.dispatched_to or "")
        table.add_row(str(each.id), *about, *last)
    _out.print(table)
    if len(found) == limit:
        click.echo(more(found[-1].id))


@alarms.command("acknowledge")
@_ID
def acknowledge(alarm_id: UUID) -> None:
    """Say that one has seen an alarm."""

    async def seen(db: sql.Connection, now: datetime) -> Alarm:
        return await flow.acknowledge(db, alarm_id, None, by=staff(), now=now)

    _say(in_transaction(seen))


@alarms.command("dispatch")
@_ID
@click.option("--to", type=_WHO, required=True, help="Who is sent.")
def dispatch(alarm_id: UUID, to: str) -> None:
    """Send somebody to see to an alarm; again sends somebody else."""

    async def sent(db: sql.Connection, now: datetime) -> Alarm:
        return await flow.dispatch(db, alarm_id, None, to=to, by=staff(), now=now)

    _say(in_transaction(sent))


@alarms.command("resolve")
@_ID
@click.option("--note", type=_NOTE, required=True, help="What was done; it is kept.")
def resolve(alarm_id: UUID, note: str) -> None:
    """Be done with an alarm; while its cause lasts it is not raised again."""

    async def done(db: sql.Connection, now: datetime) -> Alarm:
        return await flow.resolve(db, alarm_id, None, note=note, by=staff(), now=now)

    _say(in_transaction(done))


def _say(alarm: Alarm) -> None:
    click.echo(f"{alarm.id} {alarm.lot}: {chosen(STATES[alarm.state])}")
