"""What a stay at a lot would cost, for everybody to ask."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking import fees, prices
from parking.api import problems
from parking.api.dependencies import Clock, Network
from parking.api.etags import tagged, unreadable
from parking.api.instants import YEARS, instant
from parking.plates import VehicleClass
from parking.prices import NoTariff
from parking.tariffs import STAY_DAYS_MAX, FeeLine
from parking.texts import durations
from payments.identity import Audience

STAY_MIN_MAX = STAY_DAYS_MAX * 24 * 60
LONG = timedelta(days=31)


class Quote(Struct, frozen=True):
    """What a stay would cost and why; the lines add up to the fee, in minor units of the currency."""

    lot: str
    entered_at: datetime
    left_at: datetime
    vehicle_class: VehicleClass
    new_energy: bool
    tariff: str
    version: int
    currency: str
    fee_fen: int
    lines: list[FeeLine]


@get(
    "/v1/lots/{code:str}/quote",
    operation_id="quoteStay",
    summary="What a stay would cost",
    tags=["tariffs"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={
        200: ResponseSpec(Quote, generate_examples=False, description="The fee and its lines."),
        409: ResponseSpec(
            problems.Problem,
            generate_examples=False,
            description="No tariff holds at the lot then.",
            media_type="application/problem+json",
        ),
    },
)
async def quote_stay(
    *,
    request: Request[Any, Any, Any],
    network: Network,
    clock: Clock,
    code: FromPath[str],
    first: Annotated[
        str | None,
        QueryParameter(
            name="from", max_length=40, description="The entry, with its offset from UTC; now if not given."
        ),
    ] = None,
    last: Annotated[
        str | None, QueryParameter(name="to", max_length=40, description="The exit, with its offset from UTC.")
    ] = None,
    stay_min: Annotated[
        int | None, QueryParameter(ge=0, le=STAY_MIN_MAX, description="Instead of `to`: minutes from the entry.")
    ] = None,
    seen: Annotated[
        VehicleClass, QueryParameter(name="class", description="The class of the vehicle.")
    ] = VehicleClass.SMALL,
    new_energy: Annotated[bool, QueryParameter(description="Whether its plate is one for new energy.")] = False,
) -> Response[bytes]:
    """From when to when, or for how many minutes from now.

    No plate is asked, so a quote remembers nothing: earlier visits may have used up free minutes or reached a cap, and
    passes and coupons are not known.

    Raises:
        UnknownLot: no lot has this code.
        NoTariff: no tariff holds there then.
    """
    lot = network.lot(code)
    entered_at, left_at = _period(first, last, stay_min, clock)
    in_force = prices.of_stay(network.snapshot.prices[lot.id].of(entered_at), entered_at, left_at)
    if not in_force:
        raise NoTariff("No tariff holds at this lot then.", code=code)
    price = in_force[0]
    stay = in_force, entered_at, left_at, fees.usual_vehicle(seen, new_energy=new_energy)
    # What takes long to compute must not keep the gates waiting.
    is_long = left_at - entered_at > LONG
    fee = await asyncio.to_thread(fees.price, *stay) if is_long else fees.price(*stay)
    return tagged(
        request,
        Quote(
            lot=lot.code,
            entered_at=entered_at,
            left_at=left_at,
            vehicle_class=seen,
            new_energy=new_energy,
            tariff=price.tariff.code,
            version=price.version,
            currency=price.tariff.currency,
            fee_fen=fee.fee_fen,
            lines=fee.lines,
        ),
    )


def _period(
    first: str | None, last: str | None, stay_min: int | None, clock: Callable[[], datetime]
) -> tuple[datetime, datetime]:
    if (last is None) == (stay_min is None):
        raise unreadable("to", "Say when the stay ends: either to, or stay_min.")
    entered_at = clock() if first is None else instant("from", first)
    try:
        left_at = entered_at + timedelta(minutes=stay_min or 0) if last is None else instant("to", last)
    except OverflowError:
        raise unreadable("stay_min", "The stay would end after the last day there is.") from None
    for parameter, at in (("from", entered_at), ("to" if stay_min is None else "stay_min", left_at)):
        if at.year not in YEARS:
            raise unreadable(parameter, f"Stays are priced from {YEARS[0]} to {YEARS[-1]}.")
    if left_at < entered_at:
        raise unreadable("to", "The stay ends before it begins.")
    if left_at - entered_at > timedelta(days=STAY_DAYS_MAX):
        raise unreadable("to", f"Stays of more than {durations.days(STAY_DAYS_MAX)[1]} have no price.")
    return entered_at, left_at


ROUTES: list[HTTPRouteHandler] = [quote_stay]
