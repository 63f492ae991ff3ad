"""Who comes back soon after leaving is counted on from the first entry."""

import pytest

from parking import tariffs
from parking.tariffs import Compiled, Fee, Past, Use, Visit
from parking.tariffs.language.document import Free, Memory, Tier
from tests.parking.tariffs.strategies import at, band, but, cap, plain, quota

# The first hour 1, each further one 3; back within an hour of leaving: counted on.
TIERS = (Tier(unit_fen=100, unit_min=60, for_min=60), Tier(unit_fen=300, unit_min=60))
METER = Compiled(plain(rejoin_min=60, bands=(band("day", "00:00", "24:00", *TIERS),)))


def priced(tariff: Compiled, *stays: tuple[str, str]) -> list[Fee]:
    return tariffs.price_sequence(tariff, [Visit(at(entered), at(left)) for entered, left in stays])


@pytest.mark.parametrize(
    ("stays", "fens"),
    [
        # Away for exactly an hour, and for a minute more.
        ([("18T09:00", "18T10:00"), ("18T11:00", "18T12:00")], [100, 600]),
        ([("18T09:00", "18T10:00"), ("18T11:01", "18T12:00")], [100, 100]),
        # It is leaving that counts, not the entry, also for the third visit.
        ([("18T09:00", "18T10:00"), ("18T10:30", "18T11:00"), ("18T12:00", "18T13:00")], [100, 300, 600]),
        ([("18T09:00", "18T10:00"), ("18T10:30", "18T11:00"), ("18T12:01", "18T13:00")], [100, 300, 100]),
    ],
)
def test_a_visit_counts_on_from_the_one_before(stays: list[tuple[str, str]], fens: list[int]) -> None:
    assert [fee.fee_fen for fee in priced(METER, *stays)] == fens


def test_the_bill_says_what_was_paid_before() -> None:
    _, second = priced(METER, ("18T09:00", "18T10:00"), ("18T11:00", "18T12:00"))
    line = next(line for line in second.lines if line.kind == "rejoined")
    assert (line.amount_fen, line.running_fen) == (-100, 600)
    assert second.lines[0].starts_at == at("18T09:00")
    assert second.uses == (Use("rejoin", at("18T09:00"), 700),)


def test_the_free_period_is_had_once() -> None:
    tariff = Compiled(plain(rejoin_min=60, free=Free(minutes=30)))
    assert [fee.fee_fen for fee in priced(tariff, ("18T09:00", "18T09:20"), ("18T09:30", "18T09:50"))] == [0, 200]
    assert [fee.fee_fen for fee in priced(tariff, ("18T09:00", "18T09:20"), ("18T10:30", "18T10:50"))] == [0, 0]


def test_what_was_paid_is_remembered_once() -> None:
    tariff = Compiled(plain(rejoin_min=60, caps=(cap("day", 1000, "day", memory="lot"),)))
    first, second, third = priced(tariff, ("18T09:00", "18T11:00"), ("18T11:30", "18T13:00"), ("18T15:00", "18T20:00"))
    assert [first.fee_fen, second.fee_fen, third.fee_fen] == [400, 400, 200]


def test_visits_to_other_lots_do_not_count() -> None:
    past = Past(at("18T09:00"), at("18T10:00"), (Use("rejoin", at("18T09:00"), 100),), place="operator")
    assert tariffs.calculate(METER, Visit(at("18T10:30"), at("18T11:00")), [past]).fee_fen == 100


@pytest.mark.parametrize(("seconds", "first"), [("drop", "09:00:00"), ("entry_up_exit_down", "09:01:00")])
def test_seconds_count_as_the_tariff_says(seconds: str, first: str) -> None:
    tariff = Compiled(but(METER.tariff, seconds=seconds))
    # Away for an hour by the minutes that count, and for some seconds less or more by the clock.
    day = "2025-11-18T"
    fees = priced(tariff, (f"{day}09:00:30", f"{day}10:00:20"), ("18T11:00", "18T12:00"), ("18T13:00", "18T13:01"))
    assert [fee.uses[-1].at for fee in fees] == [at(day + first)] * 3
    crossed = priced(METER, ("18T09:00", f"{day}10:00:40"), (f"{day}10:00:20", "18T12:00"))
    assert [fee.fee_fen for fee in crossed] == [100, 600]


def test_two_visits_within_a_minute_that_is_rounded_up_cost_nothing() -> None:
    tariff, minute = Compiled(but(METER.tariff, seconds="entry_up_exit_down")), "2025-11-18T09:00"
    fees = priced(tariff, (f"{minute}:10", f"{minute}:20"), (f"{minute}:30", f"{minute}:40"))
    assert [(fee.fee_fen, fee.uses) for fee in fees] == [(0, (Use("rejoin", at("18T09:01"), 0),))] * 2


def test_a_visit_that_is_split_may_be_counted_on_from() -> None:
    text = Compiled(but(METER.tariff, on_change="split"))
    visit = Visit(at("2025-11-18T09:00:30"), at("2025-11-18T11:00"))
    fee = tariffs.price([(at("2025-11-17T00:00"), text), (at("2025-11-18T10:00"), text)], visit)
    assert fee.uses == (Use("rejoin", at("2025-11-18T09:00"), fee.fee_fen),)


def test_what_several_grants_of_a_window_used_before_is_taken_off_once() -> None:
    window = Memory(per="window")
    tariff = Compiled(plain(rejoin_min=60, cycle_hours=1, quotas=(quota(40, memory=window, again="cycle"),)))
    first, second = priced(tariff, ("18T09:00", "18T10:10"), ("18T10:20", "18T11:10"))
    assert sum(use.amount for use in first.uses if use.rule == "quota.q") == 40 + 10
    assert sum(use.amount for use in second.uses if use.rule == "quota.q") == 30 + 10
