"""Group commit: what waits together is recorded together, and neither a bad event nor a lost database harms others."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

from parking.answers import Answer
from parking.ingest import batch, queue
from parking.ingest.batch import GroupCommit, StorageAway
from parking.ingest.queue import Overloaded
from parking.live.network import LiveNetwork
from parking.live.redis import connect
from parking.prices import LotPrices
from parking.tariffs import Compiled
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, facts, hand_in, visit
from tests.patience import PATIENCE_S

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MORNING = NOW - 3 * HOUR


class Poisoned(Compiled):
    """A price that cannot be computed."""

    def __getattribute__(self, name: str) -> object:
        raise ZeroDivisionError("a lot whose data makes pricing fail")


def poisoned(prices: LotPrices) -> LotPrices:
    broken = Poisoned.__new__(Poisoned)
    return structs.replace(prices, tariffs=tuple(structs.replace(each, ready=broken) for each in prices.tariffs))


@pytest.fixture
async def group_commit(district: District, redis_url: str) -> AsyncIterator[GroupCommit]:
    """The group_commit of a process for which the hospital's price cannot be computed."""
    redis = connect(redis_url)
    hospital = district.lot(HOSPITAL).id
    prices = {**district.network.prices, hospital: poisoned(district.network.prices[hospital])}
    network = LiveNetwork(district.pool, lambda: NOW, structs.replace(district.network, prices=prices))
    yield district.group_commit(network, redis)
    await redis.aclose()


async def collected(group_commit: GroupCommit, district: District, *requests: Sequence[Say]) -> list[list[Answer]]:
    """The answers to requests that arrive at once."""
    waiting = [hand_in(group_commit, [district.passing(said) for said in request]) for request in requests]
    tasks = [asyncio.ensure_future(each) for each in waiting]
    await asyncio.sleep(0)  # all of them wait before the group_commit begins: they become one batch
    group_commit.start()
    try:
        return await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    finally:
        await group_commit.stop()


async def test_one_bad_event_never_fails_its_neighbours(
    district: District, group_commit: GroupCommit, caplog: pytest.LogCaptureFixture
) -> None:
    good = [[each] for n in range(8) for each in visit(f"x{n}", f"鲁A3000{n}", MORNING, NOW)]
    bad = visit("x-bad", "鲁A30100", MORNING, NOW, lot=HOSPITAL)
    beside = visit("x-by", "鲁A30101", NOW - MINUTE, NOW - MINUTE, lot=HOSPITAL)[:1]
    *good_answers, bad_answers = await collected(group_commit, district, *good, [*bad, *beside])
    assert {facts(answer)[0] for (answer,) in good_answers} == {"recorded"}
    assert [facts(answer)[0::4] for answer in bad_answers] == [
        ("recorded", None),
        ("review", "could_not_apply"),
        ("recorded", None),
    ]
    assert facts(bad_answers[1])[1] == "hold"
    assert await district.count("select count(*) from open_stay where plate = '鲁A30100'") == 1
    assert "cannot be applied" in caplog.text
    # Asked again, the same is answered, and once the price is mended the car can leave.
    assert facts(await district.answer(bad[1]))[0] == "duplicate"
    mended = await district.answer(event("x-late", "exit", NOW, "鲁A30100", lot=HOSPITAL))
    assert facts(mended) == ("recorded", "hold", 600, "pay_at_gate", None)


async def test_what_waits_together_is_answered_to_whom_it_belongs(
    district: District, group_commit: GroupCommit
) -> None:
    requests = [visit(f"y{n}", f"鲁A4{n:04}", MORNING, MORNING + n * MINUTE, lot=STATION) for n in range(60)]
    answers = await collected(group_commit, district, *requests)
    for said, answered in zip(requests, answers, strict=True):
        assert [a.event_id for a in answered] == [each["event_id"] for each in said]
        stays = {a.stay_id for a in answered}
        assert len(stays) == 1


# -- limits, and a database that is away


async def test_more_than_can_wait_is_refused_and_what_waits_is_not(
    district: District, group_commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "WAITING_EVENTS_MAX", 3)
    said = visit("full", "鲁A50001", MORNING, NOW)
    waiting = asyncio.ensure_future(hand_in(group_commit, [district.passing(each) for each in said]))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await hand_in(group_commit, [district.passing(each) for each in visit("much", "鲁A50002", MORNING, NOW)])
    group_commit.start()
    assert [facts(answer)[0] for answer in await asyncio.wait_for(waiting, PATIENCE_S)] == ["recorded"] * 2
    # There is room again.
    (answer,) = await hand_in(group_commit, [district.passing(event("room", "entry", NOW, "鲁A50002"))])
    assert facts(answer)[0] == "recorded"
    await group_commit.stop()


async def test_a_gateway_that_went_away_harms_no_neighbour(district: District, group_commit: GroupCommit) -> None:
    gone, there = [
        asyncio.ensure_future(hand_in(group_commit, [district.passing(event(f"gone{n}", "entry", NOW, f"鲁A5010{n}"))]))
        for n in range(2)
    ]
    await asyncio.sleep(0)
    gone.cancel()
    group_commit.start()
    (answer,) = await asyncio.wait_for(there, PATIENCE_S)
    assert (facts(answer)[0], gone.cancelled()) == ("recorded", True)
    # What nobody waits for any more is not recorded; the gateway sends it again, and then it is.
    again = await hand_in(group_commit, [district.passing(event("gone0", "entry", NOW, "鲁A50100"))])
    assert facts(again[0])[0] == "recorded"
    await group_commit.stop()


async def test_nothing_is_acknowledged_while_the_database_is_away(
    district: District, group_commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "RETRY_PAUSE_S", 0.001)
    said = event("away", "entry", NOW, "鲁A50200")
    lost = await asyncpg.create_pool(district.database_url, min_size=0, max_size=1)
    lost.terminate()
    whole, group_commit._pool = group_commit._pool, lost
    with pytest.raises(StorageAway):
        await collected(group_commit, district, [said], [event("away2", "entry", NOW, "鲁A50201")])
    assert await district.count("select count(*) from gate_event where event_id like 'away%'") == 0
    group_commit._pool = whole
    ((answer,),) = await collected(group_commit, district, [said])
    assert facts(answer)[0] == "recorded"


async def test_a_database_that_hangs_does_not_hang_the_gates(
    district: District, group_commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "RECORD_TIMEOUT_S", 0.3)
    said = event("hangs", "entry", NOW, "鲁A50300")
    async with district.owner.transaction():
        await district.owner.execute("select from lot_occupancy where lot_id = $1 for update", district.lot(QC).id)
        with pytest.raises(StorageAway, match="in time"):
            await collected(group_commit, district, [said])
    monkeypatch.undo()
    ((answer,),) = await collected(group_commit, district, [said])
    assert facts(answer)[0] == "recorded"
