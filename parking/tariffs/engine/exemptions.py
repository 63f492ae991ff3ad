"""Time that is not charged, or not in full: the free period, passes, charging, bookings, quotas and coupons of minutes.

Time in which the clock of a visit stood is none of its time: it comes before all of them, and none counts it.

Each reduces the price of some of the stay; time that two of them reduce belongs to the first of the two.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from parking.tariffs.engine.calendar import DAY_S, Interval, Segment, instant, seconds, within
from parking.tariffs.engine.compiled import Compiled, Table
from parking.tariffs.engine.memory import counts_from, left_of, remembered
from parking.tariffs.engine.quote import Past, Use, Visit
from parking.tariffs.language.document import Discount, Free, Pass
from parking.tariffs.language.fields import Counts


class ReducedTime(Struct, frozen=True, order=True, gc=False):
    """From, to, the percentage paid in it (0: free), the place of the rule, and when the grant began."""

    starts: int
    ends: int
    pays: int
    rule: str
    granted_at: int = 0


class SegmentedStay(Struct, gc=False):
    """A visit as it is computed: its ends in whole seconds, its segments, and what its class pays.

    whole: the ends of the vehicle's whole stay; is_part: whether this is a part of it that one tariff prices. paused:
    when its clock stood.
    """

    starts: int
    ends: int
    segments: list[Segment]
    table: Table
    visit: Visit
    pasts: Sequence[Past]
    whole: Interval
    is_part: bool
    paused: Sequence[Interval] = ()
    _chargeable: list[Interval] | None = None

    def counted(self, counts: Counts) -> list[Interval]:
        """The time that counts: all of it, or that in rate periods which are not free."""
        if counts == "stay":
            return without([(self.starts, self.ends)], self.paused)
        if self._chargeable is None:
            rates = self.table.rates
            segments = [(begins, until) for band, begins, until in self.segments if rates[band] is not None]
            self._chargeable = without(segments, self.paused)
        return self._chargeable

    def length(self, counts: Counts) -> int:
        """How much time counts, in seconds."""
        return self.ran(self.starts, self.ends) if counts == "stay" else _length(self.counted(counts))

    def ran(self, starts: int, ends: int) -> int:
        """For how many seconds of a time that lies in the stay its clock ran."""
        return ends - starts - sum([max(0, min(until, ends) - max(begins, starts)) for begins, until in self.paused])


class Reductions(Struct, frozen=True, gc=False):
    """The reduced time of a stay in order, what was used, and whether the free period makes the whole stay free."""

    times: list[ReducedTime]
    uses: list[Use]
    is_free: bool


def reductions(tariff: Compiled, stay: SegmentedStay, coupons: Sequence[Discount]) -> Reductions:
    """All time of a stay that is free or reduced, granted in the order of the language."""
    times = [ReducedTime(*time, 0, "paused") for time in stay.paused]
    uses: list[Use] = []
    visit, free = stay.visit, stay.table.free
    granted = free.minutes > 0 and not visit.continued and (not stay.pasts or _may_be_free(tariff, stay))
    is_free = granted and not stay.is_part and _is_within(free, stay.length(free.counts))
    if granted and not is_free and (free.deducted or free.again == "cycle"):
        _add(times, _free_time(tariff, stay, free), stay)
    if granted and free.uses_max and (is_free or any(time.rule == "free" for time in times)):
        earlier = remembered(free.memory, "free", stay.starts, stay.pasts, tariff.parking_days)
        uses.append(Use("free", instant(earlier.at), 1))
    if visit.passes and not is_free:
        _add(times, _passes(tariff, stay, uses), stay)
    if visit.charging and not is_free:
        _add(times, _charging(tariff, stay), stay)
    if visit.booked and not is_free:
        _add(times, _booked(tariff, stay), stay)
    if tariff.tariff.quotas:
        _draw_quotas(tariff, stay, times, uses, is_free=is_free)
    if not is_free:
        for coupon in coupons:
            rule = f"discounts.{coupon.code}"
            _add(times, _first_of(coupon.minutes * 60, stay, "chargeable", times, 0, rule), stay)
    return Reductions(times, uses, is_free)


def gaps(times: Sequence[ReducedTime], starts: int, ends: int) -> Iterator[Interval]:
    """The parts of a time that nothing reduces; `times` are in order."""
    for time in touching(times, starts, ends):
        if time.starts > starts:
            yield starts, time.starts
        starts = max(starts, time.ends)
    if starts < ends:
        yield starts, ends


def without(times: list[Interval], paused: Sequence[Interval]) -> list[Interval]:
    """Times less those in which the clock stood."""
    if not paused:
        return times
    stood = [ReducedTime(*time, 0, "paused") for time in paused]
    return [gap for begins, until in times for gap in gaps(stood, begins, until)]


def touching(times: Sequence[ReducedTime], starts: int, ends: int) -> Sequence[ReducedTime]:
    """Those of the times, which are in order and do not overlap, that lie in another time or reach into it."""
    first = bisect_left(times, starts, key=_starts)
    if first and times[first - 1].ends > starts:
        first -= 1
    return times[first : bisect_left(times, ends, key=_starts)]


def _starts(time: ReducedTime) -> int:
    return time.starts


def _may_be_free(tariff: Compiled, stay: SegmentedStay) -> bool:
    """Whether the vehicle's earlier visits leave this one a free period."""
    free = stay.table.free
    if free.uses_max:
        earlier = remembered(free.memory, "free", stay.starts, stay.pasts, tariff.parking_days)
        if sum(earlier.amounts) >= free.uses_max:
            return False
    return not any(
        remembered(quota.memory, f"quota.{quota.code}", stay.starts, stay.pasts, tariff.parking_days).amounts
        for quota in tariff.tariff.quotas
        if not quota.free_too and tariff.applies(quota.who, stay.visit, stay.whole)
    )


