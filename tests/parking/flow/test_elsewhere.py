"""A vehicle in two lots at once: both charges wait, one case names both, whatever was told first."""

import asyncio
import random
from copy import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from parking.cases import Reason
from parking.cases import State as CaseState
from parking.decisions import Kind as Decided
from parking.elsewhere import Kind
from parking.flow import elsewhere as flow
from parking.flow.elsewhere import look_on
from parking.jobs import LookElsewhere
from parking.pauses import nests_of
from parking.store.sweeps import beginning, put_position
from payments.flow.collection import collect_due
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, visit
from tests.parking.deciding import decide, fact, found, wallet
from tests.payments.city import City

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HELD = """
select c.lot_id, h.reason from charge_hold h join charge c on c.id = h.charge_id join stay s on s.id = c.stay_id
 where s.plate = $1 and h.released_at is null and c.state = 'due' and c.owed_fen > 0 order by 1, 2
"""
CASES = """
select e.plate, e.lot_id, e.effective_at, s.plate is not null as has_stay, k.resolved_at is null as is_open
  from parking_case k join gate_event e on e.id = k.event_id left join stay s on s.id = k.other_stay_id
 where k.reason = 'elsewhere' and e.plate = $1 and k.resolved_at is null order by 2, 3
"""


async def collect(district: District) -> None:
    """A round of the worker: a look, and what is due is taken."""
    look = LookElsewhere(district.pool, lambda: district.now)
    await collect_due(district.pool, now=district.now, random_bits=district.random_bits, limit=500, look=look)


async def sweep(district: District) -> None:
    await look_on(district.pool, network=district.network, clock=lambda: district.now)


async def held(district: District, plate: str) -> list[tuple[int, str]]:
    return [tuple(row) for row in await district.owner.fetch(HELD, plate)]


async def fees(district: District, plate: str) -> int:
    return await district.count("select sum(fee_fen) from stay where plate = $1", plate)


async def rich(district: District, plate: str) -> int:
    account = await district.account(plate)
    await City(district.pool, district.owner, NOW, district.random_bits).top_up(account, 100_000)
    return account


async def test_a_cloned_plate_is_charged_by_nobody_until_a_person_has_looked(district: District) -> None:
    plate = "鲁B20311"
    account = await rich(district, plate)
    await district.record(*visit("a", plate, NOW - 5 * HOUR, NOW - HOUR))
    await district.record(*visit("b", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL))
    await collect(district)
    both = [(district.lot(QC).id, "elsewhere"), (district.lot(HOSPITAL).id, "elsewhere")]
    assert (await held(district, plate), await wallet(district, account)) == (both, 100_000)
    case = await case_of_hospital(district, plate)
    assert case.elsewhere is not None
    assert (case.elsewhere.kind, case.elsewhere.lot, case.elsewhere.left_at) == (Kind.AT_ONCE, QC, NOW - HOUR)
    assert await found(district, plate=plate) == []  # one case, in one of the lots
    await decide(district, Decided.RIGHT, case=case.id)
    assert await held(district, plate) == []
    await collect(district)
    await sweep(district)
    assert await wallet(district, account) == 100_000 - await fees(district, plate)
    assert await held(district, plate) == []


async def case_of_hospital(district: District, plate: str) -> Any:
    (case,) = await found(district, lot=HOSPITAL, plate=plate, reason=Reason.ELSEWHERE)
    return case


async def test_what_is_paid_is_still_a_case_and_the_other_stay_waits(district: District) -> None:
    plate = "鲁C30422"
    account = await rich(district, plate)
    await district.record(*visit("c", plate, NOW - 5 * HOUR, NOW - HOUR))
    await collect(district)
    left = await wallet(district, account)
    assert left < 100_000
    await district.record(*visit("d", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL, replay=True))
    await collect(district)
    assert await wallet(district, account) == left
    assert await held(district, plate) == [(district.lot(HOSPITAL).id, "elsewhere")]
    await case_of_hospital(district, plate)


async def test_a_read_that_is_told_late_and_costs_nothing_is_a_case_too(district: District) -> None:
    plate = "鲁D40533"
    await rich(district, plate)
    await district.record(*visit("e", plate, NOW - 5 * HOUR, NOW - HOUR))
    await collect(district)
    await district.record(event("f", "entry", NOW - 3 * HOUR, plate, lot=HOSPITAL, replay=True))
    await sweep(district)
    assert (await case_of_hospital(district, plate)).elsewhere.lot == QC


