"""Days and times of day, as bills, findings and reports write them. Datetimes are local already."""

from collections.abc import Collection
from datetime import datetime

from parking.texts import durations
from parking.texts.words import Words, listed

WEEKDAYS: dict[str, Words] = {
    "mon": ("周一", "Monday"),
    "tue": ("周二", "Tuesday"),
    "wed": ("周三", "Wednesday"),
    "thu": ("周四", "Thursday"),
    "fri": ("周五", "Friday"),
    "sat": ("周六", "Saturday"),
    "sun": ("周日", "Sunday"),
}
_RANGE_MIN = 3
_WEEKDAYS = tuple(WEEKDAYS.values())
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def clock(local: datetime) -> str:
    """The time of day: "09:05"."""
    return f"{local.hour:02d}:{local.minute:02d}"


def month_day_and_clock(local: datetime) -> str:
    """A time within a year: "11-18 09:05"."""
    return f"{local.month:02d}-{local.day:02d} {local.hour:02d}:{local.minute:02d}"


def date_and_clock(local: datetime) -> str:
    """A time: "2025-11-18 09:05"."""
    return local.strftime("%Y-%m-%d %H:%M")


def weekday_and_clock(local: datetime) -> Words:
    """A time with its weekday: "2025年11月18日（周二）09:05", "Tue 2025-11-18 09:05"."""
    zh, en = _WEEKDAYS[local.weekday()]
    return (
        f"{local.year}年{local.month}月{local.day}日（{zh}）{clock(local)}",
        f"{en[:3]} {date_and_clock(local)}",
    )


def stay(begins: datetime, ends: datetime) -> Words:
    """From when until when, and how long: "Tue 2025-11-18 09:00 to 09:31 (31 min)"."""
    since_zh, since_en = weekday_and_clock(begins)
    until_zh, until_en = (clock(ends),) * 2 if begins.date() == ends.date() else weekday_and_clock(ends)
    # By the clocks of the lot it would be an hour wrong where they are changed.
    zh, en = durations.short(int((ends.timestamp() - begins.timestamp()) // 60))
    return f"{since_zh} 至 {until_zh}（{zh}）", f"{since_en} to {until_en} ({en})"


def month_day(month: int, day: int) -> Words:
    """A day of the year: "3 月 15 日", "15 March"."""
    return f"{month} 月 {day} 日", f"{day} {_MONTHS[month - 1]}"


def weekdays(names: Collection[str]) -> Words:
    """Days of the week, three or more that follow each other as a range: "周一至周六", "Monday to Saturday"."""
    parts: list[Words] = []
    run: list[Words] = []
    for name, words in [*WEEKDAYS.items(), ("", ("", ""))]:
        if name in names:
            run.append(words)
            continue
        if len(run) >= _RANGE_MIN:
            run = [(f"{run[0][0]}至{run[-1][0]}", f"{run[0][1]} to {run[-1][1]}")]
        parts += run
        run = []
    return listed(parts)
