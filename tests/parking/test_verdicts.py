"""What is said of an event, compared with what was said before."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from parking.decisions import Kind
from parking.lots import Direction
from parking.plates import PlateColor
from parking.verdicts import Verdict, said_hash

AT = datetime(2026, 11, 16, 10, tzinfo=UTC)
OTHERS: dict[str, Any] = {
    "kind": Kind.VOID,
    "note": "seen",
    "plate": "鲁A12345",
    "plate_color": PlateColor.YELLOW,
    "direction": Direction.EXIT,
    "stay_id": UUID(int=1),
    "entered_at": AT,
    "left_at": AT,
    "lane": "qc-in",
    "amount_fen": 400,
    "undoes": 1,
}


@pytest.mark.parametrize("field", Verdict.__struct_fields__)
def test_whatever_else_is_said_is_another_decision(field: str) -> None:
    said = Verdict(Kind.RIGHT, "seen on the picture")
    assert said_hash(said) == said_hash(structs.replace(said))
    assert said_hash(said) != said_hash(structs.replace(said, **{field: OTHERS[field]}))


def test_an_instant_is_the_same_by_whatever_clock() -> None:
    said = Verdict(Kind.MANUAL_ENTRY, "seen", entered_at=AT)
    by_another = structs.replace(said, entered_at=AT.astimezone(timezone(timedelta(hours=8))))
    assert said_hash(said) == said_hash(by_another)
