"""What the lines of a fee say of it: whole documents' lines, word by word where the words depend on the case."""

from datetime import UTC, datetime

import msgspec

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import Fee, Tariff, Vehicle, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import (
    Charging,
    ClassRule,
    Crossing,
    Discount,
    Exemption,
    Free,
    Overstay,
    Surcharge,
    Tier,
)
from tests.parking.tariffs import generators
from tests.parking.tariffs.published import document
from tests.parking.tariffs.strategies import (
    at,
    band,
    but,
    cap,
    fee_of,
    plain,
    stayed,
)

JINAN = tariffs.Compiled(document("jinan_road"))

LARGE = Vehicle(kind=VehicleClass.LARGE)
DAY = band("day", "08:00", "20:00", Tier(unit_fen=200, unit_min=60))
NIGHT = band("night", "20:00", "08:00", Tier(unit_fen=300))


def bill(tariff: Tariff, visit: Visit) -> Fee:
    """The fee with its lines."""
    return fee_of(tariffs.Compiled(tariff), visit)


def test_a_price_for_a_segment_has_no_minutes() -> None:
    lines = bill(plain(bands=(DAY, NIGHT)), stayed("18T19:00", hours=3)).lines
    assert [line.text_zh for line in lines] == [
        "规则day 19:00–20:00，1×2.00 元（每 60 分钟）",
        "规则night 20:00–22:00，1×3.00 元（每次）",
    ]
    assert lines[1].text_en == "The night 20:00–22:00, 1 × 3.00 CNY (each time)"


def test_only_a_short_crossing_says_that_it_is_one() -> None:
    text = plain(bands=(DAY, NIGHT), crossing=Crossing(short_under_min=60))
    short, whole = bill(text, stayed("18T19:30", minutes=50)), bill(text, stayed("18T19:30", minutes=90))
    assert [line.text_en for line in short.lines] == [
        "The day 19:30–20:20, 1 × 2.00 CNY (per 60 min); in several charged periods for under 60 min, priced by one of"
        " them"
    ]
    assert short.lines[0].text_zh.endswith("；跨收费时段且不足 60 分钟，按一个时段计")
    assert not any("several charged periods" in line.text_en for line in whole.lines)


def test_the_prices_of_a_class_stand_where_the_class_does() -> None:
    own = ClassRule(
        **generators.named("large"),
        who=Match(kinds=(VehicleClass.LARGE,)),
        prices={"day": (Tier(unit_fen=500, unit_min=60),)},
        free=Free(minutes=5, clause_zh="五分钟。", clause_en="Five minutes."),
        clause_zh="大车另计。",
        clause_en="Large ones apart.",
    )
    text = plain(bands=(DAY, NIGHT), classes=(own,), free=Free(minutes=15, clause_en="A quarter."))
    lines = bill(text, stayed("18T19:00", LARGE, hours=3)).lines
    assert [(line.rule, line.clause_zh, line.clause_en, line.amount_fen) for line in lines] == [
        ("classes.large.prices.day", "大车另计。", "Large ones apart.", 500),
        ("bands.night", "", "", 300),
    ]
    assert lines[0].label_en == "The day, 1 × 5.00 CNY (The large, per 60 min)"
    free = bill(text, stayed("18T19:00", LARGE, minutes=5)).lines
    assert [(line.rule, line.clause_en, line.text_en) for line in free] == [
        ("classes.large.free", "Five minutes.", "Free up to 5 min, inclusive")
    ]
    small = bill(text, stayed("18T19:00", minutes=15)).lines
    assert [(line.rule, line.clause_en) for line in small] == [("free", "A quarter.")]


def test_begun_minutes_of_a_part_unit_are_a_line_of_their_own_and_no_other_is_empty() -> None:
    day = but(DAY, part_unit="minutes")
    part = bill(plain(bands=(day, NIGHT)), stayed("18T09:00", minutes=25)).lines
    assert [(line.units, line.unit_fen, line.text_en) for line in part] == [
        (1, 83, "The day 09:00–09:25, 1 × 0.83 CNY (per 25 min)")
    ]
    more = bill(plain(bands=(day, NIGHT)), stayed("18T09:00", minutes=145)).lines
    assert [(line.units, line.unit_fen, line.text_en) for line in more] == [
        (2, 200, "The day 09:00–11:00, 2 × 2.00 CNY (per 60 min)"),
        (1, 83, "The day 11:00–11:25, 1 × 0.83 CNY (per 25 min)"),
    ]


def test_a_last_step_that_changes_nothing_is_not_on_the_bill() -> None:
    text = plain(minimum_fen=200, round_to_fen=100, overstay=Overstay(grace_min=0, unit_min=60, unit_fen=100))
    charged = but(stayed("18T09:00", hours=2), charging=((at("18T09:00"), at("18T11:00")),))
    assert [line.kind for line in bill(text, charged).lines] == ["units"]


