"""Caps for some visits only, caps that apply so many times, and caps that earlier visits paid towards."""

import pytest

from parking import tariffs
from parking.tariffs import Past, Use, Visit
from parking.tariffs.language.conditions import DayHours
from parking.tariffs.language.document import Tier
from tests.parking.tariffs.documents import EARLY_BIRD, NAMES, read
from tests.parking.tariffs.published import fee, visit
from tests.parking.tariffs.strategies import HOUR, SECOND, at, band, but, cap, cost, plain, stayed

# Made up, as many coin parks have it: 200 yen per half hour, 900 at most in the first 24 hours, and that once.
ONCE = """
code = "once"
name_zh = "投币停车场"
name_en = "Coin park"
time_zone = "Asia/Tokyo"
currency = "JPY"

[[bands]]
code = "all_day"
name_zh = "全天"
name_en = "All day"
hours = [{}]
tiers = [{ unit_fen = 200, unit_min = 30 }]

[[caps]]
code = "once"
name_zh = "最大料金"
name_en = "Maximum"
fen = 900
per = "cycle"
times_max = 1
"""


@pytest.mark.parametrize(
    ("entry", "exit_", "amount"),
    [
        ("tue 06:00", "tue 19:00", 1500),
        ("tue 09:29", "tue 15:01", 1500),
        ("tue 09:00", "tue 10:00", 400),
        # Too early in, too late in, too early out, too late out.
        ("tue 05:59", "tue 16:00", 4400),
        ("tue 09:30", "tue 16:00", 2800),
        ("tue 09:00", "tue 15:00", 2400),
        ("tue 09:00", "tue 19:01", 4400),
        ("sat 09:00", "sat 16:00", 800),
        ("sat 10:00", "sun 20:00", 1600),
        ("fri 22:00", "sat 20:00", 1600),
    ],
)
def test_an_early_bird_and_a_weekend(entry: str, exit_: str, amount: int) -> None:
    early_bird = tariffs.from_toml(EARLY_BIRD.encode())
    assert fee(early_bird, visit(early_bird, entry, exit_)) == amount


@pytest.mark.parametrize(
    ("exit_", "amount"), [("tue 11:00", 800), ("wed 09:00", 900), ("wed 09:10", 1100), ("thu 09:00", 10500)]
)
def test_a_maximum_that_holds_once(exit_: str, amount: int) -> None:
    once = tariffs.from_toml(ONCE.encode())
    assert fee(once, visit(once, "tue 09:00", exit_)) == amount


def test_a_cap_for_one_class_leaves_the_others_alone() -> None:
    top = {"code": "top", "fen": 500, "per": "day", "who": {"kinds": ["large"]}, **NAMES}
    lot = read(caps=[top])
    assert fee(lot, visit(lot, "tue 09:00", "tue 18:00", "large")) == 500
    assert fee(lot, visit(lot, "tue 09:00", "tue 18:00", "small")) == 1800


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
    assert (cost(text, before, [past]), cost(text, after, [past])) == (0, 200)


def test_what_was_paid_from_midnight_on_is_the_next_days() -> None:
    # Two earlier visits, one of this day, and one that paid after its midnight, too.
    day = cap("day", 500, "day", memory="lot")
    pasts = [
        Past(at("18T09:00"), at("18T10:00"), (Use("cap.day", at("18T00:00"), 200),)),
        Past(at("18T23:00"), at("19T00:30"), (Use("cap.day", at("19T00:00"), 400),)),
    ]
    assert cost(plain(caps=(day,)), stayed("18T23:30", minutes=20), pasts) == 200


@pytest.mark.parametrize(("times", "mornings_fen"), [(1, 100 + 600), (2, 200), (0, 200)])
def test_time_outside_the_windows_of_a_cap_is_none_of_its_times(times: int, mornings_fen: int) -> None:
    windows = (DayHours(from_="08:00", to="11:00"),)
    text = plain(caps=(cap("morning", 100, "window", windows=windows, times_max=times),))
    assert cost(text, stayed("18T08:00", hours=3 + 21 + 3)) == 21 * 200 + mornings_fen


def test_days_on_which_a_cap_does_not_hold_are_none_of_its_times() -> None:
    text = plain(caps=(cap("weekend", 100, "day", days="weekend", times_max=1),))
    # The 14th is a Friday.
    assert cost(text, stayed("14T00:00", days=9)) == 24 * 200 + 100 + 7 * 24 * 200


