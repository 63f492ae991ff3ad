"""Adjustments of charges as finance reads them: what became cheaper or dearer, and what is waived."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from payments import adjustments, settlement
from payments.adjustments import ADJUSTMENTS_PER_PAGE_MAX, Adjusted
from payments.api.dependencies import Db, Principal
from payments.identity import Audience
from payments.store import adjustments as store


class AdjustmentPage(Struct, frozen=True):
    """Adjustments, those of the oldest stay first; `next` is null on the last page."""

    adjustments: Sequence[Adjusted]
    next: str | None


@get(
    "/v1/adjustments",
    operation_id="listAdjustments",
    summary="Charges that became cheaper or dearer, and what is waived of them",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_adjustments(
    principal: Principal,
    db: Db,
    first: Annotated[date, QueryParameter(name="from", description="The first business day.")],
    last: Annotated[date, QueryParameter(name="to", description="The last business day; at most a year later.")],
    after: Annotated[str | None, QueryParameter(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=ADJUSTMENTS_PER_PAGE_MAX, description="Rows per page.")] = 50,
) -> AdjustmentPage:
    """Of the caller's operator, or of all. What is owed since then stands in the books as `charge_raised` or
    `charge_lowered`, what went back as refunds; what is waived stands here alone.
    """
    settlement.check_range(first, last)
    cursor = None if after is None else adjustments.read_cursor(after)
    found = await store.adjustments_page(db, first, last, operator_id=principal.operator_id, after=cursor, limit=limit)
    return AdjustmentPage(found, adjustments.cursor(found[-1]) if len(found) == limit else None)


ROUTES: list[HTTPRouteHandler] = [list_adjustments]
