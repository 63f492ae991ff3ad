"""Contested links of plates, and what cameras say when they read none, for the city's staff."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import by, staff
from parking.cli.registry import CODE, in_transaction
from parking.cli.spoken import headings, sentence
from parking.clock import random_bits
from parking.contests import Contest
from parking.flow import contests as flow
from parking.flow import plates as plates_flow
from parking.network import NoPlateText
from parking.plates import PlateColor
from parking.store import network as store
from payments import ids

CONTESTS_SHOWN_MAX = 200
_out = Console(markup=False)
_COLORS = click.Choice([color.value for color in PlateColor if color is not PlateColor.UNKNOWN])


@click.group()
def plate() -> None:
    """Plates that accounts pay for, where somebody contests it, and texts that are no plates."""


@plate.command("contests")
def contests() -> None:
    """Show the links that are contested, the oldest first."""

    async def find(db: sql.Connection, now: datetime) -> Sequence[Contest]:
        reader = staff()
        return await flow.open_contests(
            db, after=ids.FIRST, limit=CONTESTS_SHOWN_MAX, reader=reader, now=now, random_bits=random_bits
        )

    table = Table(*headings("id", "plate", "account", "linked", "contested", "contested by", "note"))
    for one in in_transaction(find):
        linked, contested = f"{one.linked_at:%Y-%m-%d %H:%M}", f"{one.contested_at:%Y-%m-%d %H:%M}"
        named = f"{one.plate} {one.plate_color}"
        table.add_row(str(one.id), named, str(one.account_id), linked, contested, one.contested_by, one.note or "")
    _out.print(table)


@plate.command("contest")
@click.argument("text", metavar="PLATE")
@click.argument("color", type=_COLORS)
@click.option("--note", required=True, help="Who came, and with what.")
def contest(text: str, color: str, note: str) -> None:
    """Contest the link of a plate; prints the number of the contest."""

    async def do(db: sql.Connection, now: datetime) -> Contest:
        return await flow.contest_by_staff(
            db, plate=text, plate_color=PlateColor(color), note=note, actor=by(), now=now, random_bits=random_bits
        )

    click.echo(in_transaction(do).id)


@plate.command("resolve")
@click.argument("number", type=click.UUID)
@click.option("--keep/--end", "link_stands", required=True, help="Whether the link stands.")
@click.option("--note", required=True, help="What was found.")
def resolve(number: UUID, link_stands: bool, note: str) -> None:
    """Say what was found of a contested link."""

    async def do(db: sql.Connection, now: datetime) -> Contest:
        return await flow.resolve_contest(
            db, contest_id=number, link_stands=link_stands, note=note, actor=by(), now=now, random_bits=random_bits
        )

    done = in_transaction(do)
    template = "the link of account {number} stands" if link_stands else "the link of account {number} has ended"
    _out.print(sentence(template, number=done.account_id))


@plate.command("no-plate-texts")
def no_plate_texts() -> None:
    """Show what cameras send when they read no plate, beside what is known everywhere."""

    async def find(db: sql.Connection, _: datetime) -> Sequence[NoPlateText]:
        return await store.no_plate_texts(db)

    table = Table(*headings("operator", "text"))
    for one in in_transaction(find):
        table.add_row(one.operator_code, one.text)
    _out.print(table)


@plate.command("no-plate-text")
@click.argument("operator", type=CODE)
@click.argument("text")
@click.option("--drop", is_flag=True, help="The text is compared like every other again.")
def no_plate_text(operator: str, text: str, drop: bool) -> None:
    """Say that cameras of an OPERATOR mean no plate by a TEXT; cars are held for it at the entry."""

    async def do(db: sql.Connection, now: datetime) -> str:
        if drop:
            await plates_flow.drop_no_plate_text(db, operator_code=operator, text=text, by=by(), now=now)
            return text
        return await plates_flow.add_no_plate_text(db, operator_code=operator, text=text, by=by(), now=now)

    click.echo(in_transaction(do))