def test_a_last_step_stands_for_the_whole_stay_and_staying_on_for_its_own_time() -> None:
    text = plain(minimum_fen=500, overstay=Overstay(grace_min=15, unit_min=60, unit_fen=100))
    charged = but(stayed("18T09:00", hours=2), charging=((at("18T09:00"), at("18T10:00")),))
    lines = bill(text, charged).lines
    assert [(line.kind, line.starts_at, line.ends_at, line.amount_fen) for line in lines] == [
        ("units", at("18T09:00"), at("18T11:00"), 400),
        ("minimum", at("18T09:00"), at("18T11:00"), 100),
        ("overstay", at("18T10:15"), at("18T11:00"), 100),
    ]


def test_a_cap_that_takes_nothing_off_is_not_on_the_bill() -> None:
    text = plain(caps=(cap("day", 600, "day"),))
    assert [line.kind for line in bill(text, stayed("18T09:00", hours=3)).lines] == ["units"]
    assert [line.kind for line in bill(text, stayed("18T09:00", hours=4)).lines] == ["units", "cap"]


def test_hours_that_cost_nothing_are_free_by_their_band_and_not_by_a_free_period() -> None:
    text = plain(bands=(DAY, band("night", "20:00", "08:00")), free=Free(counts="chargeable"))
    lines = bill(text, stayed("18T21:00", hours=3)).lines
    assert [(line.kind, line.rule, line.text_en) for line in lines] == [("free", "bands.night", "The night: free")]


def test_a_split_stay_has_the_lines_of_its_parts_and_those_of_the_whole() -> None:
    noon, visit = at("18T12:00"), stayed("18T11:00", hours=2)
    for fields, kinds in (({}, ["units", "units"]), ({"minimum_fen": 500}, ["units", "units", "minimum"])):
        text = tariffs.Compiled(plain(on_change="split", **fields))
        fee = tariffs.price([(visit.entered_at, text), (noon, text)], visit)
        assert [line.kind for line in fee.lines] == kinds
        assert fee.lines[-1].running_fen == fee.fee_fen


def test_of_equal_caps_the_bill_names_the_first() -> None:
    text = plain(caps=(cap("a", 500, "day"), cap("b", 500, "stay"), cap("c", 500, "day")))
    rules = [line.rule for line in bill(text, stayed("18T09:00", hours=4)).lines]
    assert rules == ["bands.day", "caps.a"]


def test_units_that_are_all_alike_are_one_line_whatever_begins_anew() -> None:
    whole = band("whole", "00:00", "24:00", Tier(unit_fen=200, unit_min=60), restart="day")
    lines = bill(plain(bands=(whole,)), stayed("18T22:00", hours=5)).lines
    assert [(line.units, line.amount_fen) for line in lines] == [(5, 1000)]


def test_no_line_is_of_no_time() -> None:
    half_hour = Free(minutes=30, deducted=True, counts="chargeable")
    over_two = bill(plain(bands=(DAY, NIGHT), free=half_hour), stayed("18T19:30", hours=2)).lines
    assert [(line.kind, line.units) for line in over_two] == [("free", 30), ("units", 1)]
    morning = band("day", "09:00", "20:00", Tier(unit_fen=200, unit_min=60))
    again = Free(minutes=720, deducted=True, counts="chargeable", again="cycle")
    text = plain(bands=(morning, band("night", "20:00", "09:00")), free=again)
    lines = bill(text, stayed("18T09:00", hours=30)).lines
    assert [(line.kind, line.units) for line in lines] == [("free", 660), ("free", 360)]


def test_what_a_line_counts() -> None:
    share = Discount(**generators.named("share"), kind="percent", percent=10)
    amount = Discount(**generators.named("amount"), kind="amount", fen=100)
    text = plain(free=Free(minutes=20), discounts=(share, amount), minimum_fen=480, round_to_fen=500)
    fee = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=150))
    assert [(line.kind, line.units, line.amount_fen) for line in fee.lines] == [
        ("units", 3, 600), ("discount", 10, -60), ("discount", 1, -100), ("minimum", 1, 40), ("rounding", 1, 20),
    ]  # fmt: skip
    assert [line.unit_fen for line in fee.lines] == [200, 0, 0, 480, 500]
    free = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=20))
    assert [(line.kind, line.units, line.unit_fen, line.amount_fen) for line in free.lines] == [("free", 20, 0, 0)]


