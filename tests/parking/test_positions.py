"""Positions on Chinese maps, against values that other tools publish, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.positions import Crs, Point, distance_m, shown, stored

PLACE = Point(36.6665, 117.0235)


@pytest.mark.parametrize(
    ("place", "crs", "expected"),
    [
        # From the tests of EvilTransform: Shanghai, Shenzhen, Beijing.
        (Point(31.1774276, 121.5272106), Crs.GCJ02, Point(31.17530398364597, 121.531541859215)),
        (Point(22.543847, 113.912316), Crs.GCJ02, Point(22.540796131694766, 113.9171764808363)),
        (Point(39.911954, 116.377817), Crs.GCJ02, Point(39.91334545536069, 116.38404722455657)),
        # From those of coordtransform and geocraft: beside Tian'anmen.
        (Point(39.915, 116.404), Crs.GCJ02, Point(39.91640428150164, 116.41024449916938)),
        (Point(39.915, 116.404), Crs.BD09, Point(39.922699552216216, 116.41662724378733)),
    ],
)
def test_maps_of_china_show_a_place_beside_itself(place: Point, crs: Crs, expected: Point) -> None:
    there = shown(place, crs)
    assert (there.latitude, there.longitude) == pytest.approx((expected.latitude, expected.longitude), abs=2e-7)
    assert distance_m(place, there) > 400
    assert distance_m(place, stored(expected, crs)) == 0


@pytest.mark.parametrize("crs", list(Crs))
@pytest.mark.parametrize("place", [Point(37.7749, -122.4194), Point(-33.8688, 151.2093), Point(51.5, 0.0)])
def test_outside_of_china_a_place_is_where_it_is(place: Point, crs: Crs) -> None:
    assert shown(place, crs) == stored(place, crs) == place


def test_what_is_stored_is_shown_as_it_is() -> None:
    assert shown(PLACE, Crs.WGS84) is PLACE
    assert stored(PLACE, Crs.WGS84) is PLACE


@given(place=st.builds(Point, st.floats(4.0, 53.5), st.floats(73.5, 135.0)), crs=st.sampled_from([Crs.GCJ02, Crs.BD09]))
def test_the_way_back_leads_to_where_it_began(place: Point, crs: Crs) -> None:
    back = stored(shown(place, crs), crs)
    assert (back.latitude, back.longitude) == pytest.approx((place.latitude, place.longitude), abs=1e-7)


def test_distances_are_metres() -> None:
    assert distance_m(PLACE, Point(36.6765, 117.0235)) == pytest.approx(1112, abs=2)
