"""Reports at the finance desk: taken at once, or made in the background and fetched."""

import io
from datetime import date
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import File
from msgspec import Meta, Struct

from parking.flow import report_runs, reports
from parking.flow.report_runs import Wanted
from parking.network import Network as Registered
from parking.report_runs import State as RunState
from parking.store import report_runs as run_store
from parking.texts.pages import finance as words
from parking.web.dependencies import Db, Network, Now, Principal, RandomBits, ReportRoom
from parking.web.desks.finance.frame import CLOSERS, READERS, last_over, parts
from parking.web.desks.frame import desk_page, reader_of
from parking.web.forms import Shown, action, page, read
from parking.web.response import language_of, moved
from parking.web.tables import Column, Kind, Row, State, Table, Tone, Value
from payments.flow.reports import Form, form_of
from payments.identity import may_act_for
from payments.reports.asked import Asked
from payments.settlement import NoSuchOperator

RUNS_SHOWN_MAX = 50
TAX_BPS = 900
MEDIA = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
}
_PATH = "/desk/finance/reports"
_TONES = {
    RunState.WAITING: ("waiting", Tone.QUIET),
    RunState.RUNNING: ("running", Tone.WAITS),
    RunState.DONE: ("ready", Tone.GOOD),
    RunState.FAILED: ("failed", Tone.BAD),
}
First = Annotated[date, QueryParameter(name="from")]
Last = Annotated[date, QueryParameter(name="to")]
Other = Annotated[str, QueryParameter(max_length=128)]
OfOperator = Annotated[str, QueryParameter(max_length=64)]


class ReportToMake(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """A report that is to be made in the background."""

    report: Annotated[str, Meta(max_length=64)]
    form: Form
    first: date
    last: date
    operator: Annotated[str, Meta(max_length=64)] = ""


@page(_PATH, *READERS)
async def reports_page(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, report_room: ReportRoom
) -> Response[bytes]:
    """Which reports there are, and those that were made."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    found = await run_store.runs(db, principal.operator_id, before=None, limit=RUNS_SHOWN_MAX)
    columns = [
        Column("report", reader.word("report")),
        Column("day", reader.word("day")),
        Column("form", reader.word("form")),
        Column("asked_at", reader.word("asked_at"), Kind.TIME),
        Column("by", reader.word("by")),
        Column("rows", reader.word("rows_made"), Kind.COUNT),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    rows = []
    for run in found:
        asked, (word, tone) = run.of, _TONES[run.state]
        title = reports.REPORTS[run.report].title if run.report in reports.REPORTS else (run.report, run.report)
        cells: list[Value] = [
            reader.said(title),
            f"{asked.first} – {asked.last}",
            run.form.upper(),
            run.asked_at,
            run.asked_by,
        ]
        state = State(reader.word(word), tone)
        rows.append(Row([*cells, run.rows_made, state], href=f"{_PATH}/runs/{run.id}" if run.file else None))
    may_keep = bool(report_room.folder)
    return desk_page(
        request,
        "desks/finance_reports.html",
        reader,
        principal,
        network.snapshot,
        here="finance",
        parts=parts(reader),
        part="reports",
        kinds=list(reports.REPORTS.values()),
        forms=list(Form),
        day=last_over(now),
        operators=[] if principal.operator_id is not None else list(network.snapshot.operators.values()),
        may_make=may_keep and principal.audience in CLOSERS,
        may_keep=may_keep,
        table=Table(reader.word("runs"), _PATH, columns, rows),
    )


@page(f"{_PATH}/download", *READERS)
async def download(
    *,
    request: Shown,
    report: Annotated[str, QueryParameter(max_length=64)],
    form: Annotated[Form, QueryParameter(description="As what.")],
    first: First,
    last: Last,
    operator: OfOperator = "",
) -> Response[bytes]:
    """To the file that a form chose.

    Raises:
        NoSuchReport: there is none of this name.
    """
    query = {"from": str(first), "to": str(last), "operator": operator, "lang": language_of(request)}
    kept = urlencode({name: value for name, value in query.items() if value})
    return moved(f"{_PATH}/{reports.definition(report).name}.{form}?{kept}")


@page(f"{_PATH}/{{file:str}}", *READERS)
async def report_file(
    *,
    request: Shown,
    file: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
    first: First,
    last: Last,
    operator: OfOperator = "",
    lang: Other = "",
) -> Response[bytes]:
    """A report as a file.

    Raises:
        NoSuchReport, ReportTooLong, RangeTooWide: as in the API.
    """
    del lang
    name, form = form_of(file)
    asked = Asked(first, last, operator_of(principal, network.snapshot, operator), tax_bps=TAX_BPS)
    out = io.BytesIO()
    await reports.make_now(
        db,
        name,
        asked,
        form,
        language_of(request),
        out,
        network=network.snapshot,
        setting=report_room.printing,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    named = f'attachment; filename="{name}-{first}-{last}.{form}"'
    headers = {"Content-Disposition": named, "Cache-Control": "no-store"}
    return Response(out.getvalue(), media_type=MEDIA[form], headers=headers)


@action(_PATH, *CLOSERS)
async def make(
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
) -> Response[bytes]:
    """Has a report made in the background."""
    said = await read(request, ReportToMake)
    asked = Asked(said.first, said.last, operator_of(principal, network.snapshot, said.operator), tax_bps=TAX_BPS)
    wanted = Wanted(said.report, said.form, language_of(request), asked)
    await report_runs.ask(db, wanted, room=report_room, by=principal, now=now, random_bits=random_bits)
    return moved(_PATH)


@page(f"{_PATH}/runs/{{run_id:uuid}}", *READERS)
async def run_file(
    run_id: FromPath[UUID],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
) -> Response[bytes]:
    """The file of a report that was made.

    Raises:
        NoSuchRun, RunNotDone: as in the API.
    """
    run, file = await report_runs.file_of(
        db, run_id, room=report_room, reader=principal, now=now, random_bits=random_bits
    )
    asked = run.of
    return File(file, filename=f"{run.report}-{asked.first}-{asked.last}.{run.form}", media_type=MEDIA[Form(run.form)])


def operator_of(principal: Principal, network: Registered, code: str) -> int | None:
    """The operator whose figures are asked for: the caller's, if they are limited to one.

    Raises:
        NoSuchOperator, NotYours: none has this code, or it is not the caller's.
    """
    if not code:
        return principal.operator_id
    found = next((each for each in network.operators.values() if each.code == code), None)
    if found is None:
        raise NoSuchOperator("There is no such operator.", operator=code)
    may_act_for(principal, found.id)
    return found.id


ROUTES: list[HTTPRouteHandler] = [reports_page, download, report_file, make, run_file]
