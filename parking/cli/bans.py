"""Bans on a terminal: said, listed and ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click

import sql
from parking import plates
from parking.bans import Ban
from parking.cli.actor import staff
from parking.cli.registry import CODE, Instant, in_transaction, with_network
from parking.cli.rights import listed, show
from parking.clock import random_bits
from parking.flow import bans as flow
from parking.flow.entitlements import reach_of
from parking.network import Network
from parking.plates import PlateColor


@click.group()
def ban() -> None:
    """Vehicles that are not let in."""


@ban.command("add")
@click.argument("plate")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), default="unknown")
@click.option("--lot", type=CODE, help="In this lot alone.")
@click.option("--operator", type=CODE, help="In all lots of this operator.")
@click.option("--from", "since", type=Instant(), help="From this instant on (default: now).")
@click.option("--until", type=Instant(), help="Until before this one (default: until further notice).")
@click.option("--reason", required=True, help="Why; it is kept.")
def add(
    *,
    plate: str,
    color: str,
    lot: str | None,
    operator: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str,
) -> None:
    """Let the vehicle of PLATE in no more."""

    async def said(db: sql.Connection, network: Network, now: datetime) -> Ban:
        return await flow.ban(
            db,
            plate=plate,
            plate_color=PlateColor(color),
            reach=reach_of(network, lot=lot, operator=operator),
            valid_from=since,
            valid_until=until,
            reason=reason,
            principal=staff(),
            now=now,
            random_bits=random_bits,
        )

    click.echo(with_network(said).id)


@ban.command("list")
@click.option("--plate", help="Of this vehicle.")
@click.option("--appealed", is_flag=True, help="Only those somebody appealed against.")
@listed
def show_bans(*, plate: str | None, appealed: bool, ended: bool, after: UUID, limit: int, as_json: bool) -> None:
    """List bans, the oldest first. That somebody looked stands in the audit log."""

    async def find(db: sql.Connection, now: datetime) -> Sequence[Ban]:
        return await flow.find_bans(
            db,
            plate=plates.looked_for(plate),
            holding=not ended,
            appealed=appealed,
            after=after,
            limit=limit,
            reader=staff(),
            now=now,
            random_bits=random_bits,
        )

    columns = ("id", "plate", "plate_color", "operator_id", "lot_id", "valid_from", "valid_until", "reason", "said")
    show(in_transaction(find), columns, as_json=as_json)


@ban.command("end")
@click.argument("ban_id", type=click.UUID)
@click.option("--reason", required=True, help="Why; it is kept.")
def end(ban_id: UUID, reason: str) -> None:
    """Let the vehicle of a ban in again."""

    async def ended(db: sql.Connection, now: datetime) -> None:
        await flow.end_ban(db, ban_id, reason=reason, principal=staff(), now=now)

    in_transaction(ended)
