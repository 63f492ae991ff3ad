"""What gateways are told without having asked: each cause its command, once, and never for another car."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from parking.answers import Answer
from parking.commands import (
    COMMAND_LIFE,
    STANDS_AT_LANE_MAX,
    Acknowledgement,
    Because,
    CommandContradicted,
    Outcome,
    UnknownCommand,
    from_afar,
)
from parking.decisions import Kind
from parking.flow import commands as flow
from parking.flow import facts as facts_flow
from parking.store import commands as store
from parking.store.commands import Waiting
from parking.verdicts import Verdict
from payments.charges import charge_id
from payments.flow import charges as charges_flow
from payments.identity import Audience, Principal
from tests.district import HOSPITAL, QC, STATION, District, Say, event, visit
from tests.payments.city import City

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
LI = Principal(Audience.CLERK, "li")


async def pay(district: District, answer: Answer) -> None:
    """The driver pays at the gate."""
    city = City(district.pool, district.owner, district.now, district.random_bits)
    assert answer.stay_id is not None
    paid = await city.pay(charge_id(answer.stay_id, None))
    assert paid.charge_state == "paid"


async def pass_on(district: District) -> set[int]:
    return await flow.pass_on_cleared(district.pool, now=district.now, random_bits=district.random_bits)


async def waiting(district: District, lot: str, seen: int = 0) -> Sequence[Waiting]:
    """What waits for the gateway of a lot."""
    async with district.pool.acquire() as db:
        return await flow.waiting(db, {district.gateway(lot).id: seen}, now=district.now)


async def last_number(district: District, lot: str) -> int:
    query = "select coalesce(max(commands), 0) from gateway_state where gateway_id = $1"
    return await district.count(query, district.gateway(lot).id)


async def new(district: District, lot: str, before: int) -> list[tuple[object, ...]]:
    """What waits beyond a number, in short."""
    return [(c.gate, c.because, c.event_id, c.fee_fen, c.display_zh) for c in await waiting(district, lot, before)]


async def decide(district: District, event_id: str, kind: Kind, **said: Any) -> set[int]:
    fact: UUID = await district.owner.fetchval("select id from gate_event where event_id = $1", event_id)
    decided = await facts_flow.decide_event(
        district.pool,
        Verdict(kind=kind, note="seen", **said),
        event_id=fact,
        lot_ids=None,
        by=LI,
        request_key=None,
        network=district.network,
        now=district.now,
        random_bits=district.random_bits,
    )
    return set(decided.told)


# -- who pays is let out


async def test_a_held_car_that_pays_is_told_once(district: District) -> None:
    now = district.later()
    before = await last_number(district, QC)
    _, held = [await district.answer(each) for each in visit("p1", "鲁A41C01", now - 3 * HOUR, now)]
    assert (held.gate, held.fee_fen) == ("hold", 600)
    await pay(district, held)
    assert await new(district, QC, before) == []
    # Two processes look at once: one of them tells it.
    told = await asyncio.gather(*(pass_on(district) for _ in range(4)))
    assert sorted(map(len, told)) == [0, 0, 0, 1]
    assert await new(district, QC, before) == [("open", "paid", "p1o", 600, "6.00元 已支付")]
    (command,) = await waiting(district, QC, before)
    assert (command.n, command.lane, command.stay_id) == (before + 1, f"{QC}-out", held.stay_id)
    assert await waiting(district, HOSPITAL) == []
    assert await waiting(district, QC, command.n) == []


async def test_a_command_waits_for_its_gateway_until_it_is_acknowledged_or_too_old(district: District) -> None:
    now = district.later()
    before = await last_number(district, QC)
    _, held = [await district.answer(each) for each in visit("w1", "鲁A41C02", now - 3 * HOUR, now)]
    await pay(district, held)
    await pass_on(district)
    (command,) = await waiting(district, QC, before)
    district.now = now + COMMAND_LIFE
    assert await new(district, QC, before) == []
    district.now = now + COMMAND_LIFE - SECOND
    assert len(await new(district, QC, before)) == 1

    async def acknowledge(outcome: Outcome, gateway: str = QC, command_id: UUID = command.id) -> None:
        async with district.pool.acquire() as db:
            await flow.acknowledge(
                db,
                Acknowledgement(outcome, "relay 2"),
                gateway_id=district.gateway(gateway).id,
                command_id=command_id,
                now=district.now,
            )

    with pytest.raises(UnknownCommand):
        await acknowledge(Outcome.DONE, HOSPITAL)
    await acknowledge(Outcome.DONE)
    await acknowledge(Outcome.DONE)
    with pytest.raises(CommandContradicted):
        await acknowledge(Outcome.FAILED)
    assert await new(district, QC, before) == []


async def test_no_barrier_opens_for_the_next_car(district: District) -> None:
    """Who is read at the lane since is another one: it is not told, and what was told is moot."""
    now = district.later()
    before = await last_number(district, QC)
    _, first = [await district.answer(each) for each in visit("m1", "鲁A41C03", now - 3 * HOUR, now - 60 * SECOND)]
    _, second = [await district.answer(each) for each in visit("m2", "鲁B52D14", now - 4 * HOUR, now - 30 * SECOND)]
    await pay(district, first)
    assert await pass_on(district) == set()
    await pay(district, second)
    await pass_on(district)
    assert [each[2] for each in await new(district, QC, before)] == ["m2o"]
    await district.answer(event("m3o", "exit", now, "鲁C63E25"))
    assert await new(district, QC, before) == []


async def test_the_same_car_read_again_is_still_the_one(district: District) -> None:
    now = district.later()
    before = await last_number(district, STATION)
    seen = visit("s1", "鲁A41C04", now - 3 * HOUR, now - 3 * MINUTE, lot=STATION)
    _, held = [await district.answer(each) for each in seen]
    again = await district.answer(event("s1p", "exit", now - MINUTE, "鲁A41C04", lot=STATION))
    assert (again.gate, again.stay_id) == ("hold", held.stay_id)
    await pay(district, held)
    await pass_on(district)
    assert [each[:3] for each in await new(district, STATION, before)] == [("open", "paid", "s1p")]
    # Nor is it moot when it is read once more before it drives off.
    await district.answer(event("s1q", "exit", now, "鲁A41C04", lot=STATION))
    assert len(await new(district, STATION, before)) == 1


@pytest.mark.parametrize("outcome", ["passed", "turned_back"])
async def test_a_car_that_was_seen_to_go_is_told_nothing(district: District, outcome: str) -> None:
    """Somebody lifted the barrier by hand, or the car has turned back: who pays then opens for no other."""
    now = district.later()
    before = await last_number(district, HOSPITAL)
    plate, name = ("鲁A41C21", "g1") if outcome == "passed" else ("鲁A41C24", "g2")
    seen = visit(name, plate, now - 3 * HOUR, now - MINUTE, lot=HOSPITAL)
    _, held = [await district.answer(each) for each in seen]
    assert held.gate == "hold"
    if outcome == "passed":
        await pay(district, held)
        await pass_on(district)
        assert len(await new(district, HOSPITAL, before)) == 1
    went: Say = {"event_id": f"{name}p", "kind": "passage", "lane": f"{HOSPITAL}-out", "outcome": outcome}
    await district.answer({**went, "occurred_at": (now - 30 * SECOND).isoformat(), "of": f"{name}o"})
    if outcome == "turned_back":
        assert await pass_on(district) == set()
    assert await new(district, HOSPITAL, before) == []


async def test_nobody_is_told_of_a_car_that_was_there_long_ago(district: District) -> None:
    now = district.later()
    left = now - STANDS_AT_LANE_MAX - SECOND
    _, held = [await district.answer(each) for each in visit("l1", "鲁A41C05", left - 3 * HOUR, left, lot=HOSPITAL)]
    await pay(district, held)
    assert await pass_on(district) == set()


async def test_a_voided_charge_lets_its_car_out(district: District) -> None:
    now = district.later()
    before = await last_number(district, HOSPITAL)
    _, held = [await district.answer(each) for each in visit("v1", "鲁A41C06", now - 3 * HOUR, now, lot=HOSPITAL)]
    assert held.stay_id is not None
    async with district.pool.acquire() as db, db.transaction():
        await charges_flow.void_charge(
            db, charge_id=charge_id(held.stay_id, None), reason="kindness", actor="wu", now=district.now
        )
    await pass_on(district)
    assert [each[:3] for each in await new(district, HOSPITAL, before)] == [("open", "released", "v1o")]


# -- what people decide, and what is known better


@pytest.mark.parametrize("kind", [Kind.LET_OUT_FREE, Kind.LET_OUT_AND_CHARGE])
async def test_whom_a_person_lets_out_is_told_in_the_same_transaction(district: District, kind: Kind) -> None:
    now = district.later()
    before = await last_number(district, QC)
    plate, name = ("鲁A41C07", "d1") if kind is Kind.LET_OUT_FREE else ("鲁A41C08", "d2")
    _, held = [await district.answer(each) for each in visit(name, plate, now - 3 * HOUR, now)]
    assert held.gate == "hold"
    assert await decide(district, f"{name}o", kind) == {district.gateway().id}
    assert [each[:3] for each in await new(district, QC, before)] == [("open", "released", f"{name}o")]
    # Should the driver pay after all, the lane was told already.
    if kind is Kind.LET_OUT_AND_CHARGE:
        await pay(district, held)
        assert await pass_on(district) == set()


async def test_an_exit_that_finds_its_entry_is_told_what_it_costs_or_that_it_may_go(district: District) -> None:
    """The network was away: exits come live before the entries that were handed in late."""
    now = district.later()
    before = await last_number(district, STATION)
    await district.account("鲁A41C09", wallet_fen=10_000)
    for name, plate, at in (("f1", "鲁A41C09", 40), ("f2", "鲁B74F36", 20)):
        held = await district.answer(event(f"{name}o", "exit", now - at * SECOND, plate, lot=STATION))
        assert (held.gate, held.reason, held.fee_fen) == ("hold", "exit_without_entry", None)
        entry = event(f"{name}i", "entry", now - 3 * HOUR, plate, lot=STATION, replay=True)
        recorded = await district.record(entry)
        assert recorded[0].gate == "none"
        waits = await new(district, STATION, before)
        if name == "f1":
            assert waits == [("open", "debited", "f1o", 600, "6.00元 自动扣费")]
        else:
            assert waits == [("hold", "priced", "f2o", 600, "请付6.00元")]


async def test_an_entry_that_was_held_is_let_in_when_its_plate_is_known(district: District) -> None:
    now = district.later()
    before = await last_number(district, HOSPITAL)
    held = await district.answer(event("e1", "entry", now, "无牌车", lot=HOSPITAL))
    assert held.gate == "hold"
    await decide(district, "e1", Kind.PLATE, plate="鲁A41C10", plate_color="blue")
    assert [each[:3] for each in await new(district, HOSPITAL, before)] == [("open", "released", "e1")]


async def test_an_ordinary_batch_tells_nobody(district: District) -> None:
    now = district.later()
    before = {lot: await last_number(district, lot) for lot in (QC, HOSPITAL, STATION)}
    await district.record(*visit("o1", "鲁A41C11", now - 3 * HOUR, now - 2 * MINUTE), received_at=now)
    assert {lot: await last_number(district, lot) for lot in before} == before


# -- from afar


async def test_a_lane_is_opened_from_afar_for_the_car_that_stands_there(district: District) -> None:
    now = district.later()
    lane = district.network.lanes[f"{QC}-out"]
    before = await last_number(district, QC)
    await district.answer(event("r1o", "exit", now - 20 * SECOND, "鲁A41C12"))

    async def opened() -> flow.Opened:
        return await flow.open_lane(
            district.pool,
            lane,
            reason="the card reader is broken",
            by=LI,
            network=district.network,
            now=district.now,
            random_bits=district.random_bits,
        )

    first, again = await opened(), await opened()
    assert (first.again, again.again, again.command_id, first.event_id) == (False, True, first.command_id, "r1o")
    assert [each[:3] for each in await new(district, QC, before)] == [("open", "remote_open", "r1o")]
    said = "select count(*) from audit where action = 'lane.open' and detail ->> 'reason' like 'the card%'"
    assert await district.count(said) == 1
    await district.answer(event("r2o", "exit", now, "鲁B85G47"))
    assert await new(district, QC, before) == []
    assert (await opened()).command_id != first.command_id
    async with district.pool.acquire() as db:
        given = await store.commands_of_lane(db, lane.lot_id, lane.id, 10)
    assert [(each.event_id, each.asked_by) for each in given[:2]] == [("r2o", "li"), ("r1o", "li")]


@pytest.mark.parametrize("outcome", [None, Outcome.TOO_LATE, Outcome.FAILED])
async def test_an_opening_that_opened_nothing_keeps_nobody_who_pays(
    district: District, outcome: Outcome | None
) -> None:
    now = district.later()
    before, plate = await last_number(district, QC), f"鲁A41D{len(outcome or ''):02}"
    _, held = [await district.answer(each) for each in visit(f"l-{outcome}-", plate, now - 3 * HOUR, now)]
    lane = district.network.lanes[f"{QC}-out"]
    opened = await flow.open_lane(
        district.pool,
        lane,
        reason="the display is dark",
        by=LI,
        network=district.network,
        now=now,
        random_bits=district.random_bits,
    )
    if outcome is None:
        district.now = now + COMMAND_LIFE
    else:
        async with district.pool.acquire() as db:
            said = Acknowledgement(outcome, "relay 2")
            await flow.acknowledge(db, said, gateway_id=opened.gateway_id, command_id=opened.command_id, now=now)
    await pay(district, held)
    await pass_on(district)
    assert [each[:3] for each in await new(district, QC, before)] == [("open", "paid", f"l-{outcome}-o")]


async def test_whoever_stands_at_a_lane_is_let_out_after_the_last_car_has_passed(district: District) -> None:
    """What follows a car that has passed was not read: nobody who opens means the one that is gone."""
    now = district.later()
    for each in visit("w1", "鲁A46C03", now - 3 * HOUR, now, lot=HOSPITAL):
        await district.answer(each)
    passed: Say = {"event_id": "w1p", "kind": "passage", "lane": f"{HOSPITAL}-out", "outcome": "passed"}
    await district.record({**passed, "occurred_at": now, "of": "w1o"})
    before = await last_number(district, HOSPITAL)
    opened = await flow.open_lane(
        district.pool,
        district.network.lanes[f"{HOSPITAL}-out"],
        reason="camera is dark",
        by=LI,
        network=district.network,
        now=now,
        random_bits=district.random_bits,
    )
    assert opened.event_id is None
    assert [each[:3] for each in await new(district, HOSPITAL, before)] == [("open", "remote_open", None)]


async def test_numbers_grow_in_the_order_of_commits(district: District) -> None:
    """A gateway that has seen a number has seen all lower ones: who adds later waits for who added first."""
    district.later()
    lane = district.network.lanes[f"{HOSPITAL}-in"]
    car = from_afar(
        lot_id=lane.lot_id,
        gateway_id=lane.gateway_id,
        lane_id=lane.id,
        direction=lane.direction,
        car=None,
        reason="x",
        asked_by="li",
    )

    async def add(pause_s: float) -> None:
        async with district.pool.acquire() as db, db.transaction():
            await flow._add(db, [car], district.now, district.random_bits)
            await asyncio.sleep(pause_s)

    before = await last_number(district, HOSPITAL)
    slow = asyncio.create_task(add(0.3))
    await asyncio.sleep(0.1)
    quick = asyncio.create_task(add(0))
    seen: list[int] = []
    while len(seen) < 2:
        seen += [c.n for c in await waiting(district, HOSPITAL, max([before, *seen]))]
        await asyncio.sleep(0.01)
    await asyncio.gather(slow, quick)
    assert seen == [before + 1, before + 2]
    assert {Because.REMOTE_OPEN} == {c.because for c in await waiting(district, HOSPITAL, before)}
