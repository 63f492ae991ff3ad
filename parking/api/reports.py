"""Reports: which there are, and each as JSON, CSV, XLSX or PDF for who waits for it."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking.api.dependencies import Network, ReportRoom
from parking.flow import reports as flow
from parking.scope import lots_named
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.flow.reports import Form, Takes, form_of
from payments.identity import Audience, may_act_for
from payments.ledger import Kind
from payments.reports.asked import Asked, Step
from payments.reports.table import Language
from payments.settlement import NoSuchOperator

READERS = (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)
MEDIA = {
    Form.JSON: "application/json",
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
}
TAX_BPS = 900


class ReportKind(Struct, frozen=True):
    """A report that can be asked for. `takes`: what beside days and an operator; `is_long`: it has a row for each stay
    or entry, and of many days is made by a run; `has_plates`: who takes it is kept in the audit log.
    """

    name: str
    title_zh: str
    title_en: str
    about_zh: str
    about_en: str
    takes: Sequence[Takes]
    forms: Sequence[Form]
    is_long: bool
    has_plates: bool


class ReportKinds(Struct, frozen=True):
    """The reports there are."""

    reports: Sequence[ReportKind]


@get(
    "/v1/reports",
    operation_id="listReports",
    summary="Which reports there are",
    tags=["finance"],
    opt={"audience": READERS},
)
async def list_reports() -> ReportKinds:
    """Each is at `/v1/reports/{name}.{form}`."""
    return ReportKinds([_kind(name) for name in flow.REPORTS])


@get(
    "/v1/reports/{file:str}",
    operation_id="getReport",
    summary="A report as a file: /v1/reports/{name}.json, .csv, .xlsx or .pdf",
    tags=["finance"],
    opt={"audience": READERS},
    media_type="application/octet-stream",
)
async def get_report(
    *,
    file: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    report_room: ReportRoom,
    first: Annotated[date, QueryParameter(name="from", description="The first business day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last business day; at most a year later.")],
    operator: Annotated[str | None, QueryParameter(max_length=64, description="An operator's code.")] = None,
    lot: Annotated[str | None, QueryParameter(max_length=64, description="A lot's code.")] = None,
    step: Annotated[Step, QueryParameter(name="by", description="By which stretches of days.")] = Step.WHOLE,
    kind: Annotated[Kind | None, QueryParameter(description="The business fact that was booked.")] = None,
    channel: Annotated[
        str | None, QueryParameter(max_length=32, description="Through a channel; empty: through none.")
    ] = None,
    due: Annotated[bool, QueryParameter(description="Only stays of which something is owed.")] = False,
    tax_bps: Annotated[
        int, QueryParameter(ge=0, le=10_000, description="The rate of a tax, in ten-thousandths.")
    ] = TAX_BPS,
    lang: Annotated[Language, QueryParameter(description="Of headings and names; JSON has both.")] = "zh",
) -> Response[bytes]:
    """Amounts are in yuan, in JSON in fen. JSON says of each row by which addresses its lines, stays and journals are
    listed. Staff of one operator get its own figures. At most 20,000 rows: more are made by a run.

    Raises:
        NoSuchReport: there is none of this name, or none in this form.
        ReportTooLong: it has too many rows.
    """
    name, form = form_of(file)
    asked = Asked(
        first,
        last,
        operator_named(principal, network, operator or None),
        lot_named(principal, network, lot or None),
        step,
        kind,
        channel,
        due,
        tax_bps,
    )
    out = io.BytesIO()
    await flow.make_now(
        db,
        name,
        asked,
        form,
        lang,
        out,
        network=network.snapshot,
        setting=report_room.printing,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    named = f'attachment; filename="{name}-{first}-{last}.{form}"'
    headers = {} if form is Form.JSON else {"Content-Disposition": named}
    return Response(out.getvalue(), media_type=MEDIA[form], headers=headers, status_code=200)


def operator_named(principal: Principal, network: Network, code: str | None) -> int | None:
    """The operator whose figures are asked for: the caller's, if they are limited to one.

    Raises:
        NoSuchOperator: none has this code.
        NotYours: it is not the caller's.
    """
    if code is None:
        return principal.operator_id
    found = next((each for each in network.snapshot.operators.values() if each.code == code), None)
    if found is None:
        raise NoSuchOperator("There is no such operator.", field="operator", operator=code)
    may_act_for(principal, found.id)
    return found.id


def lot_named(principal: Principal, network: Network, code: str | None) -> int | None:
    """The lot that is asked for, if one is.

    Raises:
        UnknownLot, NotYours: there is no such lot, or it is not the caller's.
    """
    return None if code is None else (lots_named(principal, network.snapshot, code) or [0])[0]


def _kind(name: str) -> ReportKind:
    of = flow.definition(name)
    words = (*of.title, *of.about)
    return ReportKind(name, *words, sorted(of.takes), list(Form), is_long=of.long, has_plates=of.personal)


ROUTES: list[HTTPRouteHandler] = [list_reports, get_report]
