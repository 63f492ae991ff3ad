"""Arrays that gateways hand in: what there is no room for is not even read, the rest is piece by piece."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from parking import events
from parking.answers import Answer
from parking.ingest import receive
from parking.ingest.queue import TURN_EVENTS, WAITING_OF_GATEWAY_MAX, Overloaded
from parking.ingest.receive import Intake
from parking.ingest.refusals import Refusals
from parking.live.clocks import LiveClocks
from parking.live.network import LiveNetwork
from parking.live.redis import connect
from tests.conftest import NOW
from tests.district import QC, STATION, District, event
from tests.patience import PATIENCE_S

LONG_AGO = NOW - timedelta(days=2)
ARRAY = WAITING_OF_GATEWAY_MAX // 2


@pytest.fixture
async def intake(district: District, redis_url: str) -> AsyncIterator[Intake]:
    redis = connect(redis_url)
    network = await LiveNetwork.open(district.pool, lambda: NOW)
    commit, bits = district.group_commit(network, redis), district.random_bits
    clocks = LiveClocks(district.pool, clock=lambda: NOW, random_bits=bits)
    yield Intake(network, commit, Refusals(district.pool, random_bits=bits), clocks, random_bits=bits)
    await commit.stop()
    await redis.aclose()


def array(name: str, lot: str, more: dict[str, object], count: int = ARRAY) -> bytes:
    return msgspec.json.encode(
        [event(f"{name}{n}", "entry", LONG_AGO, f"鲁{name}{n:04}", lot=lot, **more) for n in range(count)]
    )


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events that were read, by their array."""
    read, really = list[str](), events.read

    def reading(sent: bytes, zone: object) -> events.Submission:
        submission = really(sent, zone)  # type: ignore[arg-type]
        assert submission.event is not None
        read.append(submission.event.event_id[:2])
        return submission

    monkeypatch.setattr(events, "read", reading)
    return read


@pytest.mark.parametrize("more", [{"replay": True}, {"replay": "yes"}, {}], ids=["flag", "text", "only its time"])
async def test_what_there_is_no_room_for_is_not_read(
    district: District, intake: Intake, read: list[str], monkeypatch: pytest.MonkeyPatch, more: dict[str, object]
) -> None:
    monkeypatch.setattr(receive, "REFUSAL_DELAY_S", 0.0)
    road = district.gateway(QC)
    waiting = [asyncio.ensure_future(intake.receive(array(name, QC, more), road, NOW)) for name in ("RA", "RB")]
    for _ in range(50):
        await asyncio.sleep(0)
    # One of a gateway at work, of which a piece is read before it is recorded.
    assert {name: read.count(name) for name in read} == {"RA": TURN_EVENTS}
    with pytest.raises(Overloaded):
        await intake.receive(array("RC", QC, more), road, NOW)
    assert "RC" not in read
    # Another gateway has its own room, and so has a car of the same one.
    intake._group_commit.start()
    other = intake.receive(array("RD", STATION, more, 3), district.gateway(STATION), NOW)
    car = intake.receive(msgspec.json.encode(event("RE", "entry", NOW, "鲁RE0001")), road, NOW)
    for received in await asyncio.wait_for(asyncio.gather(other, car), PATIENCE_S):
        assert all(isinstance(each, Answer) for each in received.outcomes)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_answers_to_an_array_are_those_of_its_events(district: District, intake: Intake) -> None:
    said = [event(f"s{n}", "entry", LONG_AGO, f"鲁S{n:05}", replay=True) for n in range(TURN_EVENTS + 20)]
    for n in (0, 50, TURN_EVENTS, TURN_EVENTS + 19):
        said[n] = {"event_id": f"s{n}", "lane": said[n]["lane"]}
    intake._group_commit.start()
    received = await asyncio.wait_for(intake.receive(msgspec.json.encode(said), district.gateway(QC), NOW), PATIENCE_S)
    assert [each.event_id for each in received.outcomes] == [each["event_id"] for each in said]
    assert [n for n, each in enumerate(received.outcomes) if not isinstance(each, Answer)] == [0, 50, 100, 119]
    assert len(received.instructions) == len(said)
