"""What lots offer: which documents are taken, and what they mean for a search."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from parking import bays, facilities, hours, searches
from parking.bays import Bay
from parking.facilities import Facilities, SpaceKind, Spaces
from parking.hours import Opening
from parking.lots import Lot, LotKind
from parking.positions import Point
from parking.searches import Search
from payments.errors import OneLotError

PLACE = Point(36.6665, 117.0235)
LOT = Lot(1, "a", 1001, "op", "甲", "A", "历下区", "Lixia", "", LotKind.GARAGE, 100, PLACE.longitude, PLACE.latitude,
          "Asia/Shanghai")  # fmt: skip
# A Monday, ten in the morning in Jinan.
NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
WHOLE: dict[str, Any] = {
    "spaces": [
        {"kind": "ev", "count": 10, "connector": "gbt_dc", "power_kw": 60},
        {"kind": "ev", "count": 4, "connector": "gbt_ac", "power_kw": 7},
        {"kind": "disabled", "count": 2},
        {"kind": "standard", "count": 84},
    ],
    "height_max_cm": 210,
    "width_max_cm": 250,
    "length_max_cm": 600,
    "weight_max_kg": 3500,
    "opening_hours": "Mo-Fr 07:00-22:00; Sa,Su 08:00-20:00",
    "entrances": [
        {"name_zh": "北门", "name_en": "North", "latitude": 36.667, "longitude": 117.0235, "pedestrians": True}
    ],
    "address_en": "180 Quancheng Road",
    "pictures": [{"ref": "https://pictures.example/a.jpg", "caption_zh": "入口", "caption_en": "The way in"}],
    "phone": "0531-12345",
    "income": "fiscal",
    "payment_methods": ["wechat", "cash"],
}


def read(**changes: Any) -> Facilities:
    return facilities.decode(msgspec.json.encode({**WHOLE, **changes}).decode())


def test_a_document_is_read_and_written_the_same() -> None:
    said = read()
    facilities.check(said, capacity=100, place=PLACE)
    assert facilities.decode(msgspec.json.encode(said).decode()) == said
    assert [facilities.count(said, kind) for kind in (SpaceKind.EV, SpaceKind.DISABLED, SpaceKind.BUS)] == [14, 2, 0]
    assert facilities.count(None, SpaceKind.EV) == 0


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"spaces": [{"kind": "disabled", "count": 1, "power_kw": 7}]}, "$.spaces[0]"),
        ({"spaces": [{"kind": "ev", "count": 0}]}, "$.spaces[0].count"),
        ({"spaces": [{"kind": "ev", "count": 1, "power_kw": 0}]}, "$.spaces[0].power_kw"),
        ({"spaces": [{"kind": "bus", "count": 1}] * 33}, "$.spaces"),
        ({"height_max_cm": 2.1}, "$.height_max_cm"),
        ({"height_max_cm": 2}, "$.height_max_cm"),
        ({"weight_max_kg": 0}, "$.weight_max_kg"),
        ({"opening_hours": ""}, "$.opening_hours"),
        ({"entrances": [{**WHOLE["entrances"][0], "vehicles": False, "pedestrians": False}]}, "$.entrances[0]"),
        ({"entrances": [{**WHOLE["entrances"][0], "latitude": 117.0}]}, "$.entrances[0].latitude"),
        ({"pictures": [{"ref": "http://pictures.example/a.jpg"}]}, "$.pictures[0].ref"),
        ({"pictures": [{"ref": "javascript:alert(1)"}]}, "$.pictures[0].ref"),
        ({"pictures": [{"ref": "lots/../secret"}]}, "$.pictures[0].ref"),
        ({"phone": "call us"}, "$.phone"),
        ({"income": "mixed"}, "$.income"),
        ({"payment_methods": ["WeChat"]}, "$.payment_methods[0]"),
        ({"sauna": True}, "sauna"),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        read(**changes)
    assert path in str(refused.value)


@pytest.mark.parametrize("ref", ["https://pictures.example/a.jpg?size=2", "lots/jn-1/entrance.jpg"])
def test_pictures_are_addresses_or_keys(ref: str) -> None:
    assert read(pictures=[{"ref": ref}]).pictures[0].ref == ref


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"spaces": [{"kind": "standard", "count": 98}, {"kind": "bus", "count": 3}]},
         facilities.MoreSpacesThanCapacity, "spaces"),
        ({"entrances": [WHOLE["entrances"][0], {**WHOLE["entrances"][0], "latitude": 36.72}]},
         facilities.EntranceFarAway, "entrances[1]"),
        ({"opening_hours": "from dawn to dusk"}, hours.HoursUnclear, "opening_hours"),
        ({"opening_hours": "Mo-Fr 25:00-26:00"}, hours.HoursUnclear, "opening_hours"),
        ({"opening_hours": "06:00-23:00; PH off"}, hours.HoursUnclear, "opening_hours"),
        ({"opening_hours": "sunrise-sunset"}, hours.HoursUnclear, "opening_hours"),
    ],
)  # fmt: skip
def test_what_cannot_be_true_of_the_lot_is_refused(
    changes: dict[str, Any], error: type[OneLotError], field: str
) -> None:
    with pytest.raises(error) as refused:
        facilities.check(read(**changes), capacity=100, place=PLACE)
    assert refused.value.facts["field"] == field


def test_fewer_spaces_than_there_are_may_be_told_of() -> None:
    facilities.check_spaces([Spaces(SpaceKind.EV, 100)], 100)
    facilities.check_spaces([], 1)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        # By the lot's clock: 10:00 on Monday there.
        ("06:00-23:00", "2026-11-16T02:00Z", Opening(True, datetime(2026, 11, 16, 15, 0, tzinfo=UTC))),
        ("06:00-23:00", "2026-11-16T15:00Z", Opening(False, datetime(2026, 11, 16, 22, 0, tzinfo=UTC))),
        ("22:00-06:00", "2026-11-15T21:59Z", Opening(True, datetime(2026, 11, 15, 22, 0, tzinfo=UTC))),
        ("Mo-Fr 07:00-22:00; Sa,Su 08:00-20:00", "2026-11-15T12:30Z",
         Opening(False, datetime(2026, 11, 15, 23, 0, tzinfo=UTC))),
        ("24/7", "2026-11-16T02:00Z", Opening(True, None)),
        ("06:00-23:00; Feb 17-19 off", "2027-02-17T02:00Z", Opening(False, datetime(2027, 2, 19, 22, 0, tzinfo=UTC))),
        ('Mo-Fr 08:00-18:00 unknown "ask at the booth"', "2026-11-16T02:00Z",
         Opening(None, datetime(2026, 11, 16, 10, 0, tzinfo=UTC))),
        ("2020 Mo 10:00-11:00", "2026-11-16T02:00Z", Opening(False, None)),
    ],
)  # fmt: skip
def test_hours_are_by_the_clock_of_the_lot(text: str, at: str, expected: Opening) -> None:
    hours.check(text)
    instant = datetime.fromisoformat(at)
    said = Facilities(opening_hours=text)
    assert facilities.opening(said, LOT, instant) == expected
    assert facilities.is_open(said, LOT, instant) is expected.is_open


def test_who_says_no_hours_is_neither_open_nor_closed() -> None:
    assert facilities.opening(Facilities(), LOT, NOW) == Opening(None, None)
    assert facilities.is_open(None, LOT, NOW) is None


def test_what_changed_is_told_before_and_after() -> None:
    before, after = read(), read(phone=None, height_max_cm=220)
    assert facilities.changed(before, before) == {}
    assert facilities.changed(before, after) == {
        "phone": {"before": "0531-12345", "after": None},
        "height_max_cm": {"before": 210, "after": 220},
    }


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (Search(), "abc"),
        (Search(ev=True), "a"),
        (Search(disabled=True), "a"),
        (Search(height_cm=210), "abc"),
        # Who says no limit has none.
        (Search(height_cm=211), "bc"),
        (Search(open_at=datetime(2026, 11, 16, 3, 0, tzinfo=UTC)), "abc"),
        (Search(open_at=datetime(2026, 11, 16, 14, 0, tzinfo=UTC)), "bc"),
        (Search(ev=True, open_at=datetime(2026, 11, 16, 14, 0, tzinfo=UTC)), ""),
    ],
)
def test_lots_are_found_by_what_they_offer(search: Search, found: str) -> None:
    lots = [msgspec.structs.replace(LOT, id=number, code=code) for number, code in enumerate("abc", 1)]
    offered = {1: read(), 2: Facilities(opening_hours="24/7")}
    assert "".join(place.lot.code for place in searches.find(lots, search, offered)) == found


# -- bays


def test_bays_of_a_list_are_each_there_once() -> None:
    bays.check([Bay("A-1", "s1"), Bay("A-2"), Bay("A-3")], capacity=3)
    for wrong, error in (
        ([Bay("A-1"), Bay("A-1")], bays.BayTwice),
        ([Bay("A-1", "s1"), Bay("A-2", "s1")], bays.BayTwice),
        ([Bay(f"A-{number}") for number in range(4)], bays.MoreBaysThanCapacity),
    ):
        with pytest.raises(error):
            bays.check(wrong, capacity=3)


def test_what_changed_of_bays_is_told() -> None:
    before = [Bay("1", "s1"), Bay("2", "s2"), Bay("3")]
    after = [Bay("1", "s1"), Bay("2", "s9"), Bay("4")]
    assert bays.changed(before, before) == {}
    assert bays.changed(before, after) == {
        "before": {"2": "s2", "3": None},
        "after": {"2": "s9", "4": None},
    }
