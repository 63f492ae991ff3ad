"""Lifts: which car went through, and what was paid for it and for no other."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from parking.lifts import Lift
from parking.store.lifts import lifts
from tests.conftest import NOW
from tests.district import HOSPITAL, District, visit
from tests.parking.flow.test_device_facts import lifted
from tests.parking.flow.test_passages import pay

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
MORNING = NOW - 3 * HOUR


async def lifts_of(district: District, *, without_money: bool = False, shift_id: UUID | None = None) -> Sequence[Lift]:
    first = UUID(int=0)
    async with district.pool.acquire() as db:
        return await lifts(
            db,
            [district.lot(HOSPITAL).id],
            after=first,
            since=first,
            without_money=without_money,
            limit=1000,
            shift_id=shift_id,
        )


async def test_a_car_of_which_a_camera_tells_in_two_stages_is_one(district: District) -> None:
    came, left = visit("ts", "鲁M41C01", MORNING, NOW - 40 * MINUTE, lot=HOSPITAL)
    _, paid = await district.record(came, left)
    await pay(district, paid, NOW)
    again = {**left, "occurred_at": (NOW - 40 * MINUTE + 2 * SECOND).isoformat(), "confidence": 0.99}
    assert (await district.answer(again)).status == "duplicate"
    await lifted(district, "ts-1", NOW - 39 * MINUTE)
    (lift,) = [each for each in await lifts_of(district) if each.at == NOW - 39 * MINUTE]
    assert (lift.event_id, lift.stay_id, lift.paid_fen) == ("tso", paid.stay_id, paid.fee_fen)
    assert lift.id not in {each.id for each in await lifts_of(district, without_money=True)}
