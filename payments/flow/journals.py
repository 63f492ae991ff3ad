"""Reading the books."""

from datetime import date

from payments import ledger
from payments.ledger import Booked
from payments.store import ledger as store
from sql import Connection


async def journals_of_day(
    db: Connection, day: date, *, after: str | None, limit: int, operator_id: int | None
) -> list[Booked]:
    """A page of what was booked on a business day, over all lots or those of one operator.

    Raises:
        CursorMalformed: `after` is not what an earlier page gave.
    """
    assert 0 < limit <= ledger.JOURNALS_PER_PAGE_MAX
    cursor = None if after is None else ledger.read_cursor(after)
    return await store.journals_of_day(db, day, after=cursor, limit=limit, operator_id=operator_id)
