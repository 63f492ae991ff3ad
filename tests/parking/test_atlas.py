"""The squares of the map: whoever looks at some of them finds what is found in all lots."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import searches
from parking.atlas import Atlas
from parking.facilities import Entrance, Facilities
from parking.lots import Lot, LotKind
from parking.places import Place, PlaceKind
from parking.positions import Box, Point
from parking.searches import LotFound, Search, Sort

LOT = Lot(1, "a", 1, "o", "甲停车场", "Lot A", "历下区", "Lixia", "", LotKind.ROAD, 50, 117.0, 36.6, "Asia/Shanghai")


def lots(*places: tuple[float, float]) -> list[Lot]:
    return [
        msgspec.structs.replace(LOT, id=n, code=f"lot-{n}", latitude=latitude, longitude=longitude)
        for n, (latitude, longitude) in enumerate(places, 1)
    ]


points = st.tuples(st.floats(36.0, 37.2), st.floats(116.2, 117.8))
anywhere = st.tuples(st.floats(-89.9, 89.9), st.floats(-180, 180))


@given(st.lists(points | anywhere, max_size=30), points | anywhere, st.integers(1, 50_000))
def test_what_is_near_is_found_in_the_squares_around(
    places: list[tuple[float, float]], middle: tuple[float, float], radius_m: int
) -> None:
    city = lots(*places)
    search = Search(near=Point(*middle), radius_m=radius_m)
    atlas = Atlas(city)
    assert searches.find(atlas.candidates(search), search, {}) == searches.find(city, search, {})
    assert atlas.lots_of(search) == {each.lot.id for each in searches.find(city, search, {})}


@given(st.lists(points, max_size=30), points, st.floats(0, 1), st.floats(0, 1))
def test_what_is_in_a_box_is_found_in_its_squares(
    places: list[tuple[float, float]], corner: tuple[float, float], up: float, across: float
) -> None:
    city = lots(*places)
    search = Search(box=Box(corner[1], corner[0], corner[1] + across, corner[0] + up))
    assert {each.lot.id for each in searches.find(Atlas(city).candidates(search), search, {})} == {
        each.lot.id for each in searches.find(city, search, {})
    }


def test_few_squares_are_looked_at() -> None:
    city = lots(*((36 + n / 100, 117) for n in range(100)))
    assert len(Atlas(city).candidates(Search(near=Point(36.5, 117), radius_m=2000))) < 10


def test_words_that_name_a_place_are_looked_for_around_it() -> None:
    spring = Place("spring", PlaceKind.SIGHT, "趵突泉", "Baotu Spring", 117.0, 36.6)
    near, far = lots((36.601, 117.0), (36.9, 117.0))
    far = msgspec.structs.replace(far, name_zh="趵突泉分场")
    atlas = Atlas([near, far], [spring])
    search, place = atlas.meant(Search(words="btq"), 2000)
    assert place == spring
    found = searches.find(atlas.candidates(search), search, {})
    assert [(each.lot, each.distance_m) for each in found] == [(near, 111), (far, 33_359)]
    # Who says where they are looks there for what has the words.
    search, place = atlas.meant(Search(words="btq", near=Point(36.9, 117.0), radius_m=2000), 2000)
    assert (place, [each.lot for each in searches.find(atlas.candidates(search), search, {})]) == (None, [far])


def test_where_most_spaces_are_most_people_go() -> None:
    here, there = lots((36.6, 117.0), (36.9, 117.0))
    there = msgspec.structs.replace(there, capacity=51)
    kinds = {"a": PlaceKind.SIGHT, "b": PlaceKind.SIGHT, "c": PlaceKind.STATION}
    at = {"a": 36.6, "b": 36.9, "c": 36.0}
    places = [Place(code, kind, code, code, 117.0, at[code]) for code, kind in kinds.items()]
    assert [place.code for place in Atlas([here, there], places).busiest(5)] == ["b", "c"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [(Sort.FEE, "bcad"), (Sort.FREE, "dbac"), (Sort.DISTANCE, "abcd"), (Sort.WALK, "dcba")],
)
def test_lots_come_in_the_order_that_is_asked_for(sort: Sort, expected: str) -> None:
    fees = {"a": 300, "b": 100, "c": 100, "d": None}
    free = {"a": 1, "b": 2, "c": None, "d": 9}
    found = [
        LotFound(msgspec.structs.replace(LOT, code=code), at * 100, 900 - at * 100) for at, code in enumerate("abcd")
    ]
    order = searches.ordered(found, sort, lambda lot: fees[lot.code], lambda lot: free[lot.code])
    assert "".join(each.lot.code for each in order) == expected


def test_one_walks_from_the_way_out_that_is_for_people() -> None:
    offered = Facilities(
        entrances=(
            Entrance("车道", "Cars", 36.6, 117.0),
            Entrance("楼梯", "Stairs", 36.604, 117.0, vehicles=False, pedestrians=True),
        )
    )
    search = Search(near=Point(36.605, 117.0), radius_m=2000)
    (found,) = searches.find([LOT], search, {1: offered})
    assert (found.distance_m, found.walk_m, found.walk_min) == (556, 111, 2)
    (found,) = searches.find([LOT], search, {})
    assert (found.walk_m, found.walk_min) == (556, 10)
