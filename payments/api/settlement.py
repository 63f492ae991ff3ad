"""Settling a business day, and its statements as JSON and as CSV."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from payments import identity, settlement
from payments.api.dependencies import Db, LotNames, Now, Pool, Principal
from payments.flow import reports
from payments.flow import settlement as settlement_flow
from payments.flow.reports import Form
from payments.identity import Audience
from payments.reports.asked import Asked, heading
from payments.reports.table import Language
from payments.settlement import SETTLEMENTS_PER_PAGE_MAX, NoSuchSettlement, Settlement


class DayToSettle(Struct, frozen=True, forbid_unknown_fields=True):
    """The business day to settle; it must be over at every operator."""

    business_date: date


class SettlementPage(Struct, frozen=True):
    """Settlements by day and operator; `next` is null on the last page."""

    settlements: Sequence[Settlement]
    next: str | None


@post(
    "/v1/settlements",
    operation_id="settleDay",
    summary="Settle a business day for all operators",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def settle_day(data: JSONBody[DayToSettle], principal: Principal, pool: Pool, now: Now) -> list[Settlement]:
    """Settled again it is the same; stopped on the way it goes on. Nothing is booked into the day afterwards.

    An operator whose day is not over, or into whose books somebody posts all the while, is missing from the answer: ask
    again, or leave it to the night.
    """
    identity.may_act_for_all(principal)
    return await settlement_flow.settle(pool, business_date=data.business_date, now=now, actor=principal.subject)


@get(
    "/v1/settlements",
    operation_id="listSettlements",
    summary="Settlements of a range of days",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)},
)
async def list_settlements(
    principal: Principal,
    db: Db,
    first: Annotated[date, QueryParameter(name="from", description="The first business day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last business day; at most a year later.")],
    operator: Annotated[str | None, QueryParameter(max_length=64, description="An operator's code.")] = None,
    after: Annotated[str | None, QueryParameter(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=SETTLEMENTS_PER_PAGE_MAX, description="Settlements per page.")] = 100,
) -> SettlementPage:
    """By day and operator; staff of one operator see theirs."""
    found = await settlement_flow.settlements_of(
        db,
        first=first,
        last=last,
        operator_code=operator,
        operator_id=principal.operator_id,
        after=None if after is None else settlement.read_cursor(after),
        limit=limit,
    )
    return SettlementPage(found, settlement.cursor(found[-1]) if len(found) == limit else None)


@get(
    "/v1/settlements/{operator:str}/{file:str}",
    operation_id="getSettlementCsv",
    summary="A settlement as CSV: /v1/settlements/{operator}/{date}.csv",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)},
    media_type="text/csv",
)
async def get_settlement_csv(
    *,
    operator: FromPath[str],
    file: FromPath[str],
    principal: Principal,
    db: Db,
    lot_names: LotNames,
    now: Now,
    lang: Annotated[Language, QueryParameter(description="Of headings and names.")] = "zh",
) -> Response[bytes]:
    """UTF-8 with a byte order mark: a line per lot, in yuan. `GET /v1/reports/settlement.xlsx` has its totals, and more
    days.
    """
    settled = await settlement_flow.settlement_of(db, operator_code=operator, business_date=date_of_file(file))
    identity.may_act_for(principal, settled.operator_id)
    asked = Asked(settled.business_date, settled.business_date, settled.operator_id)
    out = io.BytesIO()
    names = await reports.names(db, lot_names)
    head = heading(asked, names, by=principal.subject, now=now)
    report = await reports.BY_NAME["settlement"].make(db, asked, names, head)
    await reports.write(report, Form.CSV, lang, out)
    name = f'attachment; filename="settlement-{settled.operator_code}-{settled.business_date}.csv"'
    return Response(out.getvalue(), media_type="text/csv", headers={"Content-Disposition": name}, status_code=200)


def date_of_file(name: str) -> date:
    """The business day of a file named `2026-11-16.csv`.

    Raises:
        NoSuchSettlement: it is not named so.
    """
    try:
        return date.fromisoformat(name.removesuffix(".csv") if name.endswith(".csv") else "")
    except ValueError as wrong:
        raise NoSuchSettlement("A settlement's file is named like 2026-11-16.csv.", file=name) from wrong


ROUTES: list[HTTPRouteHandler] = [settle_day, list_settlements, get_settlement_csv]
