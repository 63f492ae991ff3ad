"""Documents that are no tariffs: each refusal names its place and says what to do; and what is read is kept."""

import json
from typing import Any

import msgspec
import pytest

from parking.tariffs.language import fields, parsing
from parking.tariffs.language.document import DOCUMENT_BYTES_MAX, Tariff
from parking.tariffs.language.parsing import TariffUnclear, UnknownTimeZone
from tests.parking.tariffs.documents import CAR_PARK, HOUR, LARGE, NAMES, bands, days, read, tiers


def cap(**fields: Any) -> dict[str, Any]:
    return {"caps": [{"code": "top", "fen": 500, "per": "day", **NAMES, **fields}]}


def discount(**fields: Any) -> dict[str, Any]:
    return {"discounts": [{"code": "off", "kind": "percent", **NAMES, **fields}]}


# What is changed in the car park, where it is refused, and words that the sentence must have.
REFUSED = [
    # Shapes.
    ({"bandz": []}, "$.bandz", "unknown field `bandz`: write bands."),
    ({"qqqq": 1}, "$.qqqq", "unknown field `qqqq`: take it out."),
    (tiers({"unit_fee": 200}), "$.bands[0].tiers[0].unit_fee", "write unit_fen"),
    (tiers({"unit_yuan": 2}), "$.bands[0].tiers[0].unit_yuan", "whole fen: write unit_fen = 200."),
    ({"classes": [{**LARGE, "caps": {"top": 5, "day": "x"}}]}, "$.classes[0].caps.day", 'got `str` ("x")'),
    (
        tiers({"unit_fen": 2.5}),
        "$.bands[0].tiers[0].unit_fen",
        "got `float` (2.5): write 250 if yuan were meant.",
    ),
    (tiers({"unit_fen": 0.29}), "$.bands[0].tiers[0].unit_fen", "write 29 if yuan were meant."),
    (tiers({"unit_fen": 2.0}), "$.bands[0].tiers[0].unit_fen", "write 2 if this is fen, 200 if yuan were meant."),
    (tiers({"unit_fen": "2.50"}), "$.bands[0].tiers[0].unit_fen", "write 250 without quotes"),
    (tiers({"unit_fen": "250"}), "$.bands[0].tiers[0].unit_fen", "write 250 without quotes"),
    (tiers({"unit_fen": 100.0}) | {"currency": "EUR"}, "$.bands[0].tiers[0].unit_fen", "10000 if whole EUR were meant"),
    (tiers({"unit_fen": 100.0}) | {"currency": "KRW"}, "$.bands[0].tiers[0].unit_fen", "(100.0): write 100."),
    ({"phone": "x"}, "$.phone", "take it out; known here are complaints_phone"),
    ({"time_zone": ""}, "$.time_zone", 'length >= 1 (""): say the time zone, e.g.'),
    (tiers({"unit_fen": 0.001}), "$.bands[0].tiers[0].unit_fen", "without decimals"),
    (tiers({"unit_fen": 2.5}) | {"currency": "KRW"}, "$.bands[0].tiers[0].unit_fen", "without decimals"),
    (tiers({"unit_fen": -200}), "$.bands[0].tiers[0].unit_fen", "what is taken off stands under discounts"),
    (tiers({"unit_fen": True}), "$.bands[0].tiers[0].unit_fen", "without quotes or decimals"),
    (tiers({"unit_fen": 100_000_001}), "$.bands[0].tiers[0].unit_fen", "<= 100000000 (100000001)"),
    (tiers({"unit_fen": 200, "unit_min": 0}), "$.bands[0].tiers[0].unit_min", ">= 1 (0)"),
    (tiers({"unit_fen": 200, "unit_min": 7.5}), "$.bands[0].tiers[0].unit_min", "without decimals"),
    (
        tiers({"unit_min": 60}),
        "$.bands[0].tiers[0].unit_fen",
        "missing required field `unit_fen`: say what a unit costs",
    ),
    ({"bands": []}, "$.bands", "at least one band"),
    ({"bands": CAR_PARK["bands"][0]}, "$.bands", "[[bands]] with two brackets"),
    ({"bands": ["day"]}, "$.bands[0]", "table of fields"),
    ({"bands": CAR_PARK["bands"] * 30}, "$.bands", "length <= 48: shorten it, or say the same with fewer"),
    ({"name_zh": ""}, "$.name_zh", 'length >= 1 (""): say what it is called in Chinese'),
    ({"name_zh": 7}, "$.name_zh", 'put it in quotes: "7"'),
    ({"name_zh": "长" * 200}, "$.name_zh", "length <= 128"),
    ({"code": "Car Park"}, "$.code", "small letters"),
    ({"currency": "yuan"}, "$.currency", "three capitals"),
    ({"grade": "certain"}, "$.grade", "made_up"),
    ({"price_mode": "goverment"}, "$.price_mode", 'write "government"'),
    ({"supersedes": 3}, "$.supersedes", 'put it in quotes: "3"'),
    ({"free": {"deducted": "yes"}}, "$.free.deducted", "true or false"),
    ({"free": None}, "$.free", "null"),
    (bands(lambda b: b[0]["hours"][0].update({"from": "8:00"})), "$.bands[0].hours[0].from", 'write "08:00"'),
    (bands(lambda b: b[0]["hours"][0].update({"from": "25:00"})), "$.bands[0].hours[0].from", "write a time of day as"),
    ({"classes": [{**LARGE, "prices": {"day": [{"unit_fen": 1.5}]}}]}, "$.classes[0].prices.day[0].unit_fen", "150"),
    ({"classes": [{**LARGE, "caps": {"top": 9.5}}]}, "$.classes[0].caps.top", "write 950"),
    (
        {"classes": [{**LARGE, "prices": {"DAY": []}}]},
        "$.classes[0].prices.DAY",
        '"DAY"): write a code in small letters',
    ),
    ({"classes": [{**LARGE, "who": {"at_least": {"seats": "9"}}}]}, "$.classes[0].who.at_least.seats", "write 9"),
    ({"classes": [{**LARGE, "who": {"kinds": ["bus"]}}]}, "$.classes[0].who.kinds[0]", "motorcycle"),
    ({"classes": [{"code": "large", **NAMES}]}, "$.classes[0].who", "which vehicles"),
    # Names that look like a part of msgspec's own message.
    ({"a.b[0] - at `$.free`": 1}, '$["a.b[0] - at `$.free`"]', "take it out"),
    ({"free": {"minutes` - at `$.x": 1}}, '$.free["minutes` - at `$.x"]', "known here are minutes"),
    ({"free": {"": 1}}, '$.free[""]', "take it out"),
    ({"source": "a\u0000b"}, "$.source", "control character"),
    ({"code": "car_park\n"}, "$.code", "control character"),
    # Codes and references.
    ({"supersedes": "car_park"}, "$.supersedes", "supersedes itself"),
    (bands(lambda b: b[1].update(code="day")), "$.bands[1].code", "stands twice in bands"),
    ({"quotas": [{"code": "q", "who": {}, "minutes": 60, **NAMES}] * 2}, "$.quotas[1].code", "twice in quotas"),
    ({"classes": [LARGE, LARGE]}, "$.classes[1].code", "twice in classes"),
    (days({"code": "weekend"}), "$.days[0].code", "already"),
    (days({"code": "qingming"}, calendar="CN"), "$.days[0].code", "already"),
    (bands(lambda b: b[0]["hours"][0].update(days="weekand")), "$.bands[0].hours[0].days", "write weekend"),
    (cap(bands=["dusk"]), "$.caps[0].bands[0]", "known are day, night"),
    ({"crossing": {"short_price": "dusk"}}, "$.crossing.short_price", "known are first, last, day, night"),
    ({"classes": [{**LARGE, "prices": {"dusk": [HOUR]}}]}, "$.classes[0].prices.dusk", "no band"),
    ({"classes": [{**LARGE, "caps": {"top": 5}}]}, "$.classes[0].caps.top", "no cap"),
    (days({"code": "a", "name_zh": "长" * 200}), "$.days[0].name_zh", "length <= 128"),
    (days({"code": "a", "name_zh": "甲"}), "$.days[0].name_en", "name_en as well"),
    (days({"code": "a", "name_en": "A"}), "$.days[0].name_zh", "name_zh as well"),
    (days({"code": "a", "name": "A"}), "$.days[0].name", "unknown field `name`: write name_zh"),
    (days({"code": "a", "except": ["b"]}), "$.days[0].except[0]", 'no set of days "b"'),
    (days({"code": "a", "except": ["a"]}), "$.days[0].except", "circle"),
    (
        days({"code": "z"}, {"code": "a", "except": ["b"]}, {"code": "b", "except": ["a", "z"]}),
        "$.days[1].except",
        "circle",
    ),
    (days({"code": "a", "holidays": ["qingming"]}), "$.days[0].holidays[0]", 'calendar = "CN"'),
    (days({"code": "a", "holidays": ["easter"]}, calendar="CN"), "$.days[0].holidays[0]", "spring_festival"),
    # Days.
    (days({"code": "a", "seasons": [{"from": "02-30", "to": "03-01"}]}), "$.days[0].seasons[0].from", "exists"),
    (days({"code": "a", "seasons": [{"from": "3-1", "to": "03-01"}]}), "$.days[0].seasons[0].from", '"03-15"'),
    (days({"code": "a", "dates": [{"from": "2025-02-29", "to": "2025-03-01"}]}), "$.days[0].dates[0].from", "exists"),
    (days({"code": "a", "dates": [{"from": "2025-03-02", "to": "2025-03-01"}]}), "$.days[0].dates[0].to", "before"),
    (days({"code": "a", "dates": [{"from": "0206-01-01", "to": "2026-03-01"}]}), "$.days[0].dates[0].from", "year"),
    # Hours and bands.
    (bands(lambda b: b[0]["hours"][0].update({"from": "20:00"})), "$.bands[0].hours[0].to", "no time at all"),
    (bands(lambda b: b[0]["hours"].append({"to": "00:00"})), "$.bands[0].hours[1].to", 'to = "24:00"'),
    (bands(lambda b: b[0]["hours"][0].update({"from": "24:00"})), "$.bands[0].hours[0].from", "begins at 24:00"),
    (bands(lambda b: b[0].update(hours=[{}] * 300)), "$.bands[0].hours", "more than 256"),
    (bands(lambda b: b[0].update(hours=[])), "$.bands[0].hours", "otherwise = true"),
    (bands(lambda b: b[0].update(otherwise=True)), "$.bands[0].hours", "has hours as well"),
    (bands(lambda b: [each.update(otherwise=True, hours=[]) for each in b]), "$.bands[1].otherwise", "Only one band"),
    (bands(lambda b: b[1]["hours"][0].update({"from": "19:00"})), "$.bands[1].hours[0]", 'both "day" and "night"'),
    (bands(lambda b: b[1]["hours"][0].update({"from": "21:00"})), "$.bands", "from 20:00 to 21:00 no band holds"),
    (bands(lambda b: b.pop()), "$.bands", "from 00:00 to 08:00 no band holds"),
    (bands(lambda b: b[0]["hours"].append({"from": "09:00", "to": "10:00"})), "$.bands[0].hours[1]", "not overlap"),
    (bands(lambda b: b[1]["hours"][0].update({"days": "weekend"})), "$.bands", "no band holds"),
    (
        bands(lambda b: b[0].update(code="first")) | {"crossing": {"short_under_min": 60}},
        "$.crossing.short_price",
        "word",
    ),
    # Tiers.
    (tiers({"unit_fen": 5}, HOUR), "$.bands[0].tiers[0].for_min", "Only the last tier"),
    (tiers(HOUR | {"for_min": 60}), "$.bands[0].tiers[0].for_min", "without end"),
    (tiers(HOUR | {"for_min": 90}, HOUR), "$.bands[0].tiers[0].for_min", "write 60 or 120"),
    (tiers(HOUR | {"for_min": 40}, HOUR), "$.bands[0].tiers[0].for_min", "write 60"),
    (tiers({"unit_fen": 5}, part_unit="down"), "$.bands[0].tiers[0].unit_min", "whole units only"),
    (tiers({"unit_fen": 5}, part_unit="minutes"), "$.bands[0].tiers[0].unit_min", "part units by the minute"),
    (
        tiers(HOUR, part_unit="minutes") | {"classes": [{**LARGE, "prices": {"all": [{"unit_fen": 5}]}}]},
        "$.classes[0].prices.all[0].unit_min",
        "give it unit_min",
    ),
    (tiers(*[HOUR | {"for_min": 60}] * 25), "$.bands[0].tiers", "length <= 24"),
    ({"classes": [{**LARGE, "prices": {"day": [HOUR] * 25}}]}, "$.classes[0].prices.day", "25 tiers"),
    ({"classes": [{**LARGE, "prices": {"day": [HOUR, HOUR]}}]}, "$.classes[0].prices.day[0].for_min", "last tier"),
    # Caps, discounts, classes, the rest.
    (cap(per="window"), "$.caps[0].windows", "has none"),
    (cap(windows=[{}]), "$.caps[0].windows", 'per = "window"'),
    (cap(per="window", windows=[{"days": "never"}]), "$.caps[0].windows[0].days", "no set of days"),
    (cap(per="stay", memory="lot"), "$.caps[0].memory", "clock and the calendar"),
    (cap(who={"left": [{"days": "never"}]}), "$.caps[0].who.left[0].days", "no set of days"),
    (cap(who={"leaving": "first"}), "$.caps[0].who.leaving", "in which hours"),
    ({"day_begins": "24:00"}, "$.day_begins", 'write "00:00"'),
    ({"surcharges": [{"code": "s", **NAMES}]}, "$.surcharges[0].fen", "an amount or a share"),
    (
        {"surcharges": [{"code": "s", "fen": 1, "percent_milli": 1, **NAMES}]},
        "$.surcharges[0].fen",
        "an amount or a share",
    ),
    (
        {"surcharges": [{"code": "s", "percent_milli": 1, "per_bay": True, **NAMES}]},
        "$.surcharges[0].per_bay",
        "counts the bays already",
    ),
    (
        {"crossing": {"part_unit": "shared"}, **tiers({"unit_fen": 200})},
        "$.bands[0].tiers",
        "one of these has no length",
    ),
    (
        {"crossing": {"part_unit": "shared"}, **tiers({"unit_fen": 200, "unit_min": 60}, part_unit="down")},
        "$.bands[0].part_unit",
        "leaves part units out",
    ),
    (cap(days="weekand"), "$.caps[0].days", "write weekend"),
    (cap(days="qingming"), "$.caps[0].days", "no set of days"),
    (cap(entered=[{"from": "6:00", "to": "09:30"}]), "$.caps[0].entered[0].from", 'write "06:00"'),
    (cap(entered=[{"from": "09:30", "to": "09:30"}]), "$.caps[0].entered[0].to", "no time at all"),
    (cap(entered=[{"days": "mondays"}]), "$.caps[0].entered[0].days", 'no set of days "mondays"'),
    (cap(left=[{}, {"from": "24:00", "to": "01:00"}]), "$.caps[0].left[1].from", "begins at 24:00"),
    (cap(left=[{"days": "sunday"}]), "$.caps[0].left[0].days", 'no set of days "sunday"'),
    (cap(left=[{}] * 300), "$.caps[0].left", "more than 256"),
    (cap(per="stay", times_max=1), "$.caps[0].times_max", "take times_max out"),
    (cap(times_max=-1), "$.caps[0].times_max", ">= 0 (-1)"),
    (cap(who={"at_least": {"seats": 9}, "at_most": {"seats": 7}}), "$.caps[0].who.at_most.seats", "No vehicle"),
    (cap(who={"kinds": ["bike"]}), "$.caps[0].who.kinds[0]", "motorcycle"),
    (cap(fen=-1), "$.caps[0].fen", "what is taken off stands under discounts"),
    (discount(), "$.discounts[0].percent", "how much"),
    (discount(percent=20, fen=100), "$.discounts[0].fen", 'kind = "amount"'),
    (discount(kind="minutes", minutes=60, stage="before_caps"), "$.discounts[0].stage", "take stage out"),
    (
        tiers({"unit_fen": 25}) | {"classes": [{**LARGE, "percent": 50}]},
        "$.classes[0].percent",
        "50 percent of 25 fen",
    ),
    (cap(fen=25) | {"classes": [{**LARGE, "percent": 50}]}, "$.classes[0].percent", '50 percent of 25 fen (cap "top")'),
    ({"quotas": [{"code": "q", "who": {}, "minutes": 0, **NAMES}]}, "$.quotas[0].minutes", ">= 1 (0)"),
    ({"free": {"uses_max": 3}}, "$.free.minutes", "has no minutes"),
    ({"classes": [{**LARGE, "free": {"uses_max": 3}}]}, "$.classes[0].free.minutes", "has no minutes"),
    ({"minimum_fen": 300, "promises": {"day_fen_max": 200}}, "$.promises.day_fen_max", "at least 300"),
    (
        {"classes": [{**LARGE, "who": {"at_least": {"seats": 9}, "at_most": {"seats": 7}}}]},
        "$.classes[0].who.at_most.seats",
        "at least 9 and at most 7",
    ),
]


