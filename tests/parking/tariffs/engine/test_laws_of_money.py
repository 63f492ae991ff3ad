"""Laws of what is taken off, added and scaled: caps, discounts, classes, exemptions, the final steps."""

from datetime import datetime, timedelta
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from parking import tariffs
from parking.tariffs import PassHeld, Tariff, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Cap, Charging, ClassRule, Discount, Free, Overstay, Pass, Quota, Tier
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import (
    DAY,
    MINUTE,
    at,
    but,
    cap,
    cost,
    law,
    minutes,
    moments,
    plain,
    simple,
    visits,
    wide_cases,
)

SHANGHAI_AHEAD = timedelta(hours=8)
room = st.integers(1, 30).map(lambda units: units * 100)
EVERYBODY = Match()
BARE = {"discounts": (), "surcharges": (), "minimum_fen": 0, "round_to_fen": 1, "overstay": None}


def percent(share: int, **rest: object) -> Discount:
    """A discount of a share."""
    return Discount(**generators.named("share"), kind="percent", percent=share, **rest)  # type: ignore[arg-type]


def amount(fen: int, **rest: object) -> Discount:
    """A discount of an amount."""
    return Discount(**generators.named("amount"), kind="amount", fen=fen, **rest)  # type: ignore[arg-type]


def everybody(**fields: object) -> ClassRule:
    """A class that every vehicle is of."""
    return ClassRule(**generators.named("all"), who=EVERYBODY, **fields)  # type: ignore[arg-type]


@law
@given(wide_cases(classes=(), **BARE), room)
def test_a_stay_never_costs_more_than_its_cap(case: tuple[Tariff, Visit], fen: int) -> None:
    assert cost(but(case[0], caps=(*case[0].caps, cap("most", fen, "stay"))), case[1]) <= fen


@law
@given(simple(), visits(), room)
def test_a_segment_never_costs_more_than_its_cap(tariff: Tariff, visit: Visit, fen: int) -> None:
    bands = {band.code: cap(f"most_{band.code}", fen, "passage", bands=(band.code,)) for band in tariff.bands}
    segments = _segments(tariff, visit)
    assert cost(but(tariff, caps=(cap("most", fen, "passage"),)), visit) <= fen * segments
    assert cost(but(tariff, caps=tuple(bands.values())), visit) <= fen * segments


def _segments(tariff: Tariff, visit: Visit) -> int:
    """In how many segments a stay lies: every beginning of a band within it opens another."""
    if len(tariff.bands) == 1:
        return 1
    begins = [
        timedelta(minutes=int(band.hours[0].from_[:2]) * 60 + int(band.hours[0].from_[3:])) for band in tariff.bands
    ]
    midnight = (visit.entered_at + SHANGHAI_AHEAD).replace(hour=0, minute=0) - SHANGHAI_AHEAD
    cuts = [midnight + DAY * day + each for day in range((visit.left_at - midnight).days + 1) for each in begins]
    return 1 + sum(visit.entered_at < cut < visit.left_at for cut in cuts)


@law
@given(simple(), visits(), room)
def test_a_day_never_costs_more_than_its_cap(tariff: Tariff, visit: Visit, fen: int) -> None:
    last = visit.left_at - MINUTE
    days = ((last + SHANGHAI_AHEAD).date() - (visit.entered_at + SHANGHAI_AHEAD).date()).days + 1
    assert cost(but(tariff, caps=(cap("most", fen, "day"),)), visit) <= fen * days


