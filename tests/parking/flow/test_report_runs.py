"""Reports that are made beside everything else: made once, kept, delivered, and asked for when their days are over."""

import asyncio
import base64
import hashlib
import hmac
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

import sql
from parking import report_runs
from parking.flow import report_runs as flow
from parking.flow import reports
from parking.flow.report_runs import Wanted
from parking.report_runs import (
    DELIVER_TRIES_MAX,
    Every,
    NoSuchRun,
    Room,
    RunNotDone,
    RunsNotKept,
    Schedule,
    State,
    Way,
    last_over,
)
from parking.store import report_runs as store
from payments import ids
from payments.flow.reports import Form
from payments.identity import Audience, Principal
from payments.reports.asked import Asked
from tests.conftest import NOW
from tests.district import STATION, District

FINANCE = Principal(Audience.FINANCE, "finance:li")
DAY = NOW.date()
SECRET = b"a secret of thirty-two bytes....."


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(str(tmp_path / "reports"), webhook_secret=SECRET)


@pytest.fixture(autouse=True)
async def nothing_waits(owner: sql.Connection) -> None:
    """What another test left is none of this one's."""
    await owner.execute("delete from report_run; delete from report_schedule")


def wanted(report: str = "prices", form: Form = Form.XLSX, **more: Any) -> Wanted:
    return Wanted(report, form, "zh", Asked(DAY, DAY), **more)


async def asked(district: District, room: Room, of: Wanted, by: Principal = FINANCE) -> report_runs.Run:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.ask(db, of, room=room, by=by, now=NOW, random_bits=district.random_bits)


async def stands(district: District, run: report_runs.Run) -> report_runs.Run:
    async with district.pool.acquire() as db:
        return await flow.run_by_id(db, run.id, FINANCE)


def lying_in(room: Room) -> list[str]:
    return [each.name for each in Path(room.folder).iterdir()]


def clock(now: datetime = NOW) -> Callable[[], datetime]:
    return lambda: now


async def test_a_file_that_takes_long_to_write_keeps_its_connection(district: District) -> None:
    """A transaction that waits is ended by the server, as one that was left."""
    async with district.pool.acquire() as db:
        await db.execute("set idle_in_transaction_session_timeout = '100ms'")
        try:
            async with db.transaction():
                asked = Asked(DAY, DAY)
                await reports.make(db, "stays", asked, network=district.network, by="finance:li", now=NOW)
                await asyncio.sleep(0.3)
                assert await db.fetchval("select 1") == 1
            assert await db.fetchval("show idle_in_transaction_session_timeout") == "100ms"
        finally:
            await db.execute("reset idle_in_transaction_session_timeout")


async def test_a_report_is_made_and_kept(district: District, room: Room) -> None:
    run = await asked(district, room, wanted())
    async with district.pool.acquire() as db, db.transaction():
        about: dict[str, Any] = {"room": room, "reader": FINANCE, "now": NOW, "random_bits": district.random_bits}
        with pytest.raises(RunNotDone):
            await flow.file_of(db, run.id, **about)
        assert await flow.make_next(district.pool, room, clock=clock())
        assert not await flow.make_next(district.pool, room, clock=clock())
        done, file = await flow.file_of(db, run.id, **about)
        theirs = msgspec.structs.replace(FINANCE, operator_id=district.lot(STATION).operator_id)
        with pytest.raises(NoSuchRun):
            await flow.file_of(db, run.id, **{**about, "reader": theirs})
    assert (done.state, done.rows_made, done.size_bytes) == (State.DONE, 3, file.stat().st_size)
    assert done.sha256 == hashlib.sha256(file.read_bytes()).digest()
    assert openpyxl.load_workbook(io.BytesIO(file.read_bytes())).worksheets[0].max_row == 4
    # Nothing else lies there, and what is old goes with its file.
    assert lying_in(room) == [file.name]
    assert await flow.forget(district.pool, room, NOW + report_runs.KEPT + timedelta(days=1)) == 1
    assert not file.exists()


async def test_what_a_worker_left_half_done_is_made_by_the_next(district: District, room: Room) -> None:
    run = await asked(district, room, wanted())
    async with district.pool.acquire() as db:
        taken = await store.next_run(db, NOW)
    assert taken is not None
    assert (taken.id, taken.state, taken.tries) == (run.id, State.RUNNING, 1)
    assert await flow.make_next(district.pool, room, clock=clock())
    assert (await stands(district, run)).tries == 2