def test_what_the_line_of_an_exempt_vehicle_counts() -> None:
    text = plain(exempt=(Exemption(name_zh="公务", name_en="Official", who=Match()),))
    lines = fee_of(tariffs.Compiled(text), stayed("18T09:00", minutes=150)).lines
    assert [(line.kind, line.units, line.unit_fen, line.amount_fen) for line in lines] == [("exempt", 1, 0, 0)]
    assert (lines[0].starts_at, lines[0].ends_at) == (at("18T09:00"), at("18T11:30"))


def test_every_line_says_what_it_is_for() -> None:
    fee = fee_of(JINAN, Visit(at("2025-11-18T18:30"), at("2025-11-19T08:10")))
    said = [(line.kind, line.rule, line.units, line.amount_fen, line.running_fen) for line in fee.lines]
    assert said == [
        ("units", "bands.day", 2, 400, 400),
        ("units", "bands.night", 12, 2400, 2800),
        ("cap", "caps.night", 1, -1900, 900),
        ("units", "bands.day", 1, 200, 1100),
    ]
    assert [line.text_zh for line in fee.lines] == [
        "白天 18:30–20:00，2×2.00 元（每 60 分钟）",
        "夜间 20:00–08:00，12×2.00 元（每 60 分钟）",
        "夜间封顶：最高 5.00 元",
        "白天 08:00–08:10，1×2.00 元（每 60 分钟）",
    ]
    assert fee.lines[2].text_en == "Night cap: at most 5.00 CNY"
    assert fee.lines[0].starts_at == datetime(2025, 11, 18, 10, 30, tzinfo=UTC)
    assert fee.lines[0].label_en == "Day, 2 × 2.00 CNY (per 60 min)"
    assert msgspec.json.decode(msgspec.json.encode(fee), type=Fee) == fee


def test_a_long_stay_is_explained_by_price() -> None:
    fee = fee_of(JINAN, Visit(at("2025-01-01T09:00"), at("2025-12-31T09:00")))
    assert fee.fee_fen == 364 * 2900
    assert [(line.kind, line.units) for line in fee.lines] == [("units", 364 * 12), ("units", 364 * 12), ("cap", 364)]
    assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen


def test_the_line_of_a_unit_says_until_when_it_runs() -> None:
    text = plain(
        bands=(DAY, but(NIGHT, tiers=(Tier(unit_fen=200, unit_min=60),))), crossing=Crossing(part_unit="complete")
    )
    lines = bill(text, stayed("18T18:30", hours=3)).lines
    assert [line.text_en.partition(",")[0] for line in lines] == ["The day 18:30–20:30", "The night 20:30–21:30"]
    assert [line.ends_at for line in lines] == [at("18T20:30"), at("18T21:30")]
    cut = bill(text, stayed("18T18:30", minutes=100)).lines
    assert cut[-1].ends_at == at("18T20:10")


def test_a_unit_runs_on_after_time_that_is_covered() -> None:
    text = plain(bands=(DAY, NIGHT), charging=Charging())
    charged = (at("18T09:45"), at("18T10:15"))
    lines = bill(text, but(stayed("18T09:30", hours=2), charging=(charged,))).lines
    shown = [line.text_en.partition(",")[0] for line in lines]
    assert shown == ["The day 09:30–11:00", "30 min free while charging", "The day 11:00–11:30"]


def test_surcharges_say_what_they_are_of() -> None:
    named = generators.named
    text = plain(
        bands=(DAY, NIGHT),
        surcharges=(
            Surcharge(**named("bay"), fen=500, per_bay=True),
            Surcharge(**named("tax"), percent_milli=18375),
        ),
    )
    lines = bill(text, but(stayed("18T09:00", hours=2), bays=2)).lines
    assert [line.text_en for line in lines[1:]] == ["The bay: 2 × 5.00 CNY", "The tax: 18.375% of the fee"]
    assert [line.text_zh for line in lines[1:]] == ["规则bay：2×5.00 元", "规则tax：停车费的 18.375%"]
    assert [line.amount_fen for line in lines[1:]] == [1000, 257]


def test_time_that_is_not_counted_stands_on_the_bill() -> None:
    visit = but(stayed("18T09:00", hours=4), paused=((at("18T10:00"), at("18T12:00")),))
    lines = bill(plain(), visit).lines
    assert [line.text_en for line in lines][1] == "120 min in a lot inside or gone, not counted"
    assert [line.text_zh for line in lines][1] == "停放于场内停车场或已驶离 120 分钟，不计时"
    free = bill(plain(free=Free(minutes=120)), visit).lines
    assert [line.text_en for line in free] == [
        "Free up to 120 min, inclusive",
        "120 min in a lot inside or gone, not counted",
        "Free up to 120 min, inclusive",
    ]
