"""Laws of every fee: what must hold whatever a price text says, and what a stay's time may and may not change."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from parking import tariffs
from parking.tariffs import Tariff, Visit
from parking.tariffs.language.document import Band, Cap, Crossing, DateRange, DayHours, DaySet, Free, Match, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import (
    SHANGHAI,
    at,
    bands,
    but,
    fee_of,
    later,
    law,
    minutes,
    moments,
    owed,
    plain,
    simple,
    tier_lists,
    visits,
    wide_cases,
)

MINUTE = timedelta(minutes=1)


def rules_of(tariff: Tariff) -> set[str]:
    """Every place of the document that a line may name."""
    parts = ("bands", "caps", "quotas", "passes", "discounts", "classes")
    named = {f"{part}.{each.code}" for part in parts for each in getattr(tariff, part)}
    named |= {f"classes.{each.code}.prices.{band}" for each in tariff.classes for band in each.prices}
    named |= {f"classes.{each.code}.free" for each in tariff.classes if each.free}
    for each in tariff.classes:
        own = [*(f"prices.{code}" for code in each.prices), *(f"caps.{code}" for code in each.caps), "free"]
        named |= {f"classes.{each.code}.{rule}" for rule in own}
    named |= {f"exempt[{place}]" for place in range(len(tariff.exempt))}
    return named | {"free", "charging", "minimum_fen", "round_to_fen", "overstay", "seconds"}


@law
@given(wide_cases())
def test_the_lines_add_up_to_the_fee_step_by_step(case: tuple[Tariff, Visit]) -> None:
    fee = fee_of(tariffs.Compiled(case[0]), case[1])
    so_far = 0
    for line in fee.lines:
        so_far += line.amount_fen
        assert line.running_fen == so_far
    assert fee.fee_fen == so_far


@law
@given(wide_cases())
def test_nobody_is_paid_for_parking(case: tuple[Tariff, Visit]) -> None:
    assert owed(*case) >= 0


@law
@given(wide_cases())
def test_what_is_owed_is_what_is_explained(case: tuple[Tariff, Visit]) -> None:
    compiled = tariffs.Compiled(case[0])
    fee, due = fee_of(compiled, case[1]), tariffs.calculate(compiled, case[1])
    assert (fee.fee_fen, fee.uses) == (due.fee_fen, due.uses)


@law
@given(wide_cases())
def test_every_line_says_something_and_names_a_rule_of_the_document(case: tuple[Tariff, Visit]) -> None:
    for line in fee_of(tariffs.Compiled(case[0]), case[1]).lines:
        assert line.text_zh
        assert line.text_en
        assert line.label_zh
        assert line.label_en
        assert line.rule in rules_of(case[0])
        assert line.starts_at <= line.ends_at


@law
@given(wide_cases())
def test_what_is_taken_off_is_negative_and_what_is_charged_is_not(case: tuple[Tariff, Visit]) -> None:
    for line in fee_of(tariffs.Compiled(case[0]), case[1]).lines:
        if line.kind in {"units", "minimum", "overstay"}:
            assert line.amount_fen >= 0
        elif line.kind != "rounding":
            assert line.amount_fen <= 0


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
@given(wide_cases())
def test_a_stay_of_nothing_costs_and_uses_nothing(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    fee = fee_of(tariffs.Compiled(tariff), but(visit, left_at=visit.entered_at))
    assert (fee.fee_fen, fee.uses) == (0, ())


@law
@given(wide_cases())
def test_exempt_vehicles_pay_and_use_nothing(case: tuple[Tariff, Visit]) -> None:
    everybody = generators.exempt(Match())
    fee = fee_of(tariffs.Compiled(but(case[0], exempt=(everybody,))), case[1])
    assert (fee.fee_fen, fee.uses) == (0, ())


@law
@given(wide_cases())
def test_bands_without_tiers_are_free(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    free = but(tariff, bands=tuple(but(band, tiers=()) for band in tariff.bands), classes=(), overstay=None)
    assert owed(free, visit) == 0


@law
@given(simple(free=Free()), moments, st.integers(1, 120), st.booleans())
def test_the_free_period_ends_where_it_says(tariff: Tariff, entered: datetime, free: int, inclusive: bool) -> None:
    text = but(tariff, free=Free(minutes=free, inclusive=inclusive))
    fees = [owed(text, Visit(entered, entered + MINUTE * (free + more))) for more in (-1, 0, 1)]
    longer = owed(tariff, Visit(entered, entered + MINUTE * (free + 1)))
    edge = 0 if inclusive else owed(tariff, Visit(entered, entered + MINUTE * free))
    assert fees == [0, edge, longer]


@law
@given(tier_lists, moments, st.integers(1, 90), minutes)
def test_deducted_minutes_leave_exactly_the_rest(
    tiers: tuple[Tier, ...], entered: datetime, free: int, more: int
) -> None:
    always = plain(bands=(Band(**generators.named("day"), otherwise=True, tiers=tiers),))
    deducted = but(always, free=Free(minutes=free, deducted=True))
    whole = Visit(entered, entered + MINUTE * (free + more))
    assert owed(deducted, whole) == owed(always, Visit(entered + MINUTE * free, whole.left_at))


@law
@given(wide_cases(free=Free(), quotas=(), classes=()), st.integers(1, 120))
def test_the_rest_of_a_stay_begins_with_no_free_period(case: tuple[Tariff, Visit], free: int) -> None:
    tariff, visit = case
    rest = but(visit, continued=True)
    assert owed(but(tariff, free=Free(minutes=free, deducted=True)), rest) == owed(tariff, rest)


@law
@given(wide_cases(time_zone=SHANGHAI, calendar="none", days=(), bands=plain().bands), st.integers(-20, 20))
def test_whole_weeks_later_costs_the_same_without_holidays(case: tuple[Tariff, Visit], weeks: int) -> None:
    tariff, visit = but(case[0], classes=(), caps=_known(case[0])), case[1]
    assert owed(tariff, later(visit, weeks=weeks)) == owed(tariff, visit)


@law
@given(simple(), visits(), st.integers(-400, 400))
def test_a_day_later_costs_the_same_where_all_days_are_alike(tariff: Tariff, visit: Visit, days: int) -> None:
    assert owed(tariff, later(visit, days=days)) == owed(tariff, visit)


@law
@given(simple(), visits())
def test_a_minute_later_costs_the_same_where_all_hours_are_alike(tariff: Tariff, visit: Visit) -> None:
    alike = but(tariff, bands=(Band(**generators.named("day"), otherwise=True, tiers=tariff.bands[0].tiers),))
    assert owed(alike, later(visit, minutes=77)) == owed(alike, visit)


def _known(tariff: Tariff) -> tuple[Cap, ...]:
    """The caps without the bands that they name, as those were exchanged."""
    return tuple(but(cap, bands=()) for cap in tariff.caps)


@law
@given(wide_cases())
def test_seconds_do_not_matter_on_whole_minutes(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    whole = but(visit, entered_at=visit.entered_at.replace(second=0), left_at=visit.left_at.replace(second=0) + MINUTE)
    assert len({owed(but(tariff, seconds=each), whole) for each in ("drop", "entry_up_exit_down", "exact")}) == 1


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
    assert owed(tariff, seconds) == owed(tariff, whole)


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
    assert owed(other, visit) == owed(same, visit)


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
    assert owed(shape, but(visit, left_at=visit.left_at + MINUTE * more)) >= owed(shape, visit)


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
        assert owed(tariff, whole) == sum(owed(tariff, part) for part in parts)


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
    assert owed(complete, visit) == -(-stayed // unit) * 300 <= owed(separate, visit)


@law
@given(simple(), visits())
def test_how_bands_are_crossed_does_not_matter_within_one(tariff: Tariff, visit: Visit) -> None:
    one = but(tariff, bands=(but(tariff.bands[0], hours=(), otherwise=True),))
    ways = [Crossing(part_unit=part, short_under_min=short) for part in ("separate", "complete") for short in (0, 600)]
    assert len({owed(but(one, crossing=way), visit) for way in ways}) == 1


@law
@given(bands(), visits())
def test_a_short_stay_over_two_bands_costs_what_its_first_band_would(both: tuple[Band, ...], visit: Visit) -> None:
    tariff = plain(bands=both, crossing=Crossing(short_under_min=31 * 24 * 60))
    held = fee_of(tariffs.Compiled(tariff), visit).lines[0].rule
    band = next(each for each in both if f"bands.{each.code}" == held)
    alone = plain(bands=(but(band, hours=(), otherwise=True),))
    assert owed(tariff, visit) == owed(alone, visit)
