"""A lost PostgreSQL restored to a moment: what was acknowledged by then is there, what was sent afterwards is not.

A base backup is taken while gates and the worker go on, the write-ahead log goes to a folder meanwhile. The server is
then killed and its folder deleted. A second server begins with the backup and replays the log to the moment; Redis is
that of before, whose counts are of after the moment. At last the gateways hand in again what came after it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter
from urllib.parse import urlsplit

from msgspec import Struct
from rich.table import Table

from loadtests.acknowledged import SAMPLE_MAX, Acknowledged, Key, Seen, compare, recorded
from loadtests.client import Measured, Shot, fire
from loadtests.environment import POSTGRES_SETTINGS, Environment, Machine, Servers, fill
from parking.live import counts
from parking.live import redis as live_redis
from parking.live.redis import LiveCounts
from seeds.servers import embedded
from seeds.servers.embedded import Backup
from seeds.servers.process import temporary_folder
from sql.invariants import Invariant
from sql.pool import open_pool

VEHICLES = 10_000
# A part of the log is archived when it is full, or this old: so much is lost with the server.
ARCHIVE_TIMEOUT_S = 2
ARCHIVED_WITHIN_S = 30.0
LOAD_MAX_S = 300.0
AGAIN_MAX_S = 120.0
_MEBIBYTE = 1 << 20
_WRITTEN = "select pg_walfile_name(pg_current_wal_insert_lsn())"
_ARCHIVED = "select coalesce(last_archived_wal, '') from pg_stat_archiver"


class Report(Struct, frozen=True):
    """What was lost and what came back. `missing`, `beyond`, `lost_at_last` and `twice` should be empty.

    `missing`: acknowledged by the moment, and not restored; `beyond`: sent after it, and there all the same.
    `after`: acknowledged after it, which restoring to the moment gives up; `lost_at_last`: what of everything
    acknowledged is not there when the gateways have handed in again what they sent from the moment on.
    """

    machine: Machine
    load: Measured
    database_mib: float
    backup_mib: float
    archive_mib: float
    backup_s: float
    archived_s: float
    replay_s: float
    verify_s: float
    by_the_moment: int
    after: int
    restored: int
    missing: list[Key]
    beyond: list[Key]
    answered_otherwise: list[Key]
    counts_rewritten: int
    handed_in_again: int
    lost_at_last: list[Key]
    twice: list[Key]
    counts_off: int
    verify_code: int
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether the moment is there whole and alone, and the service goes on from it."""
        wrong = self.missing or self.beyond or self.answered_otherwise or self.lost_at_last or self.twice
        books = self.verify_code or self.broken_invariants
        # A drill in which nothing came before or after the moment has shown nothing.
        return not wrong and not books and not self.counts_off and bool(self.by_the_moment and self.after)

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="A lost database restored to a moment", show_header=False)
        for name, value in (
            ("events/s while it was backed up and archived", f"{self.load.events_per_s:,.0f}"),
            ("p50 / p99 / longest answer, ms", f"{self.load.p50_ms} / {self.load.p99_ms} / {self.load.max_ms}"),
            (
                "database / base backup / archived log, MiB",
                _figures(self.database_mib, self.backup_mib, self.archive_mib),
            ),
            ("s for the base backup, under load", self.backup_s),
            ("s until all that was written was archived", self.archived_s),
            ("s from the backup to a server that answers", self.replay_s),
            ("s for onelot verify, its exit code", f"{self.verify_s}, {self.verify_code}"),
            ("events acknowledged by the moment", f"{self.by_the_moment:,}"),
            ("  of them missing", self.missing or 0),
            ("  of them answered otherwise than restored", self.answered_otherwise or 0),
            ("events restored", f"{self.restored:,}"),
            ("  of them sent after the moment", self.beyond or 0),
            ("events acknowledged after the moment", f"{self.after:,}"),
            ("counts that Redis had otherwise, rewritten", self.counts_rewritten),
            ("events handed in again", f"{self.handed_in_again:,}"),
            ("  of all acknowledged then missing", self.lost_at_last or 0),
            ("  recorded twice", self.twice or 0),
            ("  counts that Redis has otherwise", self.counts_off),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


class Moment(Struct, frozen=True):
    """A moment, what was acknowledged by then, and how many events were sent."""

    at: datetime
    acknowledged: dict[Key, Acknowledged]
    sent: int


class Load(Struct):
    """What is sent until somebody says that it is over, and kept to be sent again."""

    seen: Seen
    shots: dict[int, Shot]
    over: bool = False

    def kept(self, shots: Iterator[Shot]) -> Iterator[Shot]:
        """The same, kept, until it is over."""
        while not self.over:
            shot = next(shots)
            self.shots[shot.key] = shot
            yield shot

    def moment(self) -> Moment:
        """Now. What is in flight belongs to neither side."""
        return Moment(datetime.now(UTC), dict(self.seen.acknowledged), len(self.seen.sent))

    def since(self, moment: Moment) -> list[list[Shot]]:
        """What was not acknowledged by the moment, lot by lot in the order in which it was sent."""
        by_lot: dict[str, list[Shot]] = defaultdict(list)
        for n, key in enumerate(self.seen.sent):
            if key not in moment.acknowledged:
                by_lot[key[0]].append(self.shots[n])
        return list(by_lot.values())


class _Before(Struct, frozen=True):
    """What is left of the server that was lost: how it was, and what was noted."""

    env: Environment
    machine: Machine
    measured: Measured
    moment: Moment
    database_bytes: int
    backup_s: float
    archived_s: float


async def run(*, lots: int, seconds: float, connections: int) -> Report:
    """Gates send for `seconds` before the backup, between it and the moment, and after that; then the server is lost.

    Raises:
        seeds.servers.process.ServerFailed: a server did not start, or did not recover.
        TimeoutError: the log was not archived within ARCHIVED_WITHIN_S.
    """
    load = Load(Seen(), {})
    with ExitStack() as stack:
        archive = embedded.postgres_folder("archive")
        stack.callback(shutil.rmtree, archive)
        backup = temporary_folder("backup")
        stack.callback(shutil.rmtree, backup)
        redis_url = stack.enter_context(embedded.redis())
        with embedded.postgres(settings={**POSTGRES_SETTINGS, **_archiving(archive)}) as url:
            env = await fill(Servers(url, redis_url), url, lots=lots, vehicles=VEHICLES)
            before = await _until_lost(env, load, backup / "data", seconds=seconds, connections=connections)
        (backup / "data" / "recovery.signal").touch()
        recovering = {**POSTGRES_SETTINGS, **_recovery(archive, before.moment.at)}
        env.progress("a second server replays the log to the moment")
        began = perf_counter()
        copied = Backup(backup / "data", urlsplit(url).password or "")
        with embedded.postgres(settings=recovering, backup=copied) as restored_url:
            replay_s = perf_counter() - began
            sizes = _bytes(backup), _bytes(archive)
            restored = Environment(Servers(restored_url, redis_url), restored_url, env.lots, env.vehicles)
            return await _compared(restored, before, load, replay_s=replay_s, sizes=sizes)


def _archiving(archive: Path) -> dict[str, str]:
    # Under its name a part is whole: what is half written when the server goes is never taken for it.
    kept = f'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f.part" && mv "{archive}/%f.part" "{archive}/%f"'
    return {
        "archive_mode": "on",
        "archive_command": kept,
        "archive_timeout": f"{ARCHIVE_TIMEOUT_S}s",
    }


def _recovery(archive: Path, until: datetime) -> dict[str, str]:
    return {
        "restore_command": f'cp "{archive}/%f" "%p"',
        "recovery_target_time": until.isoformat(),
        "recovery_target_action": "promote",
    }


async def _until_lost(env: Environment, load: Load, backup: Path, *, seconds: float, connections: int) -> _Before:
    """Everything up to the end of the first server, whose folder is gone afterwards."""
    machine = await env.machine()
    streams = [load.kept(each) for each in load.seen.streams(env.lots, env.vehicles, connections, "r")]
    async with env.serving() as server, env.working():
        firing = asyncio.create_task(fire(server.port, streams, seconds=LOAD_MAX_S, on_answer=load.seen.answered))
        try:
            env.progress(f"{connections} connections send")
            await asyncio.sleep(seconds)
            env.progress("a base backup while they go on")
            backup_s = await _back_up(env.database_url, backup)
            await asyncio.sleep(seconds)
            moment = load.moment()
            env.progress("the moment has come, they go on")
            await asyncio.sleep(seconds)
            archived_s = await _archived(env)
        finally:
            load.over = True
            measured = await firing
        async with env.database() as db:
            database_bytes: int = await db.fetchval("select pg_database_size(current_database())")
        env.progress("the server is lost")
        await _lose(env)
    return _Before(env, machine, measured, moment, database_bytes, backup_s, archived_s)


async def _back_up(url: str, folder: Path) -> float:
    """The seconds that a base backup took, from beginning to end."""
    began = perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(embedded.postgres_program("pg_basebackup")),
        *("--dbname", url, "--pgdata", str(folder), "--checkpoint", "fast", "--no-sync"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, "pg_basebackup", stderr=said)
    return perf_counter() - began


async def _archived(env: Environment) -> float:
    """Waits until all that is written by now is in the archive; the seconds that took."""
    began = monotonic()
    async with env.database() as db, asyncio.timeout(ARCHIVED_WITHIN_S):
        wanted: str = await db.fetchval(_WRITTEN)
        while await db.fetchval(_ARCHIVED) < wanted:  # noqa: ASYNC110  nobody is told
            await asyncio.sleep(0.1)
    return monotonic() - began


async def _lose(env: Environment) -> None:
    """As if the machine burned: SIGKILL, and the data folder is deleted."""
    async with env.database() as db:
        data = Path(await db.fetchval("show data_directory"))
    os.kill(int((data / "postmaster.pid").read_text("utf-8").split()[0]), signal.SIGKILL)
    shutil.rmtree(data, ignore_errors=True)


async def _compared(
    env: Environment, before: _Before, load: Load, *, replay_s: float, sizes: tuple[int, int]
) -> Report:
    """What the second server has, before and after gateways hand in again what they sent from the moment on."""
    moment, seen = before.moment, load.seen
    acknowledged = dict(seen.acknowledged)
    before.env.progress("onelot verify, and what of the acknowledged is there")
    began = perf_counter()
    verify_code, _, _ = await env.command("verify")
    verify_s = perf_counter() - began
    async with env.database() as db:
        stored = await compare(db, moment.acknowledged)
        there = await recorded(db)
    rewritten = await _mended(env)
    again = load.since(moment)
    handed_in = sum(map(len, again))
    before.env.progress(f"gateways hand in again {handed_in:,} events")
    async with env.serving() as server, env.working():
        await fire(server.port, [iter(each) for each in again], seconds=AGAIN_MAX_S, on_answer=seen.answered)
    async with env.database() as db:
        at_last = await compare(db, acknowledged)
    before.env.progress("the invariants")
    return Report(
        machine=before.machine,
        load=before.measured,
        database_mib=_mib(before.database_bytes),
        backup_mib=_mib(sizes[0]),
        archive_mib=_mib(sizes[1]),
        backup_s=round(before.backup_s, 2),
        archived_s=round(before.archived_s, 2),
        replay_s=round(replay_s, 2),
        verify_s=round(verify_s, 2),
        by_the_moment=len(moment.acknowledged),
        after=len(acknowledged) - len(moment.acknowledged),
        restored=stored.in_database,
        missing=stored.lost[:SAMPLE_MAX],
        beyond=[key for key in seen.sent[moment.sent :] if key in there][:SAMPLE_MAX],
        answered_otherwise=stored.answered_otherwise[:SAMPLE_MAX],
        counts_rewritten=rewritten,
        handed_in_again=handed_in,
        lost_at_last=at_last.lost[:SAMPLE_MAX],
        twice=at_last.twice[:SAMPLE_MAX],
        counts_off=await _mended(env),
        verify_code=verify_code,
        broken_invariants=await env.broken_invariants(),
    )


async def _mended(env: Environment) -> int:
    """How many counts Redis had otherwise than the database, which it has no longer."""
    redis = live_redis.connect(env.servers.redis_url)
    pool = await open_pool(env.database_url, connections_max=1)
    try:
        async with pool:
            mended = await counts.repair(pool, LiveCounts(redis))
    finally:
        await redis.aclose()
    if mended is None:
        raise ConnectionError("Redis is away: nothing is known of its counts.")
    return mended


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _mib(size_bytes: int) -> float:
    return round(size_bytes / _MEBIBYTE, 1)


def _figures(*figures: float) -> str:
    return " / ".join(f"{figure:,.0f}" for figure in figures)
