"""The command `onelot demo`: starts servers, registers the city and its drivers, starts OneLot, plays the day."""

import asyncio
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic
from time import time as unix_time
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from parking.settings import read
from payments.channels import open_all
from seeds.city.drivers import Driver, drivers
from seeds.city.jinan import jinan, part
from seeds.city.network import City
from seeds.city.registration import open_accounts, register_network
from seeds.demo.env_file import env_file, variables
from seeds.demo.environment import Environment
from seeds.demo.run import Run, RunFailed
from seeds.demo.terminal import CITY_TIME
from seeds.servers import embedded
from seeds.servers.process import Process, ServerFailed, free_port
from sql.migrate import migrate
from sql.pool import open_pool

HOST = "127.0.0.1"
PORT_WISHED = 8000
REGISTER_CONNECTIONS = 8
# How long the day takes when no end is asked for.
DAY_S = 8 * 60.0
DAY_S_MIN = 12.0
# The evening's cars are handed in shortly before midnight; the day is over shortly after the next one.
BEFORE = timedelta(minutes=6)
AFTER = timedelta(minutes=4)
WHOLE = timedelta(days=1) + BEFORE + AFTER
# Of the minutes asked for, what goes to starting OneLot, and at the end to collecting, settling and verifying.
START_S = 3.0
CLOSING_S = 14.0
# What a laptop's two cores take at ease; a day in less time is one with less traffic, and in much less time one of a
# part of the city, because there would be no time to register the whole.
DAY_S_OF_ALL_TRAFFIC = 240.0
DAY_S_OF_ALL_LOTS = 45.0
LOTS_MIN = 6
REGISTER_S = 8.0
# With this budget all thirty tariffs are checked in two seconds; tests check them thoroughly.
CHECK_BUDGET = 300


class PortTaken(Exception):
    """The port that was asked for cannot be served on; the sentence says why."""


def main(minutes: float | None = None, port: int | None = None) -> int:
    """Runs the demonstration until `minutes` are over or Ctrl-C.

    Returns 0, 1 if something failed or the books do not hold, 2 if the port that was asked for is taken.
    """
    console = Console()
    ends_at = None if minutes is None else monotonic() + minutes * 60
    # Whoever sends a signal means it, even where a shell lets its background jobs ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(console, _port(port), ends_at)
    except KeyboardInterrupt:
        console.print("\nStopped. Nothing is left running.")
        return 0
    except PortTaken as problem:
        console.print(f"{problem}", markup=False, highlight=False)
        return 2
    except (ServerFailed, RunFailed, httpx.HTTPError) as problem:
        console.print(f"The demo failed: {problem}", markup=False, highlight=False)
        return 1


def _run(console: Console, port: int, ends_at: float | None) -> int:
    with ExitStack() as running:
        console.print("PostgreSQL and Redis: starting servers of our own …")
        database_url = running.enter_context(embedded.postgres())
        redis_url = running.enter_context(embedded.redis())
        environment = Environment(
            database_url, redis_url, port, secrets.token_hex(32), *_midnight(), speed=1.0, started=unix_time()
        )
        city, people, scale = _part(jinan(), drivers(), ends_at)
        keys, accounts = asyncio.run(_register(console, environment, city, people))
        environment = environment.running_at(_speed(ends_at), started=unix_time() + START_S)
        with _started(environment) as processes:
            console.print("OneLot: starting `onelot serve` and `onelot work` …", markup=False)
            with env_file(variables(environment, city, keys, accounts), port) as path:
                console.print(f"What README's examples need: {path}", highlight=False)
                run = Run(console, environment, city, people, keys, processes, scale=scale)
                try:
                    asyncio.run(run.run(ends_itself=ends_at is not None))
                except Exception:
                    for name, process in processes.items():
                        tail = process.log_tail()
                        console.print(f"--- the end of the log of `onelot {name}`:\n{tail}", markup=False)
                    raise
        return _verify(environment)


def _midnight() -> tuple[Any, datetime]:
    """The business day that is played (yesterday in the city: one that is not over is not settled), and when its clock
    starts.
    """
    played = datetime.now(CITY_TIME).date() - timedelta(days=1)
    midnight = datetime(played.year, played.month, played.day, tzinfo=CITY_TIME)
    return played, (midnight - BEFORE).astimezone(UTC)


def _speed(ends_at: float | None) -> float:
    left_s = DAY_S if ends_at is None else ends_at - monotonic() - START_S - CLOSING_S
    return WHOLE.total_seconds() / max(DAY_S_MIN, left_s)


def _part(city: City, people: Sequence[Driver], ends_at: float | None) -> tuple[City, Sequence[Driver], float]:
    """As much of the city, of its drivers and of its traffic (from 0 to 1) as there is time for."""
    if ends_at is None:
        return city, people, 1.0
    day_s = max(DAY_S_MIN, ends_at - monotonic() - REGISTER_S - START_S - CLOSING_S)
    share = min(1.0, day_s / DAY_S_OF_ALL_TRAFFIC)
    if day_s >= DAY_S_OF_ALL_LOTS:
        return city, people, share
    smaller = part(city, max(LOTS_MIN, int(len(city.lots) * share)))
    return smaller, people[: len(people) * len(smaller.lots) // len(city.lots)], 1.0


async def _register(
    console: Console, environment: Environment, city: City, people: Sequence[Driver]
) -> tuple[dict[str, str], list[int]]:
    """The schema, the city and its drivers, before anything else runs: the gateways' keys and the drivers' accounts."""
    await migrate(environment.database_url, now=environment.starts_at)
    settings = read(environment.settings())
    now, random_bits = environment.starts_at, partial(secrets.randbits, 64)
    columns = (TextColumn("Jinan: registering {task.description}"), BarColumn(), MofNCompleteColumn())
    async with await open_pool(settings.database_url, connections_max=REGISTER_CONNECTIONS) as pool:
        channels = open_all(pool, lambda: environment.starts_at, settings.channels)
        with Progress(*columns, console=console) as progress:
            lots = progress.add_task("lots", total=len(city.lots))
            async with pool.acquire() as db, db.transaction():
                network = await register_network(
                    db,
                    city,
                    now=now,
                    random_bits=random_bits,
                    check_budget=CHECK_BUDGET,
                    progress=partial(progress.advance, lots),
                )
            opened = progress.add_task("drivers", total=len(people))
            accounts = await open_accounts(
                pool, channels, people, now=now, random_bits=random_bits, progress=partial(progress.advance, opened)
            )
    return network.keys, accounts


@contextmanager
def _started(environment: Environment) -> Iterator[dict[str, Process]]:
    """OneLot's own processes: the HTTP API and the worker."""
    processes: dict[str, Process] = {}
    try:
        for command in ("serve", "work"):
            processes[command] = environment.start(command)
        yield processes
    finally:
        for process in processes.values():
            process.stop()


def _verify(environment: Environment) -> int:
    """`onelot verify`, as anybody would run it; its exit code is the demonstration's."""
    command = [sys.executable, "-m", "parking", "verify"]
    return subprocess.run(command, env=environment.variables(), check=False).returncode


def _port(asked: int | None) -> int:
    """Where to serve, known to be free before anything is started.

    Raises:
        PortTaken: a port was asked for and is not free. Where none was, a free one will do.
    """
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, asked or PORT_WISHED))
            listener.listen()
            return asked or PORT_WISHED
    except OSError as problem:
        if asked:
            raise PortTaken(
                f"Port {asked} cannot be served on ({problem.strerror}): name another with --port, or none, "
                "and a free one is taken."
            ) from problem
    return free_port()
