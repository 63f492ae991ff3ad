"""Laws of every fee: what must hold whatever a price text says, and what a stay's time may and may not change."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.tariffs import Tariff, Visit
from parking.tariffs.language.conditions import DateRange, DayHours, DaySet, Match
from parking.tariffs.language.document import Band, Cap, Charging, Crossing, Free, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import (
    MINUTE,
    SHANGHAI,
    at,
    band,
    bands,
    but,
    cost,
    fee_of,
    later,
    law,
    minutes,
    moments,
    plain,
    simple,
    tier_lists,
    visits,
    wide_cases,
)


@law
@given(wide_cases())
def test_nobody_is_paid_for_parking(case: tuple[Tariff, Visit]) -> None:
    assert cost(*case) >= 0


@law
@given(wide_cases())
def test_a_tariff_compiled_anew_prices_the_same(case: tuple[Tariff, Visit]) -> None:
    once, again = tariffs.Compiled(case[0]), tariffs.Compiled(case[0])
    assert fee_of(once, case[1]) == fee_of(again, case[1]) == fee_of(once, case[1])


@law
@given(wide_cases())
def test_a_document_read_back_prices_the_same(case: tuple[Tariff, Visit]) -> None:
    read = tariffs.from_json(tariffs.to_json(case[0]))
    assert fee_of(tariffs.Compiled(read), case[1]) == fee_of(tariffs.Compiled(case[0]), case[1])


@law
@given(wide_cases(rejoin_min=0))
def test_a_stay_of_nothing_costs_and_uses_nothing(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    fee = fee_of(tariffs.Compiled(tariff), but(visit, left_at=visit.entered_at))
    assert (fee.fee_fen, fee.uses) == (0, ())


@law
@given(wide_cases(rejoin_min=0))
def test_exempt_vehicles_pay_and_use_nothing(case: tuple[Tariff, Visit]) -> None:
    everybody = generators.exempt(Match())
    fee = fee_of(tariffs.Compiled(but(case[0], exempt=(everybody,))), case[1])
    assert (fee.fee_fen, fee.uses) == (0, ())


@law
@given(wide_cases())
def test_bands_without_tiers_are_free(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    free = but(
        tariff, bands=tuple(but(band, tiers=()) for band in tariff.bands), classes=(), overstay=None, surcharges=()
    )
    assert cost(free, visit) == 0


@law
@given(simple(free=Free()), moments, st.integers(1, 120), st.booleans())
def test_the_free_period_ends_where_it_says(tariff: Tariff, entered: datetime, free: int, inclusive: bool) -> None:
    text = but(tariff, free=Free(minutes=free, inclusive=inclusive))
    fees = [cost(text, Visit(entered, entered + MINUTE * (free + more))) for more in (-1, 0, 1)]
    longer = cost(tariff, Visit(entered, entered + MINUTE * (free + 1)))
    edge = 0 if inclusive else cost(tariff, Visit(entered, entered + MINUTE * free))
    assert fees == [0, edge, longer]


@law
@given(tier_lists, moments, st.integers(1, 90), minutes)
def test_deducted_minutes_leave_exactly_the_rest(
    tiers: tuple[Tier, ...], entered: datetime, free: int, more: int
) -> None:
    always = plain(bands=(Band(**generators.named("day"), otherwise=True, tiers=tiers),))
    deducted = but(always, free=Free(minutes=free, deducted=True))
    whole = Visit(entered, entered + MINUTE * (free + more))
    assert cost(deducted, whole) == cost(always, Visit(entered + MINUTE * free, whole.left_at))


@law
@given(wide_cases(free=Free(), quotas=(), classes=()), st.integers(1, 120))
def test_the_rest_of_a_stay_begins_with_no_free_period(case: tuple[Tariff, Visit], free: int) -> None:
    tariff, visit = case
    rest = but(visit, continued=True)
    assert cost(but(tariff, free=Free(minutes=free, deducted=True)), rest) == cost(tariff, rest)


@law
@given(wide_cases(time_zone=SHANGHAI, calendar="none", days=(), bands=plain().bands), st.integers(-20, 20))
def test_whole_weeks_later_costs_the_same_without_holidays(case: tuple[Tariff, Visit], weeks: int) -> None:
    tariff, visit = but(case[0], classes=(), caps=_known(case[0])), case[1]
    assert cost(tariff, later(visit, weeks=weeks)) == cost(tariff, visit)


@law
@given(simple(), visits(), st.integers(-400, 400))
def test_a_day_later_costs_the_same_where_all_days_are_alike(tariff: Tariff, visit: Visit, days: int) -> None:
    assert cost(tariff, later(visit, days=days)) == cost(tariff, visit)


@law
@given(simple(), visits())
def test_a_minute_later_costs_the_same_where_all_hours_are_alike(tariff: Tariff, visit: Visit) -> None:
    alike = but(tariff, bands=(Band(**generators.named("day"), otherwise=True, tiers=tariff.bands[0].tiers),))
    assert cost(alike, later(visit, minutes=77)) == cost(alike, visit)


def _known(tariff: Tariff) -> tuple[Cap, ...]:
    """The caps without the bands that they name, as those were exchanged."""
    return tuple(but(cap, bands=()) for cap in tariff.caps)


@law
@given(wide_cases())
def test_seconds_do_not_matter_on_whole_minutes(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    whole = but(visit, entered_at=visit.entered_at.replace(second=0), left_at=visit.left_at.replace(second=0) + MINUTE)
    assert len({cost(but(tariff, seconds=each), whole) for each in ("drop", "entry_up_exit_down", "exact")}) == 1


@law
@given(wide_cases(seconds="drop"), st.integers(0, 59), st.integers(0, 59))
def test_seconds_that_are_dropped_do_not_matter(case: tuple[Tariff, Visit], one: int, other: int) -> None:
    tariff, visit = case
    whole = but(visit, entered_at=visit.entered_at.replace(second=0), left_at=visit.left_at.replace(second=0) + MINUTE)
    seconds = but(
        whole,
        entered_at=whole.entered_at + timedelta(seconds=one),
        left_at=whole.left_at + timedelta(seconds=other),
    )
    assert cost(tariff, seconds) == cost(tariff, whole)


@law
@given(wide_cases(), st.integers(5, 300))
def test_days_that_are_not_in_the_stay_change_nothing(case: tuple[Tariff, Visit], after: int) -> None:
    tariff, visit = case
    day = (visit.left_at + timedelta(days=after)).date().isoformat()
    special = DaySet(code="new", dates=(DateRange(from_=day, to=day),))
    ordinary = DaySet(code="old", except_=("new",))
    feast = Band(**generators.named("feast"), hours=(DayHours(days="new"),), tiers=(Tier(unit_fen=99_900),))
    kept = tuple(but(band, hours=tuple(but(each, days="old") for each in band.hours)) for band in simple_bands(tariff))
    other = but(tariff, bands=(*kept, feast), days=(*tariff.days, special, ordinary), classes=(), caps=_known(tariff))
    same = but(tariff, bands=simple_bands(tariff), classes=(), caps=_known(tariff))
    assert cost(other, visit) == cost(same, visit)


def simple_bands(tariff: Tariff) -> tuple[Band, ...]:
    """Morning and rest of every day, with the tiers of the document's first band."""
    tiers = tariff.bands[0].tiers
    return (
        Band(**generators.named("day"), hours=(DayHours(to="12:00"),), tiers=tiers),
        Band(**generators.named("night"), hours=(DayHours(from_="12:00"),), tiers=tiers[-1:]),
    )


