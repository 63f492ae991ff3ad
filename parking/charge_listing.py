"""Charges as staff look them up: which are wanted, and the business day in instants."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.plates import PlateColor
from payments.charges import ChargeState

_DAY = timedelta(days=1)
# So near to the ends of the calendar there is no day to look at.
_FIRST, _LAST = date(1970, 1, 2), date(9999, 12, 30)


class Filter(Struct, frozen=True):
    """Which charges are wanted; None is any. `plate` is as it is compared by; `since` and `until` are about when the
    stay ended, of one that goes on about when it began.
    """

    lot_ids: Sequence[int] | None
    plate: str | None = None
    plate_color: PlateColor | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: ChargeState | None = None
    method: str | None = None


def day_in(day: date, time_zone: str) -> tuple[datetime, datetime]:
    """When a day begins at a place, and when it is over."""
    within = min(max(day, _FIRST), _LAST)
    zone = ZoneInfo(time_zone)
    begins, ends = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (within, within + _DAY))
    return begins, ends
