"""The check before publication: for each kind of finding a document that has it, its example, and one without."""

from datetime import date
from itertools import count
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
    return [one for one in findings if kind == one.kind or (kind is None and one.severity != "information")]


def one(tariff: tariffs.Tariff, kind: str, **more: Any) -> Finding:
    """The only finding of a kind; its bills are what the engine says of their visits."""
    (finding,) = found(tariff, kind, **more)
    assert finding.name == f"{kind}@{finding.path}"
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
    assert found(text(caps=[by_cycle], promises={"day_fen_max": 2000}), "day_too_dear") == []
    assert found(text(caps=[{**by_cycle, "memory": "none"}], promises={"day_fen_max": 2000}), "promise_unproved") == []


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


EARLY = {"entered": [{"from": "06:00", "to": "09:00"}], "left": [{"to": "19:00"}], "leaving": "first"}


def test_a_class_that_asks_of_the_visit_leaves_vehicles_to_those_after_it() -> None:
    early = named("early", who=EARLY, prices={"all": [{"unit_fen": 2000}]})
    large = named("large", who={"kinds": ["large"]}, percent=200)
    assert found(text(classes=[early, large]), "class_never_matches") == []


def test_an_early_price_that_ends_at_night_is_a_fall() -> None:
    late = named(
        "late",
        who={"entered": [{"from": "08:00", "to": "09:00"}], "left": [{"from": "17:00", "to": "23:00"}]},
        percent=50,
    )
    finding = one(text(classes=[late]), "longer_costs_less")
    assert [bill[1] for bill in times(finding)] == ["17:00", "17:01"]


def test_caps_that_only_some_visits_or_weeks_reach_are_used() -> None:
    cheap = band("all", {"unit_fen": 100, "unit_min": 60})
    with_coupon = named("stamp", fen=500, per="stay", who={"coupons": ["stamp"]})
    by_card = named("card", fen=900, per="stay", who={"paid_by": ["card"]})
    month = named("month", fen=50_000, per="month")
    week = named("week", fen=4000, per="week", memory="lot")
    for cap in (with_coupon, by_card, month, week):
        assert found(text(cheap, caps=[cap]), "cap_never_binds") == [], cap
    assert found(text(cheap, caps=[named("month", fen=80_000, per="month")]), "cap_never_binds")


def test_a_surcharge_that_nobody_pays() -> None:
    exempt = [{"name_zh": "a", "name_en": "a", "who": {"tags": ["police"]}}]
    more = named("more", fen=500, who={"tags": ["police"]})
    assert one(text(surcharges=[more], exempt=exempt), "surcharge_never_fits").path == "$.surcharges[0]"
    assert found(text(surcharges=[named("lost", fen=500, who={"coupons": ["lost"]})], exempt=exempt)) == []


def test_a_visit_that_counts_on_gains_nothing_by_leaving() -> None:
    assert found(text(free={"minutes": 60}), "farmable")
    assert found(text(free={"minutes": 60}, rejoin_min=30), "farmable") == []


def test_a_promise_ends_with_the_week_of_a_cap() -> None:
    cap = named("week", fen=3000, per="week")
    finding = one(text(caps=[cap], promises={"day_fen_max": 3000}), "day_too_dear")
    assert finding.facts["greatest_fen"] == 6000
    later = named("day", fen=3000, per="day")
    finding = one(text(caps=[later], day_begins="05:00", promises={"day_fen_max": 3000}), "day_too_dear")
    assert (finding.facts["greatest_fen"], f"{finding.bills[0].left_at:%H}" > "05") == (6000, True)


def test_a_discount_that_nobody_has() -> None:
    exempt = [{"name_zh": "a", "name_en": "a", "who": {"tags": ["police"]}}]
    off = named("off", kind="percent", percent=10, who={"tags": ["police"]})
    assert one(text(discounts=[off], exempt=exempt), "discount_never_fits").path == "$.discounts[0]"
    assert found(text(discounts=[off])) == []
    more = named("more", kind="percent", percent=20)
    assert one(text(discounts=[off, more], stacking="best"), "discount_never_fits").path == "$.discounts[0]"
    assert found(text(discounts=[off, more])) == []


def test_the_end_of_the_known_holidays() -> None:
    bands = band("other", *FLAT, otherwise=True), band("off", on={"days": "non_workday"})
    finding = one(text(*bands, calendar="CN"), "calendar_ends")
    assert finding.path == "$.calendar"
    last = int(finding.facts["last_year"])
    assert found(text(*bands, calendar="CN", complaints_phone="12345"), today=date(last, 6, 1)) == []
    assert finding.severity == "information"
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
    ({"day_begins": "05:00"}, "$.day_begins"),
    ({"caps": [named("c", fen=1000, per="day", first_min=1440)]}, "$.caps[0].first_min"),
    ({"classes": [named("late", who={"entered": [{}]}, percent=150)]}, "$.classes[0].who.entered"),
    ({"promises": {"minute_fen_max": 500, "per_bay": True}}, "$.promises.per_bay"),
    ({"passes": [named("m", price_fen=90000, period="month", day_max_min=1440)]}, "$.passes[0].day_max_min"),
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
    tariff, (finding, *_) = lint.check_document(b'{"code": "t"}', toml=False)
    assert (tariff, finding.kind, finding.severity) == (None, "unclear", "error")
    assert finding.path.startswith("$.")
    zone = msgspec.json.encode({**named("t"), "time_zone": "Asia/Jinan", "bands": [band("all", *FLAT)]})
    tariff, (finding,) = lint.check_document(zone, toml=False)
    assert (tariff, finding.kind, finding.path) == (None, "unclear", "$.time_zone")


def test_clocks_that_are_changed_are_no_trouble() -> None:
    day = band("day", {"unit_fen": 100, "unit_min": 15}, hours=("02:30", "20:00"))
    night = band("night", {"unit_fen": 100, "unit_min": 60}, hours=("20:00", "02:30"))
    assert found(text(day, night, time_zone="Europe/Berlin", currency="EUR")) == []


def test_the_check_is_bounded_and_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    tariff = text(DEAR_DAY, CHEAP_NIGHT, crossing={"short_under_min": 60})
    findings = lint.check(tariff, budget=3000, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (3000, 3000)
    assert findings == lint.check(tariff, budget=3000)
