"""The commands for charges that are held back: which they are, and letting them be collected."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import by
from parking.cli.registry import CODE, with_network
from parking.cli.spoken import chosen, headings, sentence, word
from parking.lots import Lot, UnknownLot
from parking.network import Network
from parking.texts.cases import HOLDS
from parking.texts.durations import short_in_days
from payments import ids
from payments.flow import holds as flow
from payments.holds import Filter, HeldCharge, shown
from payments.money import yuan
from payments.pages import ROWS_PER_PAGE_MAX
from payments.store import holds as store

T = TypeVar("T")
_out = Console(markup=False)
_LOT = click.option("--lot", type=CODE, help="Only those of a lot.")


async def _held(db: sql.Connection, wanted: Filter) -> list[HeldCharge]:
    found: list[HeldCharge] = []
    after = ids.FIRST
    while page := await store.held_charges(db, wanted, after=after, limit=ROWS_PER_PAGE_MAX):
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

    async def of_lot(db: sql.Connection, network: Network, now: datetime) -> T:
        return await do(db, network, None if lot is None else named(network, lot).id, now)

    return with_network(of_lot)


@click.group("holds")
def holds() -> None:
    """Charges that wait for a person before an account pays."""


@holds.command("list")
@_LOT
@click.option("--operator", type=click.IntRange(min=1), help="Only those of an operator (see `onelot operators`).")
@click.option("--reason", type=click.Choice(list(HOLDS)), help="Only what is held for this, among others.")
def list_holds(lot: str | None, operator: int | None, reason: str | None) -> None:
    """List the held charges, the oldest stay first."""

    async def find(db: sql.Connection, network: Network, lot_id: int | None, now: datetime) -> None:
        table = Table(*headings("charge", "stay", "lot", "account", "¥", "waits", "why"))
        for row in await _held(db, Filter(operator, lot_id, reason)):
            one = shown(row, network.lots[row.lot_id].code, HOLDS, now=now)
            who = (str(one.charge_id), str(one.stay_id), one.lot, str(one.account_id))
            table.add_row(
                *who,
                yuan(one.amount_fen),
                chosen(short_in_days(timedelta(seconds=one.age_s))),
                f"{one.reasons_zh} {one.reasons_en}",
            )
        _out.print(table)

    _with_lot(lot, find)


@holds.command("release")
@click.argument("charges", nargs=-1, type=click.UUID)
@_LOT
@click.option("--reason", required=True, help="Why they are right; the audit log keeps it.")
def release(charges: tuple[UUID, ...], lot: str | None, reason: str) -> None:
    """Let held charges be collected: those named, or all of a lot."""
    if bool(charges) == bool(lot):
        raise click.UsageError(word("Name charges, or a lot with --lot."))

    async def do(db: sql.Connection, _: Network, lot_id: int | None, now: datetime) -> int:
        wanted = charges or [each.charge_id for each in await _held(db, Filter(lot_id=lot_id))]
        for charge_id in wanted:
            await flow.release_charge(db, charge_id=charge_id, reason=reason, actor=by(), now=now)
        return len(wanted)

    click.echo(sentence("{count} charges are collected from now on", count=_with_lot(lot, do)))
