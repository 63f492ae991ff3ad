"""Passes on a terminal: sold, listed and ended."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import click

import sql
from parking import plates
from parking.cli.actor import staff
from parking.cli.registry import CODE, in_transaction
from parking.cli.rights import listed, show, with_pool
from parking.clock import random_bits
from parking.flow import passes as flow
from parking.network import Network
from parking.passes import Pass, PassPlan
from parking.plates import PlateColor

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("pass")
def passes() -> None:
    """Passes (月卡) that were sold."""


@passes.command("add")
@click.argument("code")
@click.argument("vehicles", metavar="PLATE...", nargs=-1, required=True)
@click.option("--lot", "lots", type=CODE, multiple=True, help="In this lot; may be said again.")
@click.option("--zone", type=CODE, help="In the lots that lie in this price area now.")
@click.option("--from", "since", type=_DAY, required=True, help="The first day.")
@click.option("--through", type=_DAY, required=True, help="The last day.")
@click.option("--bays", type=click.IntRange(min=1), help="So many are covered at a time (default: all).")
@click.option("--note", required=True)
def add(
    *,
    code: str,
    vehicles: tuple[str, ...],
    lots: tuple[str, ...],
    zone: str | None,
    since: datetime,
    through: datetime,
    bays: int | None,
    note: str,
) -> None:
    """Sell the pass CODE of a price to vehicles. The same again is the same pass."""
    whose = [(plate, PlateColor.UNKNOWN) for plate in vehicles]

    async def sell(pool: sql.Pool, network: Network, now: datetime) -> Pass:
        named = flow.lots_named(network, lots, zone)
        plan = PassPlan(code, whose, bays, named, since.date(), through.date(), note)
        return await flow.sell(pool, plan, principal=staff(), network=network, now=now, random_bits=random_bits)

    click.echo(with_pool(sell).id)


@passes.command("list")
@click.option("--plate", help="Of this vehicle.")
@listed
def show_passes(*, plate: str | None, ended: bool, after: UUID, limit: int, as_json: bool) -> None:
    """List passes in the order in which they were sold. That somebody looked stands in the audit log."""

    async def find(db: sql.Connection, now: datetime) -> Sequence[Pass]:
        return await flow.find_passes(
            db,
            plate=plates.looked_for(plate),
            holding=not ended,
            after=after,
            limit=limit,
            reader=staff(),
            now=now,
            random_bits=random_bits,
        )

    columns = ("id", "code", "plates", "bays", "lot_ids", "valid_from", "valid_through", "ended_through", "note")
    show(in_transaction(find), columns, as_json=as_json)


@passes.command("end")
@click.argument("pass_id", type=click.UUID)
@click.option("--through", type=_DAY, required=True, help="The last day on which it holds.")
@click.option("--reason", required=True, help="Why; it is kept.")
def end(pass_id: UUID, through: datetime, reason: str) -> None:
    """End a pass before it is over."""
    last: date = through.date()

    async def ended(pool: sql.Pool, network: Network, now: datetime) -> None:
        about = {"principal": staff(), "network": network, "now": now, "random_bits": random_bits}
        await flow.end(pool, pass_id, through=last, reason=reason, **about)  # type: ignore[arg-type]

    with_pool(ended)
