"""What is remembered from visit to visit: how far back and from where, and what is left of it at an entry."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import Struct

from parking.tariffs.engine.calendar import Days, seconds
from parking.tariffs.engine.quote import Past, Use
from parking.tariffs.language.document import Cap, Memory, Quota, Tariff
from parking.tariffs.language.fields import Scope

# A local day has 25 hours where clocks go back; a memory until midnight never reaches further.
_DAY_HOURS = 25
_CAP_HOURS = {"day": _DAY_HOURS, "week": 7 * 24 + 1, "month": 31 * 24 + 1, "window": 48 + 1}
_SCOPES: dict[Scope, frozenset[str]] = {
    "lot": frozenset(("lot",)),
    "operator": frozenset(("lot", "operator")),
    "city": frozenset(("lot", "operator", "city")),
}
_THIS_LOT = frozenset(("lot", "none"))


class Remembered(Struct, frozen=True, gc=False):
    """What earlier visits used of one thing: each visit's amount, and the instant that a use by this visit gets."""

    amounts: list[int]
    at: int


class Cycle(Struct, frozen=True, gc=False):
    """The cycle a cap is in when a visit begins, and what was paid in cycles and days before, by their beginning."""

    begins: int
    paid: dict[int, int]


def memory_of(tariff: Tariff) -> timedelta:
    """How long ago something may have been used and still bear on a price."""
    hours = [_hours(memory) for memory in _memories(tariff)]
    hours += [_CAP_HOURS.get(cap.per, cap.hours) for cap in tariff.caps if cap.memory != "none"]
    hours += [_DAY_HOURS for each in tariff.passes if each.day_max_min]
    return max(timedelta(hours=max(hours, default=0)), timedelta(minutes=tariff.rejoin_min))


def is_remembered_late(tariff: Tariff) -> bool:
    """Whether uses may be remembered from later than the entry, so that long stays matter by when they ended."""
    again = [quota.again == "cycle" for quota in tariff.quotas]
    by_day = [each.day_max_min > 0 for each in tariff.passes]
    return tariff.rejoin_min > 0 or any(again) or any(by_day) or any(cap.memory != "none" for cap in tariff.caps)


def is_wide(tariff: Tariff) -> bool:
    """Whether what a vehicle used in other lots bears on its price."""
    scopes: list[str] = [memory.scope for memory in _memories(tariff)]
    return not _THIS_LOT.issuperset((*scopes, *(cap.memory for cap in tariff.caps)))


def scope_of(operator_id: int | None, seen_from: int) -> Scope:
    """Where a visit to another lot was, as seen from a lot of the operator `seen_from`; None: of no known operator."""
    return "operator" if operator_id == seen_from else "city"


def _memories(tariff: Tariff) -> list[Memory]:
    frees = [tariff.free, *(rule.free for rule in tariff.classes if rule.free is not None)]
    return [*(free.memory for free in frees if free.uses_max), *(quota.memory for quota in tariff.quotas)]


def _hours(memory: Memory) -> int:
    if memory.per == "visit":
        return 0
    return _DAY_HOURS if memory.per == "day" else memory.hours


def remembered(memory: Memory, rule: str, entered: int, pasts: Sequence[Past], days: Days) -> Remembered:
    """What counts, at an entry, of what earlier visits used under a rule."""
    used = [uses for past in pasts if (uses := _uses(past, rule, memory.scope))]
    if not used or memory.per == "visit":
        return Remembered([], entered)
    since = entered - memory.hours * 3600
    opened = entered
    if memory.per == "sliding":
        lasting = [[use for use in uses if seconds(use.at) > since] for uses in used]
    elif memory.per == "day":
        day = days.day_at(entered)
        lasting = [[use for use in uses if days.day_at(seconds(use.at)) == day] for uses in used]
    else:
        opened = _window(sorted([seconds(use.at) for uses in used for use in uses]), memory.hours * 3600, entered)
        lasting = [[use for use in uses if seconds(use.at) >= opened] for uses in used]
    return Remembered([sum([use.amount for use in uses]) for uses in lasting if uses], opened)


def counts_from(memory: Memory, since: int, opened: int | None) -> int:
    """The instant from which a use is remembered; `opened`: when the last window began, if there has been one."""
    if memory.per == "window" and opened is not None and since < opened + memory.hours * 3600:
        return opened
    return since


def left_of(quota: Quota, earlier: Remembered) -> int:
    """The minutes a visit may draw from a quota, after what earlier visits drew."""
    drawn = earlier.amounts
    left = quota.minutes - sum(drawn)
    if quota.visits_max and len(drawn) >= quota.visits_max:
        return 0
    if quota.portion_max_min and drawn:
        left = 0 if max(drawn) > quota.portion_max_min else min(left, quota.portion_max_min)
    return max(left, 0)


def cycle_of(cap: Cap, entered: int, pasts: Sequence[Past]) -> Cycle:
    """Where the cycles of a cap begin for a visit, and what was paid under it before."""
    if cap.memory == "none":
        return Cycle(entered, {})
    paid: dict[int, int] = {}
    for past in pasts:
        for use in _uses(past, f"cap.{cap.code}", cap.memory):
            at = seconds(use.at)
            paid[at] = paid.get(at, 0) + use.amount
    open_since = [at for at in paid if at <= entered < at + cap.hours * 3600]
    return Cycle(max(open_since, default=entered), paid)


def _window(used_at: Sequence[int], length: int, entered: int) -> int:
    """When the window began that is open at an entry; the entry itself if none is."""
    opened = -length
    for at in used_at:
        if at >= opened + length:
            opened = at
    return opened if entered < opened + length else entered


def _uses(past: Past, rule: str, scope: Scope) -> list[Use]:
    if past.place not in _SCOPES[scope]:
        return []
    return [use for use in past.uses if use.rule == rule]
