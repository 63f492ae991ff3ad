"""Stories of plates: colours that cameras get wrong, texts that are none, and what a driver types."""

from datetime import timedelta
from typing import Any

import pytest

from parking.flow import plates as flow
from parking.plates import LinkedPlate, PlateColor, PlateNotLinked, PlateRefused
from tests.conftest import NOW
from tests.district import District, event, facts, visit

MORNING = NOW - timedelta(hours=3)


@pytest.mark.parametrize(
    ("number", "came", "went"), [("a", "blue", "green"), ("b", "green", "blue"), ("c", "white", "unknown")]
)
async def test_a_green_plate_is_green_at_night_too(district: District, number: str, came: str, went: str) -> None:
    plate = f"鲁AD5432{ord(number) - 96}"
    await district.account(plate, color="green")
    await district.answer(event(f"{number}i", "entry", MORNING, plate, plate_color=came))
    left = await district.answer(event(f"{number}o", "exit", NOW, plate, plate_color=went))
    assert facts(left) == ("recorded", "open", 200, "will_be_charged", None)


async def test_a_black_plate_is_blue_by_day(district: District) -> None:
    came, went = visit("d", "鲁A55K66", MORNING, NOW)
    await district.answer({**came, "plate_color": "black"})
    assert facts(await district.answer(went)) == ("recorded", "hold", 600, "pay_at_gate", None)


@pytest.mark.parametrize(
    ("number", "plate", "came", "went"),
    [
        ("e", "AB1234", "white", "yellow"),
        ("f", "CD5678", "yellow", "yellow"),
        ("g", "EF9012", "white", "white"),
        ("h", "鲁A1234学", "yellow", "blue"),
    ],
)
async def test_yellow_behind_is_no_large_vehicle(
    district: District, number: str, plate: str, came: str, went: str
) -> None:
    entered, left = visit(number, plate, NOW - timedelta(minutes=95), NOW)
    await district.answer({**entered, "plate_color": came})
    answer = await district.answer({**left, "plate_color": went})
    assert (answer.fee_fen, answer.payment) == (400, "pay_at_gate")


@pytest.mark.parametrize("text", ["11111111", "22222222", "福A000000", "未识别车牌", "N/A", "无牌车12", "0", "XXXXXXX"])
async def test_two_cars_without_a_plate_are_two(district: District, text: str) -> None:
    first = await district.answer(event(f"{text}1", "entry", MORNING, text))
    second = await district.answer(event(f"{text}2", "entry", MORNING + timedelta(minutes=5), text))
    assert facts(first) == facts(second) == ("review", "hold", None, None, "no_plate")
    assert await district.count("select count(*) from open_stay where plate = $1", text) == 0


async def link(district: District, account_id: int, plate: str, color: PlateColor) -> LinkedPlate:
    async with district.pool.acquire() as db, db.transaction():
        return await flow.link_plate(
            db,
            account_id=account_id,
            plate=plate,
            plate_color=color,
            now=NOW,
            random_bits=district.random_bits,
            actor="driver",
        )


@pytest.mark.parametrize(("typed", "meant"), [("鲁A1O23K", "鲁A1023K"), ("鲁AI234K", "鲁A1234K")])
async def test_a_driver_who_types_a_letter_that_no_plate_has_is_told_so(
    district: District, typed: str, meant: str
) -> None:
    account_id = await district.account()
    with pytest.raises(PlateRefused, match=meant) as refused:
        await link(district, account_id, typed, PlateColor.BLUE)
    assert refused.value.facts["proposed"] == meant


async def test_a_plate_is_linked_in_the_colour_of_its_form(district: District) -> None:
    account_id = await district.account()
    linked = await link(district, account_id, "魯AD77777", PlateColor.BLUE)
    assert (linked.plate, linked.plate_color) == ("鲁AD77777", "green")
    assert (await link(district, account_id, "鲁AD77777", PlateColor.GREEN)).linked_at == linked.linked_at
    about: dict[str, Any] = {
        "account_id": account_id,
        "plate": "鲁AD77777",
        "now": NOW,
        "random_bits": district.random_bits,
    }
    async with district.pool.acquire() as db, db.transaction():
        await flow.unlink_plate(db, **about, plate_color=PlateColor.WHITE, actor="driver")
        with pytest.raises(PlateNotLinked):
            await flow.unlink_plate(db, **about, plate_color=PlateColor.GREEN, actor="driver")
