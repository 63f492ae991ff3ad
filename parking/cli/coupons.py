"""Coupons on a terminal: handed out, listed and ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click

import sql
from parking.cli.actor import staff
from parking.cli.registry import CODE, Instant, in_transaction, with_network
from parking.cli.rights import listed, show
from parking.clock import random_bits
from parking.coupons import COUPONS_PER_CALL_MAX, USES_MAX, Coupon, CouponPlan
from parking.flow import coupons as flow
from parking.flow.passes import lots_named
from parking.network import Network
from parking.store import coupons as store


@click.group()
def coupon() -> None:
    """Coupons, and what they stand for."""


@coupon.command("add")
@click.argument("discount")
@click.option("--lot", "lots", type=CODE, multiple=True, required=True, help="In this lot; may be said again.")
@click.option("--from", "since", type=Instant(), required=True, help="From this instant on.")
@click.option("--until", type=Instant(), required=True, help="Until before this one.")
@click.option("--count", type=click.IntRange(1, COUPONS_PER_CALL_MAX), default=1, show_default=True)
@click.option("--uses", type=click.IntRange(1, USES_MAX), default=1, show_default=True, help="How often each is taken.")
@click.option("--merchant", help="Who bears what they take off (default: the operator).")
@click.option("--note", required=True)
def add(
    *,
    discount: str,
    lots: tuple[str, ...],
    since: datetime,
    until: datetime,
    count: int,
    uses: int,
    merchant: str | None,
    note: str,
) -> None:
    """Hand out coupons for a DISCOUNT of a price; prints their codes."""

    async def hand_out(db: sql.Connection, network: Network, now: datetime) -> list[Coupon]:
        plan = CouponPlan(discount, lots_named(network, lots, None), uses, since, until, merchant, note, count)
        return await flow.hand_out(db, plan, principal=staff(), network=network, now=now, random_bits=random_bits)

    for each in with_network(hand_out):
        click.echo(each.code)


@coupon.command("list")
@listed
def show_coupons(*, ended: bool, after: UUID, limit: int, as_json: bool) -> None:
    """List coupons, the oldest first."""

    async def find(db: sql.Connection, now: datetime) -> Sequence[Coupon]:
        at = None if ended else now
        return await store.coupons(db, operator_id=None, holding_at=at, after=after, limit=limit)

    columns = ("id", "code", "discount", "lot_ids", "uses_max", "valid_from", "valid_until", "merchant", "ended_at")
    show(in_transaction(find), columns, as_json=as_json)


@coupon.command("end")
@click.argument("code")
def end(code: str) -> None:
    """Take a coupon no more. Where it was presented it stays."""

    async def ended(db: sql.Connection, now: datetime) -> None:
        await flow.end(db, code, principal=staff(), now=now)

    in_transaction(ended)