async def test_later_facts_make_it_moot(district: District) -> None:
    plate = "鲁E50644"
    account = await rich(district, plate)
    await district.record(event("g", "entry", NOW - 8 * HOUR, plate))
    await district.record(*visit("h", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL))
    await collect(district)
    assert await held(district, plate) == [(district.lot(HOSPITAL).id, "elsewhere")]
    # It had left before; the gateway was cut off.
    await district.record(event("g2", "exit", NOW - 4 * HOUR, plate, replay=True))
    await sweep(district)
    assert await held(district, plate) == []
    case = (await found(district, lot=HOSPITAL, plate=plate, state=CaseState.RESOLVED))[0]
    assert case.resolved_by == "facts"
    await collect(district)
    assert await wallet(district, account) == 100_000 - await fees(district, plate)


async def test_a_corrected_plate_frees_both(district: District) -> None:
    plate = "鲁F60755"
    await rich(district, plate)
    await district.record(*visit("j", plate, NOW - 5 * HOUR, NOW - HOUR))
    await district.record(*visit("k", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL))
    await collect(district)
    case = await case_of_hospital(district, plate)
    await decide(district, Decided.PLATE, about=await fact(district, "ko"), plate="鲁J77012")
    await decide(district, Decided.PLATE, case=case.id, plate="鲁J77012")
    assert await held(district, plate) == []


async def test_what_is_undone_waits_again(district: District) -> None:
    plate = "鲁G70866"
    await rich(district, plate)
    await district.record(*visit("l", plate, NOW - 5 * HOUR, NOW - HOUR))
    await district.record(*visit("m", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL))
    await collect(district)
    case = await case_of_hospital(district, plate)
    decided = await decide(district, Decided.RIGHT, case=case.id)
    assert await held(district, plate) == []
    await decide(district, Decided.UNDO, case=case.id, undoes=decided.decision.n)
    await sweep(district)
    assert len(await held(district, plate)) == 2


async def last_looked(district: District, at: datetime) -> None:
    """No worker has looked since."""
    async with district.pool.acquire() as db:
        await put_position(db, flow.ROUND, beginning(at), whole_at=at)


async def test_a_worker_that_stood_for_days_looks_at_what_was_told_meanwhile(district: District) -> None:
    plate, then = "鲁J80977", NOW - timedelta(days=5)
    await rich(district, plate)
    await last_looked(district, then)
    await district.record(*visit("u", plate, then - 5 * HOUR, then - HOUR))
    await district.record(*visit("v", plate, then - 3 * HOUR, then, lot=HOSPITAL))
    await sweep(district)
    assert len(await held(district, plate)) == 2
    await case_of_hospital(district, plate)


async def test_it_is_looked_for_the_plate_that_people_saw(district: District) -> None:
    plate, misread = "鲁K91088", "鲁K9108B"
    await rich(district, plate)
    await district.record(*visit("w", misread, NOW - 5 * HOUR, NOW - HOUR))
    await district.record(*visit("x", misread, NOW - 3 * HOUR, NOW, lot=HOSPITAL))
    for read in ("wi", "wo", "xi", "xo"):
        await decide(district, Decided.PLATE, about=await fact(district, read), plate=plate)
    await sweep(district)
    assert len(await held(district, plate)) == 2


