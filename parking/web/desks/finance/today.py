"""What is to be done before a day is closed, closing it, and disputes."""

from datetime import date, timedelta

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parking.flow import reports
from parking.store import closing as store
from parking.texts.pages import finance as words
from parking.web.dependencies import Db, Network, Now, Pool, Principal
from parking.web.desks.finance.frame import (
    CLOSERS,
    READERS,
    ROOT,
    amounts,
    channel_name,
    days,
    desk,
    last_over,
    state,
    table_of,
)
from parking.web.desks.frame import DESKS, query_of, reader_of
from parking.web.forms import Shown, action, page, read
from parking.web.reader import Reader
from parking.web.response import moved
from parking.web.tables import Column, Kind, Row, State, Table, Tone
from payments import ids
from payments.disputes import LOOK_WITHIN, DisputeState
from payments.flow import disputes as dispute_flow
from payments.flow import settlement as settlement_flow
from payments.reports.asked import Asked
from payments.settlement import DayNotOver, DayTooOld

DISPUTES_SHOWN_MAX = 200
_DAYS_SHOWN = 7


class DayToClose(Struct, frozen=True):
    """Which business day is closed."""

    day: date


@page(ROOT, *READERS)
async def today(request: Shown, principal: Principal, network: Network, db: Db, now: Now) -> Response[bytes]:
    """What is to be looked at before the last day is closed, and how the days before stand."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    day = last_over(now)
    waits = await store.waits(db, principal.operator_id, late_before=now - LOOK_WITHIN, day=day)
    # Charges wait because of a case; who only looks has no desk of cases.
    cases = "/desk/cases" if principal.audience in DESKS["cases"] else None
    waits_still = any((waits.disputes, waits.late_disputes, waits.suspense_fen, waits.attempts, waits.held, waits.cash))
    items = [
        ("unsettled", waits.unsettled, None, Tone.WAITS),
        ("disputes_item", waits.disputes, f"{ROOT}/disputes", Tone.WAITS),
        ("late_disputes", waits.late_disputes, f"{ROOT}/disputes", Tone.BAD),
        ("suspense", reader.money(waits.suspense_fen) if waits.suspense_fen else 0, f"{ROOT}/disputes", Tone.WAITS),
        ("attempts", waits.attempts, None, Tone.WAITS),
        ("held", waits.held, cases, Tone.WAITS),
        ("cash_item", waits.cash, None, Tone.WAITS),
    ]
    rows = [
        Row([reader.word(name), str(count), _standing(reader, count, tone)], href=href if count else None)
        for name, count, href, tone in items
    ]
    columns = [Column("item", reader.word("item")), Column("count", reader.word("count")), state(reader)]
    asked = Asked(day - timedelta(days=_DAYS_SHOWN - 1), day, principal.operator_id)
    return desk(
        request,
        "desks/finance.html",
        reader,
        principal,
        network.snapshot,
        here="today",
        day=day,
        is_closed=not waits.unsettled,
        waits_still=waits_still,
        may_close=principal.audience in CLOSERS and principal.operator_id is None,
        is_refused="refused" in request.query_params,
        checklist=Table(reader.word("close_title", day), ROOT, columns, rows),
        table=await days(request, reader, db, network.snapshot, asked, ROOT, ()),
    )


@action(f"{ROOT}/close", *CLOSERS)
async def close(request: Shown, principal: Principal, pool: Pool, now: Now) -> Response[bytes]:
    """Closes a day of all operators; again it is the same."""
    said = await read(request, DayToClose)
    if principal.operator_id is not None:
        return moved(f"{ROOT}?refused=1")
    try:
        await settlement_flow.settle(pool, business_date=said.day, now=now, actor=principal.subject)
    except (DayNotOver, DayTooOld):
        return moved(f"{ROOT}?refused=1")
    return moved(f"{ROOT}?done=1")


@page(f"{ROOT}/disputes", *READERS)
async def disputes(request: Shown, principal: Principal, network: Network, db: Db, now: Now) -> Response[bytes]:
    """Open disputes, with until when each is to be looked at."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    found = await dispute_flow.disputes_page(
        db, operator_id=principal.operator_id, state=DisputeState.OPEN, after=ids.FIRST, limit=DISPUTES_SHOWN_MAX
    )
    names = reports.names_of(network.snapshot)
    columns = [
        Column("opened", reader.word("opened"), Kind.TIME),
        Column("kind", reader.word("kind")),
        Column("operator", reader.word("operator")),
        Column("channel", reader.word("channel")),
        *amounts(reader, "asked", "suspended"),
        Column("look_by", reader.word("look_by"), Kind.TIME),
        state(reader),
    ]
    rows = [
        Row(
            [
                each.opened_at,
                reader.word(f"dispute_{each.kind}"),
                reader.said(name) if (name := names.operator(each.operator_id)[1]) else "–",
                channel_name(reader, each.channel),
                each.asked_fen,
                each.held_fen,
                each.opened_at + LOOK_WITHIN,
                State(reader.word("late"), Tone.BAD)
                if now - each.opened_at > LOOK_WITHIN
                else State(reader.word("open"), Tone.WAITS),
            ]
        )
        for each in found
    ]
    path = f"{ROOT}/disputes"
    return await table_of(
        request,
        "desks/part.html",
        reader,
        principal,
        network.snapshot,
        here="disputes",
        table=Table(reader.word("disputes"), path, columns, rows, query_of(request)),
        now=now,
        heading=reader.word("disputes"),
        lead=reader.word("disputes_lead"),
    )


def _standing(reader: Reader, count: int | str, tone: Tone) -> State:
    if not count:
        return State(reader.word("clear"), Tone.GOOD)
    return State(reader.word("blocks" if tone is Tone.BAD else "look"), tone)


ROUTES: list[HTTPRouteHandler] = [today, close, disputes]
