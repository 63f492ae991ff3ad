"""A small car park whose documents have this or that part."""

from typing import Any

from tests.parking.tariffs.documents import NAMES

HALF = {"unit_fen": 150, "unit_min": 30}


def cap(**fields: Any) -> dict[str, Any]:
    return {"caps": [{"code": "top", "fen": 500, "per": "day", **NAMES, **fields}]}


def quota(**fields: Any) -> dict[str, Any]:
    return {"quotas": [{"code": "q", "who": {"new_energy": True}, "minutes": 120, **NAMES, **fields}]}


def discount(**fields: Any) -> dict[str, Any]:
    return {"discounts": [{"code": "off", "kind": "percent", "percent": 20, **NAMES, **fields}]}


def sold(**fields: Any) -> dict[str, Any]:
    return {"passes": [{"code": "month", "price_fen": 12000, "period": "month", **NAMES, **fields}]}


def surcharge(**fields: Any) -> dict[str, Any]:
    return {"surcharges": [{"code": "more", **NAMES, **fields}]}
