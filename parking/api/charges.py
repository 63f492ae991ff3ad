"""Charges that staff look up: by plate, by lot and day, and line by line of a statement."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from parking import stay_listing
from parking.api.dependencies import Network
from parking.charge_listing import Filter, day_in
from parking.flow import charges as flow
from parking.flow.charges import ChargesFound
from parking.plates import PlateColor
from parking.scope import lots_named
from parking.stay_listing import LookUpTooWide
from payments import ledger
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.charges import ChargeState
from payments.identity import READERS
from payments.pages import ROWS_PER_PAGE, ROWS_PER_SHORT_PAGE_MAX, Page, read_cursor


@get(
    "/v1/charges",
    operation_id="findCharges",
    summary="Look up charges",
    tags=["operators", "finance"],
    opt={"audience": READERS},
)
async def find_charges(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="The whole plate.")] = None,
    plate_color: Annotated[PlateColor | None, QueryParameter(description="Its colour, if that is sure.")] = None,
    lot: Annotated[str | None, QueryParameter(min_length=1, max_length=64, description="A lot's code.")] = None,
    day: Annotated[
        date | None, QueryParameter(name="date", description="On which the stay ended, by the operator's clock.")
    ] = None,
    settled_on: Annotated[
        date | None, QueryParameter(description="Instead: of which the lot's line of this business day is made.")
    ] = None,
    which: Annotated[ChargeState | None, QueryParameter(name="state", description="How they stand.")] = None,
    method: Annotated[
        str | None, QueryParameter(min_length=1, max_length=32, description="The channel that paid last.")
    ] = None,
    after: Annotated[str | None, QueryParameter(max_length=80, description="The `next` of the page before.")] = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=ROWS_PER_SHORT_PAGE_MAX, description="Rows per page.")
    ] = ROWS_PER_PAGE,
) -> ChargesFound:
    """By plate in all of the caller's lots, or of a lot and a day; what ended last comes first. With `settled_on` and
    a lot the charges of which that line of the statement is made, and what each adds to it. Who looks is kept in the
    audit log, with the plate.

    Raises:
        LookUpTooWide: neither is named, or too little of a plate.
        UnknownLot, NotYours: there is no such lot, or it is not the caller's.
    """
    lot_ids = lots_named(principal, network.snapshot, lot)
    about: dict[str, Any] = {"reader": principal, "network": network.snapshot, "now": now, "random_bits": random_bits}
    if settled_on is not None:
        of_lot = None if lot_ids is None or len(lot_ids) != 1 else network.snapshot.lots[lot_ids[0]]
        if of_lot is None or plate is not None or day is not None:
            raise LookUpTooWide("A line of a statement is of one lot and one day.", field="settled_on")
        return await flow.charges_of_line(db, of_lot, settled_on, Page(_number(after), limit), **about)
    since, until = (None, None) if day is None else day_in(day, _zone(network, lot_ids))
    wanted = Filter(lot_ids, stay_listing.plate_named(plate), plate_color, since, until, which, method)
    place = None if after is None else read_cursor(after)
    return await flow.find_charges(db, wanted, after=place, limit=limit, **about)


def _number(after: str | None) -> UUID | None:
    """The number of the charge at which a page ended.

    Raises:
        CursorMalformed: it is none.
    """
    try:
        return None if after is None else UUID(after)
    except ValueError as wrong:
        raise ledger.CursorMalformed("This is not the `next` of a page.", field="after") from wrong


def _zone(network: Network, lot_ids: list[int] | None) -> str:
    """By whose clock a day is meant: that of the lot's operator, or else the city's."""
    lots = network.snapshot.lots
    operators = {lots[lot_id].operator_id for lot_id in lot_ids or () if lot_id in lots}
    if len(operators) != 1:
        return ledger.CITY_TIME_ZONE
    return network.snapshot.operators[operators.pop()].time_zone


ROUTES: list[HTTPRouteHandler] = [find_charges]
