"""Reports that are made beside everything else: asked for, made, kept, delivered; and those that come by themselves."""

import asyncio
import contextlib
import logging
import smtplib
from collections.abc import Callable
from datetime import date, datetime
from email.message import EmailMessage
from hashlib import file_digest
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from parking import report_runs
from parking.flow import reports
from parking.flow.network import read_network
from parking.report_runs import (
    ATTACHED_BYTES_MAX,
    KEPT,
    RUNS_WAITING_MAX,
    SCHEDULES_MAX,
    TRIES_MAX,
    Every,
    NoSuchRun,
    Room,
    Run,
    RunNotDone,
    Schedule,
    State,
    TooManyRuns,
    Way,
)
from parking.store import report_runs as store
from payments import ids, ledger
from payments.errors import OneLotError
from payments.flow import reports as of_books
from payments.flow.reports import Form, Written
from payments.identity import Principal
from payments.reports.asked import Asked
from payments.reports.table import Language
from payments.store import audit as audit_store
from sql import Connection, Pool

DELIVER_TIMEOUT_S = 20.0
DELIVERIES_PER_ROUND = 20
ERROR_CHARACTERS_MAX = 300
RUNS_PER_PAGE_MAX = 100
_log = logging.getLogger(__name__)


class Wanted(Struct, frozen=True):
    """A report that is to be made: which, of what, as what, and how it is delivered."""

    report: str
    form: Form
    language: Language
    asked: Asked
    way: Way | None = None
    address: str | None = None


async def ask(
    db: Connection, wanted: Wanted, *, room: Room, by: Principal, now: datetime, random_bits: Callable[[], int]
) -> Run:
    """A run that waits for a worker. `db` is in a transaction.

    Raises:
        RunsNotKept: there is nowhere to keep it, or no such way to deliver it.
        NoSuchReport, RangeTooWide: there is no such report.
        TooManyRuns: too many wait.
    """
    room.check(wanted.way)
    reports.definition(wanted.report)
    of_books.check_days(wanted.asked)
    waiting = [
        run
        for run in await store.runs(db, by.operator_id, before=None, limit=RUNS_WAITING_MAX)
        if run.state in (State.WAITING, State.RUNNING)
    ]
    if len(waiting) >= RUNS_WAITING_MAX:
        raise TooManyRuns("Too many reports wait to be made.", runs_max=RUNS_WAITING_MAX)
    run = _waiting(wanted, by=by.subject, now=now, random_bits=random_bits)
    await store.insert(db, run)
    asked: dict[str, object] = {"report": run.report, "form": run.form, **_days(wanted.asked)}
    detail: dict[str, object] = {"before": None, "after": asked}
    await audit_store.record(
        db,
        run.owner_id,
        actor=by.subject,
        action="report_run.ask",
        subject=f"report_run:{run.id}",
        detail=detail,
        now=now,
    )
    return run


async def run_by_id(db: Connection, run_id: UUID, reader: Principal) -> Run:
    """A run of the caller's.

    Raises:
        NoSuchRun: there is none of this number, or it is another operator's.
    """
    found = await store.runs(db, reader.operator_id, before=None, limit=1, only=run_id)
    if not found:
        raise NoSuchRun("There is no such run.", run_id=str(run_id))
    return found[0]


async def file_of(
    db: Connection, run_id: UUID, *, room: Room, reader: Principal, now: datetime, random_bits: Callable[[], int]
) -> tuple[Run, Path]:
    """The file of a run. Who takes plates is kept.

    Raises:
        NoSuchRun: as there. RunNotDone: it has no file.
    """
    run = await run_by_id(db, run_id, reader)
    folder = Path(room.check(None))
    if run.file is None or not (folder / run.file).is_file():
        raise RunNotDone("This report has no file.", run_id=str(run_id), state=run.state)
    if reports.definition(run.report).personal:
        about = {"reader": reader, "now": now, "random_bits": random_bits}
        await reports.record_look(db, run.report, run.rows_made, **about)  # type: ignore[arg-type]
    return run, folder / run.file


