"""Held charges: listed for staff, and released."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from payments import charges, holds, identity, ids
from payments.api.charges import ChargeShown, shown
from payments.api.dependencies import Db, LotNames, Now, Principal, Wording
from payments.api.pages import Page
from payments.flow import charges as charges_flow
from payments.flow import holds as flow
from payments.holds import Filter, Hold
from payments.identity import Audience
from payments.store import holds as store

REASON_CHARACTERS_MAX = 64


class HoldPage(Struct, frozen=True):
    """Held charges, the oldest stay first; `next` is null on the last page."""

    holds: Sequence[Hold]
    next: UUID | None


class Release(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a held charge is right."""

    reason: Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


@get(
    "/v1/holds",
    operation_id="listHolds",
    summary="Charges that wait for a person before an account pays",
    tags=["finance"],
    opt={"audience": (Audience.CLERK, Audience.FINANCE, Audience.ADMIN)},
)
async def list_holds(
    *,
    principal: Principal,
    db: Db,
    page: Page,
    now: Now,
    lot_names: LotNames,
    wording: Wording,
    operator_id: Annotated[
        int | None, QueryParameter(ge=1, le=ids.SHARD_MAX, description="An operator's number.")
    ] = None,
    lot: Annotated[str | None, QueryParameter(min_length=1, max_length=64, description="A lot's code.")] = None,
    reason: Annotated[
        str | None, QueryParameter(min_length=1, max_length=REASON_CHARACTERS_MAX, description="Why, as in `reasons`.")
    ] = None,
) -> HoldPage:
    """Of the caller's operator, or of all: the stay is in doubt (see the cases), or a gateway billed far more in an
    hour than it usually does. A lot or a reason that is not known has none.
    """
    if operator_id is not None:
        identity.may_act_for(principal, operator_id)
    lot_id = None if lot is None else next((id_ for id_, name in lot_names.items() if name.code == lot), 0)
    wanted = Filter(principal.operator_id or operator_id, lot_id, reason)
    rows = await store.held_charges(db, wanted, after=page.above, limit=page.limit)
    found = [holds.shown(row, lot_names[row.lot_id].code, wording, now=now) for row in rows]
    return HoldPage(found, page.next([each.charge_id for each in found]))


@post(
    "/v1/charges/{reference:uuid}/release",
    operation_id="releaseCharge",
    summary="Let a held charge be collected",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def release_charge(
    reference: FromPath[UUID], data: JSONBody[Release], principal: Principal, db: Db, now: Now, wording: Wording
) -> ChargeShown:
    """It is taken from its account from now on; one that is wrong is voided instead. Twice is once."""
    named = await charges_flow.charge_named(db, reference, by_id=True)
    identity.may_act_for(principal, named.operator_id)
    charge = await flow.release_charge(db, charge_id=named.id, reason=data.reason, actor=principal.subject, now=now)
    return await shown(db, charge, wording)


ROUTES: list[HTTPRouteHandler] = [list_holds, release_charge]
