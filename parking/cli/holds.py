"""The commands for charges that are held back: which they are, and letting them be collected."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.registry import BY, CODE
from parking.flow.network import read_network
from parking.lots import Lot, UnknownLot
from parking.network import Network
from parking.settings import read
from payments.flow import holds as flow
from payments.holds import HOLDS_PER_PAGE_MAX, HeldCharge
from payments.money import yuan
from payments.store import holds as store
from sql.pool import open_pool

T = TypeVar("T")
_out = Console()
_LOT = click.option("--lot", type=CODE, help="Only those of a lot.")


async def _held(db: sql.Connection, lot_id: int | None) -> list[HeldCharge]:
    found: list[HeldCharge] = []
    after = UUID(int=0)
    while page := await store.held_charges(db, operator_id=None, lot_id=lot_id, after=after, limit=HOLDS_PER_PAGE_MAX):
        found += page
        after = page[-1].charge_id
    return found


def named(network: Network, code: str) -> Lot:
    """The lot of a code.

    Raises:
        UnknownLot: there is none.
    """
    if code not in network.lots_by_code:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    return network.lots_by_code[code]


def _with_lot(lot: str | None, do: Callable[[sql.Connection, Network, int | None, datetime], Awaitable[T]]) -> T:
    """What `do` returns, given the network and the number of the lot of this code (None: of no lot), in a transaction.

    Raises:
        UnknownLot: no lot has this code.
    """
    settings = read()

    async def done() -> T:
        async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
            now = settings.clock()()
            network = await read_network(db, now)
            if lot is not None:
                named(network, lot)
            async with db.transaction():
                return await do(db, network, None if lot is None else network.lots_by_code[lot].id, now)

    return asyncio.run(done())


@click.group()
def held() -> None:
    """Charges that wait for a person before an account pays."""


@held.command("list")
@_LOT
def list_held(lot: str | None) -> None:
    """List the held charges, the oldest stay first."""

    async def find(db: sql.Connection, network: Network, lot_id: int | None, _: datetime) -> None:
        table = Table("charge", "lot", "account", "¥", "since", "reason")
        for one in await _held(db, lot_id):
            code, since = network.lots[one.lot_id].code, one.held_at.isoformat(timespec="seconds")
            table.add_row(str(one.charge_id), code, str(one.account_id), yuan(one.amount_fen), since, one.reason)
        _out.print(table)

    _with_lot(lot, find)


@held.command("release")
@click.argument("charges", nargs=-1, type=click.UUID)
@_LOT
@click.option("--reason", required=True, help="Why they are right; the audit log keeps it.")
def release(charges: tuple[UUID, ...], lot: str | None, reason: str) -> None:
    """Let held charges be collected: those named, or all of a lot."""
    if bool(charges) == bool(lot):
        raise click.UsageError("Name charges, or a lot with --lot.")

    async def do(db: sql.Connection, _: Network, lot_id: int | None, now: datetime) -> int:
        wanted = charges or [each.charge_id for each in await _held(db, lot_id)]
        for charge_id in wanted:
            await flow.release_charge(db, charge_id=charge_id, reason=reason, actor=BY, now=now)
        return len(wanted)

    click.echo(f"{_with_lot(lot, do)} charges are collected from now on")
