"""The books as finance reads them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from payments import identity, ledger
from payments.api.dependencies import Db, LotNames, Principal
from payments.identity import Audience, NoSuchLot
from payments.ledger import JOURNALS_PER_PAGE_MAX, Booked, Filter, Kind
from payments.settlement import LotName
from payments.store import ledger as books


class JournalShown(Booked, frozen=True, kw_only=True):
    """A journal with the code of its lot, if it has one."""

    lot: str | None


class JournalPage(Struct, frozen=True):
    """Journals with their transfers; `next` is null on the last page."""

    journals: list[JournalShown]
    next: str | None


@get(
    "/v1/journals",
    operation_id="listJournals",
    summary="What was booked on a business day",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)},
)
async def list_journals(
    *,
    principal: Principal,
    db: Db,
    lot_names: LotNames,
    day: Annotated[date, QueryParameter(name="date", description="The business day.")],
    operator: Annotated[str | None, QueryParameter(max_length=64, description="An operator's code.")] = None,
    lot: Annotated[str | None, QueryParameter(max_length=64, description="A lot's code.")] = None,
    kind: Annotated[Kind | None, QueryParameter(description="The business fact that was booked.")] = None,
    after: Annotated[str | None, QueryParameter(max_length=64, description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=JOURNALS_PER_PAGE_MAX, description="Journals per page.")] = 50,
) -> JournalPage:
    """By owner and identifier. Staff of one operator see what concerns it, and it adds up to its statement.

    Raises:
        NoSuchLot, NotYours: there is no such lot, or it is another operator's.
    """
    cursor = None if after is None else ledger.read_cursor(after)
    lot_id = None if lot is None else _lot(principal, lot_names, lot)
    wanted = Filter(principal.operator_id, operator, lot_id, kind)
    journals = await books.journals_of_day(db, day, wanted, after=cursor, limit=limit)
    last = journals[-1] if len(journals) == limit else None
    return JournalPage([_shown(each, lot_names) for each in journals], None if last is None else ledger.cursor(last))


def _lot(principal: identity.Principal, lot_names: Mapping[int, LotName], code: str) -> int:
    named = next(((lot_id, lot) for lot_id, lot in lot_names.items() if lot.code == code), None)
    if named is None:
        raise NoSuchLot(f"No lot has the code {code!r}.", field="lot")
    identity.may_act_for(principal, named[1].operator_id)
    return named[0]


def _shown(journal: Booked, lot_names: Mapping[int, LotName]) -> JournalShown:
    fields = {name: getattr(journal, name) for name in Booked.__struct_fields__}
    lot = None if journal.lot_id is None else lot_names.get(journal.lot_id)
    return JournalShown(**fields, lot=None if lot is None else lot.code)


ROUTES: list[HTTPRouteHandler] = [list_journals]