@law
@given(wide_cases(passes=(), crossing=Crossing()), st.integers(1, 300))
def test_longer_never_costs_less_where_nothing_depends_on_the_end(case: tuple[Tariff, Visit], more: int) -> None:
    # What depends on the end of a stay: short crossings, a last cycle that is free again, what minutes are worth,
    # and passes for whole stays. Everything else only adds units to those that began already.
    tariff, visit = case
    shape = but(
        tariff,
        free=but(tariff.free, again="never"),
        classes=tuple(but(each, free=None) for each in tariff.classes),
        discounts=tuple(each for each in tariff.discounts if each.minutes_as == "time"),
    )
    assert cost(shape, but(visit, left_at=visit.left_at + MINUTE * more)) >= cost(shape, visit)


@law
@given(bands(), st.integers(0, 40), st.integers(1, 900), st.integers(1, 900))
def test_bands_charged_separately_cost_the_sum_of_their_parts(
    both: tuple[Band, ...], day: int, before: int, after: int
) -> None:
    boundary = at("2025-11-01T00:00") + timedelta(days=day, minutes=_minutes(both))
    tariff = plain(bands=both)
    whole = Visit(boundary - MINUTE * before, boundary + MINUTE * after)
    parts = but(whole, left_at=boundary), but(whole, entered_at=boundary)
    if len(both) > 1:
        assert cost(tariff, whole) == sum(cost(tariff, part) for part in parts)


