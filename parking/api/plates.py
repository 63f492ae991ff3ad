"""The plates that accounts pay for."""

from collections.abc import Sequence
from typing import Annotated

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from parking.flow import plates as flow
from parking.plates import LinkedPlate, PlateColor
from parking.store import plates as store
from payments import identity
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience


class PlateLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A plate to link to the caller's account."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor


@get(
    "/v1/account/plates",
    operation_id="listPlates",
    summary="The plates the account pays for",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def list_plates(principal: Principal, db: Db) -> Sequence[LinkedPlate]:
    """The oldest link first."""
    return await store.plates_of(db, principal.id)


@post(
    "/v1/account/plates",
    operation_id="linkPlate",
    summary="Pay for a plate from this account",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def link_plate(
    data: JSONBody[PlateLink], principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> LinkedPlate:
    """A plate that another account pays for is paid for once that lets it go; linking again changes nothing."""
    return await flow.link_plate(
        db,
        account_id=principal.id,
        plate=data.plate,
        plate_color=data.plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )


@delete(
    "/v1/account/plates/{plate:str}",
    operation_id="unlinkPlate",
    summary="Pay for a plate no longer",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def unlink_plate(
    plate: FromPath[str],
    plate_color: FromQuery[PlateColor],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """Charges made before stay with the account."""
    await flow.unlink_plate(
        db,
        account_id=principal.id,
        plate=plate,
        plate_color=plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )


@delete(
    "/v1/admin/plates/{plate:str}",
    operation_id="releasePlate",
    summary="Take a plate from the account that pays for it",
    tags=["administration"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def release_plate(
    plate: FromPath[str],
    plate_color: FromQuery[PlateColor],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """For the city's staff, who have seen whose vehicle it is: its driver can then link it."""
    identity.may_act_for_all(principal)
    await flow.release_plate(
        db, plate=plate, plate_color=plate_color, now=now, random_bits=random_bits, actor=principal.subject
    )


ROUTES: list[HTTPRouteHandler] = [list_plates, link_plate, unlink_plate, release_plate]
