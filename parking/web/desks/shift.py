"""The desk at which a shift is begun, and signed over with its cash."""

from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking.decisions import DecisionUnfit
from parking.flow import shifts as flow
from parking.scope import lots_named, lots_of
from parking.shifts import COUNTED_FEN_MAX, NAME_CHARACTERS_MAX
from parking.texts.pages import booth as words
from parking.web.dependencies import Db, Network, Now, Principal, RandomBits
from parking.web.desks.frame import DESKS, lot_said, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, action, page, read
from parking.web.response import moved
from parking.web.tables import Column, Filter, Kind, Row, State, Table, Tone
from payments import ids
from payments.pages import ROWS_PER_PAGE

AUDIENCE = DESKS["shift"]


class NewShift(Struct, frozen=True):
    """A shift that begins."""

    lot: Annotated[str, Meta(min_length=1, max_length=64)]
    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]


class Counted(Struct, frozen=True):
    """What was counted, in yuan."""

    yuan: Annotated[str, Meta(min_length=1, max_length=16)]


@page("/desk/shift", *AUDIENCE)
async def shifts(request: Shown, principal: Principal, network: Network, db: Db, now: Now) -> Response[bytes]:
    """Shifts, with their cash."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    query, lots = query_of(request), lots_to_choose(principal, network.snapshot, reader)
    lot_ids = lots_named(principal, network.snapshot, query.get("lot"))
    after = query.get("after")
    try:
        above = ids.FIRST if after is None else UUID(after)
    except ValueError as e:
        raise DecisionUnfit("This is not the `next` of a page.", field="after") from e
    found = await flow.find_shifts(db, lot_ids, since=None, after=above, limit=ROWS_PER_PAGE)
    columns = [
        Column("name", reader.word("shift_name")),
        Column("lot", reader.word("lot")),
        Column("opened", reader.word("opened_at"), Kind.TIME),
        Column("taken", reader.word("taken"), Kind.FEN),
        Column("counted", reader.word("counted"), Kind.FEN),
        Column("difference", reader.word("difference"), Kind.FEN),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    rows = []
    for each in found:
        over = each.handed_over_at is not None
        state = State(reader.word("handed_over" if over else "running"), Tone.GOOD if over else Tone.WAITS)
        money = (each.taken_fen, each.counted_fen, each.difference_fen)
        rows.append(
            Row(
                [each.name, lot_said(each.lot, network.snapshot, reader), each.opened_at, *money, state],
                key="" if over else str(each.id),
            )
        )
    following = str(found[-1].id) if len(found) == ROWS_PER_PAGE else None
    filters = [Filter("lot", reader.word("lot"), query.get("lot", ""), lots)]
    return await table_page(
        request,
        "desks/shift.html",
        reader,
        principal,
        network.snapshot,
        here="shift",
        table=Table(reader.word("shift"), "/desk/shift", columns, rows, query, filters, following),
        now=now,
        lots=lots,
    )


@action("/desk/shift", *AUDIENCE)
async def open_shift(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """One of this name that is open already is that one."""
    said = await read(request, NewShift)
    (lot_id,) = lots_named(principal, network.snapshot, said.lot) or [0]
    await flow.open_shift(
        db, lot_id, said.name, by=principal, network=network.snapshot, now=now, random_bits=random_bits
    )
    return moved("/desk/shift")


@action("/desk/shift/{shift_id:uuid}/hand-over", *AUDIENCE)
async def hand_over(
    *,
    request: Shown,
    shift_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """It takes no more cash."""
    said = await read(request, Counted)
    await flow.hand_over(
        db,
        lots_of(principal, network.snapshot),
        shift_id,
        counted_fen=_fen(said.yuan),
        by=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    return moved("/desk/shift")


def _fen(yuan: str) -> int:
    """An amount that somebody typed in yuan.

    Raises:
        DecisionUnfit: it is none, or more than a drawer holds.
    """
    try:
        fen = Decimal(yuan.replace(",", "")) * 100
    except InvalidOperation:
        fen = Decimal(-1)
    if not fen.is_finite() or fen != fen.to_integral_value() or not 0 <= fen <= COUNTED_FEN_MAX:
        raise DecisionUnfit("An amount is a number of yuan with two decimals at most.", field="yuan")
    return int(fen)


ROUTES: list[HTTPRouteHandler] = [shifts, open_shift, hand_over]
