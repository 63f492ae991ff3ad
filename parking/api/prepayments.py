"""Paying inside, before going to the exit: at a pay station, on a phone, in a booth."""

from typing import Annotated

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking import plates
from parking.api.dependencies import Network
from parking.flow import prepayments as flow
from parking.flow.prepayments import Prepayable
from parking.plates import PlateColor
from parking.scope import lots_named
from payments.api.dependencies import Caller, Db, Now, RandomBits
from payments.identity import Audience


class CarInside(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle by its whole plate; by the latest that came if several colours are inside and none is said."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor | None = None


@post(
    "/v1/lots/{code:str}/inside/quote",
    operation_id="quoteInside",
    summary="Ask what a vehicle inside costs now, to pay it before going to the exit",
    tags=["drivers"],
    opt={
        "audience": (Audience.PUBLIC,),
        "recognises": (Audience.BOOTH, Audience.CLERK, Audience.ADMIN, Audience.DRIVER),
        "guessable": True,
    },
    status_code=200,
)
async def quote_inside(
    *,
    code: FromPath[str],
    data: JSONBody[CarInside],
    caller: Caller,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Prepayable:
    """`POST /v1/charges/{reference}/pay` pays it, until `pay_by`; then the car has `leave_within_min` to leave. Who
    asks again is quoted anew, and who does not pay owes nothing until the car leaves, or what it was quoted at an
    exit, if it was there and drove back in. No account is debited by it. It tells what is to be paid and neither when
    nor that a car came for which nothing is. Staff are told of cars in their lots, and that they looked is kept;
    drivers of those that their account pays for.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is not a lot of the staff's.
        NothingToPay: no such vehicle is inside, or (without a token) nothing is to be paid for it.
        TooManyQuotes: this visit was quoted too often.
    """
    lot = network.lot(code)
    if caller is not None and caller.audience is not Audience.DRIVER:
        lots_named(caller, network.snapshot, code)
    return await flow.quote_inside(
        db,
        lot,
        plates.normalise(data.plate),
        data.plate_color,
        asker=caller,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )


ROUTES: list[HTTPRouteHandler] = [quote_inside]
