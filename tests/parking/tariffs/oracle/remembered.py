"""What earlier visits left behind, as this one remembers it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from parking.tariffs.engine.quote import Past, Use
from parking.tariffs.language.document import Cap, Memory, Tariff
from parking.tariffs.language.fields import Scope
from tests.parking.tariffs.oracle.ticks import HOUR, day_of

WITHIN: dict[Scope, tuple[Scope, ...]] = {
    "lot": ("lot",),
    "operator": ("lot", "operator"),
    "city": ("lot", "operator", "city"),
}


def seconds_of(at: datetime) -> int:
    """An instant as whole seconds."""
    return int(at.timestamp())


def instant(at: int) -> datetime:
    """Whole seconds as an instant."""
    return datetime.fromtimestamp(at, UTC)


def visits(pasts: Sequence[Past], rule: str, scope: Scope) -> list[list[Use]]:
    """The uses of one rule that each visit left, for the visits within the scope."""
    return [[use for use in past.uses if use.rule == rule] for past in pasts if past.place in WITHIN[scope]]


def recall(tariff: Tariff, rule: str, memory: Memory, pasts: Sequence[Past], entered: int) -> list[list[Use]]:
    """The uses of one rule that are remembered at the entry, for each visit that left any."""
    left = visits(pasts, rule, memory.scope)
    held = _held(tariff, memory, [use for uses in left for use in uses], entered)
    return [kept for uses in left if (kept := [use for use in uses if held(use)])]


def _held(tariff: Tariff, memory: Memory, uses: list[Use], entered: int) -> Callable[[Use], bool]:
    if memory.per == "sliding":
        return lambda use: entered - seconds_of(use.at) < memory.hours * HOUR
    if memory.per == "day":
        today = day_of(tariff, entered)
        return lambda use: day_of(tariff, seconds_of(use.at)) == today
    opened = _window(memory, uses, entered) if memory.per == "window" else None
    return lambda use: opened is not None and seconds_of(use.at) >= opened


def _window(memory: Memory, uses: list[Use], entered: int) -> int | None:
    """The beginning of the window that is open at the entry, found by opening one after the other."""
    opened = None
    for at in sorted(seconds_of(use.at) for use in uses):
        if opened is None or at >= opened + memory.hours * HOUR:
            opened = at
    return opened if opened is not None and entered < opened + memory.hours * HOUR else None


def begins(memory: Memory, rule: str, pasts: Sequence[Past], entered: int) -> int:
    """The instant that the memory of a use of this visit counts from."""
    if memory.per != "window":
        return entered
    uses = [use for left in visits(pasts, rule, memory.scope) for use in left]
    opened = _window(memory, uses, entered)
    return entered if opened is None else opened


def cycle_begins(cap: Cap, pasts: Sequence[Past], entered: int) -> int:
    """The beginning of the cap's cycle that is open at the entry: an earlier visit's, or the entry itself."""
    if cap.memory == "none":
        return entered
    opened = [seconds_of(use.at) for uses in visits(pasts, f"cap.{cap.code}", cap.memory) for use in uses]
    return max((at for at in opened if at <= entered < at + cap.hours * HOUR), default=entered)
