"""The books as finance reads them."""

from datetime import date
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from payments import ledger
from payments.api.dependencies import Db, Principal
from payments.identity import Audience
from payments.ledger import JOURNALS_PER_PAGE_MAX, Booked
from payments.store import ledger as books


class JournalPage(Struct, frozen=True):
    """Journals with their transfers; `next` is null on the last page."""

    journals: list[Booked]
    next: str | None


@get(
    "/v1/journals",
    operation_id="listJournals",
    summary="What was booked on a business day",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_journals(
    principal: Principal,
    db: Db,
    day: Annotated[date, QueryParameter(name="date", description="The business day.")],
    after: Annotated[str | None, QueryParameter(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=JOURNALS_PER_PAGE_MAX, description="Journals per page.")] = 50,
) -> JournalPage:
    """By owner and identifier. Staff of one operator see what concerns it, and it adds up to its statement."""
    cursor = None if after is None else ledger.read_cursor(after)
    journals = await books.journals_of_day(db, day, after=cursor, limit=limit, operator_id=principal.operator_id)
    last = journals[-1] if len(journals) == limit else None
    return JournalPage(journals, None if last is None else ledger.cursor(last))


ROUTES: list[HTTPRouteHandler] = [list_journals]
