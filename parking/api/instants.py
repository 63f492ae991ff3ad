"""Instants in bodies and queries."""

import re
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from parking.api.etags import unreadable

# In a body: with an offset.
Instant = Annotated[datetime, Meta(tz=True)]
# Calendars are known and clocks agree on these years.
YEARS = range(1970, 2200)
# In a query, a plus that was not written as %2B arrives as a space.
_LOST_PLUS = re.compile(r" (?=\d\d:?\d\d$)")


def instant(parameter: str, text: str) -> datetime:
    """The instant that a parameter names, in UTC.

    Raises:
        ValidationException: it names none.
    """
    try:
        at = datetime.fromisoformat(_LOST_PLUS.sub("+", text))
    except ValueError:
        raise unreadable(parameter, f"{parameter} is an instant like 2026-12-01T09:00+08:00.") from None
    if at.utcoffset() is None:
        raise unreadable(parameter, f"{parameter} lacks its offset from UTC: write it like 2026-12-01T09:00+08:00.")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise unreadable(parameter, f"{parameter} lies outside of the calendar.") from None
