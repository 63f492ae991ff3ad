"""The desk at which lists are kept: who is not let in, who is exempt, which passes were sold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking import plates
from parking.bans import Ban
from parking.decisions import DecisionUnfit
from parking.entitlements import ExemptVehicle, NewVehicle
from parking.flow import bans as bans_flow
from parking.flow import entitlements as exempt_flow
from parking.flow import passes as passes_flow
from parking.flow.entitlements import reach_of
from parking.network import Network as Snapshot
from parking.plates import PlateColor
from parking.texts.pages import booth as words
from parking.web.dependencies import Db, Network, Now, Pool, Principal, RandomBits
from parking.web.desks.frame import DESKS, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, action, page, read
from parking.web.reader import Reader
from parking.web.response import moved
from parking.web.tables import Column, Filter, Kind, Plate, Row, State, Table, Tone
from payments import ids
from payments.pages import ROWS_PER_PAGE

AUDIENCE = DESKS["lists"]
NAMES = ("bans", "exempt", "passes")
Text = Annotated[str, Meta(max_length=64)]


class NewEntry(Struct, frozen=True):
    """A vehicle that is put on a list; where it holds, by the codes of a lot or an operator."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    plate_color: PlateColor = PlateColor.UNKNOWN
    lot: Text | None = None
    operator: Text | None = None
    tags: Text = ""


