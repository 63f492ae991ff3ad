"""Shifts at a booth: opened by acting, handed over signed, and closed to what comes late."""

from datetime import timedelta
from functools import partial

import pytest

from parking.flow.shifts import find_shifts, hand_over, open_shift
from parking.shifts import Shift, ShiftHandedOver, UnknownShift
from parking.store.lifts import lifts
from payments import ids
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District
from tests.parking.flow.test_device_facts import lifted, said

MINUTE = timedelta(minutes=1)
LI = Principal(Audience.BOOTH, "li", operator_id=1001, lot_id=1)


async def shifts_named(district: District, name: str) -> list[Shift]:
    async with district.pool.acquire() as db:
        found = await find_shifts(db, None, since=None, after=ids.FIRST, limit=100)
    return [each for each in found if each.name == name]


async def signed(district: District, shift: Shift, counted_fen: int, *, by: str = "li") -> Shift:
    async with district.pool.acquire() as db, db.transaction():
        return await hand_over(
            db,
            None,
            shift.id,
            counted_fen=counted_fen,
            by=Principal(Audience.BOOTH, by),
            network=district.network,
            now=NOW + 10 * MINUTE,
            random_bits=district.random_bits,
        )


async def test_a_shift_begins_with_cash_and_is_handed_over_once(district: District) -> None:
    take = partial(said, lot=HOSPITAL, kind="cash", shift="early", person="li")
    await district.answer(take("s-1", at=NOW - 20 * MINUTE, amount_fen=400))
    await district.answer(take("s-2", at=NOW - 15 * MINUTE, amount_fen=250))
    await lifted(district, "s-3", NOW - MINUTE)
    (shift,) = await shifts_named(district, "early")
    assert (shift.taken_fen, shift.cash_count, shift.waiting_count, shift.handed_over_at) == (650, 2, 2, None)

    over = await signed(district, shift, 600)
    assert (over.counted_fen, over.taken_fen, over.difference_fen, over.handed_over_by) == (600, 650, -50, "li")
    assert (over.lifts, over.lifts_without_money) == (1, 1)
    open_cases = "select count(*) from parking_case where lot_id = $1 and resolved_at is null"
    assert over.open_cases == await district.count(open_cases, district.lot(HOSPITAL).id) >= 2
    assert over.digest is not None
    assert len(over.digest) == 64
    # What is decided later was open all the same, and is signed.
    await district.owner.execute("update parking_case set resolved_at = now(), resolved_by = 'x'")
    assert await signed(district, shift, 600) == over
    with pytest.raises(ShiftHandedOver):
        await signed(district, shift, 650)
    with pytest.raises(ShiftHandedOver):
        await signed(district, shift, 600, by="wu")
    said_so = "select count(*) from audit where action = 'shift.hand_over' and subject = $1"
    assert await district.count(said_so, f"shift:{shift.id}") == 1

    # What is told late stands in the next one, and so does what is taken after it.
    await district.answer(take("s-4", at=NOW - MINUTE, amount_fen=70, replay=True))
    await district.answer(take("s-5", at=NOW + 11 * MINUTE, amount_fen=30), received_at=NOW + 11 * MINUTE)
    first, following = await shifts_named(district, "early")
    assert first == over
    assert (following.taken_fen, following.cash_count, following.late_count) == (100, 2, 1)
    assert await district.broken() == {}


async def test_a_shift_that_is_open_is_opened_once(district: District) -> None:
    lot_id = district.lot(STATION).id
    async with district.pool.acquire() as db, db.transaction():
        opened = [
            await open_shift(
                db, lot_id, "wang", by=LI, network=district.network, now=NOW, random_bits=district.random_bits
            )
            for _ in range(2)
        ]
    assert opened[0] == opened[1]
    await district.answer(said("w-1", "cash", NOW, amount_fen=10, person="wang"))
    assert [each.taken_fen for each in await shifts_named(district, "wang")] == [10]
    async with district.pool.acquire() as db, db.transaction():
        with pytest.raises(UnknownShift):
            await hand_over(
                db,
                [district.lot(HOSPITAL).id],
                opened[0].id,
                counted_fen=10,
                by=LI,
                network=district.network,
                now=NOW,
                random_bits=district.random_bits,
            )


async def test_what_was_lifted_before_the_first_cash_of_a_shift_is_of_it(district: District) -> None:
    """A shift that nobody opened begins where that before it ended: what was done in between is signed, once."""
    take, lift = partial(said, lot=QC, kind="cash", amount_fen=10), partial(lifted, district, lot=QC, lane=f"{QC}-out")
    began = NOW - 5 * MINUTE
    await lift("fl-1", began - MINUTE, person="sun")
    await lift("fl-2", began - MINUTE, person=None)
    await district.answer(take("fl-3", at=began, person="sun"))
    (first,) = await shifts_named(district, "sun")
    over = await signed(district, first, 10)
    lot_id = district.lot(QC).id

    async def of_shift(shift: Shift) -> set[str]:
        async with district.pool.acquire() as db:
            found = await lifts(
                db, [lot_id], after=ids.FIRST, since=ids.FIRST, without_money=False, limit=100, shift_id=shift.id
            )
        events = "select event_id from device_fact where id = any($1)"
        return {row["event_id"] for row in await district.owner.fetch(events, [each.id for each in found])}

    assert {"fl-1", "fl-2"} <= await of_shift(over)
    assert over.handed_over_at is not None
    # Of the same name, and of another one that had none before.
    for number, person, begins in (("fl-4", "sun", over.handed_over_at), ("fl-5", "zhou", over.handed_over_at)):
        at = NOW + 12 * MINUTE
        await lift(f"{number}l", at - MINUTE, person=person)
        await lift(f"{number}n", at - MINUTE, person=None)
        await district.answer(take(number, at=at, person=person), received_at=at)
        following = (await shifts_named(district, person))[-1]
        assert following.opened_at == begins
        assert {f"{number}l", f"{number}n"} <= await of_shift(following)
        assert not {"fl-1", "fl-2"} & await of_shift(following)
    assert await district.broken() == {}
