"""Whether a document of the right shape can be priced by: its codes, references, tiers, days and amounts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import chain
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from parking.tariffs.language.band_coverage import gaps_and_overlaps
from parking.tariffs.language.conditions import DayHours, DaySet, Match
from parking.tariffs.language.days import ALWAYS, holidays_of, names_of
from parking.tariffs.language.document import Band, Cap, ClassRule, Discount, Free, Tariff, Tier
from parking.tariffs.language.errors import TariffUnclear, UnknownTimeZone, below, shown, unclear, unknown_time_zone

HOURS_MAX = 256
TIERS_MAX = 24
DATE_YEARS = range(2000, 2100)
# Names in a system's zone folder that are no time zones of the IANA database.
_NO_TIME_ZONES = ("posix/", "right/", "localtime", "posixrules", "Factory")
# What writers call the time of China, whose one time zone bears another name.
_CHINESE = ("beijing", "bejing", "china", "utc+8", "gmt+8", "+08", "cst", "peking")
_AMOUNTS = {"percent": "percent", "amount": "fen", "minutes": "minutes"}


def validate(tariff: Tariff) -> None:
    """Refuses a document that cannot be priced by, at the first place that is wrong.

    Raises:
        TariffUnclear: something in it contradicts something else, or what is named does not exist.
        UnknownTimeZone: its time zone does not exist.
    """
    for refusal in refusals(tariff):
        raise refusal


def refusals(tariff: Tariff) -> Iterator[TariffUnclear | UnknownTimeZone]:
    """Everything for which a document is refused; whether its bands meet is asked if all else is right."""
    is_clean = True
    checks: list[Iterator[TariffUnclear | UnknownTimeZone]] = [_time_zone(tariff.time_zone)]
    checks += [check(tariff) for check in _CHECKS]
    for refusal in chain.from_iterable(checks):
        is_clean = False
        yield refusal
    if is_clean:
        yield from gaps_and_overlaps(tariff)


def _time_zone(name: str) -> Iterator[UnknownTimeZone]:
    if name.startswith(_NO_TIME_ZONES) or not _is_time_zone(name):
        is_chinese = any(word in name.lower() for word in _CHINESE)
        near = ["Asia/Shanghai"] if is_chinese else get_close_matches(name, available_timezones(), n=2)
        yield unknown_time_zone(name, near)


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _codes(tariff: Tariff) -> Iterator[TariffUnclear]:
    if tariff.supersedes == tariff.code:
        what = f'"{tariff.code}" supersedes itself'
        yield unclear("$.supersedes", what, "name the price that held before, or take the field out")
    taken = {*ALWAYS, *holidays_of(tariff.calendar)}
    for index, days in enumerate(tariff.days):
        if days.code in taken:
            what = f'There is a set of days called "{days.code}" already'
            yield unclear(f"$.days[{index}].code", what, "choose another code")
        taken.add(days.code)
    for name in ("bands", "quotas", "classes", "caps", "discounts", "surcharges", "passes"):
        seen: set[str] = set()
        for index, part in enumerate(getattr(tariff, name)):
            if part.code in seen:
                what = f'"{part.code}" stands twice in {name}'
                yield unclear(f"$.{name}[{index}].code", what, "give each its own code")
            seen.add(part.code)


def _days(tariff: Tariff) -> Iterator[TariffUnclear]:
    names = names_of(tariff)
    for index, days in enumerate(tariff.days):
        path = f"$.days[{index}]"
        if bool(days.name_zh) != bool(days.name_en):
            missing = "name_en" if days.name_zh else "name_zh"
            yield unclear(f"{path}.{missing}", f'"{days.code}" has a name in one language', f"write {missing} as well")
        for at, code in enumerate(days.holidays):
            yield from _holiday(tariff.calendar, code, f"{path}.holidays[{at}]")
        for at, code in enumerate(days.except_):
            yield from _known(code, names, "set of days", f"{path}.except[{at}]")
        for at, season in enumerate(days.seasons):
            for key, text in (("from", season.from_), ("to", season.to)):
                yield from _real_day(f"2000-{text}", text, f"{path}.seasons[{at}].{key}")
        for at, dates in enumerate(days.dates):
            below_it = f"{path}.dates[{at}]"
            yield from _real_day(dates.from_, dates.from_, f"{below_it}.from")
            yield from _real_day(dates.to, dates.to, f"{below_it}.to")
            if dates.to < dates.from_:
                yield unclear(f"{below_it}.to", f"{dates.to} is before {dates.from_}", "let to be the later date")
    yield from _no_circle(tariff.days)


def _holiday(calendar: str, code: str, path: str) -> Iterator[TariffUnclear]:
    if calendar == "none":
        advice = 'write calendar = "CN", or make the days a set of their own with dates'
        yield unclear(path, 'With calendar = "none" no holidays are known', advice)
    else:
        yield from _known(code, holidays_of(calendar), "holiday", path)


def _real_day(iso: str, text: str, path: str) -> Iterator[TariffUnclear]:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        yield unclear(path, f"There is no {shown(text)}", "write a day that exists")
        return
    if day.year not in DATE_YEARS:
        yield unclear(path, f"{text} is in no year from 2000 to 2099", "mend the year")


def _no_circle(own: Sequence[DaySet]) -> Iterator[TariffUnclear]:
    """Removes sets all of whose exceptions are removed; what cannot be removed is a circle."""
    left = {days.code: set(days.except_) for days in own}
    while left:
        removable = [code for code, excepted in left.items() if excepted.isdisjoint(left)]
        if not removable:
            index = next(index for index, days in enumerate(own) if days.code in left)
            what = f"The exceptions of {', '.join(shown(code) for code in left)} go round in a circle"
            yield unclear(f"$.days[{index}].except", what, "let one of them say its days without the other")
            return
        for code in removable:
            del left[code]


def _hours(tariff: Tariff) -> Iterator[TariffUnclear]:
    names = names_of(tariff)
    count = 0
    for path, hours in _all_hours(tariff):
        count += len(hours)
        if count > HOURS_MAX:
            what = f"All hours together are more than {HOURS_MAX}"
            yield unclear(path, what, "name sets of days, so that one line says the same for all of them")
            return
        for index, each in enumerate(hours):
            at = f"{path}[{index}]"
            yield from _known(each.days, names, "set of days", f"{at}.days")
            if each.from_ == "24:00":
                yield unclear(f"{at}.from", "Nothing begins at 24:00", 'write "00:00" and the day after')
            elif each.from_ == each.to:
                advice = 'for the whole day write from = "00:00" and to = "24:00"'
                yield unclear(f"{at}.to", f"From {each.from_} to {each.to} is no time at all", advice)


def _all_hours(tariff: Tariff) -> Iterator[tuple[str, tuple[DayHours, ...]]]:
    yield from ((f"$.bands[{index}].hours", band.hours) for index, band in enumerate(tariff.bands))
    for index, cap in enumerate(tariff.caps):
        yield from ((f"$.caps[{index}].{name}", getattr(cap, name)) for name in ("windows", "entered", "left"))
    for path, who in _all_matches(tariff):
        yield from ((f"{path}.{name}", getattr(who, name)) for name in ("entered", "left"))
    yield from ((f"$.passes[{index}].hours", each.hours) for index, each in enumerate(tariff.passes))


def _bands(tariff: Tariff) -> Iterator[TariffUnclear]:
    others = [index for index, band in enumerate(tariff.bands) if band.otherwise]
    if len(others) > 1:
        what = "Only one band takes the time that the others leave"
        yield unclear(f"$.bands[{others[1]}].otherwise", what, "give this one hours")
    for index, band in enumerate(tariff.bands):
        path = f"$.bands[{index}]"
        if band.otherwise and band.hours:
            what = f'"{band.code}" takes the time that the others leave and has hours as well'
            yield unclear(f"{path}.hours", what, "take the hours out, or otherwise = true")
        if not band.otherwise and not band.hours:
            advice = "give it hours (hours = [{}] is always), or otherwise = true"
            yield unclear(f"{path}.hours", f'It is not said when "{band.code}" holds', advice)
        yield from _tiers(band.tiers, band, f"{path}.tiers")
    price = tariff.crossing.short_price
    codes = [band.code for band in tariff.bands]
    if price in ("first", "last") and price in codes and tariff.crossing.short_under_min:
        what = f'"{price}" is the code of a band and a word of the language'
        yield unclear("$.crossing.short_price", what, "give the band another code")
    yield from _known(price, ("first", "last", *codes), "price of short crossings", "$.crossing.short_price")


def _tiers(tiers: Sequence[Tier], band: Band, path: str) -> Iterator[TariffUnclear]:
    if len(tiers) > TIERS_MAX:
        yield unclear(path, f"There are {len(tiers)} tiers and may be {TIERS_MAX}", "say the same with fewer")
    for index, tier in enumerate(tiers):
        at = f"{path}[{index}]"
        last = index == len(tiers) - 1
        if not last and tier.for_min is None:
            advice = "say how long it holds, e.g. for_min = 60"
            yield unclear(f"{at}.for_min", "Only the last tier goes on without end", advice)
        if last and tier.for_min is not None:
            advice = "take for_min out, or add a tier for the time after it"
            yield unclear(f"{at}.for_min", "The last tier goes on without end", advice)
        if tier.unit_min and tier.for_min and tier.for_min % tier.unit_min:
            fewer = tier.for_min // tier.unit_min * tier.unit_min
            what = f"for_min = {tier.for_min} is no multiple of unit_min = {tier.unit_min}"
            advice = f"write {fewer} or {fewer + tier.unit_min}" if fewer else f"write {tier.unit_min}"
            yield unclear(f"{at}.for_min", what, advice)
        if tier.unit_min is None and band.part_unit != "up":
            counts = {"down": "whole units only", "minutes": "part units by the minute"}[band.part_unit]
            what = f'"{band.code}" charges {counts}, and this tier has no unit'
            yield unclear(f"{at}.unit_min", what, 'give it unit_min, or the band part_unit = "up"')


def _caps(tariff: Tariff) -> Iterator[TariffUnclear]:
    codes = [band.code for band in tariff.bands]
    names = names_of(tariff)
    for index, cap in enumerate(tariff.caps):
        path = f"$.caps[{index}]"
        yield from _known(cap.days, names, "set of days", f"{path}.days")
        for at, code in enumerate(cap.bands):
            yield from _known(code, codes, "band", f"{path}.bands[{at}]")
        yield from _cap(cap, path)


def _cap(cap: Cap, path: str) -> Iterator[TariffUnclear]:
    if cap.per == "window" and not cap.windows:
        what = f'"{cap.code}" caps a window and has none'
        yield unclear(f"{path}.windows", what, 'say which, e.g. windows = [{ from = "18:00", to = "08:00" }]')
    if cap.per != "window" and cap.windows:
        what = f'"{cap.code}" has windows and caps each {cap.per}'
        yield unclear(f"{path}.windows", what, 'write per = "window", or take the windows out')
    if cap.memory != "none" and cap.per in ("stay", "passage"):
        what = f'Earlier visits count under caps of the clock and the calendar, and "{cap.code}" is per {cap.per}'
        yield unclear(f"{path}.memory", what, 'take memory out, or write per = "day", "cycle" or "window"')
    if cap.per == "stay" and cap.times_max:
        what = f'"{cap.code}" caps the stay, of which there is one, and holds {cap.times_max} times at most'
        yield unclear(f"{path}.times_max", what, 'take times_max out, or write per = "day" or "cycle"')


def _classes(tariff: Tariff) -> Iterator[TariffUnclear]:
    bands = {band.code: band for band in tariff.bands}
    for index, rule in enumerate(tariff.classes):
        path = f"$.classes[{index}]"
        for code, tiers in rule.prices.items():
            at = below(f"{path}.prices", code)
            yield from _known(code, bands, "band", at)
            if code in bands:
                yield from _tiers(tiers, bands[code], at)
        for code in rule.caps:
            yield from _known(code, [cap.code for cap in tariff.caps], "cap", below(f"{path}.caps", code))
        if rule.free is not None:
            yield from _free(rule.free, f"{path}.free")
        yield from _whole_fen(rule, tariff, f"{path}.percent")


def _whole_fen(rule: ClassRule, tariff: Tariff, path: str) -> Iterator[TariffUnclear]:
    scaled = [(f'band "{band.code}"', tier.unit_fen)
              for band in tariff.bands if band.code not in rule.prices for tier in band.tiers]  # fmt: skip
    if rule.caps_scale:
        scaled += [(f'cap "{cap.code}"', cap.fen) for cap in tariff.caps if cap.code not in rule.caps]
    for where, fen in scaled:
        if fen * rule.percent % 100:
            what = f"{rule.percent} percent of {fen} fen ({where}) is no whole number of fen"
            yield unclear(path, what, f'give "{rule.code}" its own prices and caps, or change one of the two numbers')


def _free(free: Free, path: str) -> Iterator[TariffUnclear]:
    if free.uses_max and not free.minutes:
        what = f"The free period may be used {free.uses_max} times and has no minutes"
        yield unclear(f"{path}.minutes", what, "say how many minutes are free, or take uses_max out")


def _discounts(tariff: Tariff) -> Iterator[TariffUnclear]:
    for index, discount in enumerate(tariff.discounts):
        path = f"$.discounts[{index}]"
        yield from _amounts(discount, path)
        if discount.kind == "minutes" and discount.stage == "before_caps":
            what = "Minutes have no stage: as time they come before the units, as worth after the caps"
            yield unclear(f"{path}.stage", what, "take stage out")


def _amounts(discount: Discount, path: str) -> Iterator[TariffUnclear]:
    for kind, field in _AMOUNTS.items():
        value = getattr(discount, field)
        if kind == discount.kind and not value:
            what = f'It is not said how much "{discount.code}" takes off'
            yield unclear(f"{path}.{field}", what, f"write {field} with a number above 0")
        if kind != discount.kind and value:
            what = f'"{discount.code}" takes off {_AMOUNTS[discount.kind]} and has {field} as well'
            yield unclear(f"{path}.{field}", what, f'take {field} out, or write kind = "{kind}"')


def _surcharges(tariff: Tariff) -> Iterator[TariffUnclear]:
    for index, surcharge in enumerate(tariff.surcharges):
        path = f"$.surcharges[{index}]"
        if bool(surcharge.fen) == bool(surcharge.percent_milli):
            what = f'"{surcharge.code}" adds either an amount or a share'
            yield unclear(f"{path}.fen", what, "write fen, or percent_milli (18375 is 18.375 percent)")
        if surcharge.percent_milli and surcharge.per_bay:
            what = f'"{surcharge.code}" is a share of the fee, which counts the bays already'
            yield unclear(f"{path}.per_bay", what, "take per_bay out, or write fen")


def _crossing(tariff: Tariff) -> Iterator[TariffUnclear]:
    """A unit that is shared between bands is a share of its time, so it has a length, and its end is rounded up."""
    if tariff.crossing.part_unit != "shared":
        return
    for index, band in enumerate(tariff.bands):
        own = [(f"$.classes[{at}].prices.{band.code}", rule.prices.get(band.code, ()))
               for at, rule in enumerate(tariff.classes)]  # fmt: skip
        for path, tiers in ((f"$.bands[{index}].tiers", band.tiers), *own):
            if any(tier.unit_min is None for tier in tiers):
                what = "Bands share the units that lie in both of them, and one of these has no length"
                yield unclear(path, what, 'give each tier unit_min, or write crossing.part_unit = "separate"')
        if band.part_unit == "down" or band.tolerance_min:
            what = f'Bands share their units, and "{band.code}" leaves part units out'
            advice = 'write part_unit = "up" or "minutes" and no tolerance_min, or crossing.part_unit = "separate"'
            yield unclear(f"$.bands[{index}].part_unit", what, advice)


def _whole(tariff: Tariff) -> Iterator[TariffUnclear]:
    yield from _free(tariff.free, "$.free")
    if tariff.day_begins == "24:00":
        yield unclear("$.day_begins", "No day begins at 24:00", 'write "00:00"')
    for path, who in _all_matches(tariff):
        if who.leaving == "first" and not who.left:
            yield unclear(
                f"{path}.leaving", "It is not said in which hours", 'say left = [{ to = "19:00" }], or take it out'
            )
    most = tariff.promises.day_fen_max
    if most is not None and most < tariff.minimum_fen:
        what = f"A day is promised for {most} fen and every fee is at least {tariff.minimum_fen}"
        yield unclear("$.promises.day_fen_max", what, "raise the promise, or lower minimum_fen")
    for path, who in _all_matches(tariff):
        for fact, least in who.at_least.items():
            if fact in who.at_most and who.at_most[fact] < least:
                what = f"No vehicle has {fact} of at least {least} and at most {who.at_most[fact]}"
                yield unclear(below(f"{path}.at_most", fact), what, "change one of the two")


def _all_matches(tariff: Tariff) -> Iterator[tuple[str, Match]]:
    for name in ("quotas", "classes", "caps", "discounts", "surcharges", "passes", "exempt"):
        yield from ((f"$.{name}[{index}].who", part.who) for index, part in enumerate(getattr(tariff, name)))


def coupons_of(tariff: Tariff) -> list[str]:
    """The codes that may come with a visit: of discounts, and of what rules ask for."""
    codes = [discount.code for discount in tariff.discounts if discount.coupon]
    return list(dict.fromkeys(codes + [code for _, who in _all_matches(tariff) for code in who.coupons]))


def _known(code: str, names: Iterable[str], what: str, path: str) -> Iterator[TariffUnclear]:
    known = list(names)
    if code not in known:
        near = get_close_matches(code, known, n=1)
        listed = ", ".join(known) or "none"
        advice = f"write {near[0]} or another of {listed}" if near else f"known are {listed}"
        yield unclear(path, f'There is no {what} "{code}"', advice)


_CHECKS: tuple[Callable[[Tariff], Iterator[TariffUnclear]], ...] = (
    _codes, _days, _hours, _bands, _crossing, _caps, _classes, _discounts, _surcharges, _whole,
)  # fmt: skip
