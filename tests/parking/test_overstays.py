"""What is shown of staying on in a charging bay, beside what it costs."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from parking import fees, overstays, tariffs
from parking.charging import ChargingSession
from parking.entitlements import Rights
from parking.overstays import OverstayNotice
from parking.plates import PlateColor, VehicleClass
from parking.prices import TariffInForce
from parking.stays import State, Stay
from tests.conftest import NOW
from tests.parking.rights import HOURLY

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
JINAN = ZoneInfo("Asia/Shanghai")
ZERO = UUID(int=0)
OVERSTAY = """
[charging]
free_max_min = 0

[overstay]
grace_min = {grace}
unit_min = 30
unit_fen = 500
cap_fen = 2000
"""
STAY = Stay(
    1, ZERO, "鲁A12345", PlateColor.BLUE, VehicleClass.SMALL, State.CLOSED, NOW - 5 * HOUR, NOW, 1, 2, None, None,
)  # fmt: skip


def in_force(rules: str, seconds: str = "drop") -> list[TariffInForce]:
    text = tariffs.from_toml((f'seconds = "{seconds}"\n' + HOURLY.format(code="o") + rules).encode())
    return [TariffInForce(NOW - 99 * HOUR, 1, text, tariffs.Compiled(text))]


def session(since: datetime, until: datetime | None, name: str = "s") -> ChargingSession:
    return ChargingSession(1, ZERO, name, "鲁A12345", PlateColor.BLUE, since, until, "C7", None, NOW, "gateway")


def shown(rules: str, *sessions: ChargingSession, seconds: str = "drop") -> OverstayNotice | None:
    return overstays.notice(STAY, sessions, in_force(rules, seconds), JINAN)


@pytest.mark.parametrize("seconds", ["drop", "exact"])
@pytest.mark.parametrize("grace", [0, 30])
def test_it_costs_from_then_on_and_not_before(grace: int, seconds: str) -> None:
    rules = OVERSTAY.format(grace=grace)
    ended = NOW - 2 * HOUR + timedelta(seconds=40)
    notice = shown(rules, session(NOW - 4 * HOUR, ended - HOUR), session(NOW - 3 * HOUR, ended, "t"), seconds=seconds)
    assert notice is not None
    assert notice.begins_at is not None

    def fee(left: datetime) -> int:
        rights = Rights(charging=((NOW - 4 * HOUR, ended - HOUR), (NOW - 3 * HOUR, ended)))
        lines = fees.bill(structs.replace(STAY, left_at=left), in_force(rules, seconds), [], [], rights).lines
        return sum(line.amount_fen for line in lines if line.kind == "overstay")

    assert fee(notice.begins_at) == 0
    assert fee(notice.begins_at + MINUTE) == notice.unit_fen == 500
    assert fee(notice.begins_at + 9 * HOUR) == notice.cap_fen


def test_while_it_is_charged_nothing_begins() -> None:
    notice = shown(OVERSTAY.format(grace=0), session(NOW - 4 * HOUR, NOW - 3 * HOUR), session(NOW - HOUR, None, "t"))
    assert notice is not None
    assert notice.begins_at is None
    assert notice.display.en == "After charging, staying costs ¥5 per 30 minutes, at most ¥20."


def test_nothing_is_shown_where_nothing_costs() -> None:
    charged = session(NOW - 4 * HOUR, NOW - 3 * HOUR)
    assert shown(OVERSTAY.format(grace=30)) is None
    assert shown("[charging]\nfree_max_min = 0\n", charged) is None
    assert overstays.notice(STAY, [charged], [], JINAN) is None
    # It was charged on an earlier visit.
    assert shown(OVERSTAY.format(grace=30), session(NOW - 9 * HOUR, NOW - 8 * HOUR)) is None
