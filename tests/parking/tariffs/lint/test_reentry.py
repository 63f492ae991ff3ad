"""What leaving and coming back saves or costs."""

from tests.parking.tariffs.lint.test_lint import band, found, named, one, text, times


def test_a_free_period_can_be_had_again() -> None:
    finding = one(text(free={"minutes": 60}), "farmable")
    assert (finding.severity, finding.path) == ("warning", "$.free")
    assert times(finding) == [("09:00", "11:00", 1000), ("09:00", "11:00", 0)]
    assert [f"{left:%H:%M}" for _, left in finding.bills[1].visits] == ["10:00", "11:00"]
    assert found(text(free={"minutes": 60, "uses_max": 1})) == []
    assert found(text(free={"minutes": 60, "uses_max": 3})) == []
    forgotten = {"minutes": 60, "uses_max": 1, "memory": {"per": "visit"}}
    assert one(text(free=forgotten), "farmable").path == "$.free"


def test_nobody_drives_out_every_half_hour_or_for_the_price_of_a_unit() -> None:
    assert found(text(free={"minutes": 30})) == []
    dearer = {"unit_fen": 200, "unit_min": 60, "for_min": 60}, {"unit_fen": 500, "unit_min": 60}
    assert found(text(band("all", *dearer))) == []


def test_a_quota_that_nobody_remembers() -> None:
    quota = named("nev", who={"new_energy": True}, minutes=120, memory={"per": "visit"})
    finding = one(text(quotas=[quota]), "farmable")
    assert finding.path == "$.quotas[0]"
    assert [bill.fee_fen for bill in finding.bills] == [1000, 0]
    assert found(text(quotas=[{**quota, "memory": {"per": "sliding"}}])) == []


def test_a_first_price_that_begins_again() -> None:
    dearer = {"unit_fen": 200, "unit_min": 60, "for_min": 120}, {"unit_fen": 500, "unit_min": 60}
    finding = one(text(band("all", *dearer)), "farmable")
    assert finding.path == "$.bands[0].tiers"
    assert times(finding) == [("09:00", "13:00", 1400), ("09:00", "13:00", 800)]
    assert found(text(band("all", *reversed([{"unit_fen": 200, "unit_min": 60}, {**dearer[1], "for_min": 60}])))) == []


def test_a_cap_that_forgets_earlier_visits() -> None:
    cap = named("most", fen=2000, per="cycle")
    finding = one(text(caps=[cap]), "cap_forgets")
    assert (finding.path, finding.severity) == ("$.caps[0].memory", "information")
    # Five hours are capped, two and a half hours twice are three units each.
    assert times(finding) == [("09:00", "14:00", 2000), ("09:00", "14:00", 3000)]
    assert found(text(caps=[{**cap, "memory": "lot"}])) == []
    said = {**cap, "clause_zh": "24小时内多次进出最高20元。"}
    assert one(text(caps=[said]), "cap_forgets").severity == "warning"