async def add_schedule(
    db: Connection,
    wanted: Wanted,
    every: Every,
    *,
    room: Room,
    by: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> Schedule:
    """Reports of a kind from now on, each when its days are over; the first is of the days before.

    Raises:
        RunsNotKept, NoSuchReport, TooManyRuns: as `ask`.
    """
    room.check(wanted.way)
    reports.definition(wanted.report)
    if len(await store.schedules(db, None, limit=SCHEDULES_MAX)) >= SCHEDULES_MAX:
        raise TooManyRuns("There are too many schedules.", schedules_max=SCHEDULES_MAX)
    owner = wanted.asked.operator_id or ledger.PLATFORM
    schedule = Schedule(
        owner_id=owner,
        id=ids.new(now, owner, random_bits()),
        report=wanted.report,
        form=wanted.form,
        language=wanted.language,
        asked=msgspec.json.encode(wanted.asked).decode(),
        every=every,
        way=wanted.way,
        address=wanted.address,
        made_by=by.subject,
        made_at=now,
        through=date.min,
        ended_at=None,
    )
    await store.insert_schedule(db, schedule)
    await _record(db, schedule, "report_schedule.add", {"before": None, "after": _held(schedule)}, by=by, now=now)
    return schedule


async def end_schedule(db: Connection, schedule_id: UUID, *, by: Principal, now: datetime) -> None:
    """No reports of it from now on.

    Raises:
        NoSuchRun: there is none of this number, or it is another operator's.
    """
    found = await store.schedules(db, by.operator_id, limit=1, only=schedule_id)
    if not found:
        raise NoSuchRun("There is no such schedule.", run_id=str(schedule_id))
    await store.end_schedule(db, found[0], now)
    await _record(db, found[0], "report_schedule.end", {"before": _held(found[0]), "after": None}, by=by, now=now)


async def ask_for_due(pool: Pool, *, now: datetime, random_bits: Callable[[], int]) -> int:
    """Asks for the reports of schedules whose days are over; how many."""
    count = 0
    async with pool.acquire() as db:
        network = await read_network(db, now)
        for schedule in await store.schedules(db, None, limit=SCHEDULES_MAX):
            operator = network.operators.get(schedule.owner_id)
            zone = ledger.CITY_TIME_ZONE if operator is None else operator.time_zone
            days = report_runs.due(schedule, now, zone)
            if days is None:
                continue
            of = msgspec.structs.replace(msgspec.json.decode(schedule.asked, type=Asked), first=days[0], last=days[1])
            language: Language = "zh" if schedule.language == "zh" else "en"
            wanted = Wanted(schedule.report, Form(schedule.form), language, of, schedule.way, schedule.address)
            run = _waiting(wanted, by=schedule.made_by, now=now, random_bits=random_bits)
            async with db.transaction():
                if await store.move_schedule(db, schedule, days[1]):
                    await store.insert(db, msgspec.structs.replace(run, schedule_id=schedule.id))
                    count += 1
    return count


async def make_next(pool: Pool, room: Room, *, clock: Callable[[], datetime]) -> bool:
    """Makes the report that has waited longest; whether there was one. What fails is tried again, some times."""
    if not room.folder:
        return False
    folder = Path(room.folder)
    async with pool.acquire() as db:
        run = await store.next_run(db, clock())
    if run is None:
        return False
    name = report_runs.file_of(run)
    begun = folder / f".{name}"
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        written = await _made(pool, room, run, begun, clock())
        size, digest = await asyncio.to_thread(_digest, begun)
        begun.replace(folder / name)
    except (OneLotError, OSError) as wrong:
        begun.unlink(missing_ok=True)
        _log.warning("report %s was not made: %s", run.id, wrong)
        async with pool.acquire() as db:
            about = {"error": str(wrong)[:ERROR_CHARACTERS_MAX], "tries_max": TRIES_MAX}
            await store.failed(db, run, now=clock(), **about, for_good=isinstance(wrong, OneLotError))  # type: ignore[arg-type]
        return True
    async with pool.acquire() as db:
        await store.done(db, run, now=clock(), rows=written.rows, size=size, sha256=digest, file=name)
    return True


async def deliver(pool: Pool, room: Room, *, clock: Callable[[], datetime]) -> int:
    """Delivers what is done and was not delivered; how many were."""
    async with pool.acquire() as db:
        runs = await store.to_deliver(db, clock(), DELIVERIES_PER_ROUND)
    count = 0
    for run in runs:
        try:
            await _deliver(room, run, clock())
        except (OneLotError, OSError, httpx.HTTPError, smtplib.SMTPException) as wrong:
            again = report_runs.again(run.deliver_tries + 1, clock())
            async with pool.acquire() as db:
                await store.not_delivered(db, run, again=again, error=f"{type(wrong).__name__}"[:ERROR_CHARACTERS_MAX])
            continue
        async with pool.acquire() as db:
            await store.delivered(db, run, clock())
        count += 1
    return count


async def forget(pool: Pool, room: Room, now: datetime) -> int:
    """Forgets runs that are old, with their files; how many had one."""
    async with pool.acquire() as db:
        files = await store.expired(db, now - KEPT)
    for file in files:
        if room.folder:
            with contextlib.suppress(OSError):
                (Path(room.folder) / file).unlink()
    return len(files)


async def _made(pool: Pool, room: Room, run: Run, file: Path, now: datetime) -> Written:
    """One look at everything, as it is now; how far it is shows meanwhile."""
    async with pool.acquire() as beside, pool.acquire() as db:
        network = await read_network(beside, now)

        async def seen(rows: int) -> None:
            await store.progress(beside, run, rows)

        language: Language = "zh" if run.language == "zh" else "en"
        async with db.transaction(isolation="repeatable_read", readonly=True):
            report = await reports.make(db, run.report, run.of, network=network, by=run.asked_by, now=now)
            with file.open("wb") as out:
                return await of_books.write(report, Form(run.form), language, out, setting=room.printing, seen=seen)


async def _deliver(room: Room, run: Run, now: datetime) -> None:
    folder = Path(room.check(run.way))
    if run.way is Way.WEBHOOK:
        body = report_runs.told(run, now)
        headers = {"content-type": "application/json", **report_runs.signed(run, body, room.webhook_secret, now)}
        async with httpx.AsyncClient(timeout=DELIVER_TIMEOUT_S, trust_env=False) as client:
            (await client.post(room.webhook, content=body, headers=headers)).raise_for_status()
    elif run.way is Way.MAIL and run.file is not None:
        await asyncio.to_thread(_send, room, _letter(room, run, folder / run.file))


def _letter(room: Room, run: Run, file: Path) -> EmailMessage:
    asked, letter = run.of, EmailMessage()
    letter["From"], letter["To"] = room.mail_from, run.address or ""
    letter["Subject"] = f"OneLot {run.report} {asked.first} – {asked.last}"
    letter["Message-ID"] = f"<{run.id}@onelot>"
    about = f"{run.report} {asked.first} – {asked.last}: {run.rows_made} rows, sha256 {(run.sha256 or b'').hex()}"
    # Plates are not sent by mail.
    attached = not reports.definition(run.report).personal and (run.size_bytes or 0) <= ATTACHED_BYTES_MAX
    letter.set_content(about if attached else f"{about}\n/v1/report-runs/{run.id}/file")
    if attached:
        letter.add_attachment(file.read_bytes(), maintype="application", subtype="octet-stream", filename=file.name)
    return letter


def _send(room: Room, letter: EmailMessage) -> None:
    at = urlsplit(room.mail)
    kind = smtplib.SMTP_SSL if at.scheme == "smtps" else smtplib.SMTP
    with kind(at.hostname or "", at.port or 0, timeout=DELIVER_TIMEOUT_S) as server:
        if at.username:
            if at.scheme == "smtp":
                server.starttls()
            server.login(unquote(at.username), unquote(at.password or ""))
        server.send_message(letter)


def _digest(file: Path) -> tuple[int, bytes]:
    with file.open("rb") as opened:
        return file.stat().st_size, file_digest(opened, "sha256").digest()


def _waiting(wanted: Wanted, *, by: str, now: datetime, random_bits: Callable[[], int]) -> Run:
    owner = wanted.asked.operator_id or ledger.PLATFORM
    return Run(
        owner_id=owner,
        id=ids.new(now, owner, random_bits()),
        report=wanted.report,
        form=wanted.form,
        language=wanted.language,
        asked=msgspec.json.encode(wanted.asked).decode(),
        asked_by=by,
        asked_at=now,
        way=wanted.way,
        address=wanted.address,
    )


def _days(asked: Asked) -> dict[str, object]:
    return {"from": str(asked.first), "to": str(asked.last)}


def _held(schedule: Schedule) -> dict[str, object]:
    return {
        "report": schedule.report,
        "form": schedule.form,
        "every": schedule.every,
        "way": schedule.way,
        "address": schedule.address,
    }


async def _record(
    db: Connection, schedule: Schedule, action: str, detail: dict[str, object], *, by: Principal, now: datetime
) -> None:
    await audit_store.record(
        db,
        schedule.owner_id,
        actor=by.subject,
        action=action,
        subject=f"report_schedule:{schedule.id}",
        detail=detail,
        now=now,
    )
