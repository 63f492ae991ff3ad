"""Lengths of time in words."""

from datetime import timedelta

from parking.texts.words import Words

_HOUR_MIN = 60
_DAY_MIN = 24 * _HOUR_MIN


def length(minutes: int) -> Words:
    """Written out, in hours if they are whole: "2 小时", "2 hours"; "90 分钟", "90 minutes"."""
    if minutes % _HOUR_MIN or not minutes:
        return f"{minutes} 分钟", f"{minutes} minute{'s' if minutes != 1 else ''}"
    hours = minutes // _HOUR_MIN
    return f"{hours} 小时", f"{hours} hour{'s' if hours != 1 else ''}"


def days(count: int) -> Words:
    """Days of 24 hours, written out; a single day in hours: "24 hours", "3 days"."""
    return length(_DAY_MIN) if count == 1 else (f"{count} 天", f"{count} days")


def per(minutes: int) -> Words:
    """A rate per length of time: "每小时", "per hour"; "每 30 分钟", "per 30 minutes"."""
    zh, en = length(minutes)
    return (
        ("每小时", "per hour") if minutes == _HOUR_MIN else (f"每 {zh}", f"per {en}" if minutes > 1 else "per minute")
    )


def first(minutes: int) -> Words:
    """The beginning of a time: "首 2 小时", "first 2 hours"; a single one has no number in English: "first hour"."""
    zh, en = length(minutes)
    return f"首 {zh}", f"first {en.removeprefix('1 ')}"


def short(minutes: int) -> Words:
    """Abbreviated: "2 小时 5 分钟", "2 h 5 min"."""
    hours, rest = divmod(minutes, _HOUR_MIN)
    zh = [f"{hours} 小时"] * bool(hours) + [f"{rest} 分钟"] * bool(rest or not hours)
    en = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest or not hours)
    return " ".join(zh), " ".join(en)


def in_minutes(minutes: int) -> Words:
    """In minutes, however many they are, as bills count them: "90 分钟", "90 min"."""
    return f"{minutes} 分钟", f"{minutes} min"


def in_seconds(seconds: float) -> Words:
    """In whole seconds: "10 秒", "10 s"."""
    return f"{seconds:.0f} 秒", f"{seconds:.0f} s"


def short_in_days(stayed: timedelta) -> Words:
    """Abbreviated, with days: "1 天 3 小时 20 分钟", "1 d 3 h 20 min"."""
    days, minutes = divmod(stayed // timedelta(minutes=1), _DAY_MIN)
    if not days:
        return short(minutes)
    zh, en = short(minutes) if minutes else ("", "")
    return f"{days} 天 {zh}".rstrip(), f"{days} d {en}".rstrip()


def largest_unit(time: timedelta) -> Words:
    """In the largest unit that is reached, which is to be whole: "7 天", "7 d"."""
    minutes = time // timedelta(minutes=1)
    if minutes < _HOUR_MIN:
        return in_minutes(minutes)
    if minutes < _DAY_MIN:
        return f"{minutes // _HOUR_MIN} 小时", f"{minutes // _HOUR_MIN} h"
    return f"{minutes // _DAY_MIN} 天", f"{minutes // _DAY_MIN} d"
