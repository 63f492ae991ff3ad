"""What a lot offers and which bays it has, from a file, and as it stands."""

from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
import msgspec

import sql
from parking.bays import BAYS_MAX, Bay
from parking.cli.actor import staff
from parking.cli.arguments import why_unfit
from parking.cli.registry import CODE, FILE, in_transaction, read_file
from parking.cli.spoken import sentence
from parking.facilities import Facilities
from parking.flow import bays as bays_flow
from parking.flow import facilities as flow

T = TypeVar("T")


@click.command()
@click.argument("code", type=CODE)
@click.argument("file", type=FILE, required=False)
def facilities(code: str, file: Path | None) -> None:
    """Say what a lot offers, from a JSON file; without a file print what it says.

    All of it: what is left out is not said any more. The same again changes nothing.
    """
    if file is None:
        click.echo(_written(in_transaction(lambda db, _: flow.facilities_of(db, code, reader=staff()))))
        return
    said = _from(file, Facilities)

    async def say(db: sql.Connection, now: datetime) -> None:
        await flow.say(db, code, said, by=staff(), now=now)

    in_transaction(say)


@click.command()
@click.argument("code", type=CODE)
@click.argument("file", type=FILE, required=False)
def bays(code: str, file: Path | None) -> None:
    """Say which bays a lot has, from a JSON list of `number` and `sensor`; without a file print them.

    All of them: one that is left out is none any more. The same again changes nothing.
    """
    if file is None:
        found = in_transaction(lambda db, _: bays_flow.bays_of(db, code, after="", limit=BAYS_MAX, reader=staff()))
        click.echo(_written(found))
        return
    said = _from(file, list[Bay])

    async def say(db: sql.Connection, now: datetime) -> None:
        await bays_flow.say(db, code, said, by=staff(), now=now)

    in_transaction(say)


def _written(shown: object) -> str:
    return msgspec.json.format(msgspec.json.encode(shown)).decode()


def _from(file: Path, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(read_file(file), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        why = sentence("{file} cannot be read: {why}.", file=file, why=why_unfit(e, shape))
        raise click.BadParameter(why, param_hint="FILE") from None
