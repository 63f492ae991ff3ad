"""Names that say something else than the part they stand on: vehicles, days and times of day, and the currency."""

import re
from collections.abc import Iterator, Sequence

from parking.plates import VehicleClass
from parking.tariffs.language.conditions import DaySet, Match
from parking.tariffs.language.document import Band, Tariff
from parking.tariffs.lint.findings import Finding
from parking.texts.words import Words

# The active currencies of ISO 4217.
CURRENCIES = frozenset(
    [
        "AED",
        "AFN",
        "ALL",
        "AMD",
        "AOA",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BHD",
        "BIF",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BTN",
        "BWP",
        "BYN",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CLP",
        "CNY",
        "COP",
        "CRC",
        "CUP",
        "CVE",
        "CZK",
        "DJF",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ERN",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GHS",
        "GIP",
        "GMD",
        "GNF",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "IQD",
        "IRR",
        "ISK",
        "JMD",
        "JOD",
        "JPY",
        "KES",
        "KGS",
        "KHR",
        "KMF",
        "KPW",
        "KRW",
        "KWD",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "LYD",
        "MAD",
        "MDL",
        "MGA",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MRU",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "OMR",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "PYG",
        "QAR",
        "RON",
        "RSD",
        "RUB",
        "RWF",
        "SAR",
        "SBD",
        "SCR",
        "SDG",
        "SEK",
        "SGD",
        "SHP",
        "SLE",
        "SOS",
        "SRD",
        "SSP",
        "STN",
        "SVC",
        "SYP",
        "SZL",
        "THB",
        "TJS",
        "TMT",
        "TND",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "UGX",
        "USD",
        "UYU",
        "UZS",
        "VED",
        "VES",
        "VND",
        "VUV",
        "WST",
        "XAF",
        "XCD",
        "XCG",
        "XOF",
        "XPF",
        "YER",
        "ZAR",
        "ZMW",
        "ZWG",
    ]
)
_OF_ZONE = {
    "Asia/Shanghai": "CNY", "Asia/Urumqi": "CNY", "Asia/Taipei": "TWD", "Asia/Hong_Kong": "HKD", "Asia/Macau": "MOP",
    "Asia/Seoul": "KRW", "Asia/Tokyo": "JPY", "Asia/Singapore": "SGD", "Europe/Berlin": "EUR", "Europe/London": "GBP",
    "Europe/Paris": "EUR", "Europe/Zurich": "CHF", "Pacific/Auckland": "NZD",
}  # fmt: skip
_NEW_ENERGY = re.compile(r"新能源|电动|纯电|new.?energy|electric|\bnev\b|\bev\b", re.IGNORECASE)
_NOT_NEW_ENERGY = re.compile(r"非新能源|燃油|汽油|except|other than|not new|non-|petrol|fuel", re.IGNORECASE)
_KINDS = (
    (
        VehicleClass.LARGE,
        re.compile(r"大型|大车|大客|货车|客车|\blarge\b|\btrucks?\b|\bbus(?:es)?\b|\blorr", re.IGNORECASE),
    ),
    (VehicleClass.SMALL, re.compile(r"小型|小车|小客|小汽车|\bsmall\b", re.IGNORECASE)),
    (VehicleClass.MOTORCYCLE, re.compile(r"摩托|机车|\bmotor(?:cycles?|bikes?)\b", re.IGNORECASE)),
)
_HOLIDAYS = {
    "new_year": re.compile(r"元旦|new year'?s? day", re.IGNORECASE),
    "spring_festival": re.compile(r"春节|spring festival|chinese new year", re.IGNORECASE),
    "qingming": re.compile(r"清明|qingming|tomb.sweeping", re.IGNORECASE),
    "labour_day": re.compile(r"劳动节|五一|labou?r day|may day", re.IGNORECASE),
    "dragon_boat": re.compile(r"端午|dragon boat", re.IGNORECASE),
    "mid_autumn": re.compile(r"中秋|mid.autumn", re.IGNORECASE),
    "national_day": re.compile(r"国庆|national day", re.IGNORECASE),
}
_PER_BAY = re.compile(r"占用.{0,2}泊位数|按泊位|每个泊位|(?:every|each|per) bay", re.IGNORECASE)
_FREE = re.compile(r"免费|\bfree\b", re.IGNORECASE)
_WHOLE_UNITS = re.compile(r"满一?个?计[时费]单位|不足一个.{0,6}不[收计]费|\bper full\b|\bfull units\b", re.IGNORECASE)
_PART_UNITS = re.compile(r"不[足满].{1,8}按.{1,8}[计算收]|\bstarted\b|\bbegun\b|a part hour is", re.IGNORECASE)
_NIGHT = re.compile(r"夜间|夜晚|每夜|晚间|\bnight\b|overnight", re.IGNORECASE)
_BY_DAY = re.compile(r"白天|日间|昼间|\bdaytime\b|\bby day\b", re.IGNORECASE)
_WORKDAYS = re.compile(r"^(?!.*非)(?:.*工作日|.*\bworkdays?\b|.*\bweekdays?\b)", re.IGNORECASE)
_DAYS_OFF = re.compile(r"周末|双休日|节假日|非工作日|\bweekends?\b", re.IGNORECASE)


