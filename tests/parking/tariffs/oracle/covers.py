"""What covers the ticks of a stay, in order: the free period, passes, charging, bookings, quotas, coupons of minutes.

A stay is covered tick by tick in a list as long as it: None pays in full, a number pays that percentage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from parking.tariffs.engine.quote import PassHeld, Past, Use, Visit
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Booking, Charging, Discount, Free, Pass, Quota, Tariff
from parking.tariffs.language.fields import Counts
from tests.parking.tariffs.oracle import remembered
from tests.parking.tariffs.oracle.ticks import HOUR, MINUTE, Tick, Ticks, day_begins, day_of, occurrence, walk
from tests.parking.tariffs.oracle.who import Asked, Prices, cut, fits, prices, ran, stood

_DAY = 24 * HOUR


@dataclass(slots=True)
class Covering:
    """A stay while it is being covered, and the uses that this leaves."""

    tariff: Tariff
    visit: Visit
    pasts: Sequence[Past]
    ticks: Ticks
    # The whole stay, of which this may be a part alone.
    asked: Asked
    is_part: bool = False
    pays: list[int | None] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    prices: Prices = field(init=False)

    def __post_init__(self) -> None:
        self.prices = prices(self.asked)
        # Time in which the clock stood is none of the stay's.
        self.pays = [0 if self.stood(tick) else None for tick in self.ticks.all]
        self.grants = [""] * len(self.ticks.all)

    def stood(self, tick: Tick) -> bool:
        """Whether the clock of the visit stood."""
        return stood(self.tariff, self.visit, tick.at)

    def counted(self, counts: Counts) -> list[int]:
        """The places of the ticks of a kind of time: of all, or of those in bands that cost something."""
        return self.counted_in(self.ticks, counts)

    def counted_in(self, ticks: Ticks, counts: Counts) -> list[int]:
        """The same of other ticks."""
        every = [(place, tick) for place, tick in enumerate(ticks.all) if not self.stood(tick)]
        return [place for place, tick in every if counts == "stay" or self.prices.tiers[tick.band]]

    def cover(self, places: Iterable[int], minutes: int, percent: int = 0, grant: str = "") -> int:
        """Cover the first so many minutes that are not covered yet, of these places; the seconds that were covered."""
        seconds = 0
        for place in places:
            if seconds < minutes * MINUTE and self.pays[place] is None:
                self.pays[place], self.grants[place] = percent, grant
                seconds += self.ticks.seconds
        return seconds

    def use(self, rule: str, at: int, amount: int) -> None:
        """Leave something to be remembered."""
        self.uses.append(Use(rule, remembered.instant(at), amount))


def free_holds(stay: Covering) -> bool:
    """Whether the free period holds for this visit at all."""
    free = stay.prices.free
    if free.minutes == 0 or stay.visit.continued:
        return False
    entered = stay.ticks.entered
    had = remembered.recall(stay.tariff, "free", free.memory, stay.pasts, entered)
    if free.uses_max and len(had) >= free.uses_max:
        return False
    return not any(
        remembered.recall(stay.tariff, f"quota.{quota.code}", quota.memory, stay.pasts, entered)
        for quota in stay.tariff.quotas
        if not quota.free_too and fits(quota.who, stay.asked)
    )


def within_free(free: Free, seconds: int) -> bool:
    """Whether so much time is within the free period."""
    return seconds <= free.minutes * MINUTE if free.inclusive else seconds < free.minutes * MINUTE


def note_free(stay: Covering) -> None:
    """Leave the use of the free period, where it is counted."""
    free = stay.prices.free
    if free.uses_max:
        stay.use("free", remembered.begins(free.memory, "free", stay.pasts, stay.ticks.entered), 1)


def cover_free(stay: Covering) -> None:
    """Cover what a stay that is longer than the free period keeps of it."""
    free, ticks = stay.prices.free, stay.ticks
    covered = 0
    if free.deducted:
        counted = stay.counted(free.counts)
        cycles = [counted]
        if free.again == "cycle":
            every = range(ticks.all[-1].cycle + 1)
            cycles = [[place for place in counted if ticks.all[place].cycle == cycle] for cycle in every]
        covered = sum(stay.cover(places, free.minutes) for places in cycles)
    elif free.again == "cycle":
        last = _last_free_cycle(stay)
        places = [place for place, tick in enumerate(ticks.all) if tick.cycle == last]
        covered = stay.cover(places, len(places) * ticks.seconds)
    if covered:
        note_free(stay)


def _last_free_cycle(stay: Covering) -> int | None:
    """The last cycle of the whole stay, if it is not the first, incomplete, and within the free period by itself."""
    free, asked = stay.prices.free, stay.asked
    whole = walk(stay.tariff, asked.entered, asked.left, stay.ticks.seconds) if stay.is_part else stay.ticks
    last = whole.all[-1].cycle
    over = whole.entered + (last + 1) * stay.tariff.cycle_hours * HOUR <= whole.left
    counted = [place for place in stay.counted_in(whole, free.counts) if whole.all[place].cycle == last]
    return last if last and not over and within_free(free, len(counted) * whole.seconds) else None


def cover_passes(stay: Covering) -> None:
    """Cover the time of the passes that the vehicle holds."""
    known = {each.code: each for each in stay.tariff.passes}
    for held in stay.visit.passes:
        sold = known.get(held.code)
        if sold and fits(sold.who, stay.asked):
            _cover_pass(stay, sold, held)


def _cover_pass(stay: Covering, sold: Pass, held: PassHeld) -> None:
    begins = cut(stay.tariff, held.valid_from)
    ends = cut(stay.tariff, held.valid_until) + sold.grace_days * _DAY
    if sold.on_expiry == "whole_stay" and ends < stay.asked.left:
        return
    days = DaySets(stay.tariff)
    rule, spent, seconds = f"pass.{sold.code}", dict[date, int](), dict[date, int]()
    for place, tick in enumerate(stay.ticks.all):
        hours = not sold.hours or any(occurrence(each, tick.shown, days) for each in sold.hours)
        if stay.stood(tick) or not (begins <= tick.at < ends and hours):
            continue
        if sold.day_max_min:
            if tick.day not in seconds:
                seconds[tick.day] = 0
                spent[tick.day] = _pass_minutes(stay, rule, tick.day) * MINUTE
            if spent[tick.day] + seconds[tick.day] >= sold.day_max_min * MINUTE:
                continue
            seconds[tick.day] += stay.ticks.seconds
        stay.pays[place] = 0
    for day, covered in seconds.items():
        if covered:
            stay.use(rule, day_begins(stay.tariff, day), -(-covered // MINUTE))


def _pass_minutes(stay: Covering, rule: str, day: date) -> int:
    """The minutes of a day's pass that earlier visits to this lot used."""
    left = remembered.visits(stay.pasts, rule, "lot")
    return sum(use.amount for uses in left for use in uses if day_of(stay.tariff, remembered.seconds_of(use.at)) == day)


