"""Where lots may lie, and in which field a plan says something else than is registered."""

from typing import Any

import pytest
from msgspec import structs

from parking.lots import Direction, LanePlan, difference
from parking.positions import Box, OutsideTheCity, check_position
from parking.settings import BadSetting, Settings, read
from seeds.city.jinan import CITY_BOX, jinan
from seeds.city.network import lot_plan

CITY = Settings(city_box=CITY_BOX).city


@pytest.mark.parametrize(
    ("longitude", "latitude", "city", "says"),
    [
        (117.02, 36.67,  CITY, None),
        (117.02, 36.67,  None, None),
        (-0.12,  51.5,   None, None),
        (-0.12,  51.5,   CITY, "outside of the city"),
        (117.02, 3.667,  CITY, "outside of the city"),
        # Swapped: no latitude at all, or one that would lie there the other way round.
        (36.67,  117.02, CITY, "say longitude 117.02 and latitude 36.67"),
        (36.67,  117.02, None, "say longitude 117.02 and latitude 36.67"),
        (51.5,   -0.12,  Box(-1, 51, 1, 52), "say longitude -0.12 and latitude 51.5"),
        (117.02, 136.67, None, "-90 to 90"),
    ],
)  # fmt: skip
def test_where_a_lot_may_lie(longitude: float, latitude: float, city: Box | None, says: str | None) -> None:
    if says is None:
        check_position(longitude, latitude, city)
        return
    with pytest.raises(OutsideTheCity, match=says):
        check_position(longitude, latitude, city)


def test_the_lots_of_the_city_lie_in_its_box() -> None:
    for lot in jinan().lots:
        check_position(lot.plan.longitude, lot.plan.latitude, CITY)


@pytest.mark.parametrize("box", ["116,36,118", "a,b,c,d", "118,36,116,37", "116,37,118,36", "nan,1,2,3", "0,0,0,0"])
def test_a_box_is_a_rectangle(box: str) -> None:
    with pytest.raises(BadSetting, match="ONELOT_CITY_BOX"):
        read({"ONELOT_CITY_BOX": box})


PLAN = lot_plan("a", "jn-static")
OTHER_WAY = (LanePlan("a-in", "g1", Direction.EXIT), PLAN.lanes[1])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, None),
        ({"lanes": tuple(reversed(PLAN.lanes))}, None),
        ({"road_within_min": 20}, None),
        ({"road": "lishan"}, "road"),
        ({"name_zh": "甲"}, "name_zh"),
        ({"longitude": 117.03}, "longitude"),
        ({"lanes": OTHER_WAY}, "lanes"),
        ({"lanes": PLAN.lanes[:1]}, "lanes"),
        ({"gateway": "b-gw", "latitude": 36.0}, "latitude"),
    ],
)
def test_the_first_field_that_differs(changes: dict[str, Any], field: str | None) -> None:
    assert difference(PLAN, structs.replace(PLAN, **changes)) == field
