"""Laws of every bill: its lines add up to the fee, name a rule of the document, and say something."""

from hypothesis import given

from parking import tariffs
from parking.tariffs import Tariff, Visit
from tests.parking.tariffs.strategies import (
    fee_of,
    law,
    wide_cases,
)


def rules_of(tariff: Tariff) -> set[str]:
    """Every place of the document that a line may name."""
    parts = ("bands", "caps", "quotas", "passes", "discounts", "surcharges", "classes")
    named = {f"{part}.{each.code}" for part in parts for each in getattr(tariff, part)}
    named |= {f"classes.{each.code}.prices.{band}" for each in tariff.classes for band in each.prices}
    named |= {f"classes.{each.code}.free" for each in tariff.classes if each.free}
    for each in tariff.classes:
        own = [*(f"prices.{code}" for code in each.prices), *(f"caps.{code}" for code in each.caps), "free"]
        named |= {f"classes.{each.code}.{rule}" for rule in own}
    named |= {f"exempt[{place}]" for place in range(len(tariff.exempt))}
    return named | {
        "free",
        "charging",
        "booking",
        "paused",
        "minimum_fen",
        "round_to_fen",
        "overstay",
        "seconds",
        "rejoin_min",
        "stay_max_min",
    }


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
        if line.kind in {"units", "surcharge", "minimum", "overstay"}:
            assert line.amount_fen >= 0
        elif line.kind != "rounding":
            assert line.amount_fen <= 0
