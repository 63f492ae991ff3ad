"""A month of a city, written at once by SQL, and reports of it made by the command line: in which time and memory."""

import asyncio
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from time import perf_counter

from msgspec import Struct
from rich.table import Table

import sql
from loadtests.environment import Environment, Machine
from payments.flow import settlement
from payments.settlement import Settlement
from sql.pool import open_pool

FILL_TIMEOUT_S = 900.0
STATEMENT_S_MAX, LINES_S_MAX, RSS_MB_MAX, PAPER_MB_MAX = 90.0, 60.0, 200.0, 400.0
_MONTH = Path(__file__).with_name("month.sql")


class Made(Struct, frozen=True):
    """A report that was made: in which time, in how much memory, and how large it is."""

    report: str
    file: str
    seconds: float
    cpu_s: float
    rss_mb: float
    size_mb: float
    within_s: float
    within_mb: float

    @property
    def ok(self) -> bool:
        """Whether it was made in time and in little memory."""
        return self.seconds <= self.within_s and self.rss_mb <= self.within_mb


class ReportsReport(Struct, frozen=True):
    """What was made of a month of so many stays. `adds_up`: what statements have is what the ledger has."""

    machine: Machine
    stays: int
    filled_s: float
    settled_s: float
    adds_up: bool
    made: Sequence[Made]

    @property
    def ok(self) -> bool:
        """Whether all were made in time and in little memory, and add up."""
        return self.adds_up and all(each.ok for each in self.made)

    def table(self) -> Table:
        """The figures for a terminal."""
        title = f"{self.stays:,} stays in a month, filled in {self.filled_s:.0f} s, settled in {self.settled_s:.0f} s"
        table = Table(title=f"{title}{'' if self.adds_up else ', and do not add up'}")
        for heading in ("report", "file", "seconds", "at most", "its CPU s", "RSS MB", "file MB"):
            table.add_column(heading, justify="left" if heading in ("report", "file") else "right")
        for each in self.made:
            table.add_row(
                *(each.report, each.file, f"{each.seconds:.1f}", f"{each.within_s:.0f}", f"{each.cpu_s:.1f}"),
                *(f"{each.rss_mb:.0f}", f"{each.size_mb:.1f}"),
            )
        return table


async def run(env: Environment, *, stays: int) -> ReportsReport:
    """Fills the last whole month, settles it, and makes reports of it."""
    today = datetime.now(UTC).date()
    last = today.replace(day=1) - timedelta(days=1)
    first = last.replace(day=1)
    env.progress(f"writing {stays:,} stays of {first:%Y-%m}")
    began = perf_counter()
    async with env.database() as db:
        await _fill(db, _MONTH.read_text("utf-8").split(";\n\n"), first, last, stays)
    filled_s = perf_counter() - began
    await env.rest()
    env.progress("settling")
    began = perf_counter()
    settled = await _settle(env, last)
    settled_s = perf_counter() - began
    async with env.database() as db:
        booked = await db.fetchval(
            "select sum(case when t.credit_book = 'payable' then t.amount_fen else -t.amount_fen end)::bigint"
            "  from transfer t where 'payable' in (t.credit_book, t.debit_book)"
        )
        owed = await db.fetchval("select sum(net_fen)::bigint from settlement")
    made = []
    with TemporaryDirectory(prefix="onelot-reports-") as folder:
        for report, form, within_s in (
            ("settlement", "xlsx", STATEMENT_S_MAX),
            ("settlement", "pdf", STATEMENT_S_MAX),
            ("money", "xlsx", STATEMENT_S_MAX),
            ("occupancy", "xlsx", STATEMENT_S_MAX),
            ("trial-balance", "pdf", STATEMENT_S_MAX),
            ("stays", "csv", LINES_S_MAX),
            ("stays", "xlsx", LINES_S_MAX),
            ("lines", "csv", LINES_S_MAX),
            ("lines", "xlsx", LINES_S_MAX),
        ):
            env.progress(f"making {report}.{form}")
            file = Path(folder) / f"{report}.{form}"
            made.append(await asyncio.to_thread(_made, env, file, first, last, within_s))
    return ReportsReport(
        await env.machine(), stays, filled_s, settled_s, adds_up=bool(settled) and booked == owed, made=made
    )


async def _fill(db: sql.Connection, statements: Sequence[str], first: date, last: date, stays: int) -> None:
    since = datetime(first.year, first.month, first.day, 4, tzinfo=UTC)
    until = datetime(last.year, last.month, last.day, 12, tzinfo=UTC)
    # What posts journals says that it does.
    await db.execute("select set_config('onelot.posting', 'on', false)")
    for statement in statements:
        await db.execute(statement, *((since, until, stays) if "$1" in statement else ()), timeout=FILL_TIMEOUT_S)


async def _settle(env: Environment, last: date) -> list[Settlement]:
    pool = await open_pool(env.database_url, connections_max=2)
    async with pool:
        return await settlement.settle(pool, business_date=last, now=datetime.now(UTC))


def _made(env: Environment, file: Path, first: date, last: date, within_s: float) -> Made:
    """Made by a process of its own, whose memory the system tells when it has ended."""
    command = [sys.executable, "-m", "parking", "report", "make", str(file), "--from", str(first), "--to", str(last)]
    began = perf_counter()
    process = Popen([*command, "--lang", "zh"], env=env.settings(), stdout=DEVNULL, stderr=PIPE)
    assert process.stderr is not None
    complained = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    seconds = perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{file.name} was not made: {complained}")
    size_mb = file.stat().st_size / 1e6
    file.unlink()
    long = within_s == LINES_S_MAX
    cpu_s, rss_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    # What is set on paper holds all fonts.
    within_mb = RSS_MB_MAX if long else PAPER_MB_MAX
    return Made(file.stem, file.suffix[1:], seconds, cpu_s, rss_mb, size_mb, within_s, within_mb)
