"""The command line: `python -m loadtests throughput | faults | fairness | …`, as `python -m loadtests --help` lists."""

import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn, Protocol

import click
import msgspec
import uvloop
from rich.console import Console, RenderableType

from loadtests import (
    attack,
    dialogue,
    fairness,
    faults,
    overhead,
    pricing,
    redelivery,
    reports,
    restore,
    searches,
    throughput,
    upgrade,
)
from loadtests.environment import Environment, new_environment, servers

TABLE_CHARACTERS = 120
PYTHON = click.Path(exists=True, dir_okay=False, executable=True, path_type=Path)


class Report(Protocol):
    """What every run ends with: figures for people and machines, and whether all is well."""

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, doubled or left out of balance."""
        ...

    def table(self) -> RenderableType:
        """The figures for a terminal."""
        ...


def _run(
    what: Callable[[Environment], Awaitable[Report]],
    *,
    lots: int,
    vehicles: int,
    as_json: bool,
    python: Path | None = None,
) -> None:
    async def go() -> Report:
        with servers() as own:
            async with new_environment(own, lots=lots, vehicles=vehicles, python=python) as env:
                return await what(env)

    _print(uvloop.run(go()), as_json=as_json)


def _print(report: Report, *, as_json: bool) -> NoReturn:
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    else:
        terminal = Console()
        # Without a terminal the table goes to a file, which has no width.
        (terminal if terminal.is_terminal else Console(width=TABLE_CHARACTERS)).print(report.table(), highlight=False)
    sys.exit(0 if report.ok else 1)


@click.group()
def main() -> None:
    """Load against a OneLot of its own on this machine. What it is doing goes to stderr, the report to stdout."""
    # A shell lets its background jobs ignore Ctrl-C, and SIGTERM would end this without dropping its database.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


_json = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
_lots = click.option("--lots", default=50, type=click.IntRange(1, 1000), help="Lots in the city.")


@main.command("throughput")
@_lots
@_json
@click.option("--seconds", default=10.0, type=click.FloatRange(0.5, 300), help="How long each measurement takes.")
@click.option("--connections", default=64, type=click.IntRange(1, 1000), help="Requests in flight, single events.")
@click.option("--workers", default=1, type=click.IntRange(1, 64), help="Processes that serve.")
@click.option("--work", is_flag=True, help="Let the worker collect the charges meanwhile.")
def _throughput(lots: int, as_json: bool, seconds: float, connections: int, workers: int, work: bool) -> None:
    """Events per second and latency, beside what Litestar and PostgreSQL do alone."""
    _run(
        lambda env: throughput.run(env, seconds=seconds, connections=connections, workers=workers, work=work),
        lots=lots,
        vehicles=throughput.vehicles(seconds),
        as_json=as_json,
    )


@main.command("searches")
@click.option("--lots", default=5_000, type=click.IntRange(1, 20_000), help="Lots in the city.")
@_json
@click.option("--seconds", default=10.0, type=click.FloatRange(0.5, 300), help="How long each measurement takes.")
@click.option("--listeners", default=1_000, type=click.IntRange(1, 5_000), help="Who listens to an area each.")
def _searches(lots: int, as_json: bool, seconds: float, listeners: int) -> None:
    """Lots near a place with what a stay costs, and changes as those hear of them who listen to an area."""
    _run(
        lambda env: searches.run(env, seconds=seconds, listeners=listeners, lots=lots),
        lots=lots,
        vehicles=1,
        as_json=as_json,
    )


@main.command("overhead")
@_lots
@_json
@click.option("--pairs", default=45, type=click.IntRange(1, 100), help="How often each is measured.")
@click.option("--seconds", default=1.0, type=click.FloatRange(0.5, 60), help="How long a turn takes.")
@click.option("--connections", default=64, type=click.IntRange(1, 1000), help="Requests in flight.")
@click.option(
    "--within-percent",
    default=overhead.WITHIN_PERCENT,
    show_default=True,
    type=click.FloatRange(0),
    help="What it may cost of the processor's time.",
)
def _overhead(lots: int, as_json: bool, pairs: int, seconds: float, connections: int, within_percent: float) -> None:
    """What counting and logging cost of single gate events: the service beside itself without them, in turns."""
    _run(
        lambda env: overhead.run(
            env, pairs=pairs, seconds=seconds, connections=connections, within_percent=within_percent
        ),
        lots=lots,
        vehicles=overhead.VEHICLES,
        as_json=as_json,
    )


@main.command("faults")
@_lots
@_json
@click.option("--seconds", default=30.0, type=click.FloatRange(2, 600), help="How long events are sent.")
@click.option("--connections", default=200, type=click.IntRange(1, 1000), help="Requests in flight.")
@click.option("--vehicles", default=faults.VEHICLES, type=click.IntRange(1, 200_000), help="Vehicles that come.")
@click.option("--kills", default=3, type=click.IntRange(0, 20), help="How often the server is killed.")
def _faults(lots: int, as_json: bool, seconds: float, connections: int, vehicles: int, kills: int) -> None:
    """Concurrent events for the same lots; the server is killed in the middle. Nothing acknowledged may be lost."""
    _run(
        lambda env: faults.run(env, seconds=seconds, connections=connections, kills=kills),
        lots=lots,
        vehicles=vehicles,
        as_json=as_json,
    )


@main.command("fairness")
@click.option("--lots", default=200, type=click.IntRange(1, 1000), help="Lots in the city, with a gateway each.")
@_json
@click.option("--backlog", default=1_000, type=click.IntRange(1, 100_000), help="Events each gateway hands in.")
@click.option("--array", default=250, type=click.IntRange(1, 500), help="Events in a request.")
@click.option("--cars", default=40.0, type=click.FloatRange(1, 1000), help="Cars that come live each second.")
def _fairness(lots: int, as_json: bool, backlog: int, array: int, cars: float) -> None:
    """All gateways hand in a backlog at once while cars come: no car may be refused or wait long."""
    _run(
        lambda env: fairness.run(env, backlog=backlog, array=array, cars_per_s=cars),
        lots=lots,
        vehicles=lots * 500,
        as_json=as_json,
    )


@main.command("dialogue")
@click.option("--lots", default=200, type=click.IntRange(1, 1000), help="Lots in the city, with a gateway each.")
@_json
@click.option("--cars", default=5, type=click.IntRange(1, 100), help="Cars that pay at each exit.")
@click.option(
    "--reads",
    default=dialogue.READS_AGAIN,
    show_default=True,
    type=click.IntRange(0, 100),
    help="How often a camera reads each again, before and after it paid.",
)
@click.option(
    "--within-ms",
    default=dialogue.TOLD_P99_MAX_MS,
    show_default=True,
    type=click.IntRange(1),
    help="What 99 of 100 cars may wait.",
)
def _dialogue(lots: int, as_json: bool, cars: int, reads: int, within_ms: int) -> None:
    """Held cars pay while all gateways listen and cameras read again: each is let out, once and within a second."""
    _run(
        lambda env: dialogue.run(env, cars=cars, reads=reads, within_ms=within_ms),
        lots=lots,
        vehicles=lots * 5,
        as_json=as_json,
    )


@main.command("redelivery")
@_lots
@_json
@click.option("--events", default=10_000, type=click.IntRange(10, 200_000), help="Different events.")
def _redelivery(lots: int, as_json: bool, events: int) -> None:
    """The same events twice and shuffled, against once and in order: what differs must be in review."""
    _run(lambda env: redelivery.run(env, events=events), lots=lots, vehicles=events // 2, as_json=as_json)


@main.command("attack")
@_lots
@_json
@click.option("--seconds", default=8.0, type=click.FloatRange(1, 120), help="How long each attack lasts.")
@click.option("--events", default=200, type=click.IntRange(1, 2000), help="Live events a second, of all gates.")
@click.option("--only", multiple=True, type=click.Choice(attack.names()), help="Only this attack; may be repeated.")
@click.option("--own-process", is_flag=True, help="Serve the gateways from a process of their own.")
def _attack(lots: int, as_json: bool, seconds: float, events: int, only: tuple[str, ...], own_process: bool) -> None:
    """Gates under live events while the service is attacked, from this machine alone: no gate may notice."""
    _run(
        lambda env: attack.run(
            env, attacks=only or attack.names(), seconds=seconds, events_per_s=events, own_process=own_process
        ),
        lots=lots,
        vehicles=attack.VEHICLES,
        as_json=as_json,
    )


@main.command("restore")
@_lots
@_json
@click.option("--seconds", default=3.0, type=click.FloatRange(1, 60), help="Load before, between and after.")
@click.option("--connections", default=32, type=click.IntRange(1, 1000), help="Requests in flight.")
def _restore(lots: int, as_json: bool, seconds: float, connections: int) -> None:
    """PostgreSQL is lost and restored to a moment: what was acknowledged by then is there. On servers of its own."""
    _print(uvloop.run(restore.run(lots=lots, seconds=seconds, connections=connections)), as_json=as_json)


@main.command("upgrade")
@_lots
@_json
@click.option("--seconds", default=3.0, type=click.FloatRange(1, 60), help="Load before, between the steps and after.")
@click.option("--connections", default=32, type=click.IntRange(1, 1000), help="Requests in flight.")
@click.option("--before", type=PYTHON, help="The interpreter of an installation of the version before.")
def _upgrade(lots: int, as_json: bool, seconds: float, connections: int, before: Path | None) -> None:
    """The schema is migrated and another process takes over under load: no event may be refused or lost."""
    _run(
        lambda env: upgrade.run(env, seconds=seconds, connections=connections),
        lots=lots,
        vehicles=upgrade.VEHICLES,
        as_json=as_json,
        python=before,
    )


@main.command("reports")
@_lots
@_json
@click.option("--stays", default=1_000_000, type=click.IntRange(min=1), help="Stays in the month.")
def _reports(lots: int, as_json: bool, stays: int) -> None:
    """A month of a city: its statement, and a file with a line for each stay, in time and in little memory."""
    _run(lambda env: reports.run(env, stays=stays), lots=lots, vehicles=1, as_json=as_json)


@main.command("pricing")
@_json
@click.option("--stays", default=1_000_000, type=click.IntRange(min=1), help="Past stays to simulate.")
@click.option("--seed", default=1, type=int, help="Of the stays.")
@click.option("--repeats", default=pricing.REPEATS, type=click.IntRange(1, 100), help="How often each is measured.")
def _pricing(as_json: bool, stays: int, seed: int, repeats: int) -> None:
    """How long fees take, one by one and of a million past stays."""
    _print(pricing.run(stays=stays, seed=seed, repeats=repeats), as_json=as_json)


if __name__ == "__main__":
    main()
