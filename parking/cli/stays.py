"""Stays on a terminal: looked up, and one with all that is known of it."""

from datetime import datetime
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking import stay_listing
from parking.cli.actor import staff
from parking.cli.holds import named
from parking.cli.registry import CODE, Instant, in_transaction, more, with_network
from parking.cli.spoken import headings
from parking.clock import random_bits
from parking.commands import UnknownLane
from parking.flow import stays as flow
from parking.flow.stays import StayInFull, StayPage, StayShown
from parking.network import Network
from parking.plates import PlateColor
from parking.stay_listing import FOUND, Filter
from parking.stays import State
from payments.money import yuan
from payments.pages import ROWS_PER_PAGE, ROWS_PER_SHORT_PAGE_MAX, check_times, read_cursor

_out = Console(markup=False)
_JSON = click.option("--json", "as_json", is_flag=True, help="All that is known, as JSON.")


@click.group()
def stays() -> None:
    """Who parked where and when, and what it cost."""


@stays.command("find")
@click.option("--plate", help="The whole plate.")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), help="Its colour, if that is sure.")
@click.option("--lot", type=CODE, help="Only those of a lot.")
@click.option("--lane", help="Only those that came or left by a lane.")
@click.option("--from", "since", type=Instant(), help="Ended at this instant or later.")
@click.option("--until", type=Instant(), help="And before this one.")
@click.option("--state", type=click.Choice([each.value for each in State]), help="How they stand.")
@click.option("--after", help="Where the page before ended.")
@click.option("--limit", type=click.IntRange(1, ROWS_PER_SHORT_PAGE_MAX), default=ROWS_PER_PAGE, show_default=True)
@_JSON
def find(
    *,
    plate: str | None,
    color: str | None,
    lot: str | None,
    lane: str | None,
    since: datetime | None,
    until: datetime | None,
    state: str | None,
    after: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Look up stays by plate, lot or lane, what ended last first. That somebody looked stands in the audit log."""
    check_times(since, until)
    place = None if after is None else read_cursor(after)

    async def page(db: sql.Connection, network: Network, now: datetime) -> StayPage:
        lot_ids, lane_id = _place(network, lot, lane)
        wanted = Filter(
            lot_ids=lot_ids,
            plate=stay_listing.plate_named(plate),
            plate_color=None if color is None else PlateColor(color),
            lane_id=lane_id,
            since=since,
            until=until,
            states=FOUND if state is None else (State(state),),
        )
        return await flow.find_stays(
            db, wanted, after=place, limit=limit, reader=staff(), now=now, random_bits=random_bits
        )

    found = with_network(page)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    table = Table(
        *headings("stay", "lot", "plate", "state", "came (UTC)", "left (UTC)", "lanes", "fee ¥", "charge", "cases")
    )
    for stay in found.stays:
        table.add_row(*_row(stay))
    _out.print(table)
    if found.next is not None:
        click.echo(more(found.next))


@stays.command("show")
@click.argument("stay_id", type=click.UUID)
def show(stay_id: UUID) -> None:
    """Print a stay with its events, what people decided of them, and what was believed of it when, as JSON."""

    async def one(db: sql.Connection, now: datetime) -> StayInFull:
        return await flow.stay_in_full(
            db, stay_id=stay_id, lot_ids=None, reader=staff(), now=now, random_bits=random_bits
        )

    click.echo(msgspec.json.format(msgspec.json.encode(in_transaction(one))))


def _place(network: Network, lot: str | None, lane: str | None) -> tuple[list[int] | None, int | None]:
    """The lot and the lane that were named.

    Raises:
        UnknownLot, UnknownLane: there is none of this code, or the lane is not the lot's.
    """
    of_lot = None if lot is None else named(network, lot)
    if lane is None:
        return None if of_lot is None else [of_lot.id], None
    found = network.lanes.get(lane)
    if found is None or (of_lot is not None and found.lot_id != of_lot.id):
        raise UnknownLane(f"No lane there has the code {lane!r}.", code=lane)
    return [found.lot_id], found.id


def _row(stay: StayShown) -> tuple[str, ...]:
    lanes = f"{stay.entry_lane or ''} – {stay.exit_lane or ''}"
    fee = "" if stay.fee_fen is None else yuan(stay.fee_fen)
    charge = "" if stay.charge is None else f"{stay.charge.state} {stay.charge.reference}"
    cases = ", ".join(f"{case.reason_zh} {case.reason_en}" for case in stay.cases if case.resolved_at is None)
    about = (str(stay.id), stay.lot, f"{stay.plate} {stay.plate_color}", stay.state)
    return (*about, _at(stay.entered_at), _at(stay.left_at), lanes, fee, charge, cases)


def _at(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
