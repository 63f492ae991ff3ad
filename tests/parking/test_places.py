"""Which place somebody means who types: the seeded city's, which also says that they lie in the city."""

import pytest

from parking import places
from parking.positions import Box
from parking.settings import Settings
from seeds.city.jinan import CITY_BOX, jinan

PLACES = jinan().places


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("趵突泉", "baotu-spring"),
        ("btq", "baotu-spring"),
        ("baotuquan", "baotu-spring"),
        ("baotu", "baotu-spring"),
        ("火车站", "jinan-station"),
        ("hcz", "jinan-station"),
        ("山东大学", "sdu-central"),
        ("shanda", "sdu-central"),
        ("jichang", "airport"),
        ("千佛山", "qianfo-mountain"),
        ("qfsyy", "qianfoshan-hospital"),
        ("olympic", "olympic-centre"),
        ("museum", "shandong-museum"),
    ],
)
def test_the_likeliest_place_comes_first(asked: str, first: str) -> None:
    assert places.suggested(PLACES, asked)[0].code == first


@pytest.mark.parametrize("asked", ["", "   ", "zzz", "'", "趵突泉 火车站"])
def test_what_is_called_nothing_like_it_is_nothing(asked: str) -> None:
    assert places.suggested(PLACES, asked) == []
    assert places.best(PLACES, asked) is None


def test_words_name_a_place_only_by_its_beginning() -> None:
    assert places.best(PLACES, "大明湖") is not None
    assert places.suggested(PLACES, "医院")
    assert places.best(PLACES, "医院") is None


def test_so_many_are_suggested() -> None:
    assert len(places.suggested(PLACES, "j", 5)) == 5


def test_the_seeded_places_lie_in_the_city_and_have_codes_of_their_own() -> None:
    city = Settings(city_box=CITY_BOX).city
    assert isinstance(city, Box)
    assert [each.code for each in PLACES if not city.holds(each.longitude, each.latitude)] == []
    assert len({each.code for each in PLACES}) == len(PLACES)
