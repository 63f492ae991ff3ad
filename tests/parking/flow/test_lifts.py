"""Lifts: which car went through, and what was paid for it and for no other."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from parking.commands import Acknowledgement, Outcome
from parking.decisions import Kind
from parking.flow import commands
from parking.lifts import Lift
from parking.store.lifts import lifts
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, visit
from tests.parking.deciding import decide
from tests.parking.flow.test_device_facts import lifted, said
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


async def test_cash_is_for_the_car_that_it_names_and_for_no_other(district: District) -> None:
    """One after the other at one lane within minutes, and cash that is told of each in its way."""
    names: dict[str, dict[str, Any]] = {
        "by_plate": {"plate": "鲁M·42C00"},
        "by_read": {"of": "n1o"},
        # The number of a read of this lot's gateway is a number of another's as well.
        "elsewhere": {"of": "n2o", "lot": STATION},
        "another": {"plate": "鲁M99999"},
        "nobody": {},
    }
    await district.record(*visit("n2", "鲁M43C02", MORNING, NOW - 20 * MINUTE, lot=STATION))
    for n, (name, named) in enumerate(names.items()):
        at = NOW - (20 - 2 * n) * MINUTE
        await district.record(*visit(f"n{n}", f"鲁M42C{n:02}", MORNING, at, lot=HOSPITAL))
        await district.answer(said(f"c-{name}", "cash", at + SECOND, **{"lot": HOSPITAL, "amount_fen": 100, **named}))
        await lifted(district, f"l-{name}", at + 2 * SECOND)
    shown = {each.plate: each.taken_fen for each in await lifts_of(district) if each.plate and "42C" in each.plate}
    assert shown == {f"鲁M42C{n:02}": 100 if n < 2 else None for n in range(len(names))}
    unpaid = {each.plate for each in await lifts_of(district, without_money=True)}
    assert {plate for plate in shown if plate in unpaid} == {f"鲁M42C{n:02}" for n in range(2, len(names))}
    # What it pays tells for which car it was, whatever was read: here a person says so.
    fact = await district.owner.fetchval("select id from device_fact where event_id = 'c-another'")
    await decide(district, Kind.PLATE, about=fact, plate="鲁M42C03")
    assert {each.plate: each.taken_fen for each in await lifts_of(district)}["鲁M42C03"] == 100
    assert await district.broken() == {}


async def opened_from_afar(district: District, lane: str, outcome: Outcome) -> UUID:
    """What a gateway says became of the command of a person who opens a lane now."""
    opened = await commands.open_lane(
        district.pool,
        district.network.lanes[lane],
        reason="the screen is dark",
        by=Principal(Audience.CLERK, "wu"),
        network=district.network,
        now=district.now,
        random_bits=district.random_bits,
    )
    async with district.pool.acquire() as db:
        await commands.acknowledge(
            db,
            Acknowledgement(outcome),
            gateway_id=opened.gateway_id,
            command_id=opened.command_id,
            now=district.now + SECOND,
        )
    return opened.command_id


async def test_a_lane_that_is_opened_from_afar_is_a_lift_once(district: District) -> None:
    lane = f"{HOSPITAL}-out"
    _, owes = await district.record(*visit("ra", "鲁M44C01", MORNING, NOW - 20 * SECOND, lot=HOSPITAL))
    await district.answer(said("ra-1", "cash", NOW - MINUTE, lot=HOSPITAL, amount_fen=10, person="wu", shift="afar"))
    done, failed = [await opened_from_afar(district, lane, outcome) for outcome in (Outcome.DONE, Outcome.FAILED)]
    # The gateway tells of the barrier as well; whoever opened it again by hand did so.
    await lifted(district, "ra-2", NOW + SECOND, person="wu", command=str(done).upper())
    await lifted(district, "ra-3", NOW + MINUTE, person="wu")
    for without_money in (False, True):
        found = [each for each in await lifts_of(district, without_money=without_money) if each.plate == "鲁M44C01"]
        assert [(each.id == done, each.at, each.command) for each in found] == [
            (True, NOW + SECOND, str(done)),
            (False, NOW + MINUTE, None),
        ]
        assert (found[0].person, found[0].reason, found[0].event_id) == ("wu", "the screen is dark", "rao")
        assert (found[0].stay_id, found[0].owed_fen) == (owes.stay_id, owes.fee_fen)
        assert failed not in {each.id for each in found}
    shift = await district.owner.fetchval("select id from booth_shift where name = 'afar'")
    assert [each.id for each in await lifts_of(district, shift_id=shift) if each.id == done] == [done]
