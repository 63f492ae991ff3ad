"""What raises an alarm, and which steps it takes."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import alarms
from parking.alarms import Alarm, AlarmKind, AlarmState, AlarmTaken, Cause, GatewaySeen, Lasting, LotSeen
from parking.occupancy import STALE_AFTER
from parking.rhythm import Rhythm
from tests.conftest import NOW
from tests.district import District

CAUSE = Cause(1, AlarmKind.CLOCK, 7)
LASTING = Lasting(UUID(int=1), *CAUSE)
NEW = Alarm(UUID(int=1), 1, "p", AlarmKind.CLOCK, "g", NOW, *[None] * 9)
SEEN = structs.replace(NEW, acknowledged_at=NOW, acknowledged_by="a")
SENT = structs.replace(SEEN, dispatched_at=NOW, dispatched_by="a", dispatched_to="b")
DONE = structs.replace(SENT, resolved_at=NOW, resolved_by="a", note="mended")
SECOND = timedelta(seconds=1)


def test_a_cause_is_one_alarm_while_it_lasts_and_another_when_it_comes_again() -> None:
    assert alarms.changes([], [CAUSE, CAUSE]) == ([CAUSE], [])
    assert alarms.changes([LASTING], [CAUSE]) == ([], [])
    assert alarms.changes([LASTING], []) == ([], [LASTING.id])


@pytest.mark.parametrize(
    ("alarm", "state", "steps"),
    [
        (NEW, AlarmState.OPEN, {AlarmState.ACKNOWLEDGED, AlarmState.DISPATCHED, AlarmState.RESOLVED}),
        (SEEN, AlarmState.ACKNOWLEDGED, {AlarmState.DISPATCHED, AlarmState.RESOLVED}),
        (SENT, AlarmState.DISPATCHED, {AlarmState.DISPATCHED, AlarmState.RESOLVED}),
        (DONE, AlarmState.RESOLVED, set()),
    ],
)
def test_the_steps_of_an_alarm(alarm: Alarm, state: AlarmState, steps: set[AlarmState]) -> None:
    assert alarm.state is state
    for step in set(AlarmState) - {AlarmState.OPEN} - steps:
        with pytest.raises(AlarmTaken):
            alarms.check_step(alarm, step)
    for step in steps:
        alarms.check_step(alarm, step)


async def test_what_raises_an_alarm(district: District) -> None:
    lot, gateway = district.lot(), district.gateway()
    calm = LotSeen(lot.id, NOW, 0, NOW, alarms.DOUBTS_MAX, 0)
    beats = GatewaySeen(lot.id, gateway.id, NOW - STALE_AFTER + SECOND, clock_is_wrong=False)

    def found(seen: LotSeen, gateway_seen: GatewaySeen = beats) -> list[AlarmKind]:
        return [each.kind for each in alarms.causes({lot.id: lot}, [seen], [gateway_seen], {}, NOW)]

    gone = NOW - STALE_AFTER
    assert found(calm) == []
    assert found(structs.replace(calm, heard_at=gone + SECOND)) == []
    silent = structs.replace(calm, heard_at=gone)
    assert found(silent, structs.replace(beats, seen_at=gone)) == [AlarmKind.SILENT_LOT]
    assert found(structs.replace(calm, heard_at=None, restarts=1)) == []
    assert found(structs.replace(calm, doubts=alarms.DOUBTS_MAX + 1)) == [AlarmKind.DOUBTFUL_READS]
    assert found(structs.replace(calm, restarts=1)) == [AlarmKind.NUMBERS_RESTARTED]
    assert found(structs.replace(calm, correction=-lot.capacity)) == [AlarmKind.COUNT_OFF]
    assert found(structs.replace(calm, correction=-lot.capacity, reported_at=None)) == []
    assert found(calm, structs.replace(beats, seen_at=gone)) == [AlarmKind.SILENT_GATEWAY]
    assert found(calm, structs.replace(beats, clock_is_wrong=True)) == [AlarmKind.CLOCK]
    busy = Rhythm(NOW - timedelta(hours=1), (30,) * 4)
    still = structs.replace(calm, moved_at=NOW - timedelta(minutes=20))
    causes = alarms.causes({lot.id: lot}, [still], [structs.replace(beats, seen_at=gone)], {lot.id: busy}, NOW)
    assert [each.kind for each in causes] == [AlarmKind.SILENT_LOT], "its cameras are, though its gateway beat"
    closed = structs.replace(lot, is_closed=True)
    assert list(alarms.causes({lot.id: closed}, [silent], [], {}, NOW)) == []
