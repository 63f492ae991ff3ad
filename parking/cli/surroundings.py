"""Where a lot lies: inside of another, along a road."""

from typing import Any

import click

from parking.cli.registry import CODE, STAFF, converted, in_transaction
from parking.flow import surroundings as flow
from parking.lots import ROAD_WITHIN_MIN_MAX, InnerClock, Surroundings


@click.command()
@click.argument("code", type=CODE)
@click.option("--inside-of", type=CODE, help="The lot that it lies in.")
@click.option("--inner-clock", type=click.Choice([clock.value for clock in InnerClock]), help="Whether that counts on.")
@click.option("--road", type=CODE, help="What all stretches of its road have in common.")
@click.option("--road-within-min", type=click.IntRange(1, ROAD_WITHIN_MIN_MAX), help="Within how many minutes.")
def surroundings(code: str, **said: Any) -> None:
    """Say in which lot a lot lies and along which road, all of it, until its first car is read."""
    whole = converted(said, Surroundings)
    click.echo(in_transaction(lambda db, now: flow.set_surroundings(db, code, whole, by=STAFF, now=now)))
