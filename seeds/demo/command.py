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
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from parking.cli.spoken import sentence, word
from parking.settings import read
from payments.channels import open_all
from payments.identity import READERS, Audience, Principal
from seeds.city.drivers import Driver, drivers
from seeds.city.jinan import jinan, part
from seeds.city.network import City
from seeds.city.registration import Registered, open_accounts, register_network
from seeds.demo import env_file, oddities
from seeds.demo.environment import Environment
from seeds.demo.run import SEED, Run, RunFailed
from seeds.demo.staff import SignUps, sign_up
from seeds.demo.terminal import CITY_TIME
from seeds.demo.yesterday import hand_in
from seeds.servers import embedded
from seeds.servers.process import Process, ServerFailed, free_port
from seeds.traffic import day
from seeds.traffic.day import Day
from seeds.traffic.gateways import Refused
from sql.migrate import migrate
from sql.pool import open_pool

HOST = "127.0.0.1"
PORT_WISHED = 8000
REGISTER_CONNECTIONS = 8
# How long the day takes when no end is asked for.
DAY_S = 8 * 60.0
DAY_S_MIN = 12.0
# The day is over shortly after midnight. From then on the clock goes on at the usual pace.
AFTER = timedelta(minutes=4)
WHOLE = timedelta(days=1) + AFTER
# Of the minutes asked for, what goes to starting OneLot, and at the end to collecting, settling and verifying.
START_S = 3.0
CLOSING_S = 14.0
# What a laptop's two cores take at ease; a day in less time is one with less traffic, and in much less time one of a
# part of the city, because there would be no time to register the whole.
DAY_S_OF_ALL_TRAFFIC = 240.0
DAY_S_OF_ALL_LOTS = 45.0
LOTS_MIN = 6
REGISTER_S = 14.0
# As much of a day's traffic as can be handed in while a person waits.
YESTERDAY_SHARE = 0.06
# With this budget all thirty tariffs are checked in two seconds; tests check them thoroughly.
CHECK_BUDGET = 300


class PortTaken(Exception):
    """The port that was asked for cannot be served on; the sentence says why."""


def main(
    minutes: float | None = None,
    port: int | None = None,
    drivers_max: int | None = None,
    lots_max: int | None = None,
) -> int:
    """Runs the demonstration until `minutes` are over or Ctrl-C, with so many drivers and lots at the most.

    Returns 0, 1 if something failed or the books do not hold, 2 if the port that was asked for is taken.
    """
    console = Console()
    ends_at = None if minutes is None else monotonic() + minutes * 60
    # Whoever sends a signal means it, even where a shell lets its background jobs ignore Ctrl-C.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        return _run(console, _port(port), ends_at, drivers_max, lots_max)
    except KeyboardInterrupt:
        console.print(f"\n{word('Stopped. Nothing is left running.')}")
        return 0
    except PortTaken as problem:
        console.print(f"{problem}", markup=False, highlight=False)
        return 2
    except (ServerFailed, RunFailed, Refused, httpx.HTTPError) as problem:
        console.print(sentence("The demo failed: {why}", why=problem), markup=False, highlight=False)
        return 1


def _run(console: Console, port: int, ends_at: float | None, drivers_max: int | None, lots_max: int | None) -> int:
    with ExitStack() as running:
        console.print(word("PostgreSQL and Redis: starting servers of our own …"))
        database_url = running.enter_context(embedded.postgres())
        redis_url = running.enter_context(embedded.redis())
        environment = Environment(
            database_url, redis_url, port, secrets.token_hex(32), *_midnight(), speed=1.0, started=unix_time()
        )
        city, people = jinan(), drivers()[:drivers_max]
        if lots_max is not None:
            city, people = _fewer_lots(city, people, lots_max)
        city, people, scale = _part(city, people, ends_at)
        prepared = asyncio.run(_prepare(console, environment, city, people, scale))
        environment = environment.running_at(
            _speed(ends_at), started=unix_time() + START_S, until=environment.starts_at + WHOLE
        )
        with _started(environment) as processes:
            console.print(word("OneLot: starting `onelot serve` and `onelot work` …"), markup=False)
            named = env_file.variables(environment, city, prepared.registered, prepared.driver_token)
            with env_file.env_file(named, port) as path:
                console.print(sentence("What the examples of docs/calling.md need: {file}", file=path), highlight=False)
                _say_staff(console, environment, prepared.staff)
                run = Run(console, environment, prepared.traffic, prepared.registered.keys, processes)
                try:
                    asyncio.run(run.run(ends_itself=ends_at is not None))
                except Exception:
                    for name, process in processes.items():
                        console.print(sentence("--- the end of the log of `onelot {name}`:", name=name), markup=False)
                        console.print(process.log_tail(), markup=False)
                    raise
        return _verify(environment)


