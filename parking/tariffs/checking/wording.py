"""How a finding speaks of stays and amounts, in Chinese and English."""

from datetime import datetime

from parking.tariffs.checking.findings import Bill
from parking.tariffs.document import Tariff
from parking.tariffs.words import short_en, short_zh


def paid_zh(tariff: Tariff, fen: int) -> str:
    """An amount as a board writes it: "5 元"."""
    return short_zh(fen, tariff.currency)


def paid_en(tariff: Tariff, fen: int) -> str:
    """An amount as a board writes it: "¥5"."""
    return short_en(fen, tariff.currency)


def stay_zh(bill: Bill) -> str:
    """From when until when, and how long: "11月18日 09:00 至 09:31（31 分钟）"."""
    begins, ends = bill.entered_at, bill.left_at
    until = ends.strftime("%H:%M") if begins.date() == ends.date() else _day_zh(ends)
    return f"{_day_zh(begins)} 至 {until}（{length_zh(minutes_of(bill))}）"


def stay_en(bill: Bill) -> str:
    """From when until when, and how long: "Tue 2025-11-18 09:00 to 09:31 (31 min)"."""
    begins, ends = bill.entered_at, bill.left_at
    until = ends.strftime("%H:%M") if begins.date() == ends.date() else _day_en(ends)
    return f"{_day_en(begins)} to {until} ({length_en(minutes_of(bill))})"


def minutes_of(bill: Bill) -> int:
    """Whole minutes from entry to exit."""
    return int((bill.left_at.timestamp() - bill.entered_at.timestamp()) // 60)


def length_zh(minutes: int) -> str:
    """A length of time: "2 小时 5 分钟"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} 小时"] * bool(hours) + [f"{rest} 分钟"] * bool(rest or not hours)
    return " ".join(parts)


def length_en(minutes: int) -> str:
    """A length of time: "2 h 5 min"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours)
    return " ".join(parts)


def _day_zh(at: datetime) -> str:
    return f"{at.year}年{at.month}月{at.day}日（周{'一二三四五六日'[at.weekday()]}）{at:%H:%M}"


def _day_en(at: datetime) -> str:
    return f"{['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][at.weekday()]} {at:%Y-%m-%d %H:%M}"