def _minutes(both: tuple[Band, ...]) -> int:
    begins = both[0].hours[0].from_
    return int(begins[:2]) * 60 + int(begins[3:])


@law
@given(st.sampled_from((30, 60, 90)), bands(), visits())
def test_units_that_run_on_never_cost_more_where_all_bands_cost_the_same(
    unit: int, both: tuple[Band, ...], visit: Visit
) -> None:
    same = tuple(but(band, tiers=(Tier(unit_fen=300, unit_min=unit),)) for band in both)
    separate = plain(bands=same)
    complete = but(separate, crossing=Crossing(part_unit="complete"))
    stayed = (visit.left_at - visit.entered_at) // MINUTE
    assert cost(complete, visit) == -(-stayed // unit) * 300 <= cost(separate, visit)


@law
@given(simple(), visits())
def test_how_bands_are_crossed_does_not_matter_within_one(tariff: Tariff, visit: Visit) -> None:
    one = but(tariff, bands=(but(tariff.bands[0], hours=(), otherwise=True),))
    ways = [Crossing(part_unit=part, short_under_min=short) for part in ("separate", "complete") for short in (0, 600)]
    assert len({cost(but(one, crossing=way), visit) for way in ways}) == 1


@law
@given(bands(), visits())
def test_a_short_stay_over_two_bands_costs_what_its_first_band_would(both: tuple[Band, ...], visit: Visit) -> None:
    tariff = plain(bands=both, crossing=Crossing(short_under_min=31 * 24 * 60))
    held = fee_of(tariffs.Compiled(tariff), visit).lines[0].rule
    band = next(each for each in both if f"bands.{each.code}" == held)
    alone = plain(bands=(but(band, hours=(), otherwise=True),))
    assert cost(tariff, visit) == cost(alone, visit)


@law
@given(
    st.integers(1, 600),
    st.integers(0, 600),
    st.integers(1, 300),
    st.sampled_from(("up", "down", "minutes")),
    st.booleans(),
)
def test_time_that_is_covered_never_makes_a_stay_dearer(
    length: int, begins: int, covered: int, part_unit: str, complete: bool
) -> None:
    tiers = (Tier(unit_fen=300, unit_min=30, for_min=60), Tier(unit_fen=500, unit_min=45))
    fields = {
        "bands": (
            band("day", "08:00", "20:00", *tiers, part_unit=part_unit),
            band("night", "20:00", "08:00", Tier(unit_fen=100, unit_min=60)),
        )
    }
    crossing = {"crossing": {"part_unit": "complete" if complete else "separate"}}
    text = msgspec.convert({**msgspec.to_builtins(plain(charging=Charging(), **fields)), **crossing}, Tariff)
    entered = at("18T18:30")
    visit = Visit(entered, entered + MINUTE * length)
    plugged = entered + MINUTE * begins
    with_pause = but(visit, charging=((plugged, plugged + MINUTE * covered),))
    if not complete:
        assert cost(text, with_pause) <= cost(text, visit)
    assert cost(text, with_pause) >= 0


@pytest.mark.parametrize(
    "zone", ["America/St_Johns", "America/Havana", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Cairo"]
)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_no_second_is_lost_or_charged_twice_anywhere(zone: str, data: st.DataObject) -> None:
    clocks = sorted(data.draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    times = [generators.clock(minute) for minute in clocks]
    periods = pairwise([*times, times[0]])
    text = plain(
        time_zone=zone, bands=tuple(band(f"from_{begins[:2]}{begins[3:]}", begins, until) for begins, until in periods)
    )
    tariffs.validate(text)
    timeline = tariffs.Compiled(text).timeline
    drawn = st.datetimes(datetime(1995, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
    starts = int(data.draw(drawn).timestamp())
    ends = starts + data.draw(st.integers(1, 400 * 24 * 60 * 60))
    segments = timeline.segments(starts, ends)
    assert (segments[0][1], segments[-1][2]) == (starts, ends)
    assert all(earlier[2] == later[1] and earlier[0] != later[0] for earlier, later in pairwise(segments))
    assert all(begins < until for _, begins, until in segments)
