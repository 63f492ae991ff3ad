"""Days off and days worked by the State Council's yearly notices (国办发明电); other years go by the weekday.

They are not taken from a library because the price of a past stay must not change with an upgrade.
"""

from datetime import date, timedelta

CN_HOLIDAYS = (
    "new_year",
    "spring_festival",
    "qingming",
    "labour_day",
    "dragon_boat",
    "mid_autumn",
    "national_day",
)

# 国办发明电〔2022〕16号, 〔2023〕7号, 〔2024〕12号, 〔2025〕7号: the first and the last day off. Weekends that a notice
# merely adjoins (与周末连休) are weekends. Where it gives 中秋节 and 国庆节 as one, all of that is National Day and
# Mid-Autumn itself belongs to both.
_DAYS_OFF = (
    ("new_year", "2022-12-31", "2023-01-02"),
    ("spring_festival", "2023-01-21", "2023-01-27"),
    ("qingming", "2023-04-05", "2023-04-05"),
    ("labour_day", "2023-04-29", "2023-05-03"),
    ("dragon_boat", "2023-06-22", "2023-06-24"),
    ("mid_autumn", "2023-09-29", "2023-09-29"),
    ("national_day", "2023-09-29", "2023-10-06"),
    ("new_year", "2024-01-01", "2024-01-01"),
    ("spring_festival", "2024-02-10", "2024-02-17"),
    ("qingming", "2024-04-04", "2024-04-06"),
    ("labour_day", "2024-05-01", "2024-05-05"),
    ("dragon_boat", "2024-06-10", "2024-06-10"),
    ("mid_autumn", "2024-09-15", "2024-09-17"),
    ("national_day", "2024-10-01", "2024-10-07"),
    ("new_year", "2025-01-01", "2025-01-01"),
    ("spring_festival", "2025-01-28", "2025-02-04"),
    ("qingming", "2025-04-04", "2025-04-06"),
    ("labour_day", "2025-05-01", "2025-05-05"),
    ("dragon_boat", "2025-05-31", "2025-06-02"),
    ("mid_autumn", "2025-10-06", "2025-10-06"),
    ("national_day", "2025-10-01", "2025-10-08"),
    ("new_year", "2026-01-01", "2026-01-03"),
    ("spring_festival", "2026-02-15", "2026-02-23"),
    ("qingming", "2026-04-04", "2026-04-06"),
    ("labour_day", "2026-05-01", "2026-05-05"),
    ("dragon_boat", "2026-06-19", "2026-06-21"),
    ("mid_autumn", "2026-09-25", "2026-09-27"),
    ("national_day", "2026-10-01", "2026-10-07"),
)  # fmt: skip
_DAYS_WORKED = (
    "2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 2023-10-08",
    "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12",
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11",
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
)


def _days_off() -> dict[date, frozenset[str]]:
    days_off: dict[date, frozenset[str]] = {}
    for code, first, last in _DAYS_OFF:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            days_off[day] = days_off.get(day, frozenset()) | {code}
            day += timedelta(days=1)
    return days_off


CN_YEARS = range(2023, 2027)
# A day off and the holidays it belongs to; of one notice for two holidays a day may belong to both.
HOLIDAYS: dict[date, frozenset[str]] = _days_off()
# Saturdays and Sundays that are worked in exchange.
WORKED: frozenset[date] = frozenset(date.fromisoformat(day) for year in _DAYS_WORKED for day in year.split())
