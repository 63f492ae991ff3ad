"""When a lot is open: opening hours as OpenStreetMap writes them, by the clock of the lot.

Only what follows from the clock and the calendar is taken. Hours by the sun need a position and change daily, and which
days are public holidays the State Council says anew each year: whoever means such days writes their dates.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import opening_hours
from msgspec import Struct

from payments.errors import OneLotError

CHARACTERS_MAX = 256
# What does not change for longer than this does not change: looking further would take milliseconds.
AHEAD_DAYS_MAX = 366
# A city writes the same few texts again and again, and a search asks for one instant in all lots.
_TEXTS_KEPT_MAX = 2048
_COMMENT = re.compile(r'"[^"]*"')
_NOT_OF_THE_CLOCK = re.compile(r"\b(PH|SH|easter|dawn|sunrise|sunset|dusk)\b", re.IGNORECASE)


class HoursUnclear(OneLotError):
    """Opening hours that cannot be read, or that do not follow from the clock."""


class Opening(Struct, frozen=True):
    """Whether a lot is open at an instant (None: its hours leave that open), and when that changes next (None: not
    within a year).
    """

    is_open: bool | None
    changes_at: datetime | None


def check(text: str) -> None:
    """Refuses hours that nobody could be told.

    Raises:
        HoursUnclear: it is no text of OpenStreetMap's `opening_hours`, or goes by the sun or by holidays.
    """
    if not opening_hours.validate(text):
        raise HoursUnclear(
            f"{text!r} are no opening hours. They are written like OpenStreetMap's opening_hours, for example "
            "`24/7`, `06:00-23:00` or `Mo-Fr 07:00-22:00; Sa,Su 08:00-20:00`.",
            field="opening_hours",
        )
    found = _NOT_OF_THE_CLOCK.search(_COMMENT.sub("", text))
    if found is not None:
        raise HoursUnclear(
            f"Hours by {found.group()!r} are not known here: write times, and the dates of holidays (`Oct 01-07 off`).",
            field="opening_hours",
        )


@lru_cache(maxsize=_TEXTS_KEPT_MAX)
def is_open(text: str, zone: ZoneInfo, at: datetime) -> bool | None:
    """Whether hours that were checked mean open at an instant; None: they leave that open."""
    return _open(_read(text), _local(zone, at))


def opening(text: str, zone: ZoneInfo, at: datetime) -> Opening:
    """What hours that were checked mean at an instant."""
    hours, local = _read(text), _local(zone, at)
    changes = hours.next_change(local)
    changes_at = None if changes is None else changes.replace(tzinfo=zone).astimezone(UTC)
    return Opening(_open(hours, local), changes_at)


def _open(hours: opening_hours.OpeningHours, local: datetime) -> bool | None:
    return None if hours.is_unknown(local) else hours.is_open(local)


def _local(zone: ZoneInfo, at: datetime) -> datetime:
    # The library is told wall-clock times: it takes zones of IANA alone and knows no fixed offsets.
    return at.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=_TEXTS_KEPT_MAX)
def _read(text: str) -> opening_hours.OpeningHours:
    return opening_hours.OpeningHours(text, auto_country=False, auto_timezone=False, max_interval_days=AHEAD_DAYS_MAX)