def _is_within(free: Free, length: int) -> bool:
    limit = free.minutes * 60
    return length <= limit if free.inclusive else length < limit


def _length(times: Iterable[Interval]) -> int:
    return sum([until - begins for begins, until in times])


def _free_time(tariff: Compiled, stay: SegmentedStay, free: Free) -> list[ReducedTime]:
    """What a stay that is longer than the free period keeps of it, in its first cycle and in later ones."""
    times: list[ReducedTime] = []
    if free.deducted:
        ends = _first_cycle(tariff, stay, free.again)
        times += _first_of(free.minutes * 60, stay, free.counts, [], 0, "free", until=ends)
    if free.again == "cycle":
        for begins in range(stay.starts + tariff.cycle_s, stay.ends, tariff.cycle_s):
            until = begins + tariff.cycle_s
            if free.deducted:
                times += _first_of(free.minutes * 60, stay, free.counts, [], 0, "free", since=begins, until=until)
            elif until > stay.whole[1] and _is_within(free, _length_of_last(tariff, stay, free.counts, begins)):
                times.append(ReducedTime(begins, stay.ends, 0, "free"))
    return times


def _length_of_last(tariff: Compiled, stay: SegmentedStay, counts: Counts, begins: int) -> int:
    """How much time counts in the last cycle of the whole stay, of which this may be a part."""
    if counts == "stay":
        return tariff.length_of(stay.visit, begins, stay.whole[1])
    rates = stay.table.rates
    rest = tariff.timeline.segments(begins, stay.whole[1])
    return sum([tariff.length_of(stay.visit, since, until) for band, since, until in rest if rates[band] is not None])


def _first_cycle(tariff: Compiled, stay: SegmentedStay, again: str) -> int:
    """Where the time of a first grant ends: with the first cycle if there is one in each, else with the stay."""
    return stay.starts + tariff.cycle_s if again == "cycle" else stay.ends


def _passes(tariff: Compiled, stay: SegmentedStay, uses: list[Use]) -> list[ReducedTime]:
    passes = {each.code: each for each in tariff.tariff.passes}
    times = []
    for pass_held in stay.visit.passes:
        sold = passes.get(pass_held.code)
        if sold is None or not tariff.applies(sold.who, stay.visit, stay.whole):
            continue
        begins = max(tariff.seconds_of(pass_held.valid_from), stay.starts)
        valid_until = tariff.seconds_of(pass_held.valid_until) + sold.grace_days * DAY_S
        until = min(valid_until, stay.ends)
        if begins >= until or (sold.on_expiry == "whole_stay" and valid_until < stay.whole[1]):
            continue
        valid = within(sold.hours, begins, until, tariff.calendar) if sold.hours else [(begins, until)]
        running = without(sorted(valid), stay.paused)
        covered = [ReducedTime(*time, 0, f"passes.{pass_held.code}") for time in running]
        times += _first_of_days(tariff, stay, sold, covered, uses) if sold.day_max_min else covered
    return times