def names_that_differ(text: Tariff) -> Iterator[Finding]:
    """A finding for each name or clause that contradicts its part, and for a currency that is none."""
    yield from _currency(text)
    for path, part in _parts(text):
        yield from _vehicles(path, f"{part.name_zh} {part.name_en} {getattr(part, 'clause_zh', '')}", part.who)
    for index, rule in enumerate(text.classes):
        if _PER_BAY.search(f"{rule.name_zh} {rule.clause_zh} {rule.clause_en}") and not rule.per_bay:
            yield _differs(
                f"$.classes[{index}].per_bay", ("按泊位收费", "a price for every bay"), ("不按泊位", "one price")
            )
    for index, band in enumerate(text.bands):
        yield from _units(f"$.bands[{index}]", band)
    yield from _days(text)
    yield from _times(text)


def _units(path: str, band: Band) -> Iterator[Finding]:
    """Bands that are free by name and cost something, and part units that are charged or not."""
    if band.tiers and _FREE.search(f"{band.name_zh} {band.name_en}") and all(tier.unit_fen for tier in band.tiers):
        yield _differs(f"{path}.tiers", ("免费", "free"), ("收费", "a price"))
    clause = f"{band.clause_zh} {band.clause_en}"
    whole, part = bool(_WHOLE_UNITS.search(clause)), bool(_PART_UNITS.search(clause))
    up, down = ("不足一个单位按一个计", "part units as well"), ("不足一个单位不收费", "full units only")
    if whole and not part and band.part_unit == "up" and not band.tolerance_min:
        yield _differs(f"{path}.part_unit", down, up)
    if part and not whole and band.part_unit == "down":
        yield _differs(f"{path}.part_unit", up, down)


def _currency(text: Tariff) -> Iterator[Finding]:
    own = _OF_ZONE.get(text.time_zone)
    if text.currency in CURRENCIES and (own is None or own == text.currency):
        return
    meant = own or "CNY"
    is_known = text.currency in CURRENCIES
    yield Finding(
        "unusual_currency",
        "warning" if is_known else "error",
        "$.currency",
        f"{text.time_zone} 的价格以 {text.currency} 计"
        if is_known
        else f"没有代码为 {text.currency} 的货币；请写 {meant}。",
        f"Prices in {text.time_zone} are in {text.currency}; the currency there is {meant}."
        if is_known
        else f"No currency has the code {text.currency}: write {meant}.",
    )


def _parts(text: Tariff):  # type: ignore[no-untyped-def]  # parts of every kind that have a `who`
    for name in ("quotas", "classes", "passes", "exempt", "surcharges"):
        yield from ((f"$.{name}[{index}]", part) for index, part in enumerate(getattr(text, name)))


def _vehicles(path: str, named: str, who: Match) -> Iterator[Finding]:
    if who.new_energy is False and _NEW_ENERGY.search(named) and not _NOT_NEW_ENERGY.search(named):
        yield _differs(f"{path}.who.new_energy", ("新能源汽车", "new energy vehicles"), ("其他车辆", "all others"))
    if who.new_energy is True and not _NEW_ENERGY.search(named) and _NOT_NEW_ENERGY.search(named):
        yield _differs(f"{path}.who.new_energy", ("燃油车", "others"), ("新能源汽车", "new energy vehicles"))
    name = named.split(" ", maxsplit=1)[0]
    said = [kind for kind, words in _KINDS if words.search(name)]
    if who.kinds and said and not set(said) & set(who.kinds):
        yield _differs(f"{path}.who.kinds", (said[0].value, said[0].value), (who.kinds[0].value, who.kinds[0].value))
    if who == Match() and (said or _NEW_ENERGY.search(name)):
        yield _differs(f"{path}.who", ("部分车辆", "some vehicles"), ("全部车辆", "all vehicles"))


