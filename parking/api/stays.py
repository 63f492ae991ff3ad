"""Stays: a single one for the gate its vehicle waits at, and looked up by staff."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from parking import stay_listing
from parking.answers import StayNow
from parking.api.dependencies import Network
from parking.flow import stays as flow
from parking.flow.stays import StayInFull, StayPage
from parking.plates import PlateColor
from parking.scope import lots_at, lots_of
from parking.stay_listing import FOUND, Filter
from parking.stays import State
from payments import ids
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import READERS, Audience
from payments.pages import ROWS_PER_PAGE, ROWS_PER_SHORT_PAGE_MAX, check_times, read_cursor

_Code = Annotated[str | None, QueryParameter(min_length=1, max_length=64, description="A lot's code.")]


@get("/v1/stays", operation_id="findStays", summary="Look up stays", tags=["operators"], opt={"audience": READERS})
async def find_stays(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="The whole plate.")] = None,
    plate_color: Annotated[PlateColor | None, QueryParameter(description="Its colour, if that is sure.")] = None,
    lot: _Code = None,
    lane: Annotated[
        str | None, QueryParameter(min_length=1, max_length=64, description="Of entry or exit, by its code.")
    ] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="Ended at this instant or later.")
    ] = None,
    until: Annotated[datetime | None, QueryParameter(description="And before this one.")] = None,
    which: Annotated[
        State | None, QueryParameter(name="state", description="How they stand; else all but parts of others.")
    ] = None,
    after: Annotated[str | None, QueryParameter(max_length=80, description="The `next` of the page before.")] = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=ROWS_PER_SHORT_PAGE_MAX, description="Stays per page.")
    ] = ROWS_PER_PAGE,
) -> StayPage:
    """By plate in all of the caller's lots, or all of one lot or lane; what ended last comes first. One that goes on,
    or whose exit nobody saw, stands where it began. Who looks is kept in the audit log, with the plate.

    Raises:
        LookUpTooWide: neither plate, lot nor lane is named, or too little of a plate.
        TimesUnclear: a time says no instant, or there is none between the two.
        UnknownLot, UnknownLane, NotYours: there is no such place, or it is not the caller's.
    """
    check_times(since, until)
    lot_ids, lane_id = lots_at(principal, network.snapshot, lot, lane)
    wanted = Filter(
        lot_ids=lot_ids,
        plate=stay_listing.plate_named(plate),
        plate_color=plate_color,
        lane_id=lane_id,
        since=since,
        until=until,
        states=FOUND if which is None else (which,),
    )
    return await flow.find_stays(
        db,
        wanted,
        after=None if after is None else read_cursor(after),
        limit=limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )


@get(
    "/v1/stays/{stay_id:uuid}",
    operation_id="getStay",
    summary="A stay: for its gateway whether the vehicle may leave now, for staff all that is known of it",
    tags=["gateways", "operators"],
    opt={"audience": (Audience.GATEWAY, *READERS)},
)
async def get_stay(
    stay_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> StayNow | StayInFull:
    """After a payment at the gate, this says `open` to the gateway. Staff see the events it stands on, what people
    decided of them, and what was believed of it when; who looks is kept in the audit log.

    Raises:
        UnknownStay: there is none of this id in the caller's lots.
    """
    if principal.audience is Audience.GATEWAY:
        served = network.snapshot.gateways[principal.id].lots
        lot_id = ids.shard_of(stay_id) if ids.shard_of(stay_id) in served else served[0]
        return await flow.stay_by_id(db, network.snapshot.lots[lot_id], stay_id, now=now)
    return await flow.stay_in_full(
        db,
        stay_id=stay_id,
        lot_ids=lots_of(principal, network.snapshot),
        reader=principal,
        now=now,
        random_bits=random_bits,
    )


ROUTES: list[HTTPRouteHandler] = [find_stays, get_stay]
