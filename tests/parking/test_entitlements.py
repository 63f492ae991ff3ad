"""What a vehicle has by its plate and by what is registered of it, and for which stays that holds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from parking import entitlements, fees, tariffs
from parking.entitlements import NOTHING, ExemptVehicle, NewVehicle, Reach, Rights, RightTooOld, RightUnfit
from parking.lots import Lot, LotKind
from parking.plates import PlateColor, VehicleClass
from parking.prices import TariffInForce
from parking.stays import State, Stay
from tests.conftest import NOW
from tests.parking.rights import HOURLY

HOUR = timedelta(hours=1)
LOT = Lot(1, "a", 7, "op", "", "", "", "", "", LotKind.MALL, 10, 0, 0, "Asia/Shanghai")
PLATE = ("鲁A12345", PlateColor.BLUE)


def row(**said: Any) -> ExemptVehicle:
    """A vehicle that is registered in the city for the last hour and from then on."""
    reach = said.pop("reach", Reach())
    about: dict[str, Any] = {"tags": ("ambulance",), "valid_from": NOW - HOUR, **said}
    return entitlements.registered(NewVehicle(PLATE[0], "x", **about), reach, platform=1, by="li", now=NOW)


def stay(came: timedelta, left: timedelta) -> Stay:
    return Stay(
        1, UUID(int=1), *PLATE, VehicleClass.SMALL, State.CLOSED, NOW + came, NOW + left, 1, 2, None, None,
    )  # fmt: skip


def held(of: Stay, *rows: ExemptVehicle, lot: Lot = LOT) -> Rights:
    tags, facts = entitlements.registered_of(of, lot, {PLATE: rows})
    return Rights(tags=tags, facts=facts)


@pytest.mark.parametrize(
    ("plate", "tags"),
    [
        ("鲁A1234警", {"police"}),
        ("WJ鲁1234A", {"armed_police", "military"}),
        ("VA12345", {"military"}),
        ("鲁A1234应急", {"emergency", "fire", "rescue"}),
        ("使123456", {"diplomatic", "embassy"}),
        ("沪A1234领", {"diplomatic", "consulate"}),
        ("粤Z1234港", {"hk_macau"}),
        ("鲁A1234学", {"coach"}),
        ("鲁A1234挂", {"trailer"}),
        ("临鲁A12345", {"temporary"}),
        ("鲁A12345", set()),
        ("鲁AD12345", set()),
    ],
)
def test_the_form_of_a_plate_tells_who_drives(plate: str, tags: set[str]) -> None:
    assert entitlements.tags_of(plate) == tags
    assert fees.vehicle_of(plate, PlateColor.UNKNOWN, VehicleClass.SMALL).tags == tags


def test_what_is_registered_holds_for_a_stay_that_it_touches() -> None:
    until = row(valid_until=NOW + HOUR)
    assert held(stay(-3 * HOUR, -2 * HOUR), until) == NOTHING
    assert held(stay(-3 * HOUR, -HOUR), until).tags == ("ambulance",)
    assert held(stay(HOUR - timedelta(seconds=1), 3 * HOUR), until).tags == ("ambulance",)
    assert held(stay(HOUR, 3 * HOUR), until) == NOTHING


def test_it_holds_where_it_reaches() -> None:
    here = stay(-HOUR, HOUR)
    assert held(here, row(reach=Reach(7))).tags
    assert held(here, row(reach=Reach(7, 1))).tags
    assert held(here, row(reach=Reach(8))) == NOTHING
    assert held(here, row(reach=Reach(7, 2))) == NOTHING


def test_what_was_registered_last_counts() -> None:
    older = row(tags=(), facts={"seats": 5, "bays": 2})
    newer = structs.replace(row(tags=(), facts={"seats": 45}), added_at=NOW + HOUR)
    rights = held(stay(-HOUR, HOUR), newer, older)
    assert (rights.facts, rights.bays) == ({"seats": 45, "bays": 2}, 2)


def test_the_same_again_is_the_same_row() -> None:
    assert row().id == row().id
    assert len({row().id, row(tags=("fire",)).id, row(reach=Reach(7)).id, row(valid_from=NOW).id}) == 4


def test_what_is_refused_says_its_field() -> None:
    for said, wrong, field in (
        ({"tags": ()}, RightUnfit, "tags"),
        ({"facts": {"bays": 0}}, RightUnfit, "facts.bays"),
        ({"valid_until": NOW - HOUR}, RightUnfit, "valid_until"),
        ({"valid_from": NOW - timedelta(days=36)}, RightTooOld, "valid_from"),
    ):
        with pytest.raises(wrong) as refused:
            row(**said)
        assert refused.value.facts["field"] == field
    with pytest.raises(RightUnfit):
        entitlements.identified("no plate", PlateColor.BLUE)


def test_bays_are_paid_for() -> None:
    rules = '[[classes]]\ncode = "wide"\nname_zh = "宽"\nname_en = "Wide"\nwho = {}\nper_bay = true\n'
    text = tariffs.from_toml((HOURLY.format(code="bays") + rules).encode())
    price = TariffInForce(NOW - HOUR, 1, text, tariffs.Compiled(text))
    bill = fees.bill(stay(HOUR, 3 * HOUR), [price], (), (), Rights(facts={"bays": 2}))
    assert bill.fee_fen == 800
