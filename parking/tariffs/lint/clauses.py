"""The numbers in a published sentence: amounts, times, hours of the day and shares, in Chinese and English."""

import re
import unicodedata
from decimal import Decimal

from msgspec import Struct

from parking.texts.amounts import decimals

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千]+(?:点[零〇一二两三四五六七八九]+)?")
_UNITS_ZH = (
    r"(?=个?(?:元|角|毛|块|分钟|小时|时|点|天|日|倍|折|成|新元|欧元|韩元|日元|英镑|美元|港元|新台币|新西兰元|百分))"
)
_MONEY = (
    r"元|块|新元|新加坡元|欧元|韩元|日元|英镑|美元|港元|台币|新台币元?|新西兰元|澳元|加元"
    r"|CNY|RMB|yuan|EUR|KRW|JPY|GBP|USD|HKD|TWD|SGD|NZD|AUD|CAD|CHF"
)
_NUMBER = r"(\d+(?:\.\d+)?)"
_CLOCK_ZH = r"(\d{1,2})时(?:(\d{1,2})分)?(半)?"
_RANGE_ZH = re.compile(_CLOCK_ZH + r"(?:至|到|-|~|—)(?:次日|翌日|第二天|次晨)?" + _CLOCK_ZH)
_RANGE_EN = re.compile(r"(\d{1,2}):(\d\d)\s*(?:to|until|-|–)\s*(\d{1,2}):(\d\d)")
_AMOUNT = re.compile(
    _NUMBER + rf"\s*(?:{_MONEY})(?![a-z])|[¥€£₩$]\s*" + _NUMBER + r"|\bthen\s+" + _NUMBER, re.IGNORECASE
)
_JIAO = re.compile(_NUMBER + r"\s*[角毛]")
_TIME = re.compile(
    _NUMBER + r"\s*(?:个)?(半)?(小时|分钟|天(?!内)|hours?|minutes?|min\b|h\b|half hours?)"
    r"|(首|前|每|此后每|后每|过|头)(?:个)?(半)?小时"
    r"|\b(first|per|an|a|the|every|each|started|full|by|of)\s+(half\s+|quarter\s+)?(?:of an\s+)?(hours?)\b",
    re.IGNORECASE,
)
_SPAN_BEFORE = re.compile(
    r"(?:首|前|头|最初|不超过|超过|first|up to|beyond|within|for|after the first|over)\s*$", re.IGNORECASE
)
_SPAN_AFTER = re.compile(r"^\s*(?:以内|之内|内|以后|之后|后|以上|\(含\)|（含）)")
_TIMES = re.compile(_NUMBER + r"\s*倍")
_WORDS_OF_PERCENT = (
    (re.compile(r"加倍|双倍|翻倍|\btwice\b|\bdouble\b", re.IGNORECASE), 200),
    (re.compile(r"\bthree times\b|\bthrice\b|\btriple\b", re.IGNORECASE), 300),
    (re.compile(r"减半|半价|五成|\bhalf (?:the )?price\b|\bhalf as much\b", re.IGNORECASE), 50),
    (re.compile(r"\bone and a half times\b", re.IGNORECASE), 150),
)
_OFF = re.compile(
    _NUMBER + r"\s*%\s*(?:off|discount|less)|(?:减免|优惠|打掉|便宜)\s*" + _NUMBER + r"\s*%", re.IGNORECASE
)
_OF = re.compile(_NUMBER + r"\s*%|百分之\s*" + _NUMBER)
_ZHE = re.compile(r"(\d)(\d)?(?:\.(\d))?\s*折")


class Numbers(Struct, frozen=True):
    """What a clause says: amounts in minor units; lengths in minutes, those that bound a stretch ("first hour") apart;
    hours of the day as (from, to) in minutes; percentages of the price; and shares that are taken off.
    """

    amounts: frozenset[int]
    times: frozenset[int]
    spans: frozenset[int]
    hours: frozenset[tuple[int, int]]
    percents: frozenset[int]
    off: frozenset[int]


