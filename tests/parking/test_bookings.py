"""Bookings: how one stands, what is refused, and which stay is there by one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from parking import bookings
from parking.bookings import (
    AHEAD_MAX,
    BOOKED_MAX,
    BookedAlready,
    Booking,
    BookingEnded,
    BookingRule,
    NoSpaceToBook,
    State,
    Wish,
)
from parking.entitlements import RightTooOld, RightUnfit
from parking.lots import Lot, LotKind
from parking.plates import PlateColor, VehicleClass
from parking.stays import State as StayState
from parking.stays import Stay
from payments import ids
from tests.conftest import NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LOT = Lot(1, "a", 7, "op", "", "", "", "", "", LotKind.MALL, 10, 0, 0, "Asia/Shanghai")
RULE = BookingRule(spaces=2)
PLATE, OTHERS = "鲁A91012", ("鲁A92012", "鲁A93012", "鲁A94012")


def made(begins: float = 0, ends: float = 2, *, plate: str = PLATE, number: int = 1, **more: Any) -> Booking:
    """A booking from so many hours after now until others."""
    wish = Wish(str(number), plate, PlateColor.BLUE, NOW + begins * HOUR, NOW + ends * HOUR, "")
    id_ = ids.new(NOW, LOT.id, number)
    return structs.replace(bookings.booking(wish, LOT, RULE, id_=id_, by="li", now=NOW), **more)


def stayed(came: datetime, left: datetime) -> Stay:
    return Stay(
        1, UUID(int=1), PLATE, PlateColor.BLUE, VehicleClass.SMALL, StayState.CLOSED, came, left, 1, 2, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("begins", "ends", "refusal", "field"),
    [
        (2, 2, RightUnfit, "until"),
        (2, 1, RightUnfit, "until"),
        (0, BOOKED_MAX / HOUR + 1, RightUnfit, "until"),
        (AHEAD_MAX / HOUR + 1, AHEAD_MAX / HOUR + 2, RightUnfit, "from"),
        (-24 * 365, -24 * 364, RightTooOld, "from"),
    ],
)
def test_a_time_that_is_none_is_refused(begins: float, ends: float, refusal: type[Exception], field: str) -> None:
    with pytest.raises(refusal) as refused:
        made(begins, ends)
    assert refused.value.facts["field"] == field  # type: ignore[attr-defined]


def test_a_text_that_is_no_plate_is_refused() -> None:
    with pytest.raises(RightUnfit):
        made(plate="无牌")


@pytest.mark.parametrize(
    ("after", "came", "state"),
    [
        (-1 * MINUTE, None, State.WAITS),
        (29 * MINUTE, None, State.WAITS),
        (30 * MINUTE, None, State.MISSED),
        (5 * HOUR, None, State.MISSED),
        (30 * MINUTE, NOW, State.CAME),
        (5 * HOUR, NOW, State.CAME),
    ],
)
def test_a_booking_is_missed_when_its_vehicle_has_not_come_in_time(
    after: timedelta, came: datetime | None, state: State
) -> None:
    one = made(came_at=came)
    assert one.state(NOW + after) is state
    assert one.takes_space(NOW + after) is (state is not State.MISSED)
    cancelled = structs.replace(one, ended_at=NOW, ended_by="li", end_reason="x")
    assert cancelled.state(NOW + after) is State.CANCELLED


def test_a_space_is_kept_no_longer_than_it_is_booked() -> None:
    assert made(0, 0.25).holds_until == NOW + 15 * MINUTE


def test_the_vehicle_of_a_booking_has_no_other_that_overlaps() -> None:
    first = made(0, 2)
    for begins, ends in ((1, 3), (-1, 0.5), (0.5, 1), (-1, 5)):
        with pytest.raises(BookedAlready):
            bookings.check_room(made(begins, ends, number=2), [first], RULE, now=NOW)
    # One after the other is two, and what is changed does not stand in its own way.
    bookings.check_room(made(2, 3, number=2), [first], RULE, now=NOW)
    bookings.check_room(made(1, 3), [first], RULE, now=NOW)


def test_no_more_is_booked_than_there_are_spaces() -> None:
    taken = [made(0, 2, plate=OTHERS[0], number=1), made(1, 3, plate=OTHERS[1], number=2)]
    with pytest.raises(NoSpaceToBook):
        bookings.check_room(made(1.5, 4, number=3), taken, RULE, now=NOW)
    # The space is kept from a quarter of an hour before: that is in the way as well.
    with pytest.raises(NoSpaceToBook):
        bookings.check_room(made(2, 2.5, number=3), taken, RULE, now=NOW)
    bookings.check_room(made(2.25, 4, number=3), taken, RULE, now=NOW)
    # Whoever did not come or cancelled has none.
    bookings.check_room(made(1.5, 4, number=3), taken, RULE, now=NOW + 31 * MINUTE)
    gone = structs.replace(taken[0], ended_at=NOW, ended_by="li", end_reason="x")
    bookings.check_room(made(1.5, 4, number=3), [gone, taken[1]], RULE, now=NOW)
    with pytest.raises(NoSpaceToBook):
        bookings.check_room(made(), [], BookingRule(spaces=0), now=NOW)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=12))
def test_the_most_at_once_is_that_of_every_minute(times: list[tuple[int, int]]) -> None:
    several = [
        made(begins / 10, (begins + length) / 10, number=number) for number, (begins, length) in enumerate(times)
    ]
    since, until = NOW, NOW + 6 * HOUR
    each = [
        sum(one.holds_from <= NOW + minute * MINUTE < one.ends_at for one in several) for minute in range(0, 360, 3)
    ]
    assert bookings.most_at_once(several, since, until) == max(each)


def test_the_same_again_is_nothing_and_another_time_is_a_change() -> None:
    known = made()
    assert bookings.changed(known, made(number=7)) is None
    later = bookings.changed(known, structs.replace(made(0, 3, number=7), added_by="wang"))
    assert later is not None
    assert (later.id, later.added_by, later.changed_by, later.ends_at) == (known.id, "li", "wang", NOW + 3 * HOUR)
    with pytest.raises(BookingEnded):
        bookings.changed(structs.replace(known, ended_at=NOW), made(0, 3, number=7))


@pytest.mark.parametrize(
    ("came_min", "left_min", "is_there"),
    [
        (-60, -20, False),  # gone before the space was kept
        (-60, 10, True),
        (-15, 90, True),
        (29, 400, True),
        (30, 90, False),  # too late
    ],
)
def test_who_comes_in_time_is_there_by_the_booking(came_min: int, left_min: int, *, is_there: bool) -> None:
    stay = stayed(NOW + came_min * MINUTE, NOW + left_min * MINUTE)
    one = made()
    found = bookings.booked(stay, [one])
    assert [(each.booking_id, each.since, each.until) for each in found] == (
        [(one.id, NOW - 15 * MINUTE, NOW + 2 * HOUR)] if is_there else []
    )
    assert not bookings.booked(stay, [structs.replace(one, ended_at=NOW)])
    assert not bookings.booked(stay, [structs.replace(one, plate=OTHERS[0])])
    assert not bookings.booked(stay, [structs.replace(one, lot_id=LOT.id + 1)])


def test_a_booking_over_midnight_and_the_change_of_clocks_is_of_instants() -> None:
    # 2026-10-25 has 25 hours in Berlin; 20:00 to 08:00 there are thirteen.
    begins, ends = datetime.fromisoformat("2026-10-24T20:00+02:00"), datetime.fromisoformat("2026-10-25T08:00+01:00")
    one = bookings.booking(
        Wish("night", PLATE, PlateColor.BLUE, begins, ends, ""),
        LOT, RULE, id_=UUID(int=1), by="li", now=datetime(2026, 10, 20, tzinfo=UTC),
    )  # fmt: skip
    assert one.ends_at - one.starts_at == 13 * HOUR
    assert (one.starts_at.tzinfo, one.ends_at.tzinfo) == (UTC, UTC)
