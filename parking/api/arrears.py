"""What a vehicle owes of earlier stays, for the lane that it stands at."""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from parking import plates
from parking.arrears import Arrears
from parking.flow import arrears as flow
from parking.plates import PlateColor
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience


@get(
    "/v1/arrears",
    operation_id="findArrears",
    summary="What a vehicle owes of earlier stays, in all lots",
    tags=["gateways", "operators"],
    opt={"audience": (Audience.GATEWAY, Audience.BOOTH, Audience.CLERK, Audience.ADMIN)},
)
async def find_arrears(
    *,
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    plate: Annotated[str, QueryParameter(min_length=1, max_length=32, description="Its plate, whole.")],
    plate_color: Annotated[PlateColor, QueryParameter(description="Where its form leaves it open.")] = PlateColor.BLUE,
) -> Arrears:
    """Each is looked at and paid by its reference, and the money is that of the lot that earned it. What an account
    pays or a person has still to look at is not asked for. Who looked is kept.
    """
    text, color = plates.identity(plate, plate_color)
    return await flow.find_arrears(db, text, color, reader=principal, now=now, random_bits=random_bits)


ROUTES: list[HTTPRouteHandler] = [find_arrears]
