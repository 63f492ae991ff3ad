"""A driver's appeal against a charge."""

from typing import Annotated
from uuid import UUID

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking import appeals
from parking.flow import appeals as flow
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience


class Appeal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a driver finds a charge wrong."""

    reason: Annotated[str, Meta(min_length=1, max_length=appeals.APPEAL_CHARACTERS_MAX)]


class Appealed(Struct, frozen=True):
    """The case that staff look at."""

    case_id: UUID


@post(
    "/v1/account/charges/{reference:uuid}/appeal",
    operation_id="appealCharge",
    summary="Say that a charge to the caller's account is wrong",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
    status_code=200,
)
async def appeal_charge(
    reference: FromPath[UUID], data: JSONBody[Appeal], principal: Principal, db: Db, now: Now
) -> Appealed:
    """Within 30 days of the charge. Staff look at it, and what follows from what they decide is given back by itself.
    Again, while nobody has looked, is the same appeal.
    """
    return Appealed(await flow.appeal(db, reference=reference, account_id=principal.id, said=data.reason, now=now))


ROUTES: list[HTTPRouteHandler] = [appeal_charge]
