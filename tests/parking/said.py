"""What a gateway says of one passing vehicle, as JSON, and what is read from it."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from parking import events
from parking.events import GateEvent

SAID: dict[str, Any] = {
    "event_id": "20261116-000123",
    "kind": "entry",
    "lane": "qc-in",
    "occurred_at": "2026-11-16T10:00:00+08:00",
    "plate": "鲁A12345",
    "plate_color": "blue",
    "vehicle_class": "small",
    "confidence": 0.97,
}
GONE = object()
JINAN = ZoneInfo("Asia/Shanghai")


def said(**changes: object) -> bytes:
    """An event as JSON, with some fields changed, or left out where they are GONE."""
    return msgspec.json.encode({key: value for key, value in {**SAID, **changes}.items() if value is not GONE})


def read(body: bytes) -> GateEvent:
    alone, (submission,) = events.read(body, JINAN)
    assert alone
    assert submission.event is not None, submission.refused
    return submission.event