def cover_charging(stay: Covering, charging: Charging) -> None:
    """Cover the time while the vehicle was charged, and after it."""
    periods = [
        (cut(stay.tariff, begins), cut(stay.tariff, ends) + charging.after_min * MINUTE)
        for begins, ends in stay.visit.charging
    ]
    seconds = 0
    for place, tick in enumerate(stay.ticks.all):
        is_charged = any(begins <= tick.at < ends for begins, ends in periods)
        if (is_charged and not stay.stood(tick)) and (
            not charging.free_max_min or seconds < charging.free_max_min * MINUTE
        ):
            stay.pays[place] = 0
            seconds += stay.ticks.seconds


def cover_booked(stay: Covering, booking: Booking) -> None:
    """Cover the time that was booked for the visit, and the grace after it."""
    periods = [
        (cut(stay.tariff, begins), cut(stay.tariff, ends) + booking.grace_min * MINUTE)
        for begins, ends in stay.visit.booked
    ]
    for place, tick in enumerate(stay.ticks.all):
        if any(begins <= tick.at < ends for begins, ends in periods) and not stay.stood(tick):
            stay.pays[place] = 0


def cover_quotas(stay: Covering, *, stay_is_free: bool = False) -> None:
    """Cover what the quotas grant; a stay that is free anyway draws on some of them all the same."""
    for quota in stay.tariff.quotas:
        if stay.visit.continued and quota.memory.per == "visit":
            continue
        if fits(quota.who, stay.asked) and (not stay_is_free or quota.within_free == "uses"):
            _cover_quota(stay, quota)