def test_a_cycle_that_another_visit_began_at_the_same_instant_is_this_ones_too() -> None:
    day = cap("day", 500, "cycle", hours=24, memory="lot")
    uses = (Use("cap.day", at("18T09:00"), 300), Use("cap.day", at("18T21:00"), 200))
    text = tariffs.Compiled(plain(caps=(day,)))
    found = tariffs.calculate(text, stayed("18T21:00", hours=3), [Past(at("18T09:00"), at("18T22:00"), uses)])
    assert (found.fee_fen, found.uses) == (300, (Use("cap.day", at("18T21:00"), 300),))


@pytest.mark.parametrize("came", [-1, 0, 1, 7199, 7200])
@pytest.mark.parametrize("left", [0, 1, 2, 7199, 7200, 7201])
def test_hours_of_a_cap_to_the_second(came: int, left: int) -> None:
    early, late = DayHours(from_="08:00", to="10:00"), DayHours(from_="17:00", to="19:00")
    text = plain(seconds="exact", caps=(cap("early", 100, "stay", entered=(early,), left=(late,)),))
    visit = Visit(at("18T08:00") + SECOND * came, at("18T17:00") + SECOND * left)
    full = cost(but(text, caps=()), visit)
    assert cost(text, visit) == (100 if 0 <= came < 7200 and 0 < left <= 7200 else full)


@pytest.mark.parametrize(
    ("per", "second", "fen"),
    [
        ("window", "18T23:30", 0),
        ("window", "19T20:30", 500),
        ("week", "23T20:00", 0),
        ("week", "24T00:00", 500),
        ("month", "30T20:00", 0),
        ("month", "2025-12-01T00:00", 500),
    ],
)
def test_a_cap_for_all_visits_of_a_night_a_week_or_a_month(per: str, second: str, fen: int) -> None:
    windows = (DayHours(from_="20:00", to="08:00"),) if per == "window" else ()
    tariff = tariffs.Compiled(plain(caps=(cap("top", 500, per, memory="lot", windows=windows),)))
    first = Visit(at("18T20:00"), at("18T23:00"))
    fees = tariffs.price_sequence(tariff, [first, Visit(at(second), at(second) + 4 * HOUR)])
    assert [fee.fee_fen for fee in fees] == [500, fen]


def test_what_was_paid_in_one_window_is_not_paid_in_another() -> None:
    night, evening = DayHours(from_="20:00", to="08:00"), DayHours(from_="21:00", to="23:00")
    tariff = tariffs.Compiled(plain(caps=(cap("top", 500, "window", memory="lot", windows=(night, evening)),)))
    fees = tariffs.price_sequence(tariff, [stayed("18T20:00", hours=1), stayed("18T21:00", hours=2)])
    assert [fee.fee_fen for fee in fees] == [200, 300]


@pytest.mark.parametrize(
    ("entered", "left", "fen"),
    [
        # Five hours from eight on, or from the entry if that is later: 700 at most; each hour costs 200.
        ("18T07:00", "18T18:00", 200 + 700 + 5 * 200),
        ("18T07:00", "18T12:00", 200 + 700),
        ("18T10:00", "18T18:00", 700 + 3 * 200),
        # Each day anew.
        ("18T07:00", "19T09:00", 200 + 700 + 7 * 200 + 12 * 200 + 200),
    ],
)
def test_a_cap_that_begins_with_its_band(entered: str, left: str, fen: int) -> None:
    hour = Tier(unit_fen=200, unit_min=60)
    tariff = plain(
        bands=(band("day", "08:00", "20:00", hour), band("night", "20:00", "08:00", hour)),
        caps=(cap("five_hours", 700, "passage", bands=("day",), first_min=300),),
    )
    assert cost(tariff, Visit(at(entered), at(left))) == fen


@pytest.mark.parametrize(
    ("entered", "left", "fen"),
    [
        # A day from six to six: what is paid until then belongs to the day before.
        ("18T22:00", "19T04:00", 500),
        ("18T22:00", "19T10:00", 1000),
        ("19T05:00", "19T07:00", 400),
    ],
)
def test_a_day_that_begins_at_another_hour(entered: str, left: str, fen: int) -> None:
    tariff = plain(day_begins="06:00", caps=(cap("day", 500, "day"),))
    assert cost(tariff, Visit(at(entered), at(left))) == fen


def test_a_daily_band_is_cut_where_the_day_begins() -> None:
    entry = Tier(unit_fen=500)
    tariff = plain(day_begins="06:00", bands=(band("all", "00:00", "24:00", entry, daily=True),))
    assert cost(tariff, stayed("18T22:00", hours=7)) == 500
    assert cost(tariff, stayed("18T22:00", hours=9)) == 1000
    assert cost(tariff, stayed("18T06:00", hours=24)) == 500
