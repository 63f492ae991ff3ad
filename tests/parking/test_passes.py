"""When a pass covers a stay: days of the lot, bays that are shared, and that no order of telling matters."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from parking import passes
from parking.entitlements import Covered, RightTooOld, RightUnfit
from parking.lots import Lot, LotKind
from parking.passes import Parked, Pass, PassEnded, PassNotSold, PassPlan
from parking.plates import PlateColor, VehicleClass
from parking.prices import LotPrices
from parking.stays import State, Stay
from tests.conftest import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JINAN = ZoneInfo("Asia/Shanghai")
LOT = Lot(1, "a", 7, "op", "", "", "", "", "", LotKind.MALL, 10, 0, 0, "Asia/Shanghai")
CARS = [(f"鲁A1234{n}", PlateColor.BLUE) for n in range(5)]
MONTH = Pass(
    UUID(int=9), UUID(int=9), 7, "month", (1,), 1, date(2026, 11, 1), date(2026, 11, 30), None, "x", "li", NOW, None,
    None, None, (CARS[0][0],), (CARS[0][1],),
)  # fmt: skip


def at(day: int, clock: str = "00:00") -> datetime:
    return datetime(2026, 11, day, int(clock[:2]), int(clock[3:]), tzinfo=JINAN)


def shared(cars: int, bays: int) -> Pass:
    plates, colors = zip(*CARS[:cars], strict=True)
    return structs.replace(MONTH, plates=plates, colors=colors, bays=bays)


def stay(came: datetime, left: datetime, car: int = 0, number: int = 0) -> Stay:
    return Stay(
        1, UUID(int=number or car + 1), *CARS[car], VehicleClass.SMALL, State.CLOSED, came, left, 1, 2, None, None,
    )  # fmt: skip


def parked(of: Stay) -> Parked:
    assert of.entered_at is not None
    return Parked(of.lot_id, of.id, of.plate, of.plate_color, of.entered_at, of.left_at)


def times(of: Stay, *sold: Pass, others: Sequence[Stay] = ()) -> list[tuple[datetime, datetime]]:
    covered = passes.covered(of, LOT, sold, [parked(each) for each in others])
    return [(each.since, each.until) for each in covered]


def test_it_holds_through_its_last_day_by_the_clock_of_the_lot() -> None:
    sold = structs.replace(MONTH, valid_through=date(2027, 2, 28))
    until = datetime(2027, 3, 1, tzinfo=JINAN)
    assert times(stay(until - HOUR, until + HOUR), sold) == [(at(1), until)]
    assert sold.period(structs.replace(LOT, time_zone="UTC"))[1] == until + 8 * HOUR
    ended = structs.replace(sold, ended_through=date(2026, 11, 15))
    assert times(stay(at(15, "23:00"), at(16, "01:00")), ended) == [(at(1), at(16))]
    assert times(stay(at(15), at(16)), structs.replace(sold, ended_through=date(2026, 10, 31))) == []


def test_it_holds_for_its_vehicles_in_its_lots() -> None:
    assert times(stay(at(2), at(3), car=1), MONTH) == []
    assert times(stay(at(2), at(3)), structs.replace(MONTH, lot_ids=(2,))) == []


def test_who_renews_in_time_has_one_pass() -> None:
    december = structs.replace(MONTH, id=UUID(int=10), valid_from=date(2026, 12, 1), valid_through=date(2026, 12, 31))
    until = datetime(2027, 1, 1, tzinfo=JINAN)
    assert times(stay(at(30), at(30) + 2 * DAY), december, MONTH) == [(at(1), until)]
    late = structs.replace(december, valid_from=date(2026, 12, 2))
    assert len(times(stay(at(30), at(30) + 5 * DAY), late, MONTH)) == 2


def test_two_cars_share_a_bay() -> None:
    first, second = stay(at(2, "08:00"), at(2, "11:00")), stay(at(2, "09:00"), at(2, "14:00"), car=1)
    both = [first, second]
    assert times(first, shared(2, 1), others=both) == [(at(2, "08:00"), at(30) + DAY)]
    assert times(second, shared(2, 1), others=both) == [(at(2, "11:00"), at(30) + DAY)]
    inside = structs.replace(first, state=State.OPEN, left_at=None)
    assert times(second, shared(2, 1), others=[inside, second]) == []
    assert times(second, shared(2, 2), others=both) == [(at(1), at(30) + DAY)]
    third = stay(at(2, "10:00"), at(2, "15:00"), car=2)
    assert times(third, shared(3, 1), others=[*both, third])[0][0] == at(2, "14:00")
    assert times(third, shared(3, 2), others=[*both, third])[0][0] == at(2, "11:00")


@st.composite
def days(draw: st.DrawFn) -> list[Stay]:
    """Stays of five cars on one day; no car is there twice at once."""
    found = []
    for car in range(5):
        clock = at(2)
        for visit in range(draw(st.integers(0, 3))):
            came = clock + draw(st.integers(1, 240)) * timedelta(minutes=1)
            clock = came + draw(st.integers(1, 240)) * timedelta(minutes=1)
            found.append(stay(came, clock, car, 10 * car + visit + 1))
    return found


@given(days(), st.integers(1, 4), st.randoms())
def test_at_any_time_those_who_came_first_are_covered_and_no_more_than_there_are_bays(
    stays: list[Stay], bays: int, chance: Any
) -> None:
    sold = shared(5, bays)
    told = list(stays)
    chance.shuffle(told)
    covered = {each.id: passes.covered(each, LOT, [sold], [parked(one) for one in told]) for each in stays}
    assert covered == {each.id: passes.covered(each, LOT, [sold], [parked(one) for one in stays]) for each in stays}
    for each in stays:
        for now in (each.entered_at, each.left_at):
            assert now is not None
            inside = sorted(
                (one.entered_at, one.id) for one in stays
                if one.entered_at is not None and one.left_at is not None and one.entered_at <= now < one.left_at
            )  # fmt: skip
            by_pass = [id_ for _, id_ in inside if any(time.since <= now < time.until for time in covered[id_])]
            assert by_pass == [id_ for _, id_ in inside][:bays]


def plan(**changes: Any) -> PassPlan:
    said = PassPlan("month", CARS[:2], None, [LOT], date(2026, 11, 16), date(2026, 12, 15), "x")
    return structs.replace(said, **changes)


def check(sold: PassPlan) -> None:
    new = passes.sold(sold, id_=UUID(int=1), group_id=UUID(int=1), by="li", now=NOW)
    passes.check_sale(new, {1: LotPrices()}, now=NOW)


def test_what_does_not_fit_is_refused() -> None:
    for changed, wrong, field in (
        ({"bays": 3}, RightUnfit, "bays"),
        ({"valid_through": date(2026, 11, 15)}, RightUnfit, "valid_through"),
        ({"valid_from": date(2026, 9, 1)}, RightTooOld, "valid_from"),
        ({"vehicles": [("no plate", PlateColor.BLUE)]}, RightUnfit, "plate"),
        ({}, PassNotSold, "code"),
    ):
        with pytest.raises(wrong) as refused:
            check(plan(**changed))
        assert refused.value.facts["field"] == field


def test_an_end_is_said_once_and_means_something() -> None:
    passes.check_end(MONTH, date(2026, 11, 20), now=NOW)
    for known, through, wrong in (
        (structs.replace(MONTH, ended_at=NOW), date(2026, 11, 20), PassEnded),
        (MONTH, date(2026, 11, 30), RightUnfit),
        (structs.replace(MONTH, valid_from=date(2026, 8, 1)), date(2026, 9, 1), RightTooOld),
    ):
        with pytest.raises(wrong):
            passes.check_end(known, through, now=NOW)


def test_a_time_says_its_pass() -> None:
    (covered,) = passes.covered(stay(at(2), at(3)), LOT, [MONTH], [])
    assert covered == Covered(MONTH.id, "month", at(1), at(30) + DAY)
