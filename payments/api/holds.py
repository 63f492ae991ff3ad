"""Held charges: listed for staff, and released."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from payments import charges, identity
from payments.api.charges import ChargeShown, shown
from payments.api.dependencies import Db, Now, Principal
from payments.flow import charges as charges_flow
from payments.flow import holds as flow
from payments.holds import HOLDS_PER_PAGE_MAX, HeldCharge
from payments.identity import Audience
from payments.store import holds as store

Limit = Annotated[int, QueryParameter(ge=1, le=HOLDS_PER_PAGE_MAX, description="Rows per page.")]
After = Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")]
_FIRST = UUID(int=0)


class HeldPage(Struct, frozen=True):
    """Held charges, the oldest stay first; `next` is null on the last page."""

    held: Sequence[HeldCharge]
    next: UUID | None


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a held charge is right."""

    reason: Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


@get(
    "/v1/held-charges",
    operation_id="listHeldCharges",
    summary="Charges that wait for a person before an account pays",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_held(principal: Principal, db: Db, after: After = None, limit: Limit = 50) -> HeldPage:
    """Of the caller's operator, or of all: a gateway billed far more in an hour than it usually does."""
    rows = await store.held_charges(
        db, operator_id=principal.operator_id, lot_id=None, after=after or _FIRST, limit=limit
    )
    return HeldPage(rows, rows[-1].charge_id if len(rows) == limit else None)


@post(
    "/v1/charges/{reference:uuid}/release",
    operation_id="releaseCharge",
    summary="Let a held charge be collected",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def release_charge(
    reference: FromPath[UUID], data: JSONBody[Release], principal: Principal, db: Db, now: Now
) -> ChargeShown:
    """It is taken from its account from now on; one that is wrong is voided instead. Twice is once."""
    named = await charges_flow.charge_named(db, reference, by_id=True)
    identity.may_act_for(principal, named.operator_id)
    charge = await flow.release_charge(db, charge_id=named.id, reason=data.reason, actor=principal.subject, now=now)
    return await shown(db, charge)


ROUTES: list[HTTPRouteHandler] = [list_held, release_charge]
