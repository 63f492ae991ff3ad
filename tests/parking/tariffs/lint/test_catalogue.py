"""The check of the catalogue: no errors, few reasons, and each of them known."""

from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from parking.tariffs import lint
from tests.parking.tariffs.lint.test_lint import CATALOGUE

# Those texts of the catalogue that do not publish without a reason, and what needs it.
SURPRISING = {
    "county_lot": {"farmable@$.free", "farmable@$.classes[0].free"},
    "mall": {"farmable@$.free"},
    "residential": {"earlier_costs_less@$.crossing.short_under_min"},
    "shenzhen_c1": {"farmable@$.bands[0].tiers", "farmable@$.bands[1].tiers"},
    "shenzhen_c2": {"farmable@$.bands[1].tiers"},
    "shenzhen_c3": {"farmable@$.bands[0].tiers", "farmable@$.bands[1].tiers"},
    "taipei_donghu": {"earlier_costs_less@$.crossing.part_unit"},
    "tauranga_elizabeth_street": {"earlier_costs_less@$.caps[0].entered", "farmable@$.bands[0].tiers"},
}


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda file: file.stem)
def test_the_catalogue_keeps_what_it_promises_and_few_of_its_texts_need_a_reason(file: Path) -> None:
    tariff, findings = lint.check_document(file.read_bytes(), toml=True, budget=lint.BUDGET)
    assert tariff is not None
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert {one.name for one in findings if one.severity == "warning"} == SURPRISING.get(file.stem, set())
    for finding in findings:
        assert all(isinstance(bill.entered_at, datetime) for bill in finding.bills)
        assert msgspec.json.decode(msgspec.json.encode(finding))["kind"] == finding.kind
