"""What gateways sent that could not be taken as an event, for staff."""

from collections.abc import Sequence
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parking.api.dependencies import Network
from parking.cases import RefusedCount, RefusedEvent
from parking.events import REFUSED_KEPT_PER_DAY
from parking.flow import facts as flow
from parking.scope import lots_of
from parking.store.cases import refused_counts
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience


class RefusedPage(Struct, frozen=True):
    """Refused events, the oldest first; `next` is null on the last page.

    `not_all_kept`: gateways that had more refused in a day than are kept; the rest is only counted.
    """

    refused: Sequence[RefusedEvent]
    next: UUID | None
    not_all_kept: Sequence[RefusedCount]


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
    page: Page,
) -> RefusedPage:
    """Malformed events, unknown lanes, ids that came again with other content: the first of each gateway and day."""
    lots = lots_of(principal, network.snapshot)
    rows = await flow.refused_events(
        db,
        lot_ids=lots,
        after=page.above,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    counts = await refused_counts(db, lot_ids=lots, above=REFUSED_KEPT_PER_DAY)
    return RefusedPage(rows, page.next([each.id for each in rows]), counts)


ROUTES: list[HTTPRouteHandler] = [list_refused]