@law
@given(simple(), visits(), room, st.integers(1, 48))
def test_a_cycle_never_costs_more_than_its_cap(tariff: Tariff, visit: Visit, fen: int, hours: int) -> None:
    cycles = -(-(visit.left_at - visit.entered_at) // timedelta(hours=hours))
    assert cost(but(tariff, caps=(cap("most", fen, "cycle", hours=hours),)), visit) <= fen * cycles


@law
@given(simple(), visits(), room, st.integers(1, 1439))
def test_windows_around_the_clock_never_cost_more_than_their_cap_a_day(
    tariff: Tariff, visit: Visit, fen: int, minute: int
) -> None:
    half = generators.clock(minute)
    windows = (DayHours(to=half), DayHours(from_=half))
    days = ((visit.left_at + SHANGHAI_AHEAD).date() - (visit.entered_at + SHANGHAI_AHEAD).date()).days + 1
    capped = but(tariff, caps=(cap("most", fen, "window", windows=windows),))
    assert cost(capped, visit) <= 2 * fen * days


@law
@given(simple(), visits(), room)
def test_a_window_that_is_never_open_caps_nothing(tariff: Tariff, visit: Visit, fen: int) -> None:
    begins = visit.entered_at + SHANGHAI_AHEAD
    after = generators.clock((visit.left_at + SHANGHAI_AHEAD).hour * 60 + (visit.left_at + SHANGHAI_AHEAD).minute)
    before = generators.clock(begins.hour * 60 + begins.minute)
    if visit.left_at - visit.entered_at < DAY and after != before:
        closed = cap("most", fen, "window", windows=(DayHours(from_=after, to=before),))
        assert cost(but(tariff, caps=(closed,)), visit) == cost(tariff, visit)


@law
@given(st.sampled_from((-1, 0, 1, 119, 120)), st.sampled_from((0, 1, 119, 120, 121)), st.booleans(), st.booleans())
def test_a_cap_holds_for_who_came_and_left_in_its_hours(came: int, left: int, asks_came: bool, asks_left: bool) -> None:
    early, late = DayHours(from_="08:00", to="10:00"), DayHours(from_="17:00", to="19:00")
    entered = (early,) if asks_came else ()
    capped = cap("early", 100, "stay", entered=entered, left=(late,) if asks_left else ())
    visit = Visit(at("18T08:00") + MINUTE * came, at("18T17:00") + MINUTE * left)
    holds = (not asks_came or 0 <= came < 120) and (not asks_left or 0 < left <= 120)
    assert cost(plain(caps=(capped,)), visit) == (100 if holds else cost(plain(), visit))


@law
@given(st.integers(1, 10), st.integers(1, 4), st.integers(0, 3))
def test_a_cap_holds_so_many_times(days: int, times: int, before: int) -> None:
    # Hour by hour at 2 CNY, 10 CNY a day at most on the first days and 48 CNY on the others.
    capped = cap("first", 1000, "day", times_max=times)
    visit = Visit(at("18T00:00") - DAY * before, at("18T00:00") + DAY * (days - before))
    assert cost(plain(caps=(capped,)), visit) == 1000 * min(days, times) + 4800 * max(0, days - times)


@law
@given(wide_cases(caps=(), classes=()), st.sampled_from(("stay", "passage", "day", "cycle")), room)
def test_a_first_cap_never_raises_the_fee(case: tuple[Tariff, Visit], per: str, fen: int) -> None:
    # A further cap may: it leaves others more room for later units. And what minutes are worth falls under it too.
    tariff = but(case[0], discounts=tuple(each for each in case[0].discounts if each.minutes_as == "time"))
    assert cost(but(tariff, caps=(cap("most", fen, per),)), case[1]) <= cost(tariff, case[1])


@law
@given(wide_cases(classes=()), st.integers(1, 5))
def test_a_cap_nobody_reaches_changes_nothing(case: tuple[Tariff, Visit], hours: int) -> None:
    high = cap("most", 100_000_000, "cycle", hours=hours)
    assert cost(but(case[0], caps=(*case[0].caps, high)), case[1]) == cost(*case)


@law
@given(
    wide_cases(classes=(), discounts=(), caps=()), st.integers(1, 9), st.sampled_from(((), (cap("most", 900, "day"),)))
)
def test_dearer_units_never_make_a_stay_cheaper(case: tuple[Tariff, Visit], more: int, caps: tuple[Cap, ...]) -> None:
    tariff, visit = but(case[0], caps=caps), case[1]
    dearer = tuple(
        but(band, tiers=tuple(but(tier, unit_fen=tier.unit_fen + more * 100) for tier in band.tiers))
        for band in tariff.bands
    )
    assert cost(but(tariff, bands=dearer), visit) >= cost(tariff, visit)


@law
@given(wide_cases(discounts=()), st.integers(1, 100), st.integers(1, 2000), st.booleans())
def test_a_discount_never_raises_the_fee(case: tuple[Tariff, Visit], share: int, fen: int, share_first: bool) -> None:
    tariff, visit = case
    both = (percent(share), amount(fen)) if share_first else (amount(fen), percent(share))
    fees = [cost(but(tariff, discounts=both[:count], stacking="all"), visit) for count in (0, 1, 2)]
    assert fees == sorted(fees, reverse=True)


@law
@given(wide_cases(caps=(), classes=(), **BARE), st.integers(1, 100), st.integers(1, 2000))
def test_a_discount_before_caps_never_raises_the_fee(case: tuple[Tariff, Visit], share: int, fen: int) -> None:
    tariff, visit = but(case[0], caps=(cap("most", 1500, "cycle", hours=5),)), case[1]
    for one in (percent(share, stage="before_caps"), amount(fen, stage="before_caps")):
        assert cost(but(tariff, discounts=(one,)), visit) <= cost(tariff, visit)


@law
@given(wide_cases(overstay=None, surcharges=()), st.sampled_from(("before_caps", "after_caps")))
def test_all_of_it_off_is_free(case: tuple[Tariff, Visit], stage: str) -> None:
    assert cost(but(case[0], discounts=(percent(100, stage=stage),)), case[1]) == 0


@law
@given(wide_cases(**BARE), st.integers(1, 3000))
def test_an_amount_after_caps_takes_exactly_itself(case: tuple[Tariff, Visit], fen: int) -> None:
    tariff, visit = case
    assert cost(but(tariff, discounts=(amount(fen),)), visit) == max(0, cost(tariff, visit) - fen)


@law
@given(wide_cases(**BARE), st.integers(1, 99))
def test_a_share_after_caps_is_rounded_half_a_fen_up(case: tuple[Tariff, Visit], share: int) -> None:
    tariff, visit = case
    full = cost(tariff, visit)
    assert cost(but(tariff, discounts=(percent(share),)), visit) == full - (full * share + 50) // 100


@law
@given(wide_cases())
def test_the_best_of_several_discounts_is_the_least_of_single_ones(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = but(case[0], stacking="best"), but(case[1], paid_by="app")
    fits = tuple(
        but(each, who=EVERYBODY, coupon=False, paid_by=()) for each in tariff.discounts if each.minutes_as == "time"
    )
    alone = [cost(but(tariff, discounts=(each,), stacking="all"), visit) for each in fits]
    if fits:
        assert cost(but(tariff, discounts=fits), visit) == min(alone)


@law
@given(simple(free=Free()), visits(), st.integers(1, 300))
def test_minutes_are_worth_what_so_long_a_stay_costs(tariff: Tariff, visit: Visit, length: int) -> None:
    worth = Discount(**generators.named("hour"), kind="minutes", minutes=length, minutes_as="worth")
    shorter = but(visit, left_at=min(visit.left_at, visit.entered_at + MINUTE * length))
    full = cost(tariff, visit)
    assert cost(but(tariff, discounts=(worth,)), visit) == full - min(full, cost(tariff, shorter))


@law
@given(wide_cases(), st.sampled_from((10, 50, 100, 700)), st.sampled_from(("up", "down", "half_up")))
def test_a_fee_is_rounded_to_a_multiple_by_its_mode(
    case: tuple[Tariff, Visit], to: int, mode: Literal["up", "down", "half_up"]
) -> None:
    tariff, visit = but(case[0], overstay=None), case[1]
    exact, rounded = (cost(but(tariff, round_to_fen=each, round_mode=mode), visit) for each in (1, to))
    # What minutes are worth is itself a rounded fee.
    if all(each.minutes_as == "time" for each in tariff.discounts) and tariff.stacking == "all":
        expected = {"up": -(-exact // to) * to, "down": exact // to * to, "half_up": (2 * exact + to) // (2 * to) * to}
        assert rounded == expected[mode]
    assert rounded % to == 0


@law
@given(wide_cases(**{**BARE, "minimum_fen": 0}), st.integers(1, 3000))
def test_a_fee_above_nothing_is_at_least_the_minimum(case: tuple[Tariff, Visit], minimum: int) -> None:
    tariff, visit = case
    without = cost(tariff, visit)
    assert cost(but(tariff, minimum_fen=minimum), visit) == (max(without, minimum) if without else 0)


@law
@given(wide_cases(classes=(), **BARE), st.booleans())
def test_twice_the_price_is_twice_the_fee_if_caps_scale(case: tuple[Tariff, Visit], scale: bool) -> None:
    tariff, visit = _whole_shares(case[0]), case[1]
    double = cost(but(tariff, classes=(everybody(percent=200, caps_scale=scale),)), visit)
    if scale:
        assert double == 2 * cost(tariff, visit)
    elif len(tariff.caps) <= 1:
        assert cost(tariff, visit) <= double <= 2 * cost(tariff, visit)


def _whole_shares(tariff: Tariff) -> Tariff:
    """A part or a percentage of a unit is a whole number of fen."""
    bands = tuple(but(each, part_unit="up") if each.part_unit == "minutes" else each for each in tariff.bands)
    quotas = tuple(but(each, pays_percent=each.pays_percent and 50) for each in tariff.quotas)
    shared = tariff.crossing.part_unit == "shared"
    crossing = but(tariff.crossing, part_unit="separate") if shared else tariff.crossing
    return but(tariff, bands=bands, quotas=quotas, crossing=crossing)


@law
@given(wide_cases(classes=(), **BARE), st.integers(1, 5))
def test_every_bay_pays(case: tuple[Tariff, Visit], bays: int) -> None:
    tariff, visit = _whole_shares(case[0]), but(case[1], bays=bays)
    assert cost(but(tariff, classes=(everybody(per_bay=True),)), visit) == bays * cost(tariff, visit)


@law
@given(simple(), visits(), st.integers(1, 9), st.integers(1, 3))
def test_a_class_with_prices_of_its_own_pays_those(tariff: Tariff, visit: Visit, fen: int, bays: int) -> None:
    own = (Tier(unit_fen=fen * 100, unit_min=45),)
    rule = everybody(percent=300, add_fen=700, per_bay=True, prices={band.code: own for band in tariff.bands})
    as_written = but(tariff, bands=tuple(but(band, tiers=own) for band in tariff.bands))
    expected = cost(as_written, visit) * bays
    assert cost(but(tariff, classes=(rule,)), but(visit, bays=bays)) == expected


@law
@given(wide_cases(classes=()))
def test_a_class_that_fits_nobody_changes_nothing(case: tuple[Tariff, Visit]) -> None:
    nobody = but(everybody(percent=300), who=Match(at_least={"wheels": 18}))
    assert cost(but(case[0], classes=(nobody,)), case[1]) == cost(*case)


@law
@given(wide_cases(overstay=None, surcharges=()), st.integers(0, 60))
def test_charging_all_the_time_is_parking_for_nothing(case: tuple[Tariff, Visit], after: int) -> None:
    tariff, visit = case
    half = visit.entered_at + (visit.left_at - visit.entered_at) / 2
    periods = ((visit.entered_at - MINUTE, half), (half, visit.left_at + MINUTE))
    assert cost(but(tariff, charging=Charging(after_min=after)), but(visit, charging=periods)) == 0


@law
@given(wide_cases(overstay=None, surcharges=()), st.integers(0, 3))
def test_a_pass_for_all_hours_is_parking_for_nothing(case: tuple[Tariff, Visit], grace: int) -> None:
    tariff, visit = case
    sold = Pass(**generators.named("month"), price_fen=1, period="month", grace_days=grace)
    held = PassHeld("month", visit.entered_at - MINUTE, visit.left_at + MINUTE - DAY * grace)
    assert cost(but(tariff, passes=(sold,)), but(visit, passes=(held,))) == 0


@law
@given(wide_cases(passes=()), st.sampled_from(("split", "whole_stay")), st.integers(0, 3))
def test_a_pass_that_ran_out_before_the_stay_covers_nothing(
    case: tuple[Tariff, Visit], on_expiry: Literal["split", "whole_stay"], grace: int
) -> None:
    tariff, visit = case
    sold = Pass(**generators.named("month"), price_fen=1, period="month", grace_days=grace, on_expiry=on_expiry)
    ended = visit.entered_at.replace(second=0) - DAY * grace
    held = PassHeld("month", ended - 30 * DAY, ended)
    assert cost(but(tariff, passes=(sold,)), but(visit, passes=(held,))) == cost(tariff, visit)


@law
@given(wide_cases(discounts=(), exempt=(), seconds="drop"), st.integers(0, 90), st.integers(1, 60), st.integers(1, 9))
def test_overstaying_comes_on_top(case: tuple[Tariff, Visit], grace: int, unit: int, fen: int) -> None:
    tariff, visit = but(case[0], free=Free(), classes=(), overstay=None), but(case[1], left_at=case[1].left_at + MINUTE)
    ended = visit.entered_at.replace(second=0)
    charged = but(visit, charging=((ended - MINUTE, ended),))
    over = (visit.left_at.replace(second=0) - ended) // MINUTE - grace
    rule = Overstay(grace_min=grace, unit_min=unit, unit_fen=fen)
    assert cost(but(tariff, overstay=rule), charged) == cost(tariff, charged) + max(0, -(-over // unit)) * fen
    assert cost(but(tariff, overstay=but(rule, cap_fen=5)), charged) <= cost(tariff, charged) + 5


@law
@given(moments, minutes, minutes, st.sampled_from((0, 25, 50, 75)))
def test_a_quota_that_pays_a_share_takes_that_share_of_its_units(
    entered: datetime, quota: int, length: int, share: int
) -> None:
    text = plain(quotas=(Quota(**generators.named("q"), who=EVERYBODY, minutes=quota, pays_percent=share),))
    granted = min(quota, length)
    units = -(-granted // 60) * 2 * share + -(-(length - granted) // 60) * 200
    assert cost(text, Visit(entered, entered + MINUTE * length)) == units


@law
@given(wide_cases(), st.sampled_from(("paid_by", "coupon", "who")))
def test_a_discount_that_does_not_fit_changes_nothing(case: tuple[Tariff, Visit], why: str) -> None:
    tariff, visit = but(case[0], discounts=(), stacking="all"), but(case[1], paid_by="cash", vehicle=Vehicle())
    kept = {
        "paid_by": percent(50, paid_by=("app",)),
        "coupon": percent(50, coupon=True),
        "who": percent(50, who=Match(new_energy=True)),
    }[why]
    assert tariffs.calculate(tariffs.Compiled(but(tariff, discounts=(kept,))), visit) == tariffs.calculate(
        tariffs.Compiled(tariff), visit
    )
