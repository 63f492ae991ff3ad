"""Reports that are made beside everything else: asked for, looked up, fetched; and those that come by themselves."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from litestar.response import File
from msgspec import Meta, Struct

from parking.api.dependencies import Network, ReportRoom
from parking.api.reports import MEDIA, READERS, TAX_BPS, lot_named, operator_named
from parking.flow import report_runs as flow
from parking.flow.report_runs import Wanted
from parking.report_runs import ADDRESS_CHARACTERS_MAX, SCHEDULES_MAX, Every, Run, Schedule, State, Way
from parking.store import report_runs as store
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.flow.reports import Form
from payments.identity import Audience
from payments.ledger import PLATFORM, Kind
from payments.reports.asked import Asked, Step
from payments.reports.table import Language

_WRITERS = (Audience.FINANCE, Audience.ADMIN)
Address = Annotated[
    str, Meta(min_length=3, max_length=ADDRESS_CHARACTERS_MAX, pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$(?!\n)")
]
_Code = Annotated[str, Meta(min_length=1, max_length=64)]


class RunToMake(Struct, frozen=True, forbid_unknown_fields=True):
    """A report and its days, both included; the rest as with `GET /v1/reports/{file}`."""

    report: _Code
    form: Form
    first: date
    last: date
    operator: _Code | None = None
    lot: _Code | None = None
    step: Step = Step.WHOLE
    kind: Kind | None = None
    channel: Annotated[str, Meta(max_length=32)] | None = None
    due: bool = False
    tax_bps: Annotated[int, Meta(ge=0, le=10_000)] = TAX_BPS
    lang: Language = "zh"


class ScheduleToHold(Struct, frozen=True, forbid_unknown_fields=True):
    """A report that comes by itself when its days are over. `address`: to whom, if by mail."""

    report: _Code
    form: Form
    every: Every
    operator: _Code | None = None
    way: Way | None = None
    address: Address | None = None
    lang: Language = "zh"


class RunShown(Struct, frozen=True):
    """A run: how far it is. `operator`: by its code, null of all."""

    id: UUID
    report: str
    form: str
    operator: str | None
    first: date
    last: date
    state: State
    rows_made: int
    size_bytes: int | None
    asked_by: str
    asked_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    error: str | None
    way: Way | None
    delivered_at: datetime | None
    deliver_error: str | None


class RunPage(Struct, frozen=True):
    """Runs, the newest first; `next` is null on the last page."""

    runs: Sequence[RunShown]
    next: UUID | None


class ScheduleShown(Struct, frozen=True):
    """A report that comes by itself."""

    id: UUID
    report: str
    form: str
    operator: str | None
    every: Every
    way: Way | None
    address: str | None
    made_by: str
    made_at: datetime


class ScheduleList(Struct, frozen=True):
    """The schedules that hold."""

    schedules: Sequence[ScheduleShown]


@post(
    "/v1/report-runs",
    operation_id="askForReport",
    summary="Have a report made",
    tags=["finance"],
    opt={"audience": _WRITERS},
    status_code=202,
)
async def ask_for_report(
    *,
    data: JSONBody[RunToMake],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
) -> RunShown:
    """Of however many rows: it waits until a worker makes it, and then has a file. Staff of one operator get its own
    figures.
    """
    asked = Asked(
        data.first,
        data.last,
        operator_named(principal, network, data.operator),
        lot_named(principal, network, data.lot),
        data.step,
        data.kind,
        data.channel,
        data.due,
        data.tax_bps,
    )
    wanted = Wanted(data.report, data.form, data.lang, asked)
    run = await flow.ask(db, wanted, room=report_room, by=principal, now=now, random_bits=random_bits)
    return _shown(run, network)


@get(
    "/v1/report-runs",
    operation_id="listReportRuns",
    summary="Reports that were asked for",
    tags=["finance"],
    opt={"audience": READERS},
)
async def list_report_runs(principal: Principal, network: Network, db: Db, page: Page) -> RunPage:
    """How far each is, the newest first; they are kept for 400 days."""
    found = await store.runs(db, principal.operator_id, before=page.after, limit=page.limit)
    return RunPage([_shown(run, network) for run in found], page.next([run.id for run in found]))


@get(
    "/v1/report-runs/{run_id:uuid}",
    operation_id="getReportRun",
    summary="How far a report is",
    tags=["finance"],
    opt={"audience": READERS},
)
async def get_report_run(run_id: FromPath[UUID], principal: Principal, network: Network, db: Db) -> RunShown:
    """With how many of its rows were made."""
    return _shown(await flow.run_by_id(db, run_id, principal), network)


@get(
    "/v1/report-runs/{run_id:uuid}/file",
    operation_id="getReportFile",
    summary="The file of a report that was made",
    tags=["finance"],
    opt={"audience": READERS},
    media_type="application/octet-stream",
)
async def get_report_file(
    run_id: FromPath[UUID],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
) -> Response[bytes]:
    """Who takes plates is kept in the audit log. 409 until it is done."""
    run, file = await flow.file_of(db, run_id, room=report_room, reader=principal, now=now, random_bits=random_bits)
    asked = run.of
    name = f"{run.report}-{asked.first}-{asked.last}.{run.form}"
    return File(file, filename=name, media_type=MEDIA[Form(run.form)])


@post(
    "/v1/report-schedules",
    operation_id="addReportSchedule",
    summary="Have a report made again and again",
    tags=["finance"],
    opt={"audience": _WRITERS},
    status_code=201,
)
async def add_report_schedule(
    *,
    data: JSONBody[ScheduleToHold],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
) -> ScheduleShown:
    """Each from five in the morning on after its days; delivered by mail or by the webhook that is set, or left in the
    folder. By mail no plates are sent.
    """
    asked = Asked(now.date(), now.date(), operator_named(principal, network, data.operator), tax_bps=TAX_BPS)
    wanted = Wanted(data.report, data.form, data.lang, asked, data.way, data.address)
    held = await flow.add_schedule(
        db, wanted, data.every, room=report_room, by=principal, now=now, random_bits=random_bits
    )
    return _schedule(held, network)


@get(
    "/v1/report-schedules",
    operation_id="listReportSchedules",
    summary="Reports that come by themselves",
    tags=["finance"],
    opt={"audience": READERS},
)
async def list_report_schedules(principal: Principal, network: Network, db: Db) -> ScheduleList:
    """Those that hold; staff of one operator see its own."""
    found = await store.schedules(db, principal.operator_id, limit=SCHEDULES_MAX)
    return ScheduleList([_schedule(each, network) for each in found])


@delete(
    "/v1/report-schedules/{schedule_id:uuid}",
    operation_id="endReportSchedule",
    summary="Have a report made no more",
    tags=["finance"],
    opt={"audience": _WRITERS},
    status_code=204,
)
async def end_report_schedule(schedule_id: FromPath[UUID], principal: Principal, db: Db, now: Now) -> None:
    """What it asked for already is made."""
    await flow.end_schedule(db, schedule_id, by=principal, now=now)


def _shown(run: Run, network: Network) -> RunShown:
    asked = run.of
    return RunShown(
        id=run.id,
        report=run.report,
        form=run.form,
        operator=_code(run.owner_id, network),
        first=asked.first,
        last=asked.last,
        state=run.state,
        rows_made=run.rows_made,
        size_bytes=run.size_bytes,
        asked_by=run.asked_by,
        asked_at=run.asked_at,
        begun_at=run.begun_at,
        ended_at=run.ended_at,
        error=run.error,
        way=run.way,
        delivered_at=run.delivered_at,
        deliver_error=run.deliver_error,
    )


def _schedule(held: Schedule, network: Network) -> ScheduleShown:
    about = (held.every, held.way, held.address, held.made_by, held.made_at)
    return ScheduleShown(held.id, held.report, held.form, _code(held.owner_id, network), *about)


def _code(owner_id: int, network: Network) -> str | None:
    operator = None if owner_id == PLATFORM else network.snapshot.operators.get(owner_id)
    return None if operator is None else operator.code


ROUTES: list[HTTPRouteHandler] = [
    ask_for_report,
    list_report_runs,
    get_report_run,
    get_report_file,
    add_report_schedule,
    list_report_schedules,
    end_report_schedule,
]
