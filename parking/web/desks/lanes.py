"""The desk at which lanes are seen, and opened from afar."""

from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking.commands import REASON_CHARACTERS_MAX, UnknownLane
from parking.flow import commands as flow
from parking.scope import lots_named, lots_of
from parking.texts.pages import booth as words
from parking.web.dependencies import Dialogue, Network, Now, Pool, Principal, RandomBits
from parking.web.desks.frame import DESKS, desk_page, lots_to_choose, query_of, reader_of
from parking.web.forms import Shown, action, page, read
from parking.web.response import moved
from parking.web.tables import Column, Filter, Kind, Row, State, Table, Tone

AUDIENCE = DESKS["lanes"]


class Why(Struct, frozen=True):
    """Why a lane is opened."""

    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]


@page("/desk/lanes", *AUDIENCE)
async def lanes(request: Shown, principal: Principal, network: Network, now: Now) -> Response[bytes]:
    """The lanes of a lot."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    query, lots = query_of(request), lots_to_choose(principal, network.snapshot, reader)
    code = query.get("lot") or (lots[0].value if lots else None)
    shown = [] if code is None else lots_named(principal, network.snapshot, code) or []
    rows = []
    for lane in sorted(network.snapshot.lanes.values(), key=lambda each: each.code):
        if lane.lot_id in shown:
            closed = lane.is_closed_at(now)
            state = State(reader.word("lane_closed" if closed else "in_use"), Tone.BAD if closed else Tone.GOOD)
            rows.append(Row([lane.code, reader.word(lane.direction_at(now)), state], key=lane.code))
    columns = [
        Column("lane", reader.word("lane")),
        Column("way", reader.word("way")),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    filters = [Filter("lot", reader.word("lot"), code or "", lots)]
    return desk_page(
        request,
        "desks/lanes.html",
        reader,
        principal,
        network.snapshot,
        here="lanes",
        table=Table(reader.word("lanes"), "/desk/lanes", columns, rows, query, filters),
        done=request.query_params.get("done"),
    )


@action("/desk/lanes/{lane:str}/open", *AUDIENCE)
async def open_lane(
    *,
    request: Shown,
    lane: FromPath[str],
    principal: Principal,
    network: Network,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """For the car that was last read there."""
    said = await read(request, Why)
    found, may = network.snapshot.lanes.get(lane), lots_of(principal, network.snapshot)
    if found is None or (may is not None and found.lot_id not in may):
        raise UnknownLane("No lane of yours has this code.", field="lane")
    opened = await flow.open_lane(
        pool,
        found,
        reason=said.reason,
        by=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    dialogue.ring([opened.gateway_id])
    return moved(f"/desk/lanes?lot={network.snapshot.lots[found.lot_id].code}&done=1")


ROUTES: list[HTTPRouteHandler] = [lanes, open_lane]
