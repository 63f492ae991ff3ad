"""Where a lot lies: inside of another, along a road."""

from datetime import datetime
from typing import Any

import click

from parking.cli.actor import staff
from parking.cli.registry import CODE, FROM, converted, in_transaction, say
from parking.flow import surroundings as flow
from parking.lots import ROAD_WITHIN_MIN_MAX, InnerClock
from parking.surroundings import Surroundings


@click.command()
@click.argument("code", type=CODE)
@click.option("--inside-of", type=CODE, help="The lot that it lies in.")
@click.option("--inner-clock", type=click.Choice([clock.value for clock in InnerClock]), help="Whether that counts on.")
@click.option("--road", type=CODE, help="What all stretches of its road have in common.")
@click.option("--road-within-min", type=click.IntRange(1, ROAD_WITHIN_MIN_MAX), help="Within how many minutes.")
@FROM
def surroundings(code: str, since: datetime | None, **said: Any) -> None:
    """Say in which lot a lot lies and along which road, all of it, from an instant on; as long as no car was read that
    it could concern, from the beginning.
    """
    whole, by = converted(said, Surroundings), staff()
    say(in_transaction(lambda db, now: flow.set_surroundings(db, code, whole, valid_from=since, by=by, now=now)))