class Why(Struct, frozen=True):
    """Why an entry ends."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


@page("/desk/lists", *AUDIENCE)
async def lists() -> Response[bytes]:
    """The first of them."""
    return moved(f"/desk/lists/{NAMES[0]}")


@page("/desk/lists/bans", *AUDIENCE)
async def bans(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """Who is not let in."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    plate, after = _asked(request)
    found = await bans_flow.find_bans(
        db,
        plate=plate,
        holding=False,
        appealed=False,
        after=after,
        limit=ROWS_PER_PAGE,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return await _page(request, reader, principal, network, "bans", found, now)


@action("/desk/lists/bans", *AUDIENCE)
async def add_ban(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """From now on, until it is ended."""
    said = await read(request, NewEntry)
    await bans_flow.ban(
        db,
        plate=said.plate,
        plate_color=said.plate_color,
        reach=reach_of(network.snapshot, lot=said.lot, operator=said.operator),
        valid_from=None,
        valid_until=None,
        reason=said.reason,
        principal=principal,
        now=now,
        random_bits=random_bits,
    )
    return moved("/desk/lists/bans")


@action("/desk/lists/bans/{ban_id:uuid}/end", *AUDIENCE)
async def end_ban(request: Shown, ban_id: FromPath[UUID], principal: Principal, db: Db, now: Now) -> Response[bytes]:
    """It is let in again."""
    said = await read(request, Why)
    await bans_flow.end_ban(db, ban_id, reason=said.reason, principal=principal, now=now)
    return moved("/desk/lists/bans")


@page("/desk/lists/exempt", *AUDIENCE)
async def exempt(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """What vehicles are known for."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    plate, after = _asked(request)
    found = await exempt_flow.find_vehicles(
        db,
        plate=plate,
        holding=False,
        after=after,
        limit=ROWS_PER_PAGE,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return await _page(request, reader, principal, network, "exempt", found, now)


@action("/desk/lists/exempt", *AUDIENCE)
async def add_exempt(
    request: Shown, principal: Principal, network: Network, pool: Pool, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """From now on, until it is ended."""
    said = await read(request, NewEntry)
    vehicle = NewVehicle(
        plate=said.plate,
        plate_color=said.plate_color,
        tags=tuple(said.tags.replace(",", " ").split()),
        reason=said.reason,
    )
    await exempt_flow.register_vehicles(
        pool,
        [vehicle],
        reach_of(network.snapshot, lot=said.lot, operator=said.operator),
        principal=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    return moved("/desk/lists/exempt")


@action("/desk/lists/exempt/{right_id:uuid}/end", *AUDIENCE)
async def end_exempt(
    *,
    request: Shown,
    right_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """It is known for it no more."""
    said = await read(request, Why)
    await exempt_flow.end_vehicle(
        pool,
        right_id,
        at=None,
        reason=said.reason,
        principal=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    return moved("/desk/lists/exempt")


@page("/desk/lists/passes", *AUDIENCE)
async def passes(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """Passes that were sold, and until when they hold."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    plate, after = _asked(request)
    found = await passes_flow.find_passes(
        db,
        plate=plate,
        holding=False,
        after=after,
        limit=ROWS_PER_PAGE,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    rows = [
        Row(
            [
                *(Plate(each.plates[0], each.colors[0]) if each.plates else None, each.code, each.bays),
                *(each.valid_from.isoformat(), (each.ended_through or each.valid_through).isoformat(), each.note),
            ]
        )
        for each in found
    ]
    columns = [
        Column("plate", reader.word("plate"), Kind.PLATE),
        Column("code", reader.word("code")),
        Column("bays", reader.word("bays"), Kind.COUNT),
        Column("from", reader.word("since")),
        Column("through", reader.word("through")),
        Column("note", reader.word("reason")),
    ]
    return await _listed(request, reader, principal, network, "passes", columns, rows, found, now)


def _asked(request: Shown) -> tuple[str | None, UUID]:
    query = query_of(request)
    try:
        after = UUID(query["after"]) if "after" in query else ids.FIRST
    except ValueError as e:
        raise DecisionUnfit("This is not the `next` of a page.", field="after") from e
    return plates.looked_for(query.get("plate", "")[:32] or None), after


async def _page(
    request: Shown,
    reader: Reader,
    principal: Principal,
    network: Network,
    name: str,
    found: Sequence[Ban | ExemptVehicle],
    now: datetime,
) -> Response[bytes]:
    """A list of vehicles, each from an instant until another."""
    columns = [
        Column("plate", reader.word("plate"), Kind.PLATE),
        Column("reason", reader.word("reason")),
        Column("where", reader.word("where")),
        Column("from", reader.word("since"), Kind.TIME),
        Column("until", reader.word("until"), Kind.TIME),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    rows = []
    for each in found:
        over = each.ended_at is not None or (each.valid_until is not None and each.valid_until <= now)
        state = State(reader.word("ended" if over else "holds"), Tone.QUIET if over else Tone.GOOD)
        why = each.reason if isinstance(each, Ban) else f"{' '.join(each.tags)} {each.reason}".strip()
        values = [
            *(Plate(each.plate, each.plate_color), why, _where(reader, network.snapshot, each)),
            *(each.valid_from, each.valid_until, state),
        ]
        rows.append(Row(values, key="" if over else str(each.id)))
    return await _listed(request, reader, principal, network, name, columns, rows, found, now)


async def _listed(
    request: Shown,
    reader: Reader,
    principal: Principal,
    network: Network,
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Row],
    found: Sequence[Any],
    now: datetime,
) -> Response[bytes]:
    query = query_of(request)
    following = str(found[-1].id) if len(found) == ROWS_PER_PAGE else None
    filters = [Filter("plate", reader.word("plate"), query.get("plate", ""))]
    return await table_page(
        request,
        "desks/lists.html",
        reader,
        principal,
        network.snapshot,
        here="lists",
        table=Table(reader.word(name), f"/desk/lists/{name}", columns, rows, query, filters, following),
        now=now,
        name=name,
        names=NAMES,
        colors=list(PlateColor),
        lots=lots_to_choose(principal, network.snapshot, reader),
        operator=network.snapshot.operators.get(principal.operator_id or 0),
    )


def _where(reader: Reader, network: Snapshot, entry: Ban | ExemptVehicle) -> str:
    place = network.lots.get(entry.lot_id or 0) or network.operators.get(entry.operator_id or 0)
    return reader.word("everywhere") if place is None else reader.either(place.name_zh, place.name_en)


ROUTES: list[HTTPRouteHandler] = [
    *(lists, bans, add_ban, end_ban),
    *(exempt, add_exempt, end_exempt, passes),
]
