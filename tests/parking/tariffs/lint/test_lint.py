"""The check before publication: for each kind of finding a document that has it, its example, and one without."""

from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from parking import tariffs
from parking.tariffs import lint
from parking.tariffs.lint import Finding
from seeds.city.jinan import TARIFFS

CATALOGUE = sorted(TARIFFS.glob("*.toml"))
BUDGET = 4_000
FLAT = ({"unit_fen": 500, "unit_min": 60},)


def band(code: str, *tiers: dict[str, int], hours: tuple[str, str] = ("00:00", "24:00"), **more: Any) -> dict[str, Any]:
    when = {} if more.get("otherwise") else {"hours": [{"from": hours[0], "to": hours[1], **more.pop("on", {})}]}
    return {"code": code, "name_zh": code, "name_en": code, "tiers": list(tiers), **when, **more}


def named(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name_zh": code, "name_en": code, **more}


def text(*bands: dict[str, Any], **more: Any) -> tariffs.Tariff:
    """A document of these bands, by default one that costs 5 an hour."""
    plain = {**named("t"), "time_zone": "Asia/Shanghai", "bands": list(bands or (band("all", *FLAT),)), **more}
    return tariffs.from_json(msgspec.json.encode(plain))


def found(tariff: tariffs.Tariff, kind: str | None = None, **more: Any) -> list[Finding]:
    findings = lint.check(tariff, **{"budget": BUDGET, **more})
    return [one for one in findings if kind in (None, one.kind)]


def one(tariff: tariffs.Tariff, kind: str, **more: Any) -> Finding:
    """The only finding of a kind; its bills are what the engine says of their visits."""
    (finding,) = found(tariff, kind, **more)
    assert finding.text_zh
    assert finding.text_en
    for bill in finding.bills:
        assert sum(line.amount_fen for line in bill.lines) == bill.fee_fen
        assert (bill.visits[0][0], bill.visits[-1][1]) == (bill.entered_at, bill.left_at)
        assert bill.entered_at.tzinfo == ZoneInfo("Asia/Shanghai")
    return finding


def times(finding: Finding) -> list[tuple[str, str, int]]:
    return [(f"{bill.entered_at:%H:%M}", f"{bill.left_at:%H:%M}", bill.fee_fen) for bill in finding.bills]


DEAR_DAY = band("day", {"unit_fen": 400, "unit_min": 15}, hours=("08:00", "20:00"))
CHEAP_NIGHT = band("night", {"unit_fen": 100, "unit_min": 60}, hours=("20:00", "08:00"))


def test_a_plain_price_is_clean() -> None:
    assert found(text()) == []
    assert found(text(DEAR_DAY, CHEAP_NIGHT)) == []


def test_a_short_crossing_priced_by_its_dear_beginning_costs_more_than_a_longer_one() -> None:
    finding = one(text(DEAR_DAY, CHEAP_NIGHT, crossing={"short_under_min": 60}), "longer_costs_less")
    assert (finding.severity, finding.path) == ("warning", "$.crossing.short_under_min")
    # 59 minutes are 4 units of the day; from 60 minutes on each band counts by itself.
    assert (finding.facts["minutes"], finding.facts["longer_minutes"]) == (59, 60)
    assert finding.facts["fee_fen"] == 1600
    assert int(finding.facts["longer_fee_fen"]) < 1600


def test_the_smallest_example_is_one_minute_against_two() -> None:
    crossing = {"short_under_min": 60, "short_price": "last"}
    finding = one(text(DEAR_DAY, CHEAP_NIGHT, crossing=crossing), "longer_costs_less")
    assert times(finding) == [("19:59", "20:00", 400), ("19:59", "20:01", 100)]
    assert "¥4" in finding.text_en
    assert "¥1" in finding.text_en
    assert "只付 1 元" in finding.text_zh


def test_a_broken_promise_is_an_error() -> None:
    crossing = {"short_under_min": 60, "short_price": "last"}
    promised = text(DEAR_DAY, CHEAP_NIGHT, crossing=crossing, promises={"never_cheaper": True})
    first = found(promised)[0]
    assert (first.kind, first.severity) == ("longer_costs_less", "error")
    assert found(text(DEAR_DAY, CHEAP_NIGHT, promises={"never_cheaper": True})) == []


def test_coming_earlier_costs_less_where_a_short_crossing_goes_by_its_cheap_beginning() -> None:
    tariff = text(DEAR_DAY, CHEAP_NIGHT, crossing={"short_under_min": 60})
    finding = one(tariff, "earlier_costs_less")
    assert times(finding) == [("08:00", "08:01", 400), ("07:59", "08:01", 100)]
    assert found(text(DEAR_DAY, CHEAP_NIGHT), "earlier_costs_less") == []


def test_a_cap_for_who_leaves_late_makes_staying_cheaper() -> None:
    cap = named("late", fen=500, per="stay", left=[{"from": "06:00", "to": "24:00"}])
    finding = one(text(caps=[cap]), "longer_costs_less")
    assert finding.path == "$.caps[0].left"
    assert times(finding) == [("04:59", "06:00", 1000), ("04:59", "06:01", 500)]


def test_units_that_slip_out_of_a_day_of_a_cap_are_no_finding() -> None:
    cap = named("most", fen=2000, per="day", memory="lot")
    assert found(text(caps=[cap]), "earlier_costs_less") == []


def test_a_minute_that_costs_more_than_promised() -> None:
    finding = one(text(promises={"minute_fen_max": 499}), "minute_too_dear")
    assert (finding.severity, finding.path) == ("error", "$.promises.minute_fen_max")
    assert (finding.facts["minutes"], finding.facts["longer_minutes"]) == (0, 1)
    assert found(text(promises={"minute_fen_max": 500})) == []
    later = {"unit_fen": 100, "unit_min": 30, "for_min": 600}, {"unit_fen": 900, "unit_min": 30}
    finding = one(text(band("all", *later), promises={"minute_fen_max": 500}), "minute_too_dear")
    assert (finding.facts["minutes"], finding.facts["longer_minutes"]) == (600, 601)


def test_a_day_that_costs_more_than_promised() -> None:
    cap = named("most", fen=2000, per="day", memory="lot")
    # A calendar day's cap holds twice in the 24 hours over midnight.
    finding = one(text(caps=[cap], promises={"day_fen_max": 2000}), "day_too_dear")
    assert (finding.severity, finding.facts["minutes"], finding.facts["fee_fen"]) == ("error", 241, 2500)
    by_cycle = named("most", fen=2000, per="cycle", memory="lot")
    assert found(text(caps=[by_cycle], promises={"day_fen_max": 2000})) == []


def test_the_promise_applies_to_a_class_of_its_own() -> None:
    large = named("large", who={"kinds": ["large"]}, percent=200)
    finding = one(text(classes=[large], promises={"minute_fen_max": 600}), "minute_too_dear")
    assert (finding.bills[1].vehicle_en, finding.bills[1].fee_fen) == ("large", 1000)


def test_a_band_whose_days_do_not_exist() -> None:
    never = {"code": "never", "weekdays": ["mon"], "except": ["monday_to_friday"]}
    holiday = band("holiday", *FLAT, on={"days": "never"})
    finding = one(text(band("other", *FLAT, otherwise=True), holiday, days=[never]), "unused_band")
    assert finding.path == "$.bands[1]"
    assert found(text(band("other", *FLAT, otherwise=True), band("x", *FLAT, on={"days": "weekend"}))) == []


def test_a_tier_that_no_stay_reaches() -> None:
    late = {"unit_fen": 500, "unit_min": 60, "for_min": 720}, {"unit_fen": 100, "unit_min": 60}
    day = band("day", *late, hours=("08:00", "20:00"))
    finding = one(text(day, CHEAP_NIGHT), "unreachable_tier")
    assert (finding.path, finding.facts["after_min"]) == ("$.bands[0].tiers[1]", 720)
    assert found(text({**day, "restart": "never"}, CHEAP_NIGHT), "unreachable_tier") == []
    sooner = {**late[0], "for_min": 660}, late[1]
    assert found(text(band("day", *sooner, hours=("08:00", "20:00")), CHEAP_NIGHT), "unreachable_tier") == []


def test_a_tier_of_a_class_that_no_stay_reaches() -> None:
    late = [{"unit_fen": 500, "unit_min": 60, "for_min": 720}, {"unit_fen": 100, "unit_min": 60}]
    large = named("large", who={"kinds": ["large"]}, prices={"day": late})
    finding = one(text(DEAR_DAY, CHEAP_NIGHT, classes=[large]), "unreachable_tier")
    assert finding.path == "$.classes[0].prices.day[1]"


def test_a_cap_that_nothing_reaches() -> None:
    cap = named("night", fen=1200, per="passage", bands=["night"])
    finding = one(text(DEAR_DAY, CHEAP_NIGHT, caps=[cap]), "cap_never_binds")
    assert (finding.path, finding.facts["cap_fen"]) == ("$.caps[0]", 1200)
    assert found(text(DEAR_DAY, CHEAP_NIGHT, caps=[{**cap, "fen": 1199}])) == []
    large = named("large", who={"kinds": ["large"]}, percent=200, caps_scale=False)
    assert found(text(DEAR_DAY, CHEAP_NIGHT, caps=[cap], classes=[large])) == []


def test_a_cap_that_only_many_visits_reach_is_used() -> None:
    cap = named("most", fen=3000, per="day", memory="lot")
    cheap = band("all", {"unit_fen": 100, "unit_min": 60})
    assert found(text(cheap, caps=[cap]), "cap_never_binds") == []
    assert one(text(cheap, caps=[{**cap, "memory": "none"}]), "cap_never_binds").path == "$.caps[0]"


def test_a_cap_for_certain_hours_is_used() -> None:
    hours = {"entered": [{"from": "20:00", "to": "21:00"}], "left": [{"from": "22:00", "to": "23:00"}]}
    cap = named("evening", fen=1000, per="stay", **hours)
    assert found(text(caps=[cap]), "cap_never_binds") == []
    who = {"tags": ["guest"]}
    assert found(text(caps=[named("guest", fen=1000, per="stay", who=who)]), "cap_never_binds") == []


def test_a_class_that_no_vehicle_is_in() -> None:
    heavy = named("heavy", who={"kinds": ["large"], "at_least": {"length_cm": 1200}}, percent=300)
    large = named("large", who={"kinds": ["large"]}, percent=200)
    finding = one(text(classes=[large, heavy]), "class_never_matches")
    assert (finding.severity, finding.path) == ("warning", "$.classes[1]")
    assert found(text(classes=[heavy, large])) == []
    # Together they take all lengths, so an unknown length is the only one left.
    short = named("short", who={"at_most": {"length_cm": 1199}})
    long = named("long", who={"at_least": {"length_cm": 1200}})
    rest = named("rest", who={"at_least": {"length_cm": 1}})
    assert one(text(classes=[short, long, rest]), "class_never_matches").path == "$.classes[2]"
    assert found(text(classes=[short, long, named("rest", who={})])) == []


def test_a_discount_that_nobody_has() -> None:
    exempt = [{"name_zh": "a", "name_en": "a", "who": {"tags": ["police"]}}]
    off = named("off", kind="percent", percent=10, who={"tags": ["police"]})
    assert one(text(discounts=[off], exempt=exempt), "discount_never_fits").path == "$.discounts[0]"
    assert found(text(discounts=[off])) == []
    more = named("more", kind="percent", percent=20)
    assert one(text(discounts=[off, more], stacking="best"), "discount_never_fits").path == "$.discounts[0]"
    assert found(text(discounts=[off, more])) == []


def test_a_free_period_can_be_had_again() -> None:
    finding = one(text(free={"minutes": 30}), "farmable")
    assert (finding.severity, finding.path) == ("warning", "$.free")
    assert times(finding) == [("09:00", "10:00", 500), ("09:00", "10:00", 0)]
    assert [f"{left:%H:%M}" for _, left in finding.bills[1].visits] == ["09:30", "10:00"]
    assert found(text(free={"minutes": 30, "uses_max": 1})) == []
    assert found(text(free={"minutes": 30, "uses_max": 3})) == []
    forgotten = {"minutes": 30, "uses_max": 1, "memory": {"per": "visit"}}
    assert one(text(free=forgotten), "farmable").path == "$.free"


def test_a_quota_that_nobody_remembers() -> None:
    quota = named("nev", who={"new_energy": True}, minutes=120, memory={"per": "visit"})
    finding = one(text(quotas=[quota]), "farmable")
    assert finding.path == "$.quotas[0]"
    assert [bill.fee_fen for bill in finding.bills] == [1000, 0]
    assert found(text(quotas=[{**quota, "memory": {"per": "sliding"}}])) == []


def test_a_first_price_that_begins_again() -> None:
    dearer = {"unit_fen": 200, "unit_min": 60, "for_min": 60}, {"unit_fen": 500, "unit_min": 60}
    finding = one(text(band("all", *dearer)), "farmable")
    assert finding.path == "$.bands[0].tiers"
    assert times(finding) == [("09:00", "11:00", 700), ("09:00", "11:00", 400)]
    assert found(text(band("all", *reversed([{"unit_fen": 200, "unit_min": 60}, {**dearer[1], "for_min": 60}])))) == []


def test_a_cap_that_forgets_earlier_visits() -> None:
    cap = named("most", fen=2000, per="cycle")
    finding = one(text(caps=[cap]), "cap_forgets")
    assert finding.path == "$.caps[0].memory"
    # Five hours are capped, two and a half hours twice are three units each.
    assert times(finding) == [("09:00", "14:00", 2000), ("09:00", "14:00", 3000)]
    assert found(text(caps=[{**cap, "memory": "lot"}])) == []


def test_the_end_of_the_known_holidays() -> None:
    bands = band("other", *FLAT, otherwise=True), band("off", on={"days": "non_workday"})
    finding = one(text(*bands, calendar="CN"), "calendar_ends")
    assert finding.path == "$.calendar"
    last = int(finding.facts["last_year"])
    assert found(text(*bands, calendar="CN", complaints_phone="12345"), today=date(last, 6, 1)) == []
    assert found(text(*bands, calendar="CN"), "calendar_ends", today=date(last, 12, 1))
    assert found(text(*bands)) == []
    assert found(text(calendar="CN", complaints_phone="12345")) == []


def test_a_chinese_notice_wants_a_telephone_number() -> None:
    assert one(text(calendar="CN"), "no_complaints_phone").path == "$.complaints_phone"
    assert found(text()) == []


IGNORED: list[tuple[dict[str, Any], str]] = [
    ({"caps": [named("c", fen=1000, per="day", hours=12)]}, "$.caps[0].hours"),
    ({"free": {"minutes": 30, "uses_max": 1, "memory": {"per": "day", "hours": 12}}}, "$.free.memory.hours"),
    ({"free": {"minutes": 30, "memory": {"per": "day"}}}, "$.free.memory"),
    (
        {"quotas": [named("q", who={}, minutes=60, memory={"per": "visit", "scope": "city"})]},
        "$.quotas[0].memory.scope",
    ),
    ({"quotas": [named("q", who={}, minutes=60, portion_max_min=60)]}, "$.quotas[0].portion_max_min"),
    ({"bands": [band("all", *FLAT, part_unit="down", tolerance_min=5)]}, "$.bands[0].tolerance_min"),
    ({"cycle_hours": 12}, "$.cycle_hours"),
]


@pytest.mark.parametrize(("fields", "path"), IGNORED, ids=[path for _, path in IGNORED])
def test_a_field_that_changes_nothing(fields: dict[str, Any], path: str) -> None:
    bands = fields.pop("bands", ())
    assert one(text(*bands, **fields), "ignored_field", budget=100).path == path


def test_fields_that_matter_are_not_ignored() -> None:
    memory = {"hours": 12, "scope": "city"}
    fields = {
        "cycle_hours": 12,
        "free": {"minutes": 30, "again": "cycle", "uses_max": 1, "memory": memory},
        "caps": [named("c", fen=1000, per="cycle", hours=12)],
        "quotas": [named("q", who={}, minutes=60, portion_max_min=30, memory=memory)],
    }
    assert found(text(**fields), "ignored_field", budget=100) == []


def test_slow_documents_are_not_tried_for_ever() -> None:
    tariff = text(DEAR_DAY, CHEAP_NIGHT, crossing={"short_under_min": 60}, cycle_hours=12)
    ticks = count()
    findings = lint.check(tariff, clock=lambda: next(ticks), deadline_s=9000)
    kinds = [one.kind for one in findings]
    # Each part of the check has its share of the time, and what was found in it stands.
    assert {"incomplete", "ignored_field", "longer_costs_less"} <= set(kinds)
    assert next(ticks) < 9100
    assert "incomplete" not in [one.kind for one in lint.check(tariff, budget=500, clock=lambda: 0.0)]


def test_a_document_that_cannot_be_read_is_one_error() -> None:
    tariff, (finding,) = lint.check_document(b'{"code": "t"}', toml=False)
    assert (tariff, finding.kind, finding.severity) == (None, "unclear", "error")
    assert finding.path.startswith("$.")
    zone = msgspec.json.encode({**named("t"), "time_zone": "Asia/Jinan", "bands": [band("all", *FLAT)]})
    tariff, (finding,) = lint.check_document(zone, toml=False)
    assert (tariff, finding.kind, finding.path) == (None, "unclear", "$.time_zone")


def test_clocks_that_are_changed_are_no_trouble() -> None:
    day = band("day", {"unit_fen": 400, "unit_min": 15}, hours=("02:30", "20:00"))
    night = band("night", {"unit_fen": 100, "unit_min": 60}, hours=("20:00", "02:30"))
    assert found(text(day, night, time_zone="Europe/Berlin", currency="EUR")) == []


def test_the_check_is_bounded_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    tariff = text(DEAR_DAY, CHEAP_NIGHT, crossing={"short_under_min": 60})
    findings = lint.check(tariff, budget=3000, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (3000, 3000)
    assert findings == lint.check(tariff, budget=3000)


@pytest.mark.parametrize("file", CATALOGUE, ids=lambda file: file.stem)
def test_the_catalogue_keeps_what_it_promises(file: Path) -> None:
    tariff, findings = lint.check_document(file.read_bytes(), toml=True, budget=1000)
    assert tariff is not None
    assert [finding for finding in findings if finding.severity == "error"] == []
    for finding in findings:
        assert all(isinstance(bill.entered_at, datetime) for bill in finding.bills)
        assert msgspec.json.decode(msgspec.json.encode(finding))["kind"] == finding.kind
