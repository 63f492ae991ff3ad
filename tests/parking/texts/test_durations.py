"""Lengths of time as notices, bills and reports write them."""

from datetime import timedelta

import pytest

from parking.texts import durations


@pytest.mark.parametrize(
    ("minutes", "length", "per", "short", "in_minutes"),
    [
        (0, ("0 分钟", "0 minutes"), ("每 0 分钟", "per minute"), ("0 分钟", "0 min"), ("0 分钟", "0 min")),
        (1, ("1 分钟", "1 minute"), ("每 1 分钟", "per minute"), ("1 分钟", "1 min"), ("1 分钟", "1 min")),
        (60, ("1 小时", "1 hour"), ("每小时", "per hour"), ("1 小时", "1 h"), ("60 分钟", "60 min")),
        (
            90,
            ("90 分钟", "90 minutes"),
            ("每 90 分钟", "per 90 minutes"),
            ("1 小时 30 分钟", "1 h 30 min"),
            ("90 分钟", "90 min"),
        ),
        (1440, ("24 小时", "24 hours"), ("每 24 小时", "per 24 hours"), ("24 小时", "24 h"), ("1440 分钟", "1440 min")),
    ],
)
def test_minutes(
    minutes: int,
    length: tuple[str, str],
    per: tuple[str, str],
    short: tuple[str, str],
    in_minutes: tuple[str, str],
) -> None:
    assert durations.length(minutes) == length
    assert durations.per(minutes) == per
    assert durations.short(minutes) == short
    assert durations.in_minutes(minutes) == in_minutes


def test_days_and_seconds() -> None:
    assert [durations.days(count) for count in (1, 3)] == [("24 小时", "24 hours"), ("3 天", "3 days")]
    assert durations.in_seconds(10.0) == ("10 秒", "10 s")


@pytest.mark.parametrize(
    ("time", "in_days", "largest"),
    [
        (timedelta(), ("0 分钟", "0 min"), ("0 分钟", "0 min")),
        (timedelta(minutes=59, seconds=59), ("59 分钟", "59 min"), ("59 分钟", "59 min")),
        (timedelta(hours=2), ("2 小时", "2 h"), ("2 小时", "2 h")),
        (timedelta(days=1, hours=3, minutes=20), ("1 天 3 小时 20 分钟", "1 d 3 h 20 min"), ("1 天", "1 d")),
        (timedelta(days=7), ("7 天", "7 d"), ("7 天", "7 d")),
    ],
)
def test_times(time: timedelta, in_days: tuple[str, str], largest: tuple[str, str]) -> None:
    assert durations.short_in_days(time) == in_days
    assert durations.largest_unit(time) == largest
