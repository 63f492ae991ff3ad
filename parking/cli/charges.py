"""Charges on a terminal: looked up by plate, by lot and day, and line by line of a statement."""

from datetime import datetime
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking import stay_listing
from parking.charge_listing import Filter, day_in
from parking.cli.actor import staff
from parking.cli.holds import named
from parking.cli.registry import CODE, more, with_network
from parking.cli.spoken import headings
from parking.clock import random_bits
from parking.flow import charges as flow
from parking.flow.charges import ChargeFound, ChargesFound
from parking.network import Network
from parking.plates import PlateColor
from payments import ledger
from payments.charges import ChargeState
from payments.money import yuan
from payments.pages import ROWS_PER_PAGE, ROWS_PER_SHORT_PAGE_MAX, Page, read_cursor

_out = Console(markup=False)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def charges() -> None:
    """What was charged for stays, and how it stands."""


@charges.command("find")
@click.option("--plate", help="The whole plate.")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), help="Its colour, if that is sure.")
@click.option("--lot", type=CODE, help="Only those of a lot.")
@click.option("--date", "day", type=_DAY, help="On which the stay ended, by the operator's clock.")
@click.option("--state", type=click.Choice([each.value for each in ChargeState]), help="How they stand.")
@click.option("--method", help="The channel that paid last.")
@click.option("--after", help="Where the page before ended.")
@click.option("--limit", type=click.IntRange(1, ROWS_PER_SHORT_PAGE_MAX), default=ROWS_PER_PAGE, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="All that is known, as JSON.")
def find(
    *,
    plate: str | None,
    color: str | None,
    lot: str | None,
    day: datetime | None,
    state: str | None,
    method: str | None,
    after: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Look up charges by plate, or by lot and day. That somebody looked stands in the audit log."""
    place = None if after is None else read_cursor(after)

    async def page(db: sql.Connection, network: Network, now: datetime) -> ChargesFound:
        of_lot = None if lot is None else named(network, lot)
        zone = ledger.CITY_TIME_ZONE if of_lot is None else network.operators[of_lot.operator_id].time_zone
        since, until = (None, None) if day is None else day_in(day.date(), zone)
        wanted = Filter(
            lot_ids=None if of_lot is None else [of_lot.id],
            plate=stay_listing.plate_named(plate),
            plate_color=None if color is None else PlateColor(color),
            since=since,
            until=until,
            state=None if state is None else ChargeState(state),
            method=method,
        )
        return await flow.find_charges(
            db,
            wanted,
            after=place,
            limit=limit,
            reader=staff(),
            network=network,
            now=now,
            random_bits=random_bits,
        )

    _print(with_network(page), as_json=as_json)


@charges.command("line")
@click.option("--lot", type=CODE, required=True, help="The lot whose line it is.")
@click.option("--date", "day", type=_DAY, required=True, help="The business day of the statement.")
@click.option("--after", type=click.UUID, help="Where the page before ended.")
@click.option("--limit", type=click.IntRange(1, ROWS_PER_SHORT_PAGE_MAX), default=ROWS_PER_PAGE, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="All that is known, as JSON.")
def line(*, lot: str, day: datetime, after: UUID | None, limit: int, as_json: bool) -> None:
    """List the charges of which a lot's line in a statement is made, with what each adds to it."""

    async def page(db: sql.Connection, network: Network, now: datetime) -> ChargesFound:
        return await flow.charges_of_line(
            db,
            named(network, lot),
            day.date(),
            Page(after, limit),
            reader=staff(),
            network=network,
            now=now,
            random_bits=random_bits,
        )

    _print(with_network(page), as_json=as_json)


def _print(found: ChargesFound, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    table = Table(
        *headings("reference", "lot", "plate", "left (UTC)", "¥", "owed ¥", "state", "paid by", "adds ¥", "stay")
    )
    for charge in found.charges:
        table.add_row(*_row(charge))
    _out.print(table)
    if found.next is not None:
        click.echo(more(found.next))


def _row(charge: ChargeFound) -> tuple[str, ...]:
    visit, settled = charge.visit, charge.settled
    plate = "" if visit is None else f"{visit.plate} {visit.plate_color}"
    left = "" if visit is None or visit.left_at is None else f"{visit.left_at:%Y-%m-%d %H:%M}"
    adds = "" if settled is None else yuan(settled.gross_fen - settled.refunds_fen)
    amounts = (yuan(charge.amount_fen), yuan(charge.owed_fen), charge.state, charge.method or "")
    return (str(charge.reference), charge.lot or "", plate, left, *amounts, adds, str(charge.stay_id))
