"""What vehicles are known for, from a list as the city hands it out, and as it stands."""

import asyncio
import csv
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking import plates
from parking.cli.actor import staff
from parking.cli.registry import CODE, FILE, FILE_BYTES_MAX, in_transaction, too_large
from parking.cli.spoken import headings, sentence, word
from parking.clock import random_bits
from parking.entitlements import VEHICLES_PER_FILE_MAX, ExemptVehicle, NewVehicle, RightUnfit
from parking.flow import entitlements as flow
from parking.flow.network import read_network
from parking.settings import read
from payments import ids
from sql.pool import open_pool

VEHICLES_SHOWN_MAX = 200
_COLUMNS = {"plate", "plate_color", "tags", "facts", "valid_from", "valid_until", "reason"}
_out = Console(markup=False)


@click.group()
def exempt() -> None:
    """Vehicles that are known for something a price asks for."""


@exempt.command("add")
@click.argument("file", type=FILE)
@click.option("--lot", type=CODE, help="In this lot alone.")
@click.option("--operator", type=CODE, help="In all lots of this operator.")
@click.option("--reason", help="Where a line gives none.")
def add(file: Path, lot: str | None, operator: str | None, reason: str | None) -> None:
    """Register the vehicles of a CSV FILE: plate, plate_color, tags, facts, valid_from, valid_until, reason.

    Tags and facts (seats=45) are separated by spaces, instants say their offset. All lines are taken or none; the same
    file again changes nothing where it says since when.
    """
    said = list(_vehicles(file, reason))
    settings = read()

    async def register() -> Sequence[ExemptVehicle]:
        async with await open_pool(settings.database_url, connections_max=2) as pool:
            now = settings.clock()()
            async with pool.acquire() as db:
                network = await read_network(db, now)
            reach = flow.reach_of(network, lot=lot, operator=operator)
            about: dict[str, Any] = {"principal": staff(), "network": network, "now": now, "random_bits": random_bits}
            return await flow.register_vehicles(pool, said, reach, **about)

    _out.print(sentence("{count} vehicles", count=len(asyncio.run(register()))))


def _vehicles(file: Path, reason: str | None) -> Iterator[NewVehicle]:
    if file.stat().st_size > FILE_BYTES_MAX:
        raise click.BadParameter(too_large(file, FILE_BYTES_MAX), param_hint="FILE")
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), 2):
            if number > VEHICLES_PER_FILE_MAX + 1:
                why = sentence("more than {most} vehicles.", most=VEHICLES_PER_FILE_MAX)
                raise click.BadParameter(why, param_hint="FILE")
            try:
                yield _vehicle({name: text for name, text in row.items() if text}, reason)
            except (msgspec.ValidationError, RightUnfit, ValueError) as e:
                raise click.BadParameter(sentence("line {n}: {why}", n=number, why=e), param_hint="FILE") from None


def _vehicle(row: dict[Any, Any], reason: str | None) -> NewVehicle:
    if unknown := {str(name) for name in row} - _COLUMNS:
        raise RightUnfit(sentence("no column is called {names}", names=", ".join(sorted(unknown))))
    said = {
        "reason": reason or "",
        **row,
        "tags": str(row.get("tags", "")).split(),
        "facts": dict(each.split("=", 1) for each in str(row.get("facts", "")).split()),
    }
    made = msgspec.convert(said, NewVehicle, strict=False)
    if not made.plate or not made.reason:
        raise RightUnfit(word("a line needs a plate and a reason"))
    for at in (made.valid_from, made.valid_until):
        if at is not None and at.utcoffset() is None:
            raise RightUnfit(word("an instant says its offset, like 2026-12-01T00:00:00+08:00"))
    return made


@exempt.command("list")
@click.option("--plate", help="Of this vehicle.")
@click.option("--ended", is_flag=True, help="Also those whose time is over.")
@click.option("--after", type=click.UUID, default=ids.FIRST, help="The last id of the page before.")
def show(plate: str | None, ended: bool, after: UUID) -> None:
    """Show what vehicles are known for, in the order in which it begins."""

    async def find(db: sql.Connection, now: datetime) -> Sequence[ExemptVehicle]:
        page: dict[str, Any] = {"after": after, "limit": VEHICLES_SHOWN_MAX, "reader": staff()}
        return await flow.find_vehicles(
            db, plate=plates.looked_for(plate), holding=not ended, **page, now=now, random_bits=random_bits
        )

    table = Table(*headings("id", "plate", "tags", "facts", "operator", "lot", "from", "until", "reason"))
    for one in in_transaction(find):
        until = "" if one.valid_until is None else f"{one.valid_until:%Y-%m-%d %H:%M}"
        reach = [str(each or "") for each in (one.operator_id, one.lot_id)]
        named = f"{one.plate} {one.plate_color}"
        table.add_row(
            *(str(one.id), named, " ".join(one.tags), one.facts),
            *(*reach, f"{one.valid_from:%Y-%m-%d %H:%M}", until, one.reason),
        )
    _out.print(table)
