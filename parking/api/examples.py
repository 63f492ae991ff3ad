"""Examples of the calls that others begin with: what is sent, as docs/calling.md sends it, and what is answered.

tests/parking/api/test_schemas.py compares what is sent with that, and what is answered with the schemas.
"""

from typing import Any, NamedTuple


class Example(NamedTuple):
    """The body that is sent, if there is one, and the answer."""

    body: Any
    answer: Any


_STAY, _CHARGE = "01a1e215-3521-80aa-8000-0001b9dbc22f", "cee47c52-71db-4df8-88f3-6ba5dda8e2b4"
_LOT = {
    "code": "qc-road",
    "name_zh": "泉城路停车场",
    "name_en": "Quancheng Road lot",
    "district_zh": "历下区",
    "district_en": "Lixia",
    "address_zh": "泉城路180号",
    "kind": "road",
    "operator": "jn-static",
    "longitude": 117.0204,
    "latitude": 36.6661,
    "capacity": 50,
    "free": 21,
    "status": "open",
    "confidence": "high",
    "updated_at": "2026-11-16T02:00:00Z",
    "counted_at": "2026-11-16T01:59:58Z",
    "heard_at": "2026-11-16T02:00:00Z",
    "age_min": 0,
    "tariff": {"code": "jinan_road", "name_zh": "济南市道路停车泊位收费标准", "name_en": "Jinan roadside parking"},
    "is_open": True,
    "ev_spaces": 0,
    "disabled_spaces": 2,
    "height_max_cm": None,
}
_QUOTED = {
    "kind": "units",
    "starts_at": "2026-11-16T02:00:00Z",
    "ends_at": "2026-11-16T04:00:00Z",
    "units": 2,
    "unit_fen": 200,
    "amount_fen": 400,
    "running_fen": 400,
    "rule": "bands.day",
    "text_zh": "白天 10:00–12:00，2×2.00 元（每 60 分钟）",
    "text_en": "Day 10:00–12:00, 2 × 2.00 CNY (per 60 min)",
    "label_zh": "白天，2×2.00 元（每 60 分钟）",
    "label_en": "Day, 2 × 2.00 CNY (per 60 min)",
    "clause_zh": "8时至20时每小时2元,不足1小时按1小时计。",
    "clause_en": "08:00 to 20:00: 2 CNY an hour, a part hour is an hour.",
}
EXAMPLES: dict[str, Example] = {
    "recordGateEvents": Example(
        [
            {
                "event_id": "readme-2",
                "kind": "exit",
                "lane": "qc-road-out",
                "occurred_at": "2026-11-16T10:00:00+08:00",
                "plate": "鲁A8R35K",
                "plate_color": "blue",
                "vehicle_class": "small",
                "confidence": 0.97,
                "replay": True,
            }
        ],
        [
            {
                "event_id": "readme-2",
                "status": "recorded",
                "gate": "none",
                "stay_id": _STAY,
                "fee_fen": 400,
                "payment": "pay_at_gate",
                "charge_reference": _CHARGE,
                "display": {"zh": "请付4.00元", "en": "Please pay ¥4.00"},
            }
        ],
    ),
    "getCharge": Example(
        None,
        {
            "reference": _CHARGE,
            "state": "due",
            "amount_fen": 400,
            "paid_fen": 0,
            "owed_fen": 400,
            "refunded_fen": 0,
            "waived_fen": 0,
            "lines": [
                {
                    "kind": "units",
                    "amount_fen": 400,
                    "units": 2,
                    "unit_fen": 200,
                    "label_zh": "白天，2×2.00 元（每 60 分钟）",
                    "label_en": "Day, 2 × 2.00 CNY (per 60 min)",
                }
            ],
            "corrections": [],
            "account_ending": None,
        },
    ),
    "payCharge": Example(
        {"channel": "local", "payer": "ok"},
        {"charge_reference": _CHARGE, "state": "succeeded", "code": None, "charge_state": "paid"},
    ),
    "getStay": Example(
        None,
        {
            "stay_id": _STAY,
            "state": "closed",
            "entered_at": "2026-11-16T00:00:00Z",
            "left_at": "2026-11-16T02:00:00Z",
            "gate": "open",
            "fee_fen": 400,
            "payment": "pay_at_gate",
            "charge_reference": _CHARGE,
            "charge_state": "paid",
        },
    ),
    "quoteInside": Example(
        {"plate": "鲁A6T42H"},
        {
            "charge_reference": "261b8e0c-e0ab-4bd1-8846-f91110bd3a65",
            "amount_fen": 400,
            "paid_fen": 0,
            "pay_by": "2026-11-16T02:10:00Z",
            "paid_until": None,
            "leave_within_min": 15,
            "payment": "pay_at_gate",
        },
    ),
    "getAccount": Example(
        None,
        {
            "id": 1003,
            "name": "",
            "status": "active",
            "created_at": "2026-11-16T02:00:00Z",
            "wallet_fen": 5000,
            "owed_fen": 0,
            "debit_max_fen": 5000,
        },
    ),
    "linkPlate": Example(
        {"plate": "鲁AD12345", "plate_color": "green"},
        {"plate": "鲁AD12345", "plate_color": "green", "linked_at": "2026-11-16T02:00:00Z", "contested": False},
    ),
    "topUp": Example(
        {"amount_fen": 5000, "channel": "local", "payer": "ok"},
        {
            "id": "01a1e215-3a33-84e9-8000-03ebc2d70be9",
            "amount_fen": 5000,
            "channel": "local",
            "state": "succeeded",
            "code": None,
            "created_at": "2026-11-16T02:00:00Z",
            "updated_at": "2026-11-16T02:00:00Z",
        },
    ),
    "settleDay": Example(
        {"business_date": "2026-11-15"},
        [
            {
                "operator_id": 1001,
                "operator_code": "jn-static",
                "business_date": "2026-11-15",
                "id": "01a1e215-4a33-84e9-8000-03ebc2d70be9",
                "charges": 1,
                "gross_fen": 400,
                "refunds_fen": 0,
                "platform_fee_bps": 300,
                "platform_fee_fen": 12,
                "net_fen": 388,
                "settled_at": "2026-11-16T02:00:00Z",
                "collected_fen": 400,
                "cash_fen": 0,
                "carried_fen": 0,
                "payout_fen": 388,
            }
        ],
    ),
    "listLots": Example(
        None,
        {
            "crs": "wgs84",
            "place": None,
            "lots": [{**_LOT, "distance_m": 412, "walk_min": 7}],
            "total": 1,
            "free": 21,
            "capacity": 50,
            "limit": 3,
            "offset": 0,
        },
    ),
    "quoteStay": Example(
        None,
        {
            "lot": "qc-road",
            "entered_at": "2026-11-16T02:00:00Z",
            "left_at": "2026-11-16T04:00:00Z",
            "vehicle_class": "small",
            "new_energy": False,
            "tariff": "jinan_road",
            "version": 1,
            "currency": "CNY",
            "fee_fen": 400,
            "lines": [_QUOTED],
        },
    ),
}
