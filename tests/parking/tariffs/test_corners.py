"""Corners of the meter: units that several rules cut at once, and what is remembered to the second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from parking import tariffs
from parking.tariffs import Past, StayNotPriceable, Use, Visit
from parking.tariffs.language.document import (
    Band,
    Charging,
    Crossing,
    DayHours,
    Discount,
    Free,
    Match,
    Memory,
    Overstay,
    Quota,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at, band, but, cap, fee_of, owed, plain

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TIER = Tier(unit_fen=200, unit_min=60)
DEAR = (Tier(unit_fen=100, unit_min=15, for_min=30), Tier(unit_fen=200, unit_min=15))


def stayed(entered: str, **lasted: int) -> Visit:
    """A visit by its length."""
    return Visit(at(entered), at(entered) + timedelta(**lasted))


@pytest.mark.parametrize(
    ("entered", "left", "is_priced"),
    [
        (datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 2, 1, tzinfo=UTC), True),
        (datetime(1970, 1, 1, 23, 59, 59, tzinfo=UTC), datetime(1970, 1, 2, 1, tzinfo=UTC), False),
        (datetime(2199, 12, 31, 23, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2199, 12, 31, 23, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), False),
    ],
)
def test_the_years_that_are_priced(entered: datetime, left: datetime, is_priced: bool) -> None:
    text = plain(seconds="exact")
    if is_priced:
        assert owed(text, Visit(entered, left)) == 200
    else:
        with pytest.raises(StayNotPriceable):
            owed(text, Visit(entered, left))


@pytest.mark.parametrize(("minutes", "fee_fen"), [(30, 200), (45, 400), (59, 600)])
def test_a_short_crossing_stands_among_the_tiers_from_its_first_minute(minutes: int, fee_fen: int) -> None:
    bands = (
        band("day", "08:00", "20:00", *DEAR, progress="stay"),
        band("night", "20:00", "08:00", Tier(unit_fen=300, unit_min=60)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert owed(text, stayed("18T19:45", minutes=minutes)) == fee_fen


def test_a_short_crossing_with_free_minutes_in_it_loses_none_of_the_others() -> None:
    bands = (
        band("morning", "00:00", "12:00", Tier(unit_fen=50, unit_min=5)),
        band("noon", "12:00", "12:10"),
        band("after", "12:10", "12:20", Tier(unit_fen=500, unit_min=10)),
        band("evening", "12:20", "24:00", Tier(unit_fen=900, unit_min=10)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert owed(text, stayed("18T11:45", minutes=55)) == (15 + 30) * 10


@pytest.mark.parametrize(
    ("part_unit", "tolerance_min", "fen", "fee_fen"),
    [("up", 15, 200, 200), ("minutes", 0, 600, 450), ("up", 0, 200, 200)],
)
def test_a_unit_of_a_short_crossing_runs_on_behind_the_free_minutes(
    part_unit: Any, tolerance_min: int, fen: int, fee_fen: int
) -> None:
    tier = Tier(unit_fen=fen, unit_min=60)
    bands = (
        band("morning", "00:00", "12:00", tier, part_unit=part_unit, tolerance_min=tolerance_min),
        band("noon", "12:00", "12:10"),
        band("after", "12:10", "24:00", Tier(unit_fen=900, unit_min=60)),
    )
    text = plain(bands=bands, crossing=Crossing(short_under_min=60))
    assert owed(text, stayed("18T11:45", minutes=55)) == fee_fen


@pytest.mark.parametrize("part_unit", ["separate", "complete"])
@pytest.mark.parametrize(("seconds", "units"), [(600, 1), (601, 2)])
def test_tolerance_to_the_second_where_units_may_run_on(seconds: int, units: int, part_unit: Any) -> None:
    bands = (but(band("day", "00:00", "24:00", Tier(unit_fen=200, unit_min=60)), tolerance_min=10),)
    text = plain(seconds="exact", bands=bands, crossing=Crossing(part_unit=part_unit), charging=Charging())
    visit = but(stayed("18T09:00", seconds=300 + 3600 + seconds), charging=((at("18T09:00"), at("18T09:05")),))
    assert owed(text, visit) == units * 200


@pytest.mark.parametrize(("seconds", "fee_fen"), [(0, 500), (1, 700)])
def test_a_price_for_a_passage_leaves_the_next_one_all_its_time(seconds: int, fee_fen: int) -> None:
    bands = (
        band("day", "08:00", "20:00", Tier(unit_fen=200, unit_min=60)),
        band("night", "20:00", "08:00", Tier(unit_fen=300)),
    )
    text = plain(seconds="exact", bands=bands, crossing=Crossing(part_unit="complete"), charging=Charging())
    left = at("18T09:10") + seconds * SECOND
    paused = Visit(at("18T07:00"), left, charging=((at("18T08:00"), at("18T08:10")),))
    assert owed(text, paused) == fee_fen
    assert owed(text, but(paused, charging=(), left_at=left - 10 * MINUTE)) == fee_fen


@pytest.mark.parametrize("late", [-1, 0, 10])
def test_a_cap_that_is_remembered_begins_anew_when_its_cycle_is_over(late: int) -> None:
    day = cap("day", 500, "cycle", hours=24, memory="lot")
    visit = Visit(at("19T09:00") + late * SECOND, at("19T09:00") + late * SECOND + 8 * HOUR)
    past = Past(at("18T09:00"), at("18T17:00"), (Use("cap.day", at("18T09:00"), 500),))
    found = tariffs.calculate(tariffs.Compiled(plain(seconds="exact", caps=(day,))), visit, [past])
    # Who comes a second before the end has the first unit paid for already, and pays the next cycle all the same.
    assert found.fee_fen == 500
    assert [use.at for use in found.uses] == [at("19T09:00") + max(late, 0) * SECOND]


def test_the_last_second_of_a_cycle_still_has_what_was_paid_in_it() -> None:
    day = cap("day", 500, "cycle", hours=24, memory="lot")
    past = Past(at("18T09:00"), at("18T17:00"), (Use("cap.day", at("18T09:00"), 500),))
    text = plain(seconds="exact", caps=(day,))
    before, after = (Visit(at("19T09:00") + by * SECOND, at("19T09:30")) for by in (-10, 10))
    assert (owed(text, before, [past]), owed(text, after, [past])) == (0, 200)


def test_what_was_paid_from_midnight_on_is_the_next_days() -> None:
    # Two earlier visits, one of this day, and one that paid after its midnight, too.
    day = cap("day", 500, "day", memory="lot")
    pasts = [
        Past(at("18T09:00"), at("18T10:00"), (Use("cap.day", at("18T00:00"), 200),)),
        Past(at("18T23:00"), at("19T00:30"), (Use("cap.day", at("19T00:00"), 400),)),
    ]
    assert owed(plain(caps=(day,)), stayed("18T23:30", minutes=20), pasts) == 200


@pytest.mark.parametrize(("times", "mornings_fen"), [(1, 100 + 600), (2, 200), (0, 200)])
def test_time_outside_the_windows_of_a_cap_is_none_of_its_times(times: int, mornings_fen: int) -> None:
    windows = (DayHours(from_="08:00", to="11:00"),)
    text = plain(caps=(cap("morning", 100, "window", windows=windows, times_max=times),))
    assert owed(text, stayed("18T08:00", hours=3 + 21 + 3)) == 21 * 200 + mornings_fen


def test_days_on_which_a_cap_does_not_hold_are_none_of_its_times() -> None:
    text = plain(caps=(cap("weekend", 100, "day", days="weekend", times_max=1),))
    # The 14th is a Friday.
    assert owed(text, stayed("14T00:00", days=9)) == 24 * 200 + 100 + 7 * 24 * 200


def test_seconds_of_charging_count_where_seconds_do() -> None:
    text = plain(seconds="exact", bands=(band("day", "00:00", "24:00", Tier(unit_fen=1, unit_min=1)),))
    visit = Visit(at("18T09:00"), at("18T10:00"), charging=((at("18T09:00") + 30 * SECOND, at("18T09:30")),))
    assert owed(but(text, charging=Charging()), visit) == 31
    assert owed(but(text, charging=Charging(), seconds="drop"), visit) == 30


def test_a_boundary_in_the_last_minute_that_the_clocks_jump_over() -> None:
    # New York, 2025-03-09: after 01:59:59 comes 03:00.
    bands = (
        band("first", "00:00", "02:59", Tier(unit_fen=1, unit_min=1)),
        band("then", "02:59", "24:00", Tier(unit_fen=100, unit_min=1)),
    )
    zone = "America/New_York"
    visit = Visit(at("2025-03-09T01:50", zone), at("2025-03-09T03:10", zone))
    assert owed(plain(time_zone=zone, bands=bands), visit) == 10 * 1 + 10 * 100


@pytest.mark.parametrize("minutes", [20, 45, 75])
def test_a_coupon_is_worth_the_first_minutes_that_are_charged(minutes: int) -> None:
    # Half an hour of morning, an hour that is free, and the afternoon.
    bands = (
        band("morning", "00:00", "12:00", Tier(unit_fen=200, unit_min=15)),
        band("noon", "12:00", "13:00"),
        band("after", "13:00", "24:00", Tier(unit_fen=100, unit_min=15)),
    )
    worth = Discount(**generators.named("w"), kind="minutes", minutes=minutes, minutes_as="worth")
    visit = stayed("18T11:30", hours=4)
    full = 2 * 200 + 10 * 100
    assert owed(plain(bands=bands), visit) == full
    worth_fen = 200 * min(2, -(-minutes // 15)) + 100 * max(0, -(-(minutes - 30) // 15))
    assert owed(plain(bands=bands, discounts=(worth,)), visit) == full - worth_fen


def test_minutes_given_before_are_worth_nothing_more() -> None:
    given = Discount(**generators.named("given"), kind="minutes", minutes=60)
    worth = Discount(**generators.named("worth"), kind="minutes", minutes=90, minutes_as="worth")
    assert owed(plain(discounts=(given,)), stayed("18T09:00", hours=4)) == 600
    assert owed(plain(discounts=(given, worth)), stayed("18T09:00", hours=4)) == 600 - 200


def test_a_free_period_of_every_cycle_is_granted_once_in_each() -> None:
    text = plain(cycle_hours=24, free=Free(minutes=30, deducted=True, again="cycle"))
    fee = fee_of(tariffs.Compiled(text), stayed("18T09:00", hours=30))
    free = [(line.starts_at, line.ends_at) for line in fee.lines if line.kind == "free"]
    assert free == [(at(f"{day}T09:00"), at(f"{day}T09:30")) for day in (18, 19)]


def test_staying_on_is_asked_of_the_last_charging_alone() -> None:
    text = plain(overstay=Overstay(grace_min=0, unit_min=60, unit_fen=100))
    charging = ((at("18T09:00"), at("18T10:00")), (at("18T11:00"), at("18T12:00")))
    assert owed(text, but(stayed("18T09:00", hours=4), charging=charging)) == 4 * 200 + 100


def test_charging_told_twice_uses_up_its_limit_once() -> None:
    text = plain(
        charging=Charging(free_max_min=150), bands=(band("day", "00:00", "24:00", Tier(unit_fen=1, unit_min=1)),)
    )
    charging = tuple(
        (at(f"18T{begins}"), at(f"18T{ends}"))
        for begins, ends in (("09:00", "11:00"), ("09:30", "10:00"), ("11:00", "13:00"))
    )
    assert owed(text, but(stayed("18T09:00", hours=4), charging=charging)) == 90


def test_a_daily_band_over_midnight_is_two_passages() -> None:
    bands = (
        band("day", "08:00", "20:00", Tier(unit_fen=100, unit_min=60)),
        band("night", "20:00", "08:00", Tier(unit_fen=300), daily=True),
    )
    assert owed(plain(bands=bands), stayed("18T21:00", hours=9)) == 600
    assert owed(plain(bands=bands), stayed("18T21:00", hours=3)) == 300


def test_a_daily_band_that_meets_itself_where_the_clocks_jump_is_one_passage() -> None:
    # New York, 2025-03-09: there is no time between 02:00 and 03:00.
    zone = "America/New_York"
    bands = (
        band("most", "03:00", "02:00", Tier(unit_fen=300), daily=True),
        band("two", "02:00", "03:00", Tier(unit_fen=500)),
    )
    visit = Visit(at("2025-03-09T01:00", zone), at("2025-03-09T05:00", zone))
    assert owed(plain(time_zone=zone, bands=bands), visit) == 300


def test_a_share_that_ends_with_its_band_cuts_no_unit_of_the_next() -> None:
    bands = (band("a", "00:00", "12:00", TIER), band("b", "12:00", "24:00", TIER))
    half = Quota(**generators.named("half"), who=Match(), minutes=60, pays_percent=50)
    text = plain(bands=bands, quotas=(half,), charging=Charging())
    visit = but(stayed("18T11:00", minutes=140), charging=((at("18T12:20"), at("18T12:40")),))
    assert owed(text, visit) == 100 + 200


def test_free_time_in_between_is_no_charged_time_of_any_band() -> None:
    day = (DayHours(from_="08:00", to="12:00"), DayHours(from_="13:00", to="08:00"))
    tiers = (Tier(unit_fen=100, unit_min=15, for_min=30), Tier(unit_fen=1000, unit_min=60))
    bands = (
        Band(**generators.named("day"), hours=day, tiers=tiers, restart="day"),
        band("noon", "12:00", "13:00"),
    )
    text = plain(seconds="exact", bands=bands, charging=Charging())
    visit = Visit(at("18T11:45") + SECOND, at("18T13:30"), charging=((at("18T12:20"), at("18T12:30")),))
    assert owed(text, visit) == 300


def test_a_share_of_nearly_all_is_less_than_all() -> None:
    most = Quota(**generators.named("most"), who=Match(), minutes=60, pays_percent=99)
    assert owed(plain(quotas=(most,)), stayed("18T09:00", hours=2)) == 198 + 200


def test_a_cycle_that_another_visit_began_at_the_same_instant_is_this_ones_too() -> None:
    day = cap("day", 500, "cycle", hours=24, memory="lot")
    uses = (Use("cap.day", at("18T09:00"), 300), Use("cap.day", at("18T21:00"), 200))
    text = tariffs.Compiled(plain(caps=(day,)))
    found = tariffs.calculate(text, stayed("18T21:00", hours=3), [Past(at("18T09:00"), at("18T22:00"), uses)])
    assert (found.fee_fen, found.uses) == (300, (Use("cap.day", at("18T21:00"), 300),))


def test_a_grant_of_a_later_cycle_belongs_to_the_window_that_is_open() -> None:
    window = Memory(per="window", hours=24)
    given = Quota(**generators.named("q"), who=Match(), minutes=60, again="cycle", memory=window)
    text = tariffs.Compiled(plain(cycle_hours=12, quotas=(given,)))
    visits = [stayed("18T00:00", hours=1), stayed("18T10:00", hours=13), stayed("19T16:00", hours=2)]
    fees = tariffs.price_sequence(text, visits)
    assert [fee.fee_fen for fee in fees] == [0, 2400, 200]
    assert [use.at for fee in fees for use in fee.uses] == [at("18T00:00"), at("18T00:00"), at("19T16:00")]
    # What opened the window may be forgotten once the window is over.
    seconds = Past(visits[1].entered_at, visits[1].left_at, fees[1].uses)
    assert tariffs.calculate(text, visits[2], [seconds]).fee_fen == 200


@pytest.mark.parametrize(("entered", "opened"), [("10:30", "08:00"), ("11:30", "11:30")])
def test_a_use_within_an_open_window_opens_none(entered: str, opened: str) -> None:
    # As an earlier version of the text may have noted it.
    given = Quota(**generators.named("q"), who=Match(), minutes=60, memory=Memory(per="window", hours=3))
    uses = tuple(Use("quota.q", at(f"18T{clock}"), 10) for clock in ("08:00", "10:00"))
    past = Past(at("18T08:00"), at("18T10:10"), uses)
    found = tariffs.calculate(tariffs.Compiled(plain(quotas=(given,))), stayed(f"18T{entered}", minutes=5), [past])
    assert [use.at for use in found.uses] == [at(f"18T{opened}")]
