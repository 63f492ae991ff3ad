"""Laws of what is remembered: quotas and free periods over several visits, caps over a day, versions of a price."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import tariffs
from parking.tariffs import Past, StayNotPriceable, Tariff, Use, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Free, Memory
from parking.tariffs.language.fields import Scope
from tests.parking.tariffs import visit_generators
from tests.parking.tariffs.strategies import (
    DAY,
    HOUR,
    MINUTE,
    at,
    but,
    cap,
    cost,
    fee_of,
    in_force,
    law,
    moments,
    plain,
    quota,
    simple,
    visits,
    wide_cases,
)

EVERYBODY = Match()
begun = st.lists(st.tuples(st.integers(1, 900), st.integers(1, 300)), min_size=1, max_size=8)


def one_after_another(drawn: list[tuple[int, int]]) -> list[Visit]:
    """Visits from pauses and lengths in minutes."""
    clock, found = at("03T00:00"), list[Visit]()
    for pause, length in drawn:
        entered = clock + MINUTE * pause
        clock = entered + MINUTE * length
        found.append(Visit(entered, clock))
    return found


def uses_of(tariff: Tariff, drawn: Sequence[Visit], rule: str) -> list[Use]:
    """What a series of visits used of one rule."""
    fees = tariffs.price_sequence(tariffs.Compiled(tariff), drawn)
    return [use for fee in fees for use in fee.uses if use.rule == rule]


@law
@given(simple(), begun, st.integers(1, 300), st.sampled_from((3, 24)))
def test_a_sliding_quota_is_never_exceeded_in_any_window(
    tariff: Tariff, drawn: list[tuple[int, int]], minutes: int, hours: int
) -> None:
    text = but(tariff, quotas=(quota(minutes, memory=Memory(hours=hours)),))
    uses = uses_of(text, one_after_another(drawn), "quota.q")
    for since in uses:
        assert sum(use.amount for use in uses if timedelta() <= use.at - since.at < hours * HOUR) <= minutes


@law
@given(simple(), begun, st.integers(1, 300), st.sampled_from((3, 24)))
def test_windows_do_not_overlap_and_none_is_exceeded(
    tariff: Tariff, drawn: list[tuple[int, int]], minutes: int, hours: int
) -> None:
    text = but(tariff, quotas=(quota(minutes, memory=Memory(per="window", hours=hours)),))
    uses = uses_of(text, one_after_another(drawn), "quota.q")
    opened = sorted({use.at for use in uses})
    assert all(later - sooner >= hours * HOUR for sooner, later in pairwise(opened))
    assert all(sum(use.amount for use in uses if use.at == since) <= minutes for since in opened)


@law
@given(simple(), begun, st.integers(1, 300))
def test_a_quota_per_day_is_never_exceeded_on_any_day(
    tariff: Tariff, drawn: list[tuple[int, int]], minutes: int
) -> None:
    text = but(tariff, quotas=(quota(minutes, memory=Memory(per="day")),))
    uses = uses_of(text, one_after_another(drawn), "quota.q")
    days = {(use.at + 8 * HOUR).date() for use in uses}
    assert all(sum(use.amount for use in uses if (use.at + 8 * HOUR).date() == day) <= minutes for day in days)


@law
@given(begun, st.integers(1, 300))
def test_a_quota_for_a_visit_is_whole_for_each(drawn: list[tuple[int, int]], minutes: int) -> None:
    text = plain(quotas=(quota(minutes, memory=Memory(per="visit")),))
    uses = uses_of(text, one_after_another(drawn), "quota.q")
    assert [use.amount for use in uses] == [min(minutes, length) for _, length in drawn]


@law
@given(moments, st.integers(1, 300), st.integers(1, 300), st.integers(1, 600))
def test_two_visits_share_a_quota(entered: datetime, one: int, other: int, minutes: int) -> None:
    text = plain(quotas=(quota(minutes),))
    first = Visit(entered, entered + MINUTE * one)
    second = Visit(first.left_at + MINUTE, first.left_at + MINUTE * (1 + other))
    used = [use.amount for use in uses_of(text, (first, second), "quota.q")]
    assert sum(used) == min(minutes, one + other)
    assert used[0] == min(minutes, one)


@law
@given(moments, st.integers(1, 90), st.integers(1, 200), st.integers(1, 200))
def test_a_second_portion_is_no_larger_than_allowed(entered: datetime, most: int, one: int, other: int) -> None:
    text = plain(quotas=(quota(180, portion_max_min=most),))
    first = Visit(entered, entered + MINUTE * one)
    second = Visit(first.left_at + MINUTE, first.left_at + MINUTE * (1 + other))
    used = [use.amount for use in uses_of(text, (first, second), "quota.q")]
    first_used = min(180, one)
    again = 0 if first_used > most else min(other, most, 180 - first_used)
    assert used == [first_used, *([again] if again else [])]


@law
@given(begun, st.integers(1, 3), st.sampled_from(("sliding", "day", "window")))
def test_only_so_many_visits_draw_on_a_quota(
    drawn: list[tuple[int, int]], most: int, per: Literal["sliding", "day", "window"]
) -> None:
    text = plain(quotas=(quota(1, visits_max=0, memory=Memory(per=per)),))
    text = but(text, quotas=(but(text.quotas[0], minutes=6000, visits_max=most),))
    uses = uses_of(text, one_after_another(drawn), "quota.q")
    if per == "sliding":
        assert all(sum(timedelta() <= use.at - since.at < DAY for use in uses) <= most for since in uses)
    elif per == "window":
        assert all(sum(use.at == since.at for use in uses) <= most for since in uses)
    else:
        days = [(use.at + 8 * HOUR).date() for use in uses]
        assert all(days.count(day) <= most for day in days)


@law
@given(st.integers(1, 600), st.integers(1, 60), st.sampled_from(("window", "sliding")))
def test_what_a_later_cycle_granted_counts_from_its_beginning_or_in_the_window_that_is_open(
    pause: int, length: int, per: Literal["window", "sliding"]
) -> None:
    # Two hours in cycles of one hour draw on 45 minutes twice; both are remembered for three hours.
    text = plain(cycle_hours=1, quotas=(quota(45, again="cycle", memory=Memory(per=per, hours=3)),))
    first = Visit(at("18T08:00"), at("18T10:00"))
    second = Visit(first.left_at + MINUTE * pause, first.left_at + MINUTE * (pause + length))
    uses = uses_of(text, (first, second), "quota.q")
    granted = [(at("18T08:00"), 45), (at("18T08:00" if per == "window" else "18T09:00"), 45)]
    assert [(use.at, use.amount) for use in uses[:2]] == granted
    forgotten = pause >= (60 if per == "window" else 120)
    begins = [use for use in uses[2:] if use.at == second.entered_at]
    assert [use.amount for use in begins] == ([min(45, length)] if forgotten else [])


@law
@given(begun, st.integers(1, 3))
def test_only_so_many_visits_in_a_day_have_the_free_period(drawn: list[tuple[int, int]], most: int) -> None:
    text = plain(free=Free(minutes=30, uses_max=most))
    uses = uses_of(text, one_after_another(drawn), "free")
    assert all(sum(timedelta() <= use.at - since.at < DAY for use in uses) <= most for since in uses)


@law
@given(simple(free=Free(minutes=30)), begun, st.booleans())
def test_a_stay_that_is_free_anyway_spares_the_quota_or_uses_it(
    tariff: Tariff, drawn: list[tuple[int, int]], spares: bool
) -> None:
    text = but(tariff, quotas=(quota(6000, within_free="spares" if spares else "uses"),))
    short = [(pause, min(length, 30)) for pause, length in drawn]
    used = [use.amount for use in uses_of(text, one_after_another(short), "quota.q")]
    assert used == ([] if spares else [length for _, length in short])


@law
@given(moments, st.integers(31, 200), st.integers(1, 30), st.booleans())
def test_who_drew_on_a_quota_may_lose_the_free_period(entered: datetime, drew: int, then: int, free_too: bool) -> None:
    text = plain(free=Free(minutes=30), quotas=(quota(31, free_too=free_too),))
    again = entered + MINUTE * (drew + 1)
    fees = tariffs.price_sequence(
        tariffs.Compiled(text),
        [Visit(entered, entered + MINUTE * drew), Visit(again, again + MINUTE * then)],
    )
    assert fees[1].fee_fen == (0 if free_too else 200)


@law
@given(wide_cases(), begun, st.integers(0, 1 << 16))
def test_visits_in_any_order_cost_the_same(case: tuple[Tariff, Visit], drawn: list[tuple[int, int]], seed: int) -> None:
    compiled, ordered = tariffs.Compiled(case[0]), one_after_another(drawn)
    places = Random(seed).sample(range(len(ordered)), len(ordered))
    fees = dict(zip(places, tariffs.price_sequence(compiled, [ordered[place] for place in places]), strict=True))
    assert [fees[place] for place in range(len(ordered))] == tariffs.price_sequence(compiled, ordered)


@law
@given(wide_cases(), begun)
def test_a_visit_heard_of_late_leaves_what_it_would_have_left_in_time(
    case: tuple[Tariff, Visit], drawn: list[tuple[int, int]]
) -> None:
    compiled, ordered = tariffs.Compiled(case[0]), one_after_another(drawn)
    pasts = list[Past]()
    for visit, fee in zip(ordered, tariffs.price_sequence(compiled, ordered), strict=True):
        assert fee_of(compiled, visit, pasts[::-1]) == fee
        pasts.append(Past(visit.entered_at, visit.left_at, fee.uses))


@law
@given(wide_cases(), st.integers(0, 1 << 16), st.integers(1, 600))
def test_visits_that_began_later_do_not_matter(case: tuple[Tariff, Visit], seed: int, after: int) -> None:
    tariff, visit = case
    compiled, random = tariffs.Compiled(tariff), Random(seed)
    pasts = visit_generators.history(random, tariff, visit)
    entered = visit.entered_at + MINUTE * after
    uses = tuple(Use(f"quota.{each.code}", entered, 60) for each in tariff.quotas)
    later = Past(entered, entered + HOUR, uses)
    assert fee_of(compiled, visit, [later, *pasts]) == fee_of(compiled, visit, pasts)


@law
@given(wide_cases(), st.integers(0, 1 << 16))
def test_what_is_long_past_does_not_matter(case: tuple[Tariff, Visit], seed: int) -> None:
    tariff, visit = case
    compiled = tariffs.Compiled(tariff)
    long_ago = visit.entered_at - 40 * DAY
    names = ["free", *(f"quota.{each.code}" for each in tariff.quotas), *(f"cap.{each.code}" for each in tariff.caps)]
    past = Past(long_ago, long_ago + HOUR, tuple(Use(name, long_ago, 5000) for name in names))
    pasts = visit_generators.history(Random(seed), tariff, visit)
    assert fee_of(compiled, visit, [past, *pasts]) == fee_of(compiled, visit, pasts)


@law
@given(
    moments,
    st.sampled_from(("lot", "operator", "city")),
    st.sampled_from(("lot", "operator", "city")),
    st.sampled_from(("quota", "free", "cap")),
)
def test_what_happened_elsewhere_counts_as_far_as_the_scope_goes(
    entered: datetime, scope: Scope, place: Scope, what: str
) -> None:
    memory = Memory(scope=scope)
    text = {
        "quota": plain(quotas=(quota(60, memory=memory),)),
        "free": plain(free=Free(minutes=60, uses_max=1, memory=memory)),
        "cap": plain(caps=(cap("c", 200, "cycle", memory=scope),)),
    }[what]
    used = {"quota": Use("quota.q", entered, 60), "free": Use("free", entered, 1), "cap": Use("cap.c", entered, 200)}
    past = Past(entered, entered + HOUR, (used[what],), place)
    visit = Visit(entered + 2 * HOUR, entered + 3 * HOUR)
    places = ("lot", "operator", "city")
    remembered = places.index(place) <= places.index(scope)
    assert cost(text, visit, (past,)) == (cost(text, visit) if not remembered else {"cap": 0}.get(what, 200))


@law
@given(simple(), begun, st.integers(1, 30).map(lambda units: units * 100))
def test_all_visits_of_a_day_cost_at_most_its_cap(tariff: Tariff, drawn: list[tuple[int, int]], fen: int) -> None:
    text = but(tariff, caps=(cap("c", fen, "day", memory="lot"),))
    ordered = one_after_another(drawn)
    paid = sum(fee.fee_fen for fee in tariffs.price_sequence(tariffs.Compiled(text), ordered))
    first, last = ordered[0].entered_at + 8 * HOUR, ordered[-1].left_at - MINUTE + 8 * HOUR
    assert paid <= fen * ((last.date() - first.date()).days + 1)
    uses = uses_of(text, ordered, "cap.c")
    assert sum(use.amount for use in uses) == paid
    for day in {use.at for use in uses}:
        assert (day + 8 * HOUR).time() == datetime.min.time()
        assert sum(use.amount for use in uses if use.at == day) <= fen


@law
@given(simple(), begun, st.integers(1, 30).map(lambda units: units * 100), st.sampled_from((2, 24)))
def test_cycles_that_an_earlier_visit_opened_are_not_opened_again(
    tariff: Tariff, drawn: list[tuple[int, int]], fen: int, hours: int
) -> None:
    text = but(tariff, caps=(cap("c", fen, "cycle", hours=hours, memory="lot"),))
    uses = uses_of(text, one_after_another(drawn), "cap.c")
    opened = sorted({use.at for use in uses})
    assert all(later - sooner >= hours * HOUR for sooner, later in pairwise(opened))
    assert all(sum(use.amount for use in uses if use.at == since) <= fen for since in opened)


@law
@given(wide_cases(on_change="at_entry"), wide_cases(), st.integers(1, 3000))
def test_a_stay_keeps_the_version_it_began_under(
    case: tuple[Tariff, Visit], other: tuple[Tariff, Visit], after: int
) -> None:
    tariff, visit = case
    compiled, newer = tariffs.Compiled(tariff), tariffs.Compiled(other[0])
    dated = [(visit.entered_at - DAY, compiled), (visit.entered_at + MINUTE * after, newer)]
    assert tariffs.price(in_force(dated, visit), visit) == fee_of(compiled, visit)


@law
@given(simple(on_change="split"), simple(), visits(), st.data())
def test_a_stay_that_is_split_costs_the_sum_of_its_parts(
    old: Tariff, new: Tariff, visit: Visit, data: st.DataObject
) -> None:
    length = (visit.left_at - visit.entered_at) // MINUTE
    change = visit.entered_at + MINUTE * data.draw(st.integers(1, max(1, length - 1)))
    dated = [(visit.entered_at - DAY, tariffs.Compiled(old)), (change, tariffs.Compiled(new))]
    free = length <= old.free.minutes
    # Where the whole stay is too long to be free, a short first part is not free either.
    first = old if free or old.free.deducted else but(old, free=Free())
    parts = cost(first, but(visit, left_at=min(change, visit.left_at)))
    if change < visit.left_at:
        parts += cost(new, but(visit, entered_at=change, continued=True))
    fee = tariffs.price(in_force(dated, visit), visit)
    assert fee.fee_fen == (0 if free else parts) == sum(line.amount_fen for line in fee.lines)


@law
@given(wide_cases(on_change="split"), wide_cases())
def test_a_version_that_begins_after_the_stay_changes_nothing(
    case: tuple[Tariff, Visit], other: tuple[Tariff, Visit]
) -> None:
    tariff, visit = case
    compiled, newer = tariffs.Compiled(tariff), tariffs.Compiled(other[0])
    dated = [(visit.entered_at, compiled), (visit.left_at, newer)]
    if visit.left_at > visit.entered_at:
        assert tariffs.price(in_force(dated, visit), visit) == fee_of(compiled, visit)


@law
@given(wide_cases())
def test_an_impossible_stay_is_not_priced(case: tuple[Tariff, Visit]) -> None:
    tariff, visit = case
    for left in (visit.entered_at - timedelta(seconds=1), visit.entered_at + 401 * DAY):
        with pytest.raises(StayNotPriceable):
            fee_of(tariffs.Compiled(tariff), but(visit, left_at=left))