async def test_what_cannot_be_made_says_why(district: District, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.reports.pdf.PDF_ROWS_MAX", 1)
    run = await asked(district, room, wanted(form=Form.PDF))
    assert await flow.make_next(district.pool, room, clock=clock())
    failed = await stands(district, run)
    assert failed.state is State.FAILED
    assert failed.error is not None
    assert "rows" in failed.error
    assert lying_in(room) == []


async def test_without_a_folder_there_are_no_runs(district: District) -> None:
    for room, way in ((Room(), None), (Room("/x"), Way.MAIL), (Room("/x"), Way.WEBHOOK)):
        with pytest.raises(RunsNotKept):
            await asked(district, room, wanted(way=way))


@asynccontextmanager
async def listening(answer: bytes) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that keeps what it is told and answers the same to everybody."""
    heard: list[bytes] = []

    async def told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-le")
        )
        heard.append(head + await reader.readexactly(length))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(told, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_a_webhook_is_signed_and_told_until_it_hears(district: District, room: Room) -> None:
    async with listening(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n") as (port, heard):
        to = msgspec.structs.replace(room, webhook=f"http://127.0.0.1:{port}/hook")
        run = await asked(district, to, wanted(way=Way.WEBHOOK))
        assert await flow.make_next(district.pool, to, clock=clock())
        assert await flow.deliver(district.pool, to, clock=clock()) == 0
        waiting = await stands(district, run)
        assert (waiting.deliver_at, waiting.deliver_tries) == (NOW + report_runs.DELIVER_AGAIN, 1)
        assert await flow.deliver(district.pool, to, clock=clock()) == 0
        assert len(heard) == 1
    later = NOW + 2 * report_runs.DELIVER_AGAIN
    async with listening(b"HTTP/1.1 204 ok\r\nconnection: close\r\n\r\n") as (port, heard):
        to = msgspec.structs.replace(room, webhook=f"http://127.0.0.1:{port}/hook")
        assert await flow.deliver(district.pool, to, clock=clock(later)) == 1
        assert await flow.deliver(district.pool, to, clock=clock(later)) == 0
    [said] = heard
    head, _, body = said.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET, signed, "sha256").digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert msgspec.json.decode(body)["data"]["rows"] == 3
    assert (await stands(district, run)).delivered_at == later


def test_a_delivery_is_not_tried_for_ever() -> None:
    times = [report_runs.again(tries, NOW) for tries in range(1, DELIVER_TRIES_MAX + 1)]
    assert times[0] == NOW + timedelta(minutes=1)
    assert times[-2] == NOW + timedelta(minutes=64)
    assert times[-1] is None


async def test_a_letter_has_the_file_and_no_plates(district: District, room: Room) -> None:
    to = msgspec.structs.replace(room, mail="smtp://127.0.0.1:1", mail_from="onelot@example.org")
    for report, attached in (("prices", True), ("stays", False)):
        run = await asked(district, to, wanted(report, way=Way.MAIL, address="li@example.org"))
        assert await flow.make_next(district.pool, to, clock=clock())
        run = await stands(district, run)
        assert run.file is not None
        letter = flow._letter(to, run, Path(to.folder) / run.file)
        assert letter["To"] == "li@example.org"
        assert len(list(letter.iter_attachments())) == attached
    # Nobody listens there: it is tried again.
    assert await flow.deliver(district.pool, to, clock=clock()) == 0
    assert (await stands(district, run)).deliver_error == "ConnectionRefusedError"


async def test_schedules_ask_once_when_their_days_are_over(district: District, room: Room) -> None:
    async with district.pool.acquire() as db, db.transaction():
        about: dict[str, Any] = {"room": room, "by": FINANCE, "now": NOW, "random_bits": district.random_bits}
        held = await flow.add_schedule(db, wanted(), Every.MONTH, **about)
    early = datetime(2026, 11, 30, 20, 59, tzinfo=UTC)  # 04:59 on the first, by the city's clock
    counts = [
        await flow.ask_for_due(district.pool, now=at, random_bits=district.random_bits)
        for at in (NOW, NOW, early, early + timedelta(minutes=1), early + timedelta(days=3))
    ]
    assert counts == [1, 0, 0, 1, 0]
    async with district.pool.acquire() as db, db.transaction():
        runs = [run for run in await store.runs(db, None, before=None, limit=10) if run.schedule_id == held.id]
        assert [(run.of.first, run.of.last) for run in runs] == [
            (date(2026, 11, 1), date(2026, 11, 30)),
            (date(2026, 10, 1), date(2026, 10, 31)),
        ]
        await flow.end_schedule(db, held.id, by=FINANCE, now=NOW)
        with pytest.raises(NoSuchRun):
            await flow.end_schedule(db, held.id, by=FINANCE, now=NOW)
    assert await flow.ask_for_due(district.pool, now=NOW + timedelta(days=99), random_bits=district.random_bits) == 0


@pytest.mark.parametrize(
    ("every", "today", "days"),
    [
        (Every.DAY, date(2026, 3, 1), (date(2026, 2, 28), date(2026, 2, 28))),
        (Every.WEEK, date(2026, 11, 16), (date(2026, 11, 9), date(2026, 11, 15))),
        (Every.WEEK, date(2026, 11, 15), (date(2026, 11, 2), date(2026, 11, 8))),
        (Every.MONTH, date(2026, 1, 1), (date(2025, 12, 1), date(2025, 12, 31))),
    ],
)
def test_stretches_that_are_over(every: Every, today: date, days: tuple[date, date]) -> None:
    assert last_over(every, today) == days


def test_what_was_missed_is_not_made_up_for() -> None:
    held = Schedule(1, ids.new(NOW, 1, 0), "daily", "csv", "zh", "{}", Every.DAY, None, None, "x", NOW, DAY, None)
    assert report_runs.due(held, NOW + timedelta(days=5), "Asia/Shanghai") == (DAY + timedelta(days=4),) * 2
