"""Pages of lists: whoever asks for the next one says which row came last, so that nothing is shown twice or skipped."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from payments import ids, ledger
from payments.errors import OneLotError

ROWS_PER_PAGE = 50
ROWS_PER_PAGE_MAX = 200
# Of rows for which more has to be read.
ROWS_PER_SHORT_PAGE_MAX = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Page(Struct, frozen=True):
    """The rows that are asked for: at most `limit` that come after one (None: from the first on)."""

    after: UUID | None = None
    limit: int = ROWS_PER_PAGE

    @property
    def above(self) -> UUID:
        """The number that all of its rows are above, where a list begins with the lowest."""
        return self.after or ids.FIRST

    def next(self, numbers: Sequence[UUID]) -> UUID | None:
        """What the page that follows on these rows comes after; None if they are the last."""
        return numbers[-1] if len(numbers) == self.limit else None


class Place(NamedTuple):
    """Where a page of rows in the order of time ends: the instant of its last row, and that row's number."""

    at: datetime
    id: UUID


def cursor(last: Place) -> str:
    """Where the page after a place begins, as `read_cursor` reads it."""
    return f"{(last.at - _EPOCH) // _MICROSECOND}.{last.id}"


def read_cursor(text: str) -> Place:
    """The place at which a page ended, from `microseconds.identifier`.

    Raises:
        CursorMalformed: it has another form.
    """
    at, _, identifier = text.partition(".")
    try:
        return Place(_EPOCH + int(at) * _MICROSECOND, UUID(identifier))
    except (ValueError, OverflowError) as wrong:
        raise ledger.CursorMalformed("This is not the `next` of a page.", field="after") from wrong


class TimesUnclear(OneLotError):
    """A time does not say its offset from UTC, or a range of times is empty."""


def check_times(since: datetime | None, until: datetime | None) -> None:
    """Refuses times (None: any) that say no instant, and a range that is empty.

    Raises:
        TimesUnclear: it is so.
    """
    for field, at in (("from", since), ("until", until)):
        if at is not None and at.tzinfo is None:
            raise TimesUnclear("A time says its offset from UTC.", field=field)
    if since is not None and until is not None and since >= until:
        raise TimesUnclear("The end comes after the beginning.", field="until")
