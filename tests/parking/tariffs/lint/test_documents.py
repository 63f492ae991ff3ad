"""Documents that are refused: all that is wrong at once."""

from typing import Any

import msgspec

from parking.tariffs import lint
from tests.parking.tariffs.lint.test_lint import FLAT, band, named


def errors(document: dict[str, Any]) -> dict[str, str]:
    tariff, findings = lint.check_document(msgspec.json.encode(document), toml=False)
    assert tariff is None
    return {finding.path: finding.text_en for finding in findings}


def test_all_that_is_wrong_is_said_at_once() -> None:
    tiers: list[dict[str, Any]] = [{"unit_yuan": 2, "unit_min": 60}, {"unit_fen": "5", "unit_min": 60}]
    plain = {**named("t"), "time_zone": "Asia/Shanghai", "bands": [band("all", *tiers, days="weekend")], "quota": []}
    found = errors({**plain, "round_mode": "near"})
    assert set(found) == {
        "$.bands[0].days", "$.bands[0].tiers[0].unit_yuan", "$.bands[0].tiers[1].unit_fen", "$.quota", "$.round_mode",
    }  # fmt: skip
    assert "write unit_fen = 200" in found["$.bands[0].tiers[0].unit_yuan"]
    assert 'hours = [{ days = "weekend" }]' in found["$.bands[0].days"]
    wrong = {
        **named("t"), "time_zone": "Asia/Beijing", "bands": [band("all", *FLAT)],
        "caps": [named("a", fen=1, per="day", bands=["x"]), named("a", fen=1, per="day", days="y")],
    }  # fmt: skip
    found = errors(wrong)
    assert set(found) == {"$.time_zone", "$.caps[1].code", "$.caps[0].bands[0]", "$.caps[1].days"}
    assert "Asia/Shanghai" in found["$.time_zone"]