def quota_left(stay: Covering, quota: Quota) -> int:
    """The minutes that a quota has left for this visit."""
    drawn = remembered.recall(stay.tariff, f"quota.{quota.code}", quota.memory, stay.pasts, stay.ticks.entered)
    amounts = [sum(use.amount for use in uses) for uses in drawn]
    left = max(0, quota.minutes - sum(amounts))
    if quota.visits_max and len(amounts) >= quota.visits_max:
        return 0
    if quota.portion_max_min and amounts:
        return 0 if max(amounts) > quota.portion_max_min else min(left, quota.portion_max_min)
    return left


def _cover_quota(stay: Covering, quota: Quota) -> None:
    counted, rule = stay.counted(quota.counts), f"quota.{quota.code}"
    grants = [(0, counted, quota_left(stay, quota))]
    if quota.again == "cycle":
        cycles = range(stay.ticks.all[-1].cycle + 1)
        parts = [[place for place in counted if stay.ticks.all[place].cycle == cycle] for cycle in cycles]
        grants = [(cycle, parts[cycle], quota.minutes if cycle else grants[0][2]) for cycle in cycles]
    own: list[Use] = []
    for cycle, places, minutes in grants:
        seconds = stay.cover(places, minutes, quota.pays_percent, f"{rule} {cycle}")
        if seconds:
            entered = stay.ticks.entered + cycle * stay.tariff.cycle_hours * HOUR
            known = [*stay.pasts, Past(stay.visit.entered_at, stay.visit.left_at, tuple(own))]
            at = remembered.begins(quota.memory, rule, known, entered)
            stay.use(rule, at, -(-seconds // MINUTE))
            own.append(Use(rule, remembered.instant(at), 1))


def cover_coupons(stay: Covering, discounts: Sequence[Discount]) -> None:
    """Cover the minutes of coupons that count as time."""
    for discount in discounts:
        if discount.kind == "minutes" and discount.minutes_as == "time":
            stay.cover(stay.counted("chargeable"), discount.minutes)


def cross_shortly(stay: Covering) -> None:
    """Put a short time over several bands into one of them, as one passage."""
    crossing = stay.tariff.crossing
    if stay.is_part and ran(stay.asked) >= crossing.short_under_min * MINUTE:
        return
    places = [place for place in stay.counted("chargeable") if stay.pays[place] != 0]
    bands = list(dict.fromkeys(stay.ticks.all[place].band for place in places))
    if len(places) * stay.ticks.seconds >= crossing.short_under_min * MINUTE or len(bands) < 2:
        return
    last = stay.ticks.all[places[-1]].band
    chosen = {"first": bands[0], "last": last}.get(crossing.short_price, crossing.short_price)
    if chosen in bands:
        for place in set(range(len(stay.pays))) - set(stay.counted("chargeable")):
            stay.pays[place] = 0
        # The passage begins with the first time that is left.
        stay.ticks.all = [
            Tick(tick.at, tick.day, tick.shown, chosen, 0 if place >= places[0] else -1, tick.cycle)
            for place, tick in enumerate(stay.ticks.all)
        ]
