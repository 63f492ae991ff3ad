"""Rules that ask for what nobody knows of a visit are refused, each in its place."""

import pytest

from parking import tariffs
from parking.tariffs.language.sources import FED, Source, asked_by
from parking.tariffs.lint.unfed import rules_without_source
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.lint.test_lint import found, named, text

EXEMPT = {"name_zh": "军警车辆", "name_en": "Military", "who": {"tags": ["military"]}}
ASKING = text(
    exempt=[EXEMPT],
    passes=[named("month", price_fen=30000, period="month")],
    discounts=[named("shop", kind="percent", percent=50, coupon=True), named("card", kind="percent", percent=20,
                                                                          paid_by=["citizen_card"])],
)  # fmt: skip


@pytest.mark.parametrize("source", sorted({asked.source for asked in asked_by(ASKING)}))
def test_what_nothing_feeds_is_refused_in_its_place(source: Source) -> None:
    findings = list(rules_without_source(ASKING, FED - {source}))
    assert {finding.path for finding in findings} == {
        asked.path for asked in asked_by(ASKING) if asked.source is source
    }
    assert {(finding.kind, finding.severity, finding.facts["source"]) for finding in findings} == {
        ("unfed", "error", source.value)
    }
    assert all(finding.path in finding.text_zh and finding.path in finding.text_en for finding in findings)


def test_what_is_fed_is_not_refused() -> None:
    assert found(ASKING, "unfed") == []


def test_every_text_of_the_catalogue_can_be_applied() -> None:
    for file in TARIFFS.glob("*.toml"):
        assert list(rules_without_source(tariffs.from_toml(file.read_bytes()))) == []
