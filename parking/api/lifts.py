"""Barriers that persons opened, for who looks after a lot and its money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from parking.api.dependencies import Network
from parking.decisions import DecisionUnfit
from parking.flow import lifts as flow
from parking.lifts import Lift
from parking.scope import lots_named
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import STAFF


class LiftPage(Struct, frozen=True):
    """Lifts in the order in which they were told; `next` is null on the last page."""

    lifts: Sequence[Lift]
    next: UUID | None


@get(
    "/v1/lifts",
    operation_id="listLifts",
    summary="Barriers that persons opened",
    tags=["operators"],
    opt={"audience": STAFF},
)
async def list_lifts(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    since: Annotated[datetime, QueryParameter(name="from", description="Told from when on.")],
    lot: Annotated[str, QueryParameter(min_length=1, max_length=64, description="A lot's code.")],
    without_money: Annotated[
        bool,
        QueryParameter(description="Only those for whose cars nothing was paid, though something is owed or unknown."),
    ] = False,
    shift: Annotated[UUID | None, QueryParameter(description="Only those of a shift of this lot.")] = None,
) -> LiftPage:
    """Who opened, when and why, for which car, and what was paid for it; who looks is kept in the audit log."""
    if since.tzinfo is None:
        raise DecisionUnfit("Times have an offset.", field="from")
    found = await flow.find_lifts(
        db,
        lots_named(principal, network.snapshot, lot) or [],
        since=since,
        after=page.above,
        without_money=without_money,
        shift_id=shift,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return LiftPage(found, page.next([each.id for each in found]))


ROUTES: list[HTTPRouteHandler] = [list_lifts]