async def test_a_round_looks_at_all_open_cases_again(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    plates, then = ("鲁L02198", "鲁L12199"), NOW - timedelta(days=5)
    for n, plate in enumerate(plates):
        await rich(district, plate)
        await district.record(event(f"y{n}", "entry", then - 9 * HOUR, plate))
        await district.record(*visit(f"z{n}", plate, then - 3 * HOUR, then, lot=HOSPITAL))
    await last_looked(district, then)
    await sweep(district)
    for n, plate in enumerate(plates):
        assert len(await held(district, plate)) == 1
        await district.record(event(f"t{n}", "exit", then - 4 * HOUR, plate))
    # The reads were looked at; what is left of the cases shows only by these.
    await last_looked(district, NOW)
    monkeypatch.setattr(flow, "CASES_PER_PAGE_MAX", 1)
    await sweep(district)
    for plate in plates:
        assert await held(district, plate) == []


async def test_two_lots_at_the_same_moment_miss_nothing(district: District) -> None:
    plates = [f"鲁H1{n}0{n}7" for n in range(8)]
    for plate in plates:
        await rich(district, plate)
    await asyncio.gather(
        *(district.record(*visit(f"p{n}", plate, NOW - 5 * HOUR, NOW - HOUR)) for n, plate in enumerate(plates)),
        *(district.record(*visit(f"q{n}", plate, NOW - 3 * HOUR, NOW, lot=HOSPITAL)) for n, plate in enumerate(plates)),
        *(collect(district) for _ in range(3)),
    )
    await collect(district)
    await sweep(district)
    for plate in plates:
        await case_of_hospital(district, plate)
        # What was not taken before the other was known waits.
        taken = "select count(*) from charge c join stay s on s.id = c.stay_id where s.plate = $1 and c.state = 'paid'"
        assert len(await held(district, plate)) + await district.count(taken, plate) == 2


def days(chance: random.Random, plate: str, name: str) -> list[Say]:
    told = []
    for n, lot in enumerate(chance.choices((QC, HOSPITAL, STATION), k=4)):
        at = NOW - timedelta(days=1) + chance.randrange(0, 600) * MINUTE
        told += visit(f"{name}{n}", plate, at, at + chance.choice((15, 90, 300)) * MINUTE, lot=lot, replay=True)
    return [each for each in told if chance.random() < 0.9]


@pytest.mark.parametrize("seed", range(8))
async def test_in_any_order_the_same_waits(district: District, seed: int) -> None:
    chance = random.Random(seed)
    outcomes = []
    letters = "JKLMNPQRSTUVWXYZ"
    told = days(chance, "?", "")
    for turn in range(2):
        plate = f"鲁{letters[2 * seed + turn]}40{3 * turn}18"
        await district.account(plate)
        anyhow = [{**each, "plate": plate, "event_id": f"{seed}{turn}{each['event_id']}"} for each in told]
        if turn:
            chance.shuffle(anyhow)
        while anyhow:
            batch, anyhow = anyhow[: (size := chance.randint(1, 3))], anyhow[size:]
            await district.record(*batch)
            if turn and chance.random() < 0.4:
                await collect(district)
        await collect(district)
        await sweep(district)
        cases = [tuple(row)[1:] for row in await district.owner.fetch(CASES, plate)]
        outcomes.append((await held(district, plate), cases))
    assert outcomes[0] == outcomes[1]


async def test_who_left_the_lot_around_is_a_case_of_the_lot_inside_also_without_account(district: District) -> None:
    plate = "鲁N90211"
    nested = copy(district)
    outer = district.lot(QC).id
    lots = {
        id_: structs.replace(lot, inside_of=outer) if lot.code == HOSPITAL else lot
        for id_, lot in district.network.lots.items()
    }
    nested.network = structs.replace(
        district.network, lots=lots, lots_by_code={lot.code: lot for lot in lots.values()}, nests=nests_of(lots)
    )
    await nested.record(event("n1", "entry", NOW - 5 * HOUR, plate), event("n2", "exit", NOW - HOUR, plate))
    await nested.record(event("n3", "entry", NOW - 4 * HOUR, plate, lot=HOSPITAL))
    # Between other lots nobody is asked of who pays at the gate.
    other = "鲁N90312"
    await nested.record(*visit("m", other, NOW - 5 * HOUR, NOW - HOUR, lot=STATION))
    await nested.record(*visit("o", other, NOW - 4 * HOUR, NOW - 2 * HOUR, lot=HOSPITAL))
    await sweep(nested)
    case = await case_of_hospital(nested, plate)
    assert (case.elsewhere.lot, case.stay_state) == (QC, "open")
    assert await found(nested, lot=HOSPITAL, plate=other, reason=Reason.ELSEWHERE) == []
    # It was seen to leave after all, before it left the lot around.
    await nested.record(event("n4", "exit", NOW - 2 * HOUR, plate, lot=HOSPITAL, replay=True))
    await sweep(nested)
    assert await found(nested, lot=HOSPITAL, plate=plate, reason=Reason.ELSEWHERE) == []