@pytest.mark.parametrize(("fields", "path", "words"), REFUSED, ids=[f"{path} {words}" for _, path, words in REFUSED])
def test_what_cannot_be_priced_by_is_refused_with_place_and_advice(fields: Any, path: str, words: str) -> None:
    with pytest.raises(TariffUnclear) as refused:
        read(**fields)
    assert refused.value.facts["path"] == path
    assert words in str(refused.value)
    assert str(refused.value).endswith(f": {refused.value.facts['advice']}.")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("Asia/Shangai", '"Asia/Shanghai"'),
        ("Shanghai", "Asia/Shanghai"),
        ("Asia/Beijing", 'write "Asia/Shanghai".'),
        ("UTC+8", 'write "Asia/Shanghai".'),
        ("../etc/passwd", "Asia/Shanghai"),
        ("right/Asia/Shanghai", "Asia/Shanghai"),
        ("localtime", "write"),
    ],
)
def test_an_unknown_time_zone_is_refused_with_the_nearest_name(name: str, near: str) -> None:
    with pytest.raises(UnknownTimeZone, match="No time zone") as refused:
        read(time_zone=name)
    assert refused.value.facts["path"] == "$.time_zone"
    assert refused.value.facts["time_zone"] == name
    assert near in str(refused.value)


def test_a_missing_zone_is_asked_for() -> None:
    without = {key: value for key, value in CAR_PARK.items() if key != "time_zone"}
    with pytest.raises(TariffUnclear, match=r'say the time zone, e\.g\. time_zone = "Asia/Shanghai"') as refused:
        parsing.from_json(json.dumps(without).encode())
    assert refused.value.facts["path"] == "$.time_zone"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{\n"code": ,}', "line 2, column 9"),
        (b"{", "no JSON"),
        (b"[]", "got `array`: write a table of fields"),
        (b"null", "got `null`: write a table of fields"),
        (b'"car park"', "table of fields"),
        (b'{"code": "a", "code": "b"}', "twice"),
        (b"[" * 60_000, "nested too deeply"),
        (b"9" * 5_000, "no JSON"),
        (b" " * (DOCUMENT_BYTES_MAX + 1), "may have 65536"),
        (b'{"code": "\\ud800"}', "control character"),
        (b'{"minimum_fen": ' + b"9" * 4_000 + b"}", "far too large"),
        (b'{"minimum_fen": -' + b"9" * 30 + b"}", "far too large"),
    ],
)
def test_what_is_no_document_is_refused(written: bytes, words: str) -> None:
    with pytest.raises(TariffUnclear, match=r"\.$") as refused:
        parsing.from_json(written)
    assert words in str(refused.value)
    assert refused.value.facts["advice"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (b"code = ", "no TOML"),
        (b'code = "a"\ncode = 8:00', "line 2"),
        (b'code = "a"\ncode = "b"', "no TOML"),
        (b"\xff", "not UTF-8"),
        (b"a = " + b"[" * 60_000, "nested too deeply"),
        (b"code = 2026-10-01", "(2026-10-01): put it in quotes"),
        # The parser takes the square of the length of a name, and no time at all for a number of any length.
        (b"a." * 30_000 + b"a = 1", "more than 40 dots in line 1"),
        (b'code = "a"\n[' + b'"a" . ' * 9_000 + b"a]", "more than 40 dots in line 2"),
        (b"minimum_fen = 0x" + b"f" * 60_000, "far too large"),
    ],
)
def test_what_is_no_toml_is_refused(written: bytes, words: str) -> None:
    with pytest.raises(TariffUnclear) as refused:
        parsing.from_toml(written)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (fields.Clock, "08:00"),
        (fields.MonthDay, "10-01"),
        (fields.IsoDate, "2026-10-01"),
        (fields.Code, "day"),
        (Tariff.__annotations__["currency"], "CNY"),
    ],
    ids=["clock", "day", "date", "code", "currency"],
)
def test_a_pattern_fits_the_whole_text(kind: Any, text: str) -> None:
    assert msgspec.convert(text, kind) == text
    for longer in (f"{text}\n", f"{text}\n{text}", f"\n{text}"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(longer, kind)


def test_a_long_value_does_not_make_a_long_sentence() -> None:
    with pytest.raises(TariffUnclear) as refused:
        read(grade="x" * 10_000, **{"k" * 10_000: 1})
    assert len(str(refused.value)) < 1_000
    assert len(str(refused.value.facts["path"])) < 100


SOUND: list[dict[str, Any]] = [
    {},
    tiers(),
    tiers({"unit_fen": 500}),
    tiers(HOUR | {"for_min": 120}, {"unit_fen": 100, "unit_min": 30, "for_min": 90}, {"unit_fen": 1000}),
    bands(lambda b: b[1].update(otherwise=True, hours=[])),
    bands(lambda b: b[1].update(hours=[{"from": "20:00", "to": "00:00"}, {"to": "08:00"}])),
    days({"code": "leap", "seasons": [{"from": "02-29", "to": "02-29"}]}),
    cap(per="window", windows=[{"from": "18:00", "to": "08:00"}]),
    cap(per="cycle", hours=12, memory="operator"),
    cap(who={"kinds": ["motorcycle"]}, days="weekend", times_max=2),
    cap(
        per="stay", days="workday", entered=[{"from": "06:00", "to": "09:30"}], left=[{"from": "22:00", "to": "02:00"}]
    ),
    cap(per="window", windows=[{}], entered=[{"days": "workday"}], times_max=1),
    tiers(HOUR, daily=True, part_unit="minutes", tolerance_min=5),
    days({"code": "busy", "name_zh": "旺日", "name_en": "Busy days", "weekdays": ["sat"]}),
    discount(kind="minutes", minutes=60, minutes_as="worth"),
    {"classes": [{**LARGE, "percent": 150, "prices": {"day": []}}]},
    tiers({"unit_fen": 25}) | {"classes": [{**LARGE, "percent": 50, "prices": {"all": [HOUR]}}]},
    {"crossing": {"short_under_min": 60, "short_price": "night"}, "charging": {}, "supersedes": "old"},
]


@pytest.mark.parametrize("fields", SOUND, ids=range(len(SOUND)))
def test_what_is_read_is_written_and_read_again_alike(fields: dict[str, Any]) -> None:
    tariff = read(**fields)
    kept = parsing.to_json(tariff)
    assert parsing.from_json(kept) == tariff
    assert parsing.to_json(parsing.from_json(kept)) == kept


def test_what_is_written_leaves_defaults_out_and_follows_the_order_of_the_language() -> None:
    tariff = read(free={"minutes": 30, "inclusive": True}, currency="CNY", seconds="drop", name_zh="停车场")
    kept = json.loads(parsing.to_json(tariff))
    assert list(kept) == ["code", "name_zh", "name_en", "time_zone", "bands", "free"]
    assert kept["free"] == {"minutes": 30}
    assert kept["bands"] == CAR_PARK["bands"]


def test_toml_and_json_say_the_same() -> None:
    toml = """
        code = "car_park"
        name_zh = "停车场"
        name_en = "Car park"
        time_zone = "Asia/Shanghai"
        [[bands]]
        code = "day"
        name_zh = "白天"
        name_en = "Day"
        hours = [{ from = "08:00", to = "20:00" }]
        tiers = [{ unit_fen = 200, unit_min = 60 }]
        [[bands]]
        code = "night"
        name_zh = "夜间"
        name_en = "Night"
        hours = [{ from = "20:00", to = "08:00" }]
        tiers = [{ unit_fen = 200, unit_min = 60 }]
    """
    assert parsing.from_toml(toml.encode()) == read()
    # An editor may put a mark in front.
    assert parsing.from_toml(b"\xef\xbb\xbf" + toml.encode()) == read()


def test_succession_has_no_circle() -> None:
    def chain(*pairs: tuple[str, str | None]) -> dict[str, Tariff]:
        return {code: read(code=code, supersedes=before) for code, before in pairs}

    parsing.check_succession({})
    parsing.check_succession(chain(("c", "b"), ("b", "a"), ("a", None)))
    # What is not among the documents ends a chain; one price may be followed by two.
    parsing.check_succession(chain(("c", "a"), ("b", "a"), ("a", "long_ago")))
    with pytest.raises(TariffUnclear, match="a → c → b → a") as refused:
        parsing.check_succession(chain(("d", None), ("a", "c"), ("b", "a"), ("c", "b")))
    assert refused.value.facts["path"] == "$.supersedes"