def numbers_of(clause: str, currency: str) -> Numbers:
    """The numbers in a clause."""
    text = _with_digits(unicodedata.normalize("NFKC", clause))
    scale = 10 ** decimals(currency)
    amounts = {int(Decimal("".join(found)) * scale) for found in _AMOUNT.findall(text)}
    amounts |= {int(Decimal(each) * scale / 10) for each in _JIAO.findall(text)}
    times, spans = _times(text)
    off = {int(Decimal(one or two)) for one, two in _OFF.findall(text)}
    off |= {_percent_off(*found) for found in _ZHE.findall(text)}
    rest = _OFF.sub(" ", text)
    percents = {int(Decimal(one or two)) for one, two in _OF.findall(rest)}
    percents |= {int(Decimal(each) * 100) for each in _TIMES.findall(text)}
    percents |= {percent for words, percent in _WORDS_OF_PERCENT if words.search(text)}
    return Numbers(
        frozenset(amounts), frozenset(times), frozenset(spans), _hours(text), frozenset(percents), frozenset(off)
    )


def _times(text: str) -> tuple[set[int], set[int]]:
    times: set[int] = set()
    spans: set[int] = set()
    for found in _TIME.finditer(text):
        number, half, unit, lead, half_bare, lead_en, part_en, _ = found.groups()
        if number:
            minutes = _minutes(Decimal(number), unit.lower()) + (30 if half else 0)
            is_span = bool(_SPAN_BEFORE.search(text[: found.start()]) or _SPAN_AFTER.match(text[found.end() :]))
        elif lead:
            minutes, is_span = 30 if half_bare else 60, lead in ("首", "前", "头")
        else:
            minutes = {"half": 30, "quarter": 15}.get((part_en or "").strip().lower(), 60)
            is_span = lead_en.lower() == "first"
        (spans if is_span else times).add(minutes)
    return times, spans


def _minutes(number: Decimal, unit: str) -> int:
    if unit.startswith("half"):
        return int(number * 30)
    if unit.startswith(("小时", "hour", "h")):
        return int(number * 60)
    return int(number * 1440) if unit.startswith("天") else int(number)


def _hours(text: str) -> frozenset[tuple[int, int]]:
    found = {
        (int(a) * 60 + (int(b or 0) or (30 if half_a else 0)), int(c) * 60 + (int(d or 0) or (30 if half_c else 0)))
        for a, b, half_a, c, d, half_c in _RANGE_ZH.findall(text)
    }
    found |= {(int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in _RANGE_EN.findall(text)}
    return frozenset(found)


def _percent_off(tens: str, ones: str, tenths: str) -> int:
    return 100 - int(tens + (ones or tenths or "0"))


def _with_digits(text: str) -> str:
    """Chinese numerals before units as digits: 两小时 is 2小时, 半小时 0.5小时."""
    text = re.sub(_CHINESE.pattern + _UNITS_ZH, lambda found: _as_number(found[0]), text)
    text = re.sub(r"(\d+)个半(?=小时)", r"\1.5", re.sub(r"[一1]个半(?=小时)", "1.5", text))
    text = re.sub(r"(\d+)元(\d)角", r"\1.\2元", text)
    return re.sub(r"(?<![首前每后头个过\d])半(?:个)?(?=小时)", "0.5", text)


def _as_number(numeral: str) -> str:
    whole, _, part = numeral.partition("点")
    if not any(unit in whole for unit in "十百千"):
        value = "".join(str(_DIGITS[digit]) for digit in whole)
    else:
        total = current = 0
        for digit in whole:
            if digit in _DIGITS:
                current = _DIGITS[digit]
            else:
                total += (current or 1) * {"十": 10, "百": 100, "千": 1000}[digit]
                current = 0
        value = str(total + current)
    return f"{value}.{''.join(str(_DIGITS[digit]) for digit in part)}" if part else value
