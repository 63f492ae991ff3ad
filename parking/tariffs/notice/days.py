"""Hours of the day and sets of days in words."""

from collections.abc import Iterator, Sequence

from parking.tariffs.language.conditions import DateRange, DayHours, DaySet, Season
from parking.tariffs.language.days import month_day
from parking.tariffs.language.document import Tariff
from parking.texts import times
from parking.texts.words import Words, listed

_DAYS: dict[str, Words] = {
    "every_day": ("每天", "every day"),
    "monday_to_friday": ("周一至周五", "Monday to Friday"),
    "weekend": ("周六、周日", "Saturday and Sunday"),
    "workday": ("工作日", "workdays"),
    "non_workday": ("非工作日", "days off"),
    "new_year": ("元旦", "New Year"),
    "spring_festival": ("春节", "Spring Festival"),
    "qingming": ("清明节", "Qingming Festival"),
    "labour_day": ("劳动节", "Labour Day"),
    "dragon_boat": ("端午节", "Dragon Boat Festival"),
    "mid_autumn": ("中秋节", "Mid-Autumn Festival"),
    "national_day": ("国庆节", "National Day"),
}
# Exceptions of exceptions are written out; the exceptions of those are named by their code.
_DEPTH_MAX = 2
_MIDNIGHT = "00:00"


def hours(tariff: Tariff, periods: Sequence[DayHours]) -> Words:
    """Hours of the day, grouped by the days they are on."""
    by_days: dict[str, list[Words]] = {}
    for each in periods:
        by_days.setdefault(each.days, []).append(_clock(each))
    groups = []
    for code, clocks in by_days.items():
        zh, en = listed(clocks)
        if code != "every_day" or len(by_days) > 1:
            days_zh, days_en = days(tariff, code)
            zh, en = f"{days_zh} {zh}", f"{days_en} {en}"
        groups.append((zh, en))
    return "；".join(zh for zh, _ in groups), "; ".join(en for _, en in groups)


def _clock(hours: DayHours) -> Words:
    begins, until = hours.from_, hours.to
    if (begins, until) == ("00:00", "24:00"):
        return "全天", "all day"
    if until > begins:
        return (f"{begins}–{until}",) * 2
    if until == "00:00":
        return (f"{begins}–24:00",) * 2
    return f"{begins}–次日 {until}", f"{begins}–{until} the next day"


def days(tariff: Tariff, code: str, depth: int = 0) -> Words:
    """A set of days: by its name, or by what its days have in common."""
    own = next((day_set for day_set in tariff.days if day_set.code == code), None)
    if own is None:
        return _DAYS.get(code, (code, code))
    if own.name_zh:
        return own.name_zh, own.name_en
    return (f"“{code}”", f'"{code}"') if depth > _DEPTH_MAX else _in_common(tariff, own, depth)


def day(tariff: Tariff) -> Words:
    """Each day that prices, caps and memories go by: "每个自然日", "calendar day", or since when it counts."""
    begins = tariff.day_begins
    if begins == _MIDNIGHT:
        return "每个自然日", "calendar day"
    return f"每日（{begins}–次日 {begins}）", f"day from {begins} to {begins}"


def day_start(tariff: Tariff) -> Words:
    """When such a day begins: "零时", "midnight"."""
    return ("零时", "midnight") if tariff.day_begins == _MIDNIGHT else (f" {tariff.day_begins} ", tariff.day_begins)


def named_days(tariff: Tariff) -> Iterator[Words]:
    """What the names of sets of days mean."""
    for own in tariff.days:
        if own.name_zh:
            zh, en = _in_common(tariff, own, 0)
            space = " " if zh[0].isdigit() else ""
            yield f"“{own.name_zh}”指{space}{zh}。", f'"{own.name_en[0].upper()}{own.name_en[1:]}" means {en}.'


def _in_common(tariff: Tariff, own: DaySet, depth: int) -> Words:
    zh, en = _conditions(own)
    if not own.except_:
        return zh or "每天", en or "every day"
    if not zh and len(own.except_) == 1 and (complement := _complement(tariff, own.except_[0], depth)) is not None:
        return complement
    except_zh, except_en = listed([days(tariff, other, depth + 1) for other in own.except_])
    return (
        f"{zh}（{except_zh}除外）" if zh else f"除{except_zh}外的日子",
        f"{en} (except {except_en})" if en else f"all days except {except_en}",
    )


def _complement(tariff: Tariff, code: str, depth: int) -> Words | None:
    """All days but those of a set without a name, and not as exceptions of an exception; None for other sets."""
    excepted = next((day_set for day_set in tariff.days if day_set.code == code), None)
    if excepted is None or excepted.name_zh or not excepted.except_:
        return None
    back_zh, back_en = listed([days(tariff, other, depth + 1) for other in excepted.except_])
    zh, en = _conditions(excepted)
    if not zh:
        return back_zh, back_en
    if excepted.weekdays and excepted == DaySet(
        code=code, weekdays=excepted.weekdays, name_en=excepted.name_en, except_=excepted.except_
    ):
        zh, en = times.weekdays([name for name in times.WEEKDAYS if name not in excepted.weekdays])
        return (f"{zh}以及{back_zh}", f"{en}, and {back_en}") if zh else (back_zh, back_en)
    return f"除{zh}外的日子，以及{back_zh}", f"all days except {en}, and {back_en}"


def _conditions(own: DaySet) -> Words:
    dates = [_dates(each) for each in own.dates]
    seasons = [_season(each) for each in own.seasons]
    holidays = [_DAYS.get(code, (code, code)) for code in own.holidays]
    workday = [_DAYS["workday" if own.workday else "non_workday"]] if own.workday is not None else []
    weekdays = [times.weekdays(own.weekdays)] if own.weekdays else []
    conditions = [listed(words) for words in (dates, seasons, holidays, workday, weekdays) if words]
    return "的".join(zh for zh, _ in conditions), ", ".join(en for _, en in reversed(conditions))


def _season(season: Season) -> Words:
    (from_zh, from_en), (to_zh, to_en) = (
        times.month_day(*month_day(season.from_)),
        times.month_day(*month_day(season.to)),
    )
    if season.from_ == season.to:
        return from_zh, from_en
    over = "次年" if season.to < season.from_ else ""
    return f"{from_zh}至{over} {to_zh}", f"{from_en} to {to_en}"


def _dates(dates: DateRange) -> Words:
    if dates.from_ == dates.to:
        return dates.from_, dates.from_
    return f"{dates.from_} 至 {dates.to}", f"{dates.from_} to {dates.to}"