def _midnight() -> tuple[Any, datetime]:
    """The business day that is played (yesterday in the city, so that it can be settled), and its midnight."""
    played = datetime.now(CITY_TIME).date() - timedelta(days=1)
    return played, datetime(played.year, played.month, played.day, tzinfo=CITY_TIME).astimezone(UTC)


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
    return *_fewer_lots(city, people, max(LOTS_MIN, int(len(city.lots) * share))), 1.0


def _fewer_lots(city: City, people: Sequence[Driver], lots_max: int) -> tuple[City, Sequence[Driver]]:
    """A part of the city, and as many of its drivers as belong to it."""
    smaller = part(city, lots_max)
    return smaller, people[: len(people) * len(smaller.lots) // len(city.lots)]


class _Prepared(Struct, frozen=True):
    """What a demonstration begins with: the network, the token of the examples' driver, and the day to be played."""

    registered: Registered
    driver_token: str
    traffic: Day
    staff: SignUps


async def _prepare(
    console: Console, environment: Environment, city: City, people: Sequence[Driver], scale: float
) -> _Prepared:
    """The schema, the city and its drivers, and the day before, before anything else runs."""
    played = environment.business_date
    making = asyncio.gather(
        asyncio.to_thread(day.traffic, city, day=played, seed=SEED, scale=scale, motorists=people),
        asyncio.to_thread(
            day.history, city, day=played - timedelta(days=1), seed=SEED, scale=YESTERDAY_SHARE, motorists=people
        ),
    )
    await migrate(environment.database_url, now=environment.starts_at)
    columns = (TextColumn(word("Jinan: {task.description}")), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        registered, accounts = await _register(environment, city, [*people, oddities.DRIVER], progress)
        traffic, (sendings, visits) = await making
        example = env_file.driver_with_bills(people, accounts, visits)
        driver_token = environment.token(Principal(Audience.DRIVER, "driver:readme", example))
        sendings = (*sendings, *traffic.evening)
        handing_in = progress.add_task(word("taking what gateways saw yesterday"), total=len(sendings))
        await hand_in(
            environment,
            registered.keys,
            sendings,
            (env_file.example_lot(city), city.lots[-1]),
            driver_token,
            progress=partial(progress.advance, handing_in),
        )
    return _Prepared(registered, driver_token, traffic, await _staff(environment, env_file.example_lot(city).plan.code))


async def _register(
    environment: Environment, city: City, people: Sequence[Driver], progress: Progress
) -> tuple[Registered, list[int]]:
    """The city and its drivers."""
    settings = read(environment.settings())
    now, random_bits = environment.starts_at - timedelta(days=1), partial(secrets.randbits, 64)
    async with await open_pool(settings.database_url, connections_max=REGISTER_CONNECTIONS) as pool:
        channels = open_all(pool, lambda: now, settings.channels)
        lots = progress.add_task(word("registering lots"), total=len(city.lots))
        async with pool.acquire() as db, db.transaction():
            network = await register_network(
                db,
                city,
                now=now,
                random_bits=random_bits,
                check_budget=CHECK_BUDGET,
                progress=partial(progress.advance, lots),
            )
        opened = progress.add_task(word("registering drivers"), total=len(people))
        accounts = await open_accounts(
            pool, channels, people, now=now, random_bits=random_bits, progress=partial(progress.advance, opened)
        )
    return network, accounts


async def _staff(environment: Environment, lot: str) -> SignUps:
    """Who can sign in."""
    settings = read(environment.settings())
    async with await open_pool(settings.database_url, connections_max=1) as pool:
        return await sign_up(pool, lot, now=environment.starts_at)


def _say_staff(console: Console, environment: Environment, staff: SignUps) -> None:
    about = {"address": environment.address, "logins": ", ".join(READERS), "password": staff.password}
    template = "Staff: {address}/sign-in    login: one of {logins}    password: {password}"
    console.print(sentence(template, **about), highlight=False, soft_wrap=True)
    for login, secret in staff.totp_secrets.items():
        console.print(
            sentence("{login}: secret of the telephone {secret}", login=login, secret=secret), highlight=False
        )


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
            template = (
                "Port {port} cannot be served on ({why}): name another with --port, or none, and a free one is taken."
            )
            raise PortTaken(sentence(template, port=asked, why=problem.strerror)) from problem
    return free_port()
