"""What holds of something registered from an instant on, in versions, and which version may be added.

What was decided by a version is never decided anew: a version that would begin before now, or before the last fact that
was decided by what held, is refused. One that has not begun is replaced by another at its instant. Saying what holds
already changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from payments.errors import OneLotError

T = TypeVar("T")

# A year that was mistyped is further away than anybody plans.
AHEAD_MAX = timedelta(days=3 * 366)
_MOMENT = timedelta(milliseconds=1)


class RewritesThePast(OneLotError):
    """A change would begin before now, or before what was decided by what held. Facts: the earliest instant."""


class TooFarAhead(OneLotError):
    """A change would begin later than anybody plans. Facts: the latest instant."""


class BeginsOtherwise(OneLotError):
    """Something else has begun at this very instant."""


class Outcome(StrEnum):
    """What became of a change: it is written, in the place of another that was to begin then, or it says what holds
    already.
    """

    CHANGED = "changed"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


class Changed(Struct, frozen=True):
    """What became of a change, and since when it holds; null where that held before."""

    outcome: Outcome
    valid_from: datetime | None = None


class Version(Struct, Generic[T], frozen=True):
    """What holds from an instant on, until the next version."""

    valid_from: datetime
    value: T


def at(first: T, versions: Sequence[Version[T]], instant: datetime) -> T:
    """What holds at an instant; `first`: from the beginning until the first of the versions, which are in order."""
    for version in reversed(versions):
        if version.valid_from <= instant:
            return version.value
    return first


def changed(versions: Sequence[Version[T]], begins: Version[T]) -> Changed:
    """What became of a change, by the versions that were there before."""
    replaces = any(each.valid_from == begins.valid_from for each in versions)
    return Changed(Outcome.REPLACED if replaces else Outcome.CHANGED, begins.valid_from)


def next_change(versions: Sequence[Version[T]], now: datetime) -> datetime | None:
    """When the next version begins, if one is known."""
    return min((each.valid_from for each in versions if each.valid_from > now), default=None)


def begin(
    first: T,
    versions: Sequence[Version[T]],
    value: T,
    *,
    valid_from: datetime | None,
    now: datetime,
    decided_until: datetime | None = None,
) -> Version[T] | None:
    """The version by which a value holds from an instant on; None if it holds then already. It takes the place of one
    that was to begin at the same instant.

    valid_from: None is as soon as it may be. decided_until: of the last fact that was decided by what held.

    Raises:
        BeginsOtherwise: another value has begun at this very instant.
        RewritesThePast, TooFarAhead: it would begin too early or too late.
    """
    earliest = now if decided_until is None or decided_until < now else decided_until + _MOMENT
    since = earliest if valid_from is None else valid_from
    if at(first, versions, since) == value:
        return None
    if since <= now and any(each.valid_from == since for each in versions):
        raise BeginsOtherwise(
            "Something else has begun at this very instant; choose a later one.", field="valid_from", valid_from=since
        )
    if since < earliest:
        raise RewritesThePast(
            f"What held until now was decided by: this can begin at {earliest.isoformat()} at the earliest.",
            field="valid_from",
            valid_from=since,
            earliest=earliest,
        )
    if since > now + AHEAD_MAX:
        raise TooFarAhead(
            f"This can begin at {(now + AHEAD_MAX).isoformat()} at the latest.", field="valid_from", valid_from=since
        )
    return Version(since, value)
