"""The commands for gates and lanes."""

from datetime import datetime
from pathlib import Path

import click
import msgspec

from parking.cli.actor import staff
from parking.cli.arguments import why_unfit
from parking.cli.registry import CODE, FILE, FROM, Like, converted, in_transaction, read_file, say
from parking.cli.spoken import sentence, word
from parking.flow import lanes as flow
from parking.lanes import GateChange, GateName, GatePlan, LaneChange, NewLane, Switch, Way
from parking.lots import Direction

NAME = Like("name", GateName)
DIRECTION = click.Choice([direction.value for direction in Direction])


@click.group()
def gate() -> None:
    """The gates of lots: where vehicles pass."""


@gate.command("add")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
@click.option("--name", type=NAME, default="", help="What people call it.")
def add_gate(lot: str, code: str, name: str) -> None:
    """Register a gate of a lot. The same again changes nothing."""
    plan = GatePlan(code, name)
    click.echo(word(in_transaction(lambda db, now: flow.add_gate(db, lot, plan, by=staff(), now=now))))


@gate.command("change")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
@click.option("--code", "becomes", type=CODE, help="Its code within the lot.")
@click.option("--name", type=NAME, help="What people call it.")
def change_gate(lot: str, code: str, becomes: str | None, name: str | None) -> None:
    """Correct what a gate is called."""
    change = converted({"code": becomes, "name": name}, GateChange)
    click.echo(word(in_transaction(lambda db, now: flow.change_gate(db, lot, code, change, by=staff(), now=now))))


@gate.command("close")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
@FROM
def close_gate(lot: str, code: str, since: datetime | None) -> None:
    """Close all lanes through a gate from an instant on."""
    _set_gate_closed(lot, code, since, is_closed=True)


@gate.command("reopen")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
@FROM
def reopen_gate(lot: str, code: str, since: datetime | None) -> None:
    """Open all lanes through a gate again from an instant on."""
    _set_gate_closed(lot, code, since, is_closed=False)


def _set_gate_closed(lot: str, code: str, since: datetime | None, *, is_closed: bool) -> None:
    say(
        in_transaction(
            lambda db, now: flow.set_gate_closed(
                db, lot, code, is_closed=is_closed, valid_from=since, by=staff(), now=now
            )
        )
    )


@click.group()
def lane() -> None:
    """The lanes through the gates of lots."""


@lane.command("add")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
@click.option("--gate", required=True, type=CODE, help="The gate of the lot through which it leads.")
@click.option("--direction", required=True, type=DIRECTION)
@click.option("--gateway", type=CODE, help="The gateway that moves its barrier, where the lot has several.")
def add_lane(lot: str, code: str, gate: str, direction: str, gateway: str | None) -> None:
    """Register a lane of a lot. The same again changes nothing."""
    plan = NewLane(code, gate, Direction(direction), gateway)
    click.echo(word(in_transaction(lambda db, now: flow.add_lane(db, lot, plan, by=staff(), now=now))))


@lane.command("change")
@click.argument("code", type=CODE)
@click.option("--code", "becomes", type=CODE, help="By which code its gateway names it.")
@click.option("--gate", type=CODE, help="The gate of its lot through which it leads.")
@click.option("--gateway", type=CODE, help="The gateway of its lot that moves its barrier.")
def change_lane(code: str, becomes: str | None, gate: str | None, gateway: str | None) -> None:
    """Say where a lane belongs, from now on. Events that name the code it had are refused from then on."""
    change = converted({"code": becomes, "gate": gate, "gateway": gateway}, LaneChange)
    click.echo(word(in_transaction(lambda db, now: flow.change_lane(db, code, change, by=staff(), now=now))))


@lane.command("direction")
@click.argument("code", type=CODE)
@click.argument("direction", type=DIRECTION, required=False)
@click.option("--week", type=FILE, help="A JSON file with the switches of a week.")
@FROM
def set_direction(code: str, direction: str | None, week: Path | None, since: datetime | None) -> None:
    """Say which way a lane leads from an instant on: DIRECTION always, or by a week of its lot's clock."""
    said: dict[str, object] = {"direction": direction}
    if week is not None:
        try:
            said["week"] = msgspec.json.decode(read_file(week), type=tuple[Switch, ...])
        except (msgspec.DecodeError, UnicodeDecodeError) as e:
            about = why_unfit(e, tuple[Switch, ...])
            why = sentence("{file} is no week: {why}. A time is written 06:30.", file=week, why=about)
            raise click.BadParameter(why, param_hint="--week") from None
    way = converted(said, Way)
    say(in_transaction(lambda db, now: flow.set_way(db, code, way, valid_from=since, by=staff(), now=now)))


@lane.command("close")
@click.argument("code", type=CODE)
@FROM
def close_lane(code: str, since: datetime | None) -> None:
    """Close a lane from an instant on: nobody is let in by it."""
    _set_closed(code, since, is_closed=True)


@lane.command("reopen")
@click.argument("code", type=CODE)
@FROM
def reopen_lane(code: str, since: datetime | None) -> None:
    """Open a lane again from an instant on."""
    _set_closed(code, since, is_closed=False)


def _set_closed(code: str, since: datetime | None, *, is_closed: bool) -> None:
    say(
        in_transaction(
            lambda db, now: flow.set_lane_closed(db, code, is_closed=is_closed, valid_from=since, by=staff(), now=now)
        )
    )
