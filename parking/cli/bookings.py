"""Bookings on a terminal: made or changed, listed and cancelled."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click

import sql
from parking import plates
from parking.bookings import EARLY_MIN, LATE_MIN, Booking, BookingRule, Wish
from parking.cli.actor import staff
from parking.cli.holds import named
from parking.cli.registry import CODE, Instant, with_network
from parking.cli.rights import listed, show, with_pool
from parking.clock import random_bits
from parking.flow import bookings as flow
from parking.network import Network
from parking.plates import PlateColor


@click.group()
def booking() -> None:
    """Spaces that are kept for vehicles."""


@booking.command("rule")
@click.argument("lot", type=CODE)
@click.option("--spaces", type=click.IntRange(min=0), required=True, help="How many may be booked at a time.")
@click.option("--early-min", type=click.IntRange(min=0), default=EARLY_MIN, show_default=True)
@click.option("--late-min", type=click.IntRange(min=0), default=LATE_MIN, show_default=True)
def rule(lot: str, spaces: int, early_min: int, late_min: int) -> None:
    """Say how LOT takes bookings from now on."""

    async def said(db: sql.Connection, network: Network, now: datetime) -> None:
        new = BookingRule(spaces, early_min, late_min)
        await flow.set_rule(db, named(network, lot), new, principal=staff(), now=now)

    with_network(said)


@booking.command("add")
@click.argument("lot", type=CODE)
@click.argument("reference", type=CODE)
@click.argument("plate")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), default="unknown")
@click.option("--from", "since", type=Instant(), required=True)
@click.option("--until", type=Instant(), required=True)
@click.option("--note", default="")
def add(*, lot: str, reference: str, plate: str, color: str, since: datetime, until: datetime, note: str) -> None:
    """Keep a space of LOT for a vehicle; with the same REFERENCE again it is changed."""
    wish = Wish(reference, plate, PlateColor(color), since, until, note)

    async def book(pool: sql.Pool, network: Network, now: datetime) -> Booking:
        about = {"principal": staff(), "network": network, "now": now, "random_bits": random_bits}
        return await flow.book(pool, named(network, lot), wish, **about)  # type: ignore[arg-type]

    click.echo(with_pool(book).id)


@booking.command("list")
@click.argument("lot", type=CODE)
@click.option("--plate", help="Of this vehicle.")
@listed
def show_bookings(*, lot: str, plate: str | None, ended: bool, after: UUID, limit: int, as_json: bool) -> None:
    """List the bookings of LOT. That somebody looked stands in the audit log."""

    async def find(db: sql.Connection, network: Network, now: datetime) -> Sequence[Booking]:
        return await flow.find_bookings(
            db,
            named(network, lot),
            plate=plates.looked_for(plate),
            holding=not ended,
            after=after,
            limit=limit,
            reader=staff(),
            now=now,
            random_bits=random_bits,
        )

    columns = ("id", "reference", "plate", "plate_color", "starts_at", "ends_at", "came_at", "ended_at", "note")
    show(with_network(find), columns, as_json=as_json)


@booking.command("end")
@click.argument("lot", type=CODE)
@click.argument("reference", type=CODE)
@click.option("--reason", required=True, help="Why; it is kept.")
def end(lot: str, reference: str, reason: str) -> None:
    """Cancel a booking of LOT."""

    async def cancel(pool: sql.Pool, network: Network, now: datetime) -> None:
        about = {"principal": staff(), "network": network, "now": now, "random_bits": random_bits}
        await flow.cancel(pool, named(network, lot), reference, reason=reason, **about)  # type: ignore[arg-type]

    with_pool(cancel)
