"""Events in review, and what gateways sent that could not be taken as an event, for staff."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking.api.dependencies import Network
from parking.cases import RefusedCount, RefusedEvent, Review
from parking.events import REFUSED_KEPT_PER_DAY
from parking.flow import cases as flow
from parking.store.cases import refused_counts
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience

ROWS_PER_PAGE_MAX = 200
Limit = Annotated[int, QueryParameter(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows per page.")]
After = Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")]
_FIRST = UUID(int=0)


class ReviewPage(Struct, frozen=True):
    """Reviews, the oldest first; `next` is null on the last page."""

    reviews: Sequence[Review]
    next: UUID | None


class RefusedPage(Struct, frozen=True):
    """Refused events, the oldest first; `next` is null on the last page.

    `not_all_kept`: gateways that had more refused in a day than are kept; the rest is only counted.
    """

    refused: Sequence[RefusedEvent]
    next: UUID | None
    not_all_kept: Sequence[RefusedCount]


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person found when looking at an event in review."""

    note: Annotated[str, Meta(min_length=1, max_length=1000)]


def _lots_of(principal: Principal, network: Network) -> list[int] | None:
    """The lots staff may see: those of their operator, or all (None)."""
    if principal.operator_id is None:
        return None
    return [lot.id for lot in network.snapshot.lots.values() if lot.operator_id == principal.operator_id]


@get(
    "/v1/reviews",
    operation_id="listReviews",
    summary="Events a person should look at",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def list_reviews(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    after: After = None,
    limit: Limit = 50,
) -> ReviewPage:
    """Unresolved reviews of the caller's lots, the oldest first."""
    rows = await flow.open_reviews(
        db,
        lot_ids=_lots_of(principal, network),
        after=after or _FIRST,
        limit=limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return ReviewPage(rows, rows[-1].id if len(rows) == limit else None)


@post(
    "/v1/reviews/{review_id:uuid}/resolve",
    operation_id="resolveReview",
    summary="Say what was found",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
    status_code=204,
)
async def resolve_review(
    review_id: FromPath[UUID], data: JSONBody[Resolution], principal: Principal, network: Network, db: Db, now: Now
) -> None:
    """Takes an event out of review. The event itself stays as it came."""
    lots = _lots_of(principal, network)
    await flow.resolve_review(db, review_id=review_id, lot_ids=lots, by=principal.subject, note=data.note, now=now)


@get(
    "/v1/refused-events",
    operation_id="listRefusedEvents",
    summary="What gateways sent and the service could not take",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def list_refused(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    after: After = None,
    limit: Limit = 50,
) -> RefusedPage:
    """Malformed events, unknown lanes, ids that came again with other content: the first of each gateway and day."""
    lots = _lots_of(principal, network)
    rows = await flow.refused_events(
        db,
        lot_ids=lots,
        after=after or _FIRST,
        limit=limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    counts = await refused_counts(db, lot_ids=lots, above=REFUSED_KEPT_PER_DAY)
    return RefusedPage(rows, rows[-1].id if len(rows) == limit else None, counts)


ROUTES: list[HTTPRouteHandler] = [list_reviews, resolve_review, list_refused]
