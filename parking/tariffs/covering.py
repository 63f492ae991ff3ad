"""Time that is not charged, or not in full: the free period, passes, charging, quotas and coupons of minutes.

Each covers some of the stay; what two of them would cover is covered once, by the one that comes first.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from parking.tariffs.compiled import Compiled, Table, fits
from parking.tariffs.document import Counts, Discount, Free
from parking.tariffs.hours import DAY_S, Interval, Passage, instant, within
from parking.tariffs.memory import counts_from, left_of, remembered
from parking.tariffs.visits import Past, Use, Visit


class Cover(Struct, frozen=True, order=True, gc=False):
    """From, to, the percentage paid in it, the place of the rule in the document, and which grant: since when."""

    starts: int
    ends: int
    pays: int
    rule: str
    at: int = 0


class Stay(Struct, gc=False):
    """A visit as it is computed: its instants in whole seconds, its passages, what its class pays.

    whole: from when to when the vehicle stayed, where this is the part of its stay that one version is for.
    """

    starts: int
    ends: int
    passages: list[Passage]
    table: Table
    visit: Visit
    pasts: Sequence[Past]
    whole: Interval
    _chargeable: list[Interval] | None = None

    def counted(self, counts: Counts) -> list[Interval]:
        """The time that counts: all of it, or that in bands that cost something."""
        if counts == "stay":
            return [(self.starts, self.ends)]
        if self._chargeable is None:
            rates = self.table.rates
            self._chargeable = [(begins, until) for band, begins, until in self.passages if rates[band] is not None]
        return self._chargeable

    def length(self, counts: Counts) -> int:
        """How much time counts, in seconds."""
        return self.ends - self.starts if counts == "stay" else _length(self.counted(counts))


class Covered(Struct, frozen=True, gc=False):
    """What covers a stay, in order of time; what was used; and whether the free period makes the whole of it free."""

    covers: list[Cover]
    uses: list[Use]
    is_free: bool


def covered(tariff: Compiled, stay: Stay, coupons: Sequence[Discount]) -> Covered:
    """All that covers a stay, in the order in which the language says it is granted."""
    covers: list[Cover] = []
    uses: list[Use] = []
    visit, free = stay.visit, stay.table.free
    granted = free.minutes > 0 and not visit.continued and (not stay.pasts or _may_be_free(tariff, stay))
    is_free = granted and _is_within(free, stay.length(free.counts))
    if granted and not is_free and (free.deducted or free.again == "cycle"):
        covers = _free_again(tariff, stay, free)
    if granted and free.uses_max and (is_free or covers):
        held = remembered(free.memory, "free", stay.starts, stay.pasts, tariff.calendar)
        uses.append(Use("free", instant(held.at), 1))
    if visit.passes and not is_free:
        _add(covers, _passes(tariff, stay), stay)
    if visit.charging and not is_free:
        _add(covers, _charging(tariff, stay), stay)
    if tariff.tariff.quotas:
        _draw(tariff, stay, covers, uses, is_free=is_free)
    if not is_free:
        for coupon in coupons:
            _add(covers, _lay(coupon.minutes * 60, stay, "chargeable", covers, 0, f"discounts.{coupon.code}"), stay)
    return Covered(covers, uses, is_free)


def gaps(covers: Sequence[Cover], starts: int, ends: int) -> Iterator[Interval]:
    """The parts of a time that nothing covers; `covers` are in order."""
    for cover in touching(covers, starts, ends):
        if cover.starts > starts:
            yield starts, cover.starts
        starts = max(starts, cover.ends)
    if starts < ends:
        yield starts, ends


def touching(covers: Sequence[Cover], starts: int, ends: int) -> Sequence[Cover]:
    """Those of the covers, which are in order and do not overlap, that lie in a time or reach into it."""
    first = bisect_left(covers, starts, key=_starts)
    if first and covers[first - 1].ends > starts:
        first -= 1
    return covers[first : bisect_left(covers, ends, key=_starts)]


def _starts(cover: Cover) -> int:
    return cover.starts


def _may_be_free(tariff: Compiled, stay: Stay) -> bool:
    free = stay.table.free
    if free.uses_max:
        held = remembered(free.memory, "free", stay.starts, stay.pasts, tariff.calendar)
        if sum(held.amounts) >= free.uses_max:
            return False
    return not any(
        remembered(quota.memory, f"quota.{quota.code}", stay.starts, stay.pasts, tariff.calendar).amounts
        for quota in tariff.tariff.quotas
        if not quota.free_too and fits(quota.who, stay.visit.vehicle)
    )


def _is_within(free: Free, length: int) -> bool:
    limit = free.minutes * 60
    return length <= limit if free.inclusive else length < limit


def _length(times: Iterable[Interval]) -> int:
    return sum([until - begins for begins, until in times])


def _free_again(tariff: Compiled, stay: Stay, free: Free) -> list[Cover]:
    """What a stay that is longer than the free period keeps of it, in its first cycle and in later ones."""
    covers: list[Cover] = []
    if free.deducted:
        ends = _first_cycle(tariff, stay, free.again)
        covers += _lay(free.minutes * 60, stay, free.counts, [], 0, "free", until=ends)
    if free.again == "cycle":
        for begins in range(stay.starts + tariff.cycle_s, stay.ends, tariff.cycle_s):
            until = begins + tariff.cycle_s
            if free.deducted:
                covers += _lay(free.minutes * 60, stay, free.counts, [], 0, "free", since=begins, until=until)
            elif until > stay.ends and _is_within(free, _length(_cut(stay.counted(free.counts), begins, stay.ends))):
                covers.append(Cover(begins, stay.ends, 0, "free"))
    return covers


def _first_cycle(tariff: Compiled, stay: Stay, again: str) -> int:
    """Where the time ends in which something is granted first."""
    return stay.starts + tariff.cycle_s if again == "cycle" else stay.ends


def _passes(tariff: Compiled, stay: Stay) -> list[Cover]:
    kinds = {one.code: one for one in tariff.tariff.passes}
    found = []
    for held in stay.visit.passes:
        kind = kinds.get(held.code)
        if kind is None or not fits(kind.who, stay.visit.vehicle):
            continue
        begins = max(tariff.told(held.valid_from), stay.starts)
        valid_until = tariff.told(held.valid_until) + kind.grace_days * DAY_S
        until = min(valid_until, stay.ends)
        if begins >= until or (kind.on_expiry == "whole_stay" and valid_until < stay.whole[1]):
            continue
        times = within(kind.hours, begins, until, tariff.calendar) if kind.hours else [(begins, until)]
        found += [Cover(*time, 0, f"passes.{held.code}") for time in times]
    return found


def _charging(tariff: Compiled, stay: Stay) -> list[Cover]:
    rule = tariff.tariff.charging
    if rule is None:
        return []
    left = rule.free_max_min * 60 or stay.ends - stay.starts
    found = []
    reached = stay.starts
    for plugged, unplugged in sorted(stay.visit.charging):
        begins = max(tariff.told(plugged), reached)
        until = min(tariff.told(unplugged) + rule.after_min * 60, stay.ends, begins + left)
        if begins < until:
            found.append(Cover(begins, until, 0, "charging"))
            left -= until - begins
            reached = until
    return found


def _draw(tariff: Compiled, stay: Stay, covers: list[Cover], uses: list[Use], *, is_free: bool) -> None:
    """Lays the quotas of the vehicle over what is not covered yet, and notes what they cost the quota."""
    for quota in tariff.tariff.quotas:
        if (is_free and quota.within_free == "spares") or not fits(quota.who, stay.visit.vehicle):
            continue
        if stay.visit.continued and quota.memory.per == "visit":
            # The visit began with it, in another version.
            continue
        rule = f"quota.{quota.code}"
        held = remembered(quota.memory, rule, stay.starts, stay.pasts, tariff.calendar)
        place = f"quotas.{quota.code}"
        opened = held.at if held.amounts else None
        times = [(left_of(quota, held), stay.starts, _first_cycle(tariff, stay, quota.again))]
        if quota.again == "cycle":
            later = range(stay.starts + tariff.cycle_s, stay.ends, tariff.cycle_s)
            times += [(quota.minutes, begins, begins + tariff.cycle_s) for begins in later]
        for minutes, since, until in times:
            pays = quota.pays_percent
            laid = _lay(minutes * 60, stay, quota.counts, covers, pays, place, since=since, until=until)
            if granted := sum([cover.ends - cover.starts for cover in laid]):
                opened = counts_from(quota.memory, since, opened)
                uses.append(Use(rule, instant(opened), -(-granted // 60)))
                _add(covers, laid, stay)


def _lay(
    amount: int,
    stay: Stay,
    counts: Counts,
    covers: Sequence[Cover],
    pays: int,
    rule: str,
    *,
    since: int | None = None,
    until: int | None = None,
) -> list[Cover]:
    """Covers for the first so many seconds of a time that nothing covers yet."""
    starts = stay.starts if since is None else since
    ends = stay.ends if until is None else min(until, stay.ends)
    laid: list[Cover] = []
    if amount <= 0:
        return laid
    counted = stay.counted(counts)
    for free_from, free_to in gaps(covers, starts, ends):
        for begins, stops in _cut(counted, free_from, free_to):
            taken = min(stops, begins + amount)
            laid.append(Cover(begins, taken, pays, rule, starts))
            amount -= taken - begins
            if not amount:
                return laid
    return laid


def _cut(times: Sequence[Interval], starts: int, ends: int) -> Iterator[Interval]:
    """The parts of these times, which follow each other, that lie in another."""
    for place in range(bisect_right(times, starts, key=_until), len(times)):
        begins, until = times[place]
        if begins >= ends:
            break
        yield max(begins, starts), min(until, ends)


def _until(time: Interval) -> int:
    return time[1]


def _add(covers: list[Cover], more: Sequence[Cover], stay: Stay) -> None:
    """Adds covers in their order, where nothing covers yet."""
    for cover in more:
        for gap in list(gaps(covers, cover.starts, min(cover.ends, stay.ends))):
            insort(covers, Cover(*gap, cover.pays, cover.rule, cover.at))