def _first_of_days(
    tariff: Compiled, stay: SegmentedStay, sold: Pass, covered: Sequence[ReducedTime], uses: list[Use]
) -> list[ReducedTime]:
    """What a pass covers of each day, after what earlier visits had of that day; what is had of it is used."""
    days, rule = tariff.parking_days, f"pass.{sold.code}"
    had: dict[int, int] = {}
    for use in [use for past in stay.pasts if past.place == "lot" for use in past.uses if use.rule == rule]:
        day = days.day_at(seconds(use.at))
        had[day] = had.get(day, 0) + use.amount
    times = []
    drawn: dict[int, int] = {}
    reached = stay.starts
    for time in sorted(covered):
        # Hours of a pass may overlap.
        begins, reached = max(time.starts, reached), max(time.ends, reached)
        while begins < time.ends:
            day = days.day_at(begins)
            until = min(days.bounds(day)[1], time.ends)
            left = (sold.day_max_min - had.get(day, 0)) * 60 - drawn.get(day, 0)
            if (taken := min(left, until - begins)) > 0:
                times.append(ReducedTime(begins, begins + taken, 0, time.rule))
                drawn[day] = drawn.get(day, 0) + taken
            begins = until
    uses += [Use(rule, instant(days.bounds(day)[0]), -(-taken // 60)) for day, taken in drawn.items()]
    return times


def _charging(tariff: Compiled, stay: SegmentedStay) -> list[ReducedTime]:
    rule = tariff.tariff.charging
    if rule is None:
        return []
    left = rule.free_max_min * 60 or stay.ends - stay.starts
    times = []
    reached = stay.starts
    for plugged, unplugged in sorted(stay.visit.charging):
        since = max(tariff.seconds_of(plugged), reached)
        reached = max(reached, min(tariff.seconds_of(unplugged) + rule.after_min * 60, stay.ends))
        for begins, ends in without([(since, reached)], stay.paused) if since < reached else ():
            until = min(ends, begins + left)
            if begins < until:
                times.append(ReducedTime(begins, until, 0, "charging"))
                left -= until - begins
    return times


def _booked(tariff: Compiled, stay: SegmentedStay) -> list[ReducedTime]:
    rule = tariff.tariff.booking
    if rule is None:
        return []
    times = []
    for begins, ends in stay.visit.booked:
        since = max(tariff.seconds_of(begins), stay.starts)
        until = min(tariff.seconds_of(ends) + rule.grace_min * 60, stay.ends)
        running = without([(since, until)], stay.paused) if since < until else ()
        times += [ReducedTime(*time, 0, "booking") for time in running]
    return times


def _draw_quotas(
    tariff: Compiled, stay: SegmentedStay, times: list[ReducedTime], uses: list[Use], *, is_free: bool
) -> None:
    """Adds what the vehicle's quotas reduce to the times, and what it draws from them to the uses."""
    for quota in tariff.tariff.quotas:
        if (is_free and quota.within_free == "spares") or not tariff.applies(quota.who, stay.visit, stay.whole):
            continue
        if stay.visit.continued and quota.memory.per == "visit":
            # It was granted in the first part of the stay, by another version of the tariff.
            continue
        rule = f"quota.{quota.code}"
        earlier = remembered(quota.memory, rule, stay.starts, stay.pasts, tariff.parking_days)
        place = f"quotas.{quota.code}"
        opened = earlier.at if earlier.amounts else None
        grants = [(left_of(quota, earlier), stay.starts, _first_cycle(tariff, stay, quota.again))]
        if quota.again == "cycle":
            cycles = range(stay.starts + tariff.cycle_s, stay.ends, tariff.cycle_s)
            grants += [(quota.minutes, begins, begins + tariff.cycle_s) for begins in cycles]
        for minutes, since, until in grants:
            pays = quota.pays_percent
            granted = _first_of(minutes * 60, stay, quota.counts, times, pays, place, since=since, until=until)
            if drawn_s := sum([time.ends - time.starts for time in granted]):
                opened = counts_from(quota.memory, since, opened)
                uses.append(Use(rule, instant(opened), -(-drawn_s // 60)))
                _add(times, granted, stay)


def _first_of(
    amount: int,
    stay: SegmentedStay,
    counts: Counts,
    times: Sequence[ReducedTime],
    pays: int,
    rule: str,
    *,
    since: int | None = None,
    until: int | None = None,
) -> list[ReducedTime]:
    """The first `amount` seconds that count and that none of the times reduces yet, from `since` until `until`."""
    starts = stay.starts if since is None else since
    ends = stay.ends if until is None else min(until, stay.ends)
    granted: list[ReducedTime] = []
    if amount <= 0:
        return granted
    counted = stay.counted(counts)
    for gap_from, gap_to in gaps(times, starts, ends):
        for begins, stops in _cut(counted, gap_from, gap_to):
            taken = min(stops, begins + amount)
            granted.append(ReducedTime(begins, taken, pays, rule, starts))
            amount -= taken - begins
            if not amount:
                return granted
    return granted


def _cut(times: Sequence[Interval], starts: int, ends: int) -> Iterator[Interval]:
    """The parts of these times, which follow each other, that lie in another."""
    for place in range(bisect_right(times, starts, key=_until), len(times)):
        begins, until = times[place]
        if begins >= ends:
            break
        yield max(begins, starts), min(until, ends)


def _until(time: Interval) -> int:
    return time[1]


def _add(times: list[ReducedTime], more: Sequence[ReducedTime], stay: SegmentedStay) -> None:
    """Adds times in their order, as far as nothing reduces them yet."""
    for time in more:
        for gap in list(gaps(times, time.starts, min(time.ends, stay.ends))):
            insort(times, ReducedTime(*gap, time.pays, time.rule, time.granted_at))
