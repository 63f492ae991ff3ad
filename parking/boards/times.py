"""Lengths of time, hours of the day and sets of days in words."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from parking.tariffs.document import DAY_MIN, DateRange, DayHours, DaySet, Season, Tariff

# Chinese and English.
Words: TypeAlias = tuple[str, str]

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
_WEEKDAYS: dict[str, Words] = {
    "mon": ("周一", "Monday"),
    "tue": ("周二", "Tuesday"),
    "wed": ("周三", "Wednesday"),
    "thu": ("周四", "Thursday"),
    "fri": ("周五", "Friday"),
    "sat": ("周六", "Saturday"),
    "sun": ("周日", "Sunday"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
# Exceptions of exceptions are written out; what they except in turn stands by its code.
_DEPTH_MAX = 2


def both(zh: Sequence[str], en: Sequence[str]) -> Words:
    """Things of which all are meant: "A、B" and "A, B and C"."""
    last = f"{', '.join(en[:-1])} and {en[-1]}" if len(en) > 1 else "".join(en)
    return "、".join(zh), last


def listed(words: Sequence[Words]) -> Words:
    """As `both`, of pairs."""
    return both([zh for zh, _ in words], [en for _, en in words])


def length(minutes: int) -> Words:
    """A length of time: whole hours as hours."""
    if minutes % 60 or not minutes:
        return f"{minutes} 分钟", f"{minutes} minute{'s' if minutes != 1 else ''}"
    hours = minutes // 60
    return f"{hours} 小时", f"{hours} hour{'s' if hours != 1 else ''}"


def each(minutes: int) -> Words:
    """Per so long: "每小时", "per hour"; "每 30 分钟", "per 30 minutes"."""
    zh, en = length(minutes)
    return ("每小时", "per hour") if minutes == 60 else (f"每 {zh}", f"per {en}" if minutes > 1 else "per minute")


def hours(tariff: Tariff, found: Sequence[DayHours]) -> Words:
    """When something holds: its hours, grouped by the days they are on."""
    by_days: dict[str, list[Words]] = {}
    for one in found:
        by_days.setdefault(one.days, []).append(_clock(one))
    groups = []
    for code, clocks in by_days.items():
        zh, en = listed(clocks)
        if code != "every_day" or len(by_days) > 1:
            days_zh, days_en = days(tariff, code)
            zh, en = f"{days_zh} {zh}", f"{days_en} {en}"
        groups.append((zh, en))
    return "；".join(zh for zh, _ in groups), "; ".join(en for _, en in groups)


def _clock(one: DayHours) -> Words:
    if (one.from_, one.to) == ("00:00", "24:00"):
        return "全天", "all day"
    if one.to > one.from_:
        return (f"{one.from_}–{one.to}",) * 2
    if one.to == "00:00":
        return (f"{one.from_}–24:00",) * 2
    return f"{one.from_}–次日 {one.to}", f"{one.from_}–{one.to} the next day"


def days(tariff: Tariff, code: str, depth: int = 0) -> Words:
    """A set of days: by its name, or by what its days have in common."""
    own = next((one for one in tariff.days if one.code == code), None)
    if own is None:
        return _DAYS.get(code, (code, code))
    if own.name_zh:
        return own.name_zh, own.name_en
    return (f"“{code}”", f'"{code}"') if depth > _DEPTH_MAX else _in_common(tariff, own, depth)


def named_days(tariff: Tariff) -> Iterator[Words]:
    """What the names of sets of days mean."""
    for own in tariff.days:
        if own.name_zh:
            zh, en = _in_common(tariff, own, 0)
            yield f"{own.name_zh}：{zh}。", f"{own.name_en[0].upper()}{own.name_en[1:]}: {en}."


def _in_common(tariff: Tariff, own: DaySet, depth: int) -> Words:
    zh, en = _conditions(own)
    if not own.except_:
        return zh or "每天", en or "every day"
    except_zh, except_en = listed([days(tariff, other, depth + 1) for other in own.except_])
    return (
        f"{zh}（{except_zh}除外）" if zh else f"除{except_zh}外的日子",
        f"{en} (except {except_en})" if en else f"all days except {except_en}",
    )


def _conditions(own: DaySet) -> Words:
    dates = [_dates(one) for one in own.dates]
    seasons = [_season(one) for one in own.seasons]
    holidays = [_DAYS.get(code, (code, code)) for code in own.holidays]
    workday = [_DAYS["workday" if own.workday else "non_workday"]] if own.workday is not None else []
    weekdays = [_WEEKDAYS[name] for name in own.weekdays]
    given = [listed(words) for words in (dates, seasons, holidays, workday, weekdays) if words]
    return "的".join(zh for zh, _ in given), ", ".join(en for _, en in reversed(given))


def _season(season: Season) -> Words:
    (from_zh, from_en), (to_zh, to_en) = _month_day(season.from_), _month_day(season.to)
    if season.from_ == season.to:
        return from_zh, from_en
    over = "次年" if season.to < season.from_ else ""
    return f"{from_zh}至{over} {to_zh}", f"{from_en} to {to_en}"


def _month_day(text: str) -> Words:
    month, day = int(text[:2]), int(text[3:])
    return f"{month} 月 {day} 日", f"{day} {_MONTHS[month - 1]}"


def _dates(dates: DateRange) -> Words:
    if dates.from_ == dates.to:
        return dates.from_, dates.from_
    return f"{dates.from_} 至 {dates.to}", f"{dates.from_} to {dates.to}"


def days_long(count: int) -> Words:
    """So many days of 24 hours."""
    return length(count * DAY_MIN) if count == 1 else (f"{count} 天", f"{count} days")
