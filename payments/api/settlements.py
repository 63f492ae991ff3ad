"""Finance's doors: settling a day, the statements as JSON and as CSV, and the journals behind them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from payments import flow, identity
from payments.api.given import Db, Now, Pool, Principal
from payments.identity import Audience
from payments.ledger import JOURNALS_PER_PAGE_MAX, Booked
from payments.settlement import Settlement


class DayToSettle(Struct, frozen=True, forbid_unknown_fields=True):
    """The business day to settle; it must be over at every operator."""

    business_date: date


class JournalPage(Struct, frozen=True):
    """Journals with their transfers; `next` is null on the last page."""

    journals: list[Booked]
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
    """Settled again it is the same; stopped on the way it goes on. Nothing is booked into the day afterwards."""
    identity.may_act_for_all(principal)
    return await flow.settle(pool, business_date=data.business_date, now=now)


@get(
    "/v1/settlements",
    operation_id="listSettlements",
    summary="Settlements of a range of days",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_settlements(
    principal: Principal,
    db: Db,
    first: Annotated[date, QueryParameter(name="from", description="The first business day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last business day; at most a year later.")],
    operator: Annotated[str | None, QueryParameter(max_length=64, description="An operator's code.")] = None,
) -> Sequence[Settlement]:
    """By day and operator; staff of one operator see theirs."""
    found = await flow.settlements_of(db, first=first, last=last, operator_code=operator)
    return [settled for settled in found if principal.operator_id in (None, settled.operator_id)]


@get(
    "/v1/settlements/{operator:str}/{file:str}",
    operation_id="getSettlementCsv",
    summary="A settlement as CSV: /v1/settlements/{operator}/{date}.csv",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    media_type="text/csv",
)
async def get_settlement_csv(
    operator: FromPath[str], file: FromPath[str], principal: Principal, db: Db
) -> Response[bytes]:
    """UTF-8 with a byte order mark: a line per lot, and a total that bears the fee and the net amount, in yuan."""
    settled = await flow.settlement_in_file(db, operator_code=operator, file=file)
    identity.may_act_for(principal, settled.operator_id)
    text = await flow.settlement_csv(db, settled)
    name = f'attachment; filename="settlement-{settled.operator_id}-{settled.business_date}.csv"'
    return Response(
        text.encode(), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}, status_code=200
    )


@get(
    "/v1/journals",
    operation_id="listJournals",
    summary="What was booked on a business day",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_journals(
    principal: Principal,
    db: Db,
    day: Annotated[date, QueryParameter(name="date", description="The business day.")],
    after: Annotated[str | None, QueryParameter(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=JOURNALS_PER_PAGE_MAX, description="Journals per page.")] = 50,
) -> JournalPage:
    """Staff of one operator see the journals of its lots."""
    journals = await flow.journals_of_day(db, day, after=after, limit=limit, operator_id=principal.operator_id)
    last = journals[-1] if len(journals) == limit else None
    return JournalPage(journals, None if last is None else f"{last.owner_id}.{last.id}")


ROUTES: list[HTTPRouteHandler] = [settle_day, list_settlements, get_settlement_csv, list_journals]
