"""When the city settles a day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from payments.settlement import day_to_settle


@pytest.mark.parametrize(
    ("city_time", "day"),
    [
        ("2026-11-16T03:29:59", None),
        ("2026-11-16T03:30:00", date(2026, 11, 15)),
        ("2026-11-16T23:59:59", date(2026, 11, 15)),
        ("2026-11-17T00:00:00", None),
        ("2026-11-17T03:30:00", date(2026, 11, 16)),
    ],
)
def test_the_city_settles_yesterday_from_half_past_three_on(city_time: str, day: date | None) -> None:
    assert day_to_settle(datetime.fromisoformat(city_time).replace(tzinfo=ZoneInfo("Asia/Shanghai"))) == day
