"""How two tariffs differ: places in their documents, and fees of typical stays."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs.comparison import Change, differences, price_differences, typical_stays
from parking.tariffs.engine.quote import Vehicle
from tests.parking.tariffs.documents import HOUR, LARGE, NAMES, bands, read

SHANGHAI = ZoneInfo("Asia/Shanghai")
TOP = {"code": "top", "fen": 500, "per": "day", **NAMES}
OFF = {"code": "off", "kind": "percent", "percent": 20, **NAMES}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({}, {}, []),
        ({"free": {"minutes": 0}}, {"seconds": "drop"}, []),
        ({}, {"free": {"minutes": 30}}, [("$.free.minutes", 0, 30)]),
        ({}, {"supersedes": "old"}, [("$.supersedes", None, "old")]),
        (
            {},
            bands(lambda b: b[1]["tiers"].__setitem__(0, HOUR | {"unit_fen": 300})),
            [("$.bands.night.tiers[0].unit_fen", 200, 300)],
        ),
        (
            {},
            bands(lambda b: b[0]["tiers"].insert(0, HOUR | {"for_min": 60})),
            [("$.bands.day.tiers[0].for_min", None, 60), ("$.bands.day.tiers[1]", None, HOUR)],
        ),
        (
            bands(lambda b: (b[0]["hours"][0].update(to="19:00"), b[1]["hours"][0].update({"from": "19:00"}))),
            {},
            [("$.bands.day.hours[0].to", "19:00", "20:00"), ("$.bands.night.hours[0].from", "19:00", "20:00")],
        ),
        # A band is found by its code; that the order is another one is said of the list.
        ({}, bands(lambda b: b.reverse()), [("$.bands", ["day", "night"], ["night", "day"])]),
        ({}, {"caps": [TOP]}, [("$.caps.top", None, TOP)]),
        (
            {"caps": [TOP]},
            {"caps": [{**TOP, "code": "most"}]},
            [("$.caps.top", TOP, None), ("$.caps.most", None, {**TOP, "code": "most"})],
        ),
        (
            {"classes": [LARGE]},
            {"classes": [{**LARGE, "who": {"kinds": ["large", "motorcycle"]}}]},
            [("$.classes.large.who.kinds", ["large"], ["large", "motorcycle"])],
        ),
        (
            {"classes": [LARGE]},
            {"classes": [{**LARGE, "prices": {"day": [HOUR]}}]},
            [("$.classes.large.prices.day", None, [HOUR])],
        ),
        ({}, {"charging": {"after_min": 15}}, [("$.charging", None, {"after_min": 15})]),
        ({"charging": {}}, {"charging": {"after_min": 15}}, [("$.charging.after_min", 0, 15)]),
    ],
)
def test_differences_of_documents(old: dict[str, Any], new: dict[str, Any], changes: list[tuple[Any, ...]]) -> None:
    assert differences(read(**old), read(**new)) == [Change(*change) for change in changes]


def test_differences_are_the_same_the_other_way_round() -> None:
    old, new = read(caps=[TOP], discounts=[OFF]), read(free={"minutes": 30}, caps=[TOP | {"fen": 600}])
    forth, back = differences(old, new), differences(new, old)
    assert len(forth) == 3
    assert {(each.path, each.before, each.after) for each in forth if each.path != "$.discounts.off"} == {
        (each.path, each.after, each.before) for each in back if each.path != "$.discounts.off"
    }


def test_typical_stays_are_local() -> None:
    stays = typical_stays(SHANGHAI)
    assert len(stays) == 4 * 13
    assert stays[0].entered_at == datetime(2025, 11, 18, 1, tzinfo=UTC)
    assert {stay.entered_at.astimezone(SHANGHAI).strftime("%a %H:%M") for stay in stays} == {
        "Tue 09:00",
        "Tue 18:30",
        "Tue 22:00",
        "Sat 12:00",
    }
    large = Vehicle(kind=VehicleClass.LARGE)
    assert {stay.vehicle.kind for stay in typical_stays(SHANGHAI, large)} == {VehicleClass.LARGE}


def test_differences_of_prices() -> None:
    old, new = tariffs.Compiled(read()), tariffs.Compiled(read(free={"minutes": 30}))
    stays = typical_stays(SHANGHAI)
    assert price_differences(old, old, stays) == []
    changed = price_differences(old, new, stays)
    # What costs another fee are the stays of up to half an hour, which cost nothing now.
    assert [(each.visit.left_at - each.visit.entered_at).seconds // 60 for each in changed] == [15, 30] * 4
    assert {(each.before_fen, each.after_fen) for each in changed} == {(200, 0)}
