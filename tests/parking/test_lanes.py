"""Which way a lane leads: always, or by a week of its lot's clock; since when; when an event is believed instead."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.dated import Version
from parking.lanes import SWITCH_WITHIN, Lane, Switch, Way, Weekday, of_week
from parking.lots import Direction

IN, OUT = Direction.ENTRY, Direction.EXIT
SHANGHAI = ZoneInfo("Asia/Shanghai")
WORKDAYS = tuple(Weekday)[:5]
# On workdays in from 06:30, out from 12:00; at weekends in from Saturday 08:00 on.
WEEK = (Switch(WORKDAYS, "06:30", IN), Switch(WORKDAYS, "12:00", OUT), Switch((Weekday.SAT,), "08:00", IN))


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """An instant, by the clock of a zone. 2026-11-16 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def lane(*ways: Version[Way], direction: Direction = IN, zone: str = "Asia/Shanghai") -> Lane:
    return Lane(11, "qc-1", 3, 7, direction, time_zone=zone, ways=ways)


REVERSIBLE = lane(Version(at("2026-11-01T00:00"), Way(week=WEEK)))


@pytest.mark.parametrize(
    ("when", "leads"),
    [
        # Before the week began, and by it; the first of a week is what the last before it says.
        ("2026-10-31T23:59", IN),
        ("2026-11-02T00:00", IN),
        ("2026-11-16T06:29", IN),
        ("2026-11-16T06:30", IN),
        ("2026-11-16T11:59", IN),
        ("2026-11-16T12:00", OUT),
        ("2026-11-17T06:29", OUT),
        ("2026-11-17T06:30", IN),
        ("2026-11-21T07:59", OUT),
        ("2026-11-21T08:00", IN),
        ("2026-11-22T23:59", IN),
    ],
)
def test_a_week(when: str, leads: Direction) -> None:
    assert REVERSIBLE.direction_at(at(when)) is leads


def test_a_week_goes_by_the_clock_of_the_lot() -> None:
    moscow = lane(Version(at("2026-11-01T00:00"), Way(week=WEEK)), zone="Europe/Moscow")
    noon = at("2026-11-16T12:00", "Europe/Moscow")
    assert (moscow.direction_at(noon), REVERSIBLE.direction_at(noon)) == (OUT, OUT)
    before = noon - timedelta(minutes=1)
    assert (moscow.direction_at(before), REVERSIBLE.direction_at(before)) == (IN, OUT)
    # Where clocks jump, the clock on the wall counts: Berlin has 02:30 on the last Sunday of October twice.
    berlin = lane(
        Version(
            at("2026-01-01T00:00"),
            Way(week=(Switch(tuple(Weekday), "02:30", OUT), Switch(tuple(Weekday), "12:00", IN))),
        ),
        zone="Europe/Berlin",
    )
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert [berlin.direction_at(first + timedelta(minutes=m)) for m in (-1, 0, 29, 30, 59, 60)] == [
        IN, OUT, OUT, IN, IN, OUT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "said", "goes"),
    [
        # What the event says of itself counts near a switch, and nowhere else. Who says nothing goes with the lane.
        ("2026-11-16T11:44", OUT,  IN),
        ("2026-11-16T11:45", OUT,  OUT),
        ("2026-11-16T11:59", IN,   IN),
        ("2026-11-16T12:00", None, OUT),
        ("2026-11-16T12:14", IN,   IN),
        ("2026-11-16T12:15", IN,   OUT),
        ("2026-11-16T15:00", None, OUT),
        ("2026-11-16T15:00", IN,   OUT),
    ],
)  # fmt: skip
def test_near_a_switch_the_event_is_believed(when: str, said: Direction | None, goes: Direction) -> None:
    assert REVERSIBLE.settled(said, at(when)) is goes


def test_a_lane_that_is_turned_round_for_good() -> None:
    turned = lane(Version(at("2026-11-16T12:00"), Way(OUT)))
    assert [turned.direction_at(at(f"2026-11-16T{clock}")) for clock in ("11:59", "12:00")] == [IN, OUT]
    assert turned.settled(IN, at("2026-11-16T12:10")) is IN
    assert turned.settled(IN, at("2026-11-16T12:30")) is OUT
    # Without versions nothing is believed that contradicts the lane.
    assert lane().settled(OUT, at("2026-11-16T12:00")) is IN


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ({}, "a direction, or a week"),
        ({"direction": "entry", "week": [{"days": ["mon"], "at": "06:00", "direction": "exit"}]}, "or a week"),
        ({"week": [{"days": ["mon"], "at": "06:00", "direction": "exit"}]}, "one way always"),
        ({"week": [{"days": ["mon"], "at": "24:00", "direction": "exit"}]}, "at `$.week"),
        ({"week": [{"days": [], "at": "06:00", "direction": "exit"}]}, "at `$.week"),
        (
            {
                "week": [
                    {"days": ["mon", "tue"], "at": "06:00", "direction": "exit"},
                    {"days": ["tue"], "at": "06:00", "direction": "entry"},
                ]
            },
            "same time",
        ),
    ],
)
def test_a_way_is_one_thing(way: dict[str, object], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(way, Way)
    assert says in str(refused.value)


switches = st.lists(
    st.builds(
        Switch,
        st.lists(st.sampled_from(Weekday), min_size=1, max_size=7, unique=True).map(tuple),
        st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59)),
        st.sampled_from(Direction),
    ),
    min_size=1,
    max_size=6,
)


@given(switches, st.integers(0, 7 * 24 * 60 - 1))
def test_a_week_comes_again(week: list[Switch], minute: int) -> None:
    local = datetime(2026, 11, 16, tzinfo=SHANGHAI) + timedelta(minutes=minute)
    said = {each: switch.direction for switch in week for each in switch.minutes}
    # Walked back minute by minute, round the week, to the last switch.
    back = next(
        said[(minute - ago) % (7 * 24 * 60)] for ago in range(7 * 24 * 60) if (minute - ago) % (7 * 24 * 60) in said
    )
    if len(said) == sum(len(switch.minutes) for switch in week):
        assert of_week(week, local) is of_week(week, local + timedelta(days=7)) is back
    assert timedelta(hours=1) > SWITCH_WITHIN
