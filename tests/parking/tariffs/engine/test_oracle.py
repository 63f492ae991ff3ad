"""The engine against the oracle: two ways to one fee, over tariffs and stays drawn at random.

`python -m tests.parking.tariffs.oracle` compares many more. The oracle itself is tested by examples worked out by hand.
"""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from parking import tariffs
from parking.tariffs import Tariff, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Cap, Crossing, Free, Quota, Tier
from tests.parking.tariffs import generators, oracle
from tests.parking.tariffs.oracle import differences, shrinking, words
from tests.parking.tariffs.oracle.counting_on import Owed
from tests.parking.tariffs.oracle.differences import Case
from tests.parking.tariffs.strategies import (
    HOUR,
    at,
    band,
    cap,
    plain,
)

JINAN = plain(
    bands=(
        band("day", "08:00", "20:00", Tier(unit_fen=200, unit_min=60)),
        band("night", "20:00", "08:00", Tier(unit_fen=200, unit_min=60)),
    ),
    free=Free(minutes=30),
    crossing=Crossing(short_under_min=60),
    caps=(Cap(**generators.named("night"), fen=500, per="passage", bands=("night",)),),
    quotas=(Quota(**generators.named("nev"), who=Match(new_energy=True), minutes=120),),
)


@pytest.mark.parametrize(
    ("entered", "left", "fee_fen"),
    [
        ("18T09:00", "18T09:30", 0),
        ("18T09:00", "18T09:31", 200),
        ("18T09:00", "18T12:10", 800),
        ("18T19:40", "18T20:20", 200),
        ("18T19:30", "18T21:10", 600),
        ("18T20:00", "19T08:00", 500),
        ("18T09:00", "19T09:00", 2900),
    ],
)
def test_the_oracle_prices_jinan_as_people_do(entered: str, left: str, fee_fen: int) -> None:
    assert oracle.owed(JINAN, Visit(at(entered), at(left))) == (fee_fen, ())


def test_the_oracle_remembers_what_a_new_energy_vehicle_used() -> None:
    green = Vehicle(new_energy=True)
    first, second = oracle.series(
        JINAN, [Visit(at("18T09:00"), at("18T10:00"), green), Visit(at("18T10:30"), at("18T12:00"), green)]
    )
    assert (first[0], second[0]) == (0, 200)
    assert [use.amount for use in (*first[1], *second[1])] == [60, 60]


def test_the_oracle_knows_clocks_that_change() -> None:
    # The night of 2025-10-26 has an hour more in Berlin, and that of 2025-03-30 an hour less.
    berlin = plain(
        time_zone="Europe/Berlin",
        bands=(
            band("night", "00:00", "06:00", Tier(unit_fen=100, unit_min=60)),
            band("day", "06:00", "24:00", Tier(unit_fen=1000, unit_min=60)),
        ),
    )
    fees = [
        oracle.owed(berlin, Visit(at(begins, "Europe/Berlin"), at(ends, "Europe/Berlin")))[0]
        for begins, ends in (("26T00:00", "26T06:00"), ("26T01:00", "26T07:00"), ("27T00:00", "27T06:00"))
        for begins, ends in ((f"2025-10-{begins}", f"2025-10-{ends}"),)
    ]
    assert fees == [700, 1600, 600]


def test_documents_made_up_are_valid() -> None:
    for seed in range(60):
        tariff = generators.tariff(Random(seed))
        tariffs.validate(tariff)
        assert tariffs.from_json(tariffs.to_json(tariff)) == tariff


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_engine_and_the_oracle_agree(seed: int) -> None:
    assert [shrinking.smallest(found) for found in differences.differences(90, seed)] == []


def test_every_word_of_the_language_changes_a_fee() -> None:
    assert words.changing(differences.cases(2000, 4, words.engine_owed)) == set()


def test_a_word_that_no_document_uses_is_missed() -> None:
    cases = (case for case in differences.cases(60, 4, words.engine_owed) if not case.tariff.surcharges)
    missing = words.changing(cases)
    assert {("Tariff", "surcharges", ""), ("Surcharge", "always", "")} <= missing < words.words()


def test_many_visits_made_up_cost_something() -> None:
    fees = [oracle.owed(case.tariff, case.visit, case.pasts)[0] for case in differences.cases(80, 5)]
    assert sum(fee > 0 for fee in fees) > len(fees) // 3


def test_a_difference_is_made_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(tariff: Tariff, visit: Visit, pasts: object = ()) -> Owed:
        return (7 if tariff.minimum_fen else tariffs.calculate(tariffs.Compiled(tariff), visit).fee_fen), ()

    case = Case(generators.tariff(Random(3), minimum_fen=500), Visit(at("18T09:00"), at("18T12:00")))
    monkeypatch.setattr(oracle, "owed", wrong)
    found = differences.difference(case)
    assert found
    small = shrinking.smallest(found).case
    assert (small.tariff.minimum_fen, small.tariff.caps, small.tariff.discounts) == (500, (), ())
    assert small.visit.left_at - small.visit.entered_at <= timedelta(minutes=1)


# Where the clocks change on which night, and the zone's midnight is the middle of it.
CHANGES = {
    "Europe/Berlin": ("2025-03-30", "2025-10-26"),
    "America/New_York": ("2025-03-09", "2025-11-02"),
    "Australia/Lord_Howe": ("2025-10-05", "2025-04-06"),
    "Asia/Beirut": ("2025-03-30", "2025-10-26"),
}


def where_clocks_change() -> Iterator[differences.Case]:
    """A boundary at every quarter of an hour of nights in which clocks change, and a band that may vanish in them."""
    for zone, days in CHANGES.items():
        for day in days:
            for minute in [*range(15, 241, 15), *range(1365, 1440, 15)]:
                yield differences.Case(_night(zone, minute), stayed_in(zone, day))


def stayed_in(zone: str, day: str) -> Visit:
    """From the evening before to the noon of a day."""
    return Visit(at(f"{day}T00:00", zone) - 4 * HOUR, at(f"{day}T12:00", zone))


def _night(zone: str, minute: int) -> Tariff:
    """Prices by the minute that tell how long each band held, and a price for each passage of the first one."""
    first, then = generators.clock(minute), generators.clock((minute + 15) % 1440)
    windows = (DayHours(from_="22:00", to=first), DayHours(from_=then, to="05:00"))
    return plain(
        time_zone=zone,
        bands=(
            band("short", first, then, Tier(unit_fen=10_000, unit_min=1)),
            band("long", then, first, Tier(unit_fen=7, unit_min=1, for_min=5), Tier(unit_fen=3, unit_min=1)),
        ),
        caps=() if minute % 30 else (cap("window", 1000, "window", windows=windows), cap("day", 2500, "day")),
    )


@pytest.mark.parametrize("zone", CHANGES)
def test_the_engine_and_the_oracle_agree_where_clocks_change(zone: str) -> None:
    cases = [case for case in where_clocks_change() if case.tariff.time_zone == zone]
    assert [found for case in cases if (found := differences.difference(case))] == []
    assert len({differences.by_engine(case) for case in cases}) > 3
