"""What earlier visits used of a quota: windows, portions, and visits that are not earlier."""

import pytest

from parking import tariffs
from parking.tariffs import Past, Use
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Memory, Quota
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import HOUR, MINUTE, at, cost, plain, quota, stayed


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


@pytest.mark.parametrize(("drawn", "left"), [((20, 40), 0), ((40, 20), 0), ((20, 30), 30), ((30, 30), 30), ((), 100)])
def test_a_portion_too_large_spoils_the_later_ones(drawn: tuple[int, ...], left: int) -> None:
    text = plain(quotas=(quota(100, portion_max_min=30),))
    pasts = [
        Past(began := at("18T06:00") + HOUR * place, began + HOUR, (Use("quota.q", began, amount),))
        for place, amount in enumerate(drawn)
    ]
    found = tariffs.calculate(tariffs.Compiled(text), stayed("18T09:00", minutes=200), pasts).uses
    assert [use.amount for use in found] == ([left] if left else [])


@pytest.mark.parametrize(("entered", "opened"), [("10:59", "08:00"), ("11:00", "11:00"), ("11:30", "11:00")])
def test_a_window_opens_when_the_last_one_is_over(entered: str, opened: str) -> None:
    text = plain(quotas=(quota(100, memory=Memory(per="window", hours=3)),))
    clocks = ["08:00", *(["11:00"] if entered > "11:00" else [])]
    pasts = [Past(began := at(f"18T{clock}"), began + MINUTE, (Use("quota.q", began, 1),)) for clock in clocks]
    uses = tariffs.calculate(tariffs.Compiled(text), stayed(f"18T{entered}", minutes=5), pasts).uses
    assert [(use.at, use.amount) for use in uses] == [(at(f"18T{opened}"), 5)]


def test_a_visit_that_began_at_the_same_instant_is_not_earlier() -> None:
    past = Past(at("18T09:00"), at("18T09:30"), (Use("quota.q", at("18T09:00"), 60),))
    assert cost(plain(quotas=(quota(60),)), stayed("18T09:00", minutes=60), [past]) == 0
