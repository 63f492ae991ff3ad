"""Arrays of gateways that wait together, on a real database: in pieces, in their order, one of a gateway at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from parking.answers import Answer
from parking.events import EventRejected
from parking.ingest import batch
from parking.ingest.batch import GroupCommit, StorageAway
from parking.ingest.queue import TURN_EVENTS, WAITING_OF_GATEWAY_MAX, Overloaded
from parking.live.network import LiveNetwork
from parking.live.redis import connect
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, hand_in
from tests.patience import PATIENCE_S

LONG_AGO = NOW - timedelta(days=2)


@pytest.fixture
async def commit(district: District, redis_url: str) -> AsyncIterator[GroupCommit]:
    redis = connect(redis_url)
    network = await LiveNetwork.open(district.pool, lambda: NOW)
    group_commit = district.group_commit(network, redis)
    yield group_commit
    await group_commit.stop()
    await redis.aclose()


def backlog(name: str, events: int, lot: str) -> list[Say]:
    return [
        event(f"{name}{n}", "entry", LONG_AGO + timedelta(seconds=n), f"鲁{name}{n:04}", lot=lot, replay=True)
        for n in range(events)
    ]


def names(answers: Sequence[Answer | EventRejected]) -> list[str | None]:
    return [each.event_id for each in answers if isinstance(each, Answer)]


async def test_a_car_passes_the_arrays_that_came_before_it(district: District, commit: GroupCommit) -> None:
    done: list[str] = []

    async def record(name: str, said: list[Say]) -> None:
        answers = await hand_in(commit, [district.passing(each) for each in said])
        assert names(answers) == [each["event_id"] for each in said]
        done.append(name)

    work = [
        record("array of the road", backlog("HA", 3 * TURN_EVENTS + 7, QC)),
        record("second array of the road", backlog("HB", 20, QC)),
        record("array of the hospital", backlog("HC", 20, HOSPITAL)),
        record("car", [event("car", "entry", NOW, "鲁A00001")]),
    ]
    tasks = [asyncio.ensure_future(each) for each in work]
    await asyncio.sleep(0)
    commit.start()
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE_S)
    assert done[0] == "car"
    assert done.index("array of the hospital") < done.index("array of the road")
    assert done[-1] == "second array of the road"


async def test_a_gateway_that_hands_in_too_much_is_refused_alone(district: District, commit: GroupCommit) -> None:
    arrays = [backlog(name, 500, STATION) for name in ("JA", "JB", "JC")]
    passings = [[district.passing(each) for each in said] for said in arrays]
    waiting = [asyncio.ensure_future(hand_in(commit, each)) for each in passings[:2]]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await hand_in(commit, passings[2])
    assert refused.value.facts["waiting_events_max"] == WAITING_OF_GATEWAY_MAX
    commit.start()
    car = district.passing(event("k", "entry", NOW, "鲁K00001", lot=STATION))
    assert names(await asyncio.wait_for(hand_in(commit, [car]), PATIENCE_S)) == ["k"]
    assert [len(answers) for answers in await asyncio.wait_for(asyncio.gather(*waiting), PATIENCE_S)] == [500, 500]


async def test_who_waits_too_long_is_told_so_and_not_recorded_later(
    district: District, commit: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "RECORD_TIMEOUT_S", 0.2)
    with pytest.raises(StorageAway):
        await hand_in(commit, [district.passing(event("late", "entry", NOW, "鲁L00001"))])
    monkeypatch.undo()
    commit.start()
    await asyncio.wait_for(hand_in(commit, [district.passing(event("next", "entry", NOW, "鲁L00002"))]), 20)
    assert await district.count("select count(*) from gate_event where event_id = 'late'") == 0


async def test_what_waits_for_a_lot_holds_up_no_other(district: District, commit: GroupCommit) -> None:
    async with district.owner.transaction():
        lot_id = district.lot(HOSPITAL).id
        await district.owner.execute("select from lot_occupancy where lot_id = $1 for update", lot_id)
        waiting = asyncio.ensure_future(
            hand_in(commit, [district.passing(each) for each in backlog("MA", 1, HOSPITAL)])
        )
        await asyncio.sleep(0)
        commit.start()
        await asyncio.sleep(0)
        behind = asyncio.ensure_future(hand_in(commit, [district.passing(each) for each in backlog("MB", 1, HOSPITAL)]))
        others = [district.passing(each) for each in backlog("MC", TURN_EVENTS, QC)]
        assert len(await asyncio.wait_for(hand_in(commit, others), PATIENCE_S)) == TURN_EVENTS
        assert not waiting.done()
        # Another batch of the lot would only wait beside the first.
        assert not behind.done()
        assert commit.queue.in_line == 1
    assert names(await asyncio.wait_for(waiting, PATIENCE_S)) == ["MA0"]
    assert names(await asyncio.wait_for(behind, PATIENCE_S)) == ["MB0"]
