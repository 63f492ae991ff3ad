"""Who comes back soon after leaving is counted on from the first entry."""

import pytest

from parking import tariffs
from parking.tariffs import Compiled, Fee, Past, Use, Visit
from parking.tariffs.language.document import Free, Tier
from tests.parking.tariffs.strategies import at, band, cap, plain

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
