"""A small car park as a document, and how a test changes it."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from parking.tariffs.language import parsing
from parking.tariffs.language.document import Tariff

# Made up, as such prices are written: 4 dollars an hour; in from 6:00 to 9:30 and out from 15:00 to 19:00, 15 at most.
EARLY_BIRD = """
code = "early_bird"
name_zh = "市中心停车楼"
name_en = "City car park"
time_zone = "Australia/Sydney"
currency = "AUD"

[[bands]]
code = "all_day"
name_zh = "全天"
name_en = "All day"
hours = [{}]
tiers = [{ unit_fen = 400, unit_min = 60 }]

[[caps]]
code = "early_bird"
name_zh = "早鸟价"
name_en = "Early bird"
fen = 1500
per = "stay"
days = "monday_to_friday"
entered = [{ from = "06:00", to = "09:30" }]
left = [{ from = "15:00", to = "19:00" }]

[[caps]]
code = "weekend"
name_zh = "周末封顶"
name_en = "Weekend maximum"
fen = 800
per = "day"
days = "weekend"
"""

HOUR = {"unit_fen": 200, "unit_min": 60}
CAR_PARK: dict[str, Any] = {
    "code": "car_park",
    "name_zh": "停车场",
    "name_en": "Car park",
    "time_zone": "Asia/Shanghai",
    "bands": [
        {
            "code": "day",
            "name_zh": "白天",
            "name_en": "Day",
            "hours": [{"from": "08:00", "to": "20:00"}],
            "tiers": [HOUR],
        },
        {
            "code": "night",
            "name_zh": "夜间",
            "name_en": "Night",
            "hours": [{"from": "20:00", "to": "08:00"}],
            "tiers": [HOUR],
        },
    ],
}
NAMES = {"name_zh": "名", "name_en": "Name"}
LARGE = {"code": "large", "who": {"kinds": ["large"]}, **NAMES}


def read(**fields: Any) -> Tariff:
    return parsing.from_json(json.dumps({**CAR_PARK, **fields}).encode())


def bands(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, Any]:
    """The bands of the car park, changed."""
    found = deepcopy(CAR_PARK["bands"])
    change(found)
    return {"bands": found}


def tiers(*found: dict[str, Any], **band: Any) -> dict[str, Any]:
    """One band for all of the day, with these tiers."""
    return {"bands": [{"code": "all", "hours": [{}], "tiers": list(found), **NAMES, **band}]}


def days(*found: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"days": list(found), **fields}
