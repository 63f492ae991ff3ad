"""What a gateway says of one passing vehicle, as JSON, and what is read from it."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from parking import events
from parking.events import GateEvent, Submission

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


def read_all(body: bytes) -> tuple[bool, list[Submission]]:
    """Whether a body is one event, and its events as they are read."""
    sent = events.part(body)
    return sent.alone, [events.read(raw, JINAN) for raw in sent.raws]


def read(body: bytes) -> GateEvent:
    alone, (submission,) = read_all(body)
    assert alone
    assert isinstance(submission.event, GateEvent), submission.refused
    return submission.event
