"""Statements: of days, of one day lot by lot, and the entries of a lot."""

from datetime import date, timedelta
from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from parking.flow import reports
from parking.network import Network as Registered
from parking.texts.pages import finance as words
from parking.web.dependencies import Db, Network, Now, Principal
from parking.web.desks.finance.frame import READERS, ROOT, amounts, channel_name, days, last_over, operators, table_of
from parking.web.desks.frame import query_of, reader_of
from parking.web.forms import Shown, page
from parking.web.tables import Column, Filter, Kind, Row, Table
from payments import settlement
from payments.flow import settlement as settlement_flow
from payments.identity import may_act_for
from payments.reports.asked import Asked, Step
from payments.reports.figures import Line
from payments.reports.settlement import fees_of_lots
from payments.reports.words import KINDS
from payments.settlement import NoSuchSettlement
from payments.store import reports as figures

ENTRIES_SHOWN_MAX = 500


@page(f"{ROOT}/statements", *READERS)
async def statements(
    *,
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    first: Annotated[date | None, QueryParameter(name="from")] = None,
    last: Annotated[date | None, QueryParameter(name="to")] = None,
    operator: Annotated[str | None, QueryParameter(max_length=64)] = None,
) -> Response[bytes]:
    """Statements of days, one for each operator."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    last = last or last_over(now)
    first = min(first or last - timedelta(days=30), last)
    settlement.check_range(first, last)
    named = _operator(network.snapshot, operator)
    of = principal.operator_id or (None if named is None else named.id)
    filters = [
        Filter("from", reader.word("from"), str(first), kind="date"),
        Filter("to", reader.word("to"), str(last), kind="date"),
    ]
    if principal.operator_id is None:
        filters.append(operators(reader, network.snapshot, operator))
    path = f"{ROOT}/statements"
    table = await days(request, reader, db, network.snapshot, Asked(first, last, of), path, filters)
    return await table_of(
        request,
        "desks/part.html",
        reader,
        principal,
        network.snapshot,
        here="statements",
        table=table,
        now=now,
        heading=reader.word("statements"),
        lead=reader.word("statements_lead"),
    )


@page(f"{ROOT}/statements/{{operator:str}}/{{day:date}}", *READERS)
async def statement(
    *,
    request: Shown,
    operator: FromPath[str],
    day: FromPath[date],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
) -> Response[bytes]:
    """A statement by lots.

    Raises:
        NoSuchSettlement, NotYours: there is none, or it is another operator's.
    """
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    found = await settlement_flow.settlement_of(db, operator_code=operator, business_date=day)
    may_act_for(principal, found.operator_id)
    lots = await figures.lots_of_periods(db, Asked(day, day, found.operator_id, step=Step.DAY))
    fees = fees_of_lots(found.platform_fee_fen, [lot.gross_fen - lot.refunds_fen for lot in lots])
    names = reports.names_of(network.snapshot)
    rows = []
    for lot, fee in zip(lots, fees, strict=True):
        code, name = names.lot(lot.lot_id)
        of_it = (lot.gross_fen, lot.refunds_fen, fee, lot.gross_fen - lot.refunds_fen - fee, lot.collected_fen)
        href = None if code is None else f"{ROOT}/entries?operator={operator}&lot={code}&day={day}"
        rows.append(Row([reader.said(name) if name else "–", lot.charges, *of_it, lot.cash_fen], href=href))
    columns = [Column("lot", reader.word("lot")), Column("charges", reader.word("charges"), Kind.COUNT)]
    columns += amounts(reader, "gross", "refunds", "fee", "net", "collected", "cash")
    path = f"{ROOT}/statements/{operator}/{day}"
    of = reader.said(names.operators[found.operator_id].name)
    heading = reader.word("statement", of, day)
    totals = {
        "gross": found.gross_fen,
        "refunds": found.refunds_fen,
        "fee": found.platform_fee_fen,
        "net": found.net_fen,
        "collected": found.collected_fen,
        "cash": found.cash_fen,
        "carried": found.carried_fen,
        "payout": found.payout_fen,
    }
    return await table_of(
        request,
        "desks/finance_statement.html",
        reader,
        principal,
        network.snapshot,
        here="statements",
        table=Table(heading, path, columns, rows, query_of(request)),
        now=now,
        heading=heading,
        totals=[(reader.word(key), fen) for key, fen in totals.items()],
        file=f"{ROOT}/reports/settlement",
        days=f"from={day}&to={day}&operator={operator}",
    )


@page(f"{ROOT}/entries", *READERS)
async def entries(
    *,
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    operator: Annotated[str, QueryParameter(max_length=64)],
    lot: Annotated[str, QueryParameter(max_length=64)],
    day: Annotated[date, QueryParameter(description="A business day.")],
) -> Response[bytes]:
    """What a lot's line of a statement is made of.

    Raises:
        NoSuchSettlement, NotYours: there is no such lot, or it is another operator's.
    """
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    of = network.snapshot.lots_by_code.get(lot)
    if of is None or of.operator_code != operator:
        raise NoSuchSettlement("There is no such settlement.", operator=operator, business_date=str(day))
    may_act_for(principal, of.operator_id)
    found: list[Line] = []
    async for batch in figures.lines(db, Asked(day, day, of.operator_id, of.id)):
        found += batch
    found.sort(key=lambda line: (line.recorded_at, line.id))
    columns = [
        Column("at", reader.word("at"), Kind.TIME),
        Column("kind", reader.word("kind")),
        Column("channel", reader.word("channel")),
        Column("amount", reader.word("amount"), Kind.FEN),
    ]
    rows = [
        Row(
            [line.recorded_at, reader.said(KINDS[line.kind]), channel_name(reader, line.channel), line.fen],
            href=None if line.stay_id is None else f"{ROOT}/stays/{line.stay_id}",
        )
        for line in found
    ]
    heading = reader.word("entries", reader.either(of.name_zh, of.name_en), day)
    wants_file = "form" in request.query_params
    shown = rows if wants_file else rows[:ENTRIES_SHOWN_MAX]
    return await table_of(
        request,
        "desks/part.html",
        reader,
        principal,
        network.snapshot,
        here="statements",
        table=Table(heading, f"{ROOT}/entries", columns, shown, query_of(request)),
        now=now,
        heading=heading,
        lead=reader.word("entries_lead"),
        more=reader.word("entries_more", ENTRIES_SHOWN_MAX) if len(shown) < len(rows) else None,
    )


def _operator(network: Registered, code: str | None) -> settlement.Operator | None:
    return next((each for each in network.operators.values() if each.code == code), None)


ROUTES: list[HTTPRouteHandler] = [statements, statement, entries]
