"""Sentences about caps: the most that a period costs."""

from collections.abc import Iterator

from parking.tariffs.language.document import Cap, Tariff
from parking.tariffs.notice.clauses import Point, sentence
from parking.tariffs.notice.days import day, days, hours
from parking.tariffs.notice.matching import matching, visiting
from parking.texts import amounts
from parking.texts.durations import length
from parking.texts.words import Words, listed

_BEGUN: dict[str, Words] = {"stay": ("入场的", "for an entry on"), "day": ("", "on")}
_MEMORY: dict[str, Words] = {
    "lot": ("同一车辆在本停车场多次停放合并计算", "for all visits of a vehicle to this car park together"),
    "operator": (
        "同一车辆在本经营者各停车场多次停放合并计算",
        "for all visits of a vehicle to the car parks of this operator together",
    ),
    "city": ("同一车辆在全市多次停放合并计算", "for all visits of a vehicle in the city together"),
}
# What published texts have in them that say these things, as patterns.
_STAYS: Words = (
    r"次(?!日)|分别|累计|合计|合并|每段",
    r"visit|\bstays?\b|\bstops?\b|together|often|by itself|by themselves",
)
_DAYS: Words = ("[日天周]|节", r"\bdays?\b|[a-z]+day|week|holiday")
_ENTRY: Words = ("入|进|到达", r"\bin\b|entry|enter|arriv")
_EXIT: Words = ("出|离|驶离", r"\bout\b|exit|leav")
_TIMES: Words = ("次(?!日)", r"once|times")
_FIRST: Words = ("前|首|起", r"first|begin")


def caps(tariff: Tariff) -> Iterator[Words]:
    """The most that a period costs."""
    for cap in tariff.caps:
        period_zh, period_en = _period(cap, tariff)
        zh, en = amounts.short(cap.fen, tariff.currency)
        who_zh, who_en = matching(cap.who, (cap.name_zh, cap.name_en), tariff)
        most = "" if cap.name_en.lower().endswith("at most") else "at most "
        points = [Point(f"{period_zh}最高 {zh}", f"{most}{en} {period_en}"), *_only(cap, tariff)]
        lead = f"{cap.name_zh}{who_zh}：", f"{cap.name_en}{who_en}: "
        yield sentence((cap.clause_zh, cap.clause_en), lead, points, ("，", ", "))


def _only(cap: Cap, tariff: Tariff) -> Iterator[Point]:
    """For which visits together, on which days, for which visits and how often a cap applies."""
    if cap.memory in _MEMORY:
        yield Point(*_MEMORY[cap.memory], said=_STAYS)
    elif cap.fen:
        implied = cap.per in ("stay", "passage", "cycle")
        yield Point("再次停放的另行计算", "counted for each stay by itself", said=_STAYS, implied=implied)
    if cap.first_min:
        (zh, _), (_, en) = length(cap.first_min), length(cap.first_min)
        yield Point(f"仅限其前 {zh}内开始的计时单位", f"for units that begin in its first {en}", said=_FIRST)
    if cap.days != "every_day":
        zh, en = days(tariff, cap.days)
        begun_zh, begun_en = _BEGUN.get(cap.per, ("开始的", "if it begins on"))
        yield Point(f"仅限{zh}{begun_zh}", f"{begun_en} {en}", said=_DAYS)
    for hours_given, said in ((cap.entered, _ENTRY), (cap.left, _EXIT)):
        entered, left = (hours_given, ()) if said is _ENTRY else ((), hours_given)
        yield from (Point(f"限 {zh}", en, said=said) for zh, en in visiting(entered, left, "any", tariff))
    if cap.times_max:
        times = "once" if cap.times_max == 1 else f"{cap.times_max} times"
        yield Point(f"每次停放最多适用 {cap.times_max} 次", f"{times} a stay at most", said=_TIMES)


def _period(cap: Cap, tariff: Tariff) -> Words:
    names = [(band.name_zh, band.name_en) for band in tariff.bands if band.code in cap.bands]
    bands_zh, bands_en = listed(names)
    if cap.per == "passage":
        return f"{bands_zh or '各时段'}每次连续停放", f"for each unbroken time in {bands_en or 'a period'}"
    zh, en = length(cap.hours * 60)
    if cap.per == "window":
        zh, en = hours(tariff, cap.windows)
    day_zh, day_en = day(tariff)
    since_zh, since_en = (
        ("", "") if tariff.day_begins == "00:00" else (f" {tariff.day_begins} ", f", {tariff.day_begins}")
    )
    period_zh, period_en = {
        "stay": ("每次停放", "a stay"),
        "day": (day_zh, f"a {day_en}"),
        "week": (f"每周（自周一{since_zh}起）", f"a week (from Monday{since_en} on)"),
        "month": (f"每月（自 1 日{since_zh}起）", f"a calendar month (from the first{since_en} on)")
        if since_zh
        else ("每个自然月", "a calendar month"),
        "cycle": (f"自入场起每 {zh}", f"every {en} from the entry"),
        "window": (f"每个 {zh} 时段", f"in each time of {en}"),
    }[cap.per]
    return (f"{period_zh}（{bands_zh}）", f"{period_en} ({bands_en})") if names else (period_zh, period_en)
