"""Vehicles that are inside, and what they would cost now: for the lot's people, and for the driver whose car it is."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from parking import plates
from parking.api.dependencies import Network
from parking.decisions import DecisionUnfit
from parking.flow import inside as flow
from parking.flow.inside import Inside
from parking.scope import lots_named
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience


@get(
    "/v1/lots/{code:str}/inside",
    operation_id="findInside",
    summary="Look for a vehicle inside, and what it would cost if it left now",
    tags=["operators"],
    opt={"audience": (Audience.BOOTH, Audience.CLERK, Audience.ADMIN, Audience.DRIVER)},
)
async def find_inside(
    *,
    code: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    plate: Annotated[
        str, QueryParameter(min_length=plates.PART_CHARACTERS_MIN, max_length=32, description="All or a part of it.")
    ],
) -> Sequence[Inside]:
    """At most 20, the latest entry first, also those that were read at an exit and not seen to pass. Drivers see those
    whose plates their accounts pay for, if these came after they were linked and the link is not contested. Who of the
    staff looked is kept.

    Raises:
        DecisionUnfit: less of a plate is named than says something of a vehicle.
        UnknownLot: no lot has this code.
        NotYours: it is not a lot of the caller's.
    """
    lot = network.lot(code)
    text = plates.normalise(plate)
    if len(text) < plates.PART_CHARACTERS_MIN:
        raise DecisionUnfit("Name more of the plate.", field="plate", characters_min=plates.PART_CHARACTERS_MIN)
    if principal.audience is not Audience.DRIVER:
        lots_named(principal, network.snapshot, code)
    return await flow.find_inside(
        db,
        lot,
        text,
        reader=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )


ROUTES: list[HTTPRouteHandler] = [find_inside]