def _days(text: Tariff) -> Iterator[Finding]:
    own = {days.code: days for days in text.days}
    for index, days in enumerate(text.days):
        yield from _holidays(f"$.days[{index}]", f"{days.name_zh} {days.name_en}", _holidays_of([days.code], own))
    for index, band in enumerate(text.bands):
        codes = [hours.days for hours in band.hours]
        path, named = f"$.bands[{index}]", f"{band.name_zh} {band.name_en} {band.clause_zh} {band.clause_en}"
        # What the others leave is what they except.
        everywhere = [*own, *(hours.days for each in text.bands for hours in each.hours)]
        yield from _holidays(path, named, _holidays_of(everywhere if band.otherwise else codes, own))
        off, on = {"weekend", "non_workday"}, {"workday", "monday_to_friday"}
        for clause in (band.name_zh, band.name_en, band.clause_zh, band.clause_en):
            if codes and _WORKDAYS.search(clause) and not _DAYS_OFF.search(clause) and set(codes) <= off:
                yield _differs(f"{path}.hours", ("工作日", "workdays"), ("非工作日", "days off"))
                break
            if codes and _DAYS_OFF.search(clause) and not _WORKDAYS.search(clause) and set(codes) <= on:
                yield _differs(f"{path}.hours", ("非工作日", "days off"), ("工作日", "workdays"))
                break


def _holidays_of(codes: Sequence[str], own: dict[str, DaySet]) -> set[str]:
    found: set[str] = set()
    for code in codes:
        days = own.get(code)
        found |= {code} & set(_HOLIDAYS) if days is None else {*days.holidays, *(set(days.except_) & set(_HOLIDAYS))}
    return found


def _holidays(path: str, named: str, holidays: set[str]) -> Iterator[Finding]:
    said = {code for code, words in _HOLIDAYS.items() if words.search(named)}
    if said and holidays and (said - holidays):
        yield _differs(path, (", ".join(sorted(said)),) * 2, (", ".join(sorted(holidays)),) * 2)


def _times(text: Tariff) -> Iterator[Finding]:
    bands = {band.code: band for band in text.bands}
    for index, cap in enumerate(text.caps):
        named = f"{cap.name_zh} {cap.name_en} {cap.clause_zh} {cap.clause_en}"
        of = [f"{bands[code].name_zh} {bands[code].name_en}" for code in cap.bands]
        for said, other, words, has in (
            (_NIGHT, _BY_DAY, ("夜间", "the night"), ("白天", "the day")),
            (_BY_DAY, _NIGHT, ("白天", "the day"), ("夜间", "the night")),
        ):
            is_other = bool(of) and all(
                (other.search(each) or _is_time(each, said is _NIGHT)) and not said.search(each) for each in of
            )
            if said.search(named) and not other.search(named) and is_other:
                yield _differs(f"$.caps[{index}].bands", words, has)
    for index, band in enumerate(text.bands):
        ends_at_midnight = any(hours.to == "24:00" and hours.from_ >= "17:00" for hours in band.hours)
        goes_on = any(hours.from_ == "00:00" for hours in band.hours)
        if _NIGHT.search(f"{band.name_zh} {band.name_en}") and ends_at_midnight and not goes_on:
            yield _differs(
                f"$.bands[{index}].hours", ("夜间", "the night"), ("止于零时的时段", "a time that ends at midnight")
            )


def _is_time(named: str, is_day: bool) -> bool:
    """Whether a band is called nothing but "day" (or "night")."""
    words = named.lower().split()
    return bool(words) and words[-1] == ("day" if is_day else "night")


def _differs(path: str, said: Words, has: Words) -> Finding:
    return Finding(
        "name_differs",
        "warning",
        path,
        f"名称或条款说的是{said[0]}，而此处规定的是{has[0]}；请改正其中之一。",
        f"The name or clause says {said[1]}, and the document says {has[1]} here. Correct one of them.",
        facts={"name": said[1], "document": has[1]},
    )
