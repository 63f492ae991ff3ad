"""Alarms: what the service knows of a lot or its gateways that somebody of the city has to see, and what became of it.

An alarm is raised once while its cause lasts. When that is gone before anybody has seen the alarm, it ends by itself;
one that somebody has taken on says that its cause is gone, and stays until a person resolves it. What a person resolved
is not raised again while the same cause lasts; once it was gone and comes again, that is another alarm.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking import rhythm as rhythm_
from parking.lots import Lot
from parking.occupancy import DRIFT_LARGE_PERCENT, REPORTED_LATELY, STALE_AFTER
from parking.rhythm import UNKNOWN, Rhythm
from payments.errors import OneLotError

# Cases of reads in doubt that are still open and not older than this: more than these are a camera to look at.
DOUBTS_WITHIN, DOUBTS_MAX = timedelta(hours=1), 10
RESTARTED_WITHIN = timedelta(days=1)
NOTE_CHARACTERS_MAX, NAME_CHARACTERS_MAX = 500, 100
# Who resolved an alarm that nobody had seen, and why.
FACTS, CAUSE_GONE = "facts", "cause_gone"


class AlarmKind(StrEnum):
    """What an alarm is about. COUNT_OFF: the lot's own count differs much from what its gates say."""

    SILENT_LOT = "silent_lot"
    SILENT_GATEWAY = "silent_gateway"
    CLOCK = "clock"
    NUMBERS_RESTARTED = "numbers_restarted"
    DOUBTFUL_READS = "doubtful_reads"
    COUNT_OFF = "count_off"


class Severity(StrEnum):
    """How soon somebody has to see to an alarm. HIGH: fees or counts are wrong by now. MEDIUM: they may be soon. LOW:
    it is to be known.
    """

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


SEVERITIES: dict[AlarmKind, Severity] = {
    AlarmKind.SILENT_LOT: Severity.HIGH,
    AlarmKind.SILENT_GATEWAY: Severity.HIGH,
    AlarmKind.CLOCK: Severity.HIGH,
    AlarmKind.COUNT_OFF: Severity.MEDIUM,
    AlarmKind.DOUBTFUL_READS: Severity.MEDIUM,
    AlarmKind.NUMBERS_RESTARTED: Severity.LOW,
}


class AlarmState(StrEnum):
    """How far an alarm is on its way."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    RESOLVED = "resolved"


class Cause(NamedTuple):
    """What raises an alarm: of a lot, or (`gateway_id`) of one of its gateways."""

    lot_id: int
    kind: AlarmKind
    gateway_id: int | None = None


class LotSeen(Struct, frozen=True):
    """What is known of a lot: when it was heard of last, what its last report adds to its gates' count, how many open
    cases of late are of doubtful reads and of numbers that began anew, and when a car last moved in it.
    """

    lot_id: int
    heard_at: datetime | None
    correction: int
    reported_at: datetime | None
    doubts: int
    restarts: int
    moved_at: datetime | None = None


class GatewaySeen(Struct, frozen=True):
    """What is known of a gateway: when it beat last, and whether a clock of it is wrong."""

    lot_id: int
    gateway_id: int
    seen_at: datetime | None
    clock_is_wrong: bool


class Lasting(Struct, frozen=True):
    """An alarm whose cause was there when it was looked at last."""

    id: UUID
    lot_id: int
    kind: AlarmKind
    gateway_id: int | None

    @property
    def cause(self) -> Cause:
        """What raised it."""
        return Cause(self.lot_id, self.kind, self.gateway_id)


class Alarm(Struct, frozen=True):
    """An alarm; `lot` and `gateway` by their codes."""

    id: UUID
    lot_id: int
    lot: str
    kind: AlarmKind
    gateway: str | None
    raised_at: datetime
    gone_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    dispatched_at: datetime | None
    dispatched_by: str | None
    dispatched_to: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None

    @property
    def state(self) -> AlarmState:
        """How far it is."""
        if self.resolved_at is not None:
            return AlarmState.RESOLVED
        if self.dispatched_at is not None:
            return AlarmState.DISPATCHED
        return AlarmState.OPEN if self.acknowledged_at is None else AlarmState.ACKNOWLEDGED

    @property
    def severity(self) -> Severity:
        """How soon somebody has to see to it."""
        return SEVERITIES[self.kind]

    @property
    def next_step(self) -> AlarmState | None:
        """What is usually done of it next; None: nothing more."""
        return _NEXT.get(self.state)


_NEXT = {
    AlarmState.OPEN: AlarmState.ACKNOWLEDGED,
    AlarmState.ACKNOWLEDGED: AlarmState.DISPATCHED,
    AlarmState.DISPATCHED: AlarmState.RESOLVED,
}


class SilentGateway(Struct, frozen=True):
    """A gateway that used to beat; `gateway` and `lot` by their codes."""

    gateway: str
    lot: str
    seen_at: datetime


class AlarmCount(Struct, frozen=True):
    """How many alarms of a kind nobody has resolved, and how many of these nobody has seen."""

    kind: AlarmKind
    number: int
    unseen: int


class NoSuchAlarm(OneLotError):
    """There is no alarm of this identifier among the caller's."""


class AlarmTaken(OneLotError):
    """Somebody else was faster: the alarm is acknowledged or resolved already."""


def causes(
    lots: Mapping[int, Lot],
    seen: Iterable[LotSeen],
    gateways: Iterable[GatewaySeen],
    rhythms: Mapping[int, Rhythm],
    now: datetime,
) -> Iterator[Cause]:
    """What somebody has to see at `now`. Of a lot that never sent anything nothing is wrong yet, nor of one that is
    closed and silent; where a whole lot is silent, its gateways are not told of beside it. `rhythms`: of the lots of
    which it is known how much usually moves in them.
    """
    silent = set()
    for each in seen:
        lot = lots.get(each.lot_id)
        if lot is None or each.heard_at is None:
            continue
        rhythm = rhythms.get(lot.id, UNKNOWN)
        if is_silent := rhythm_.is_silent(each.heard_at, each.moved_at, rhythm, now):
            silent.add(each.lot_id)
        found = _of_lot(lot, each, now, is_silent=is_silent)
        yield from (Cause(each.lot_id, kind) for kind, holds in found if holds)
    for gateway in gateways:
        if gateway.clock_is_wrong:
            yield Cause(gateway.lot_id, AlarmKind.CLOCK, gateway.gateway_id)
        if gateway.seen_at is None or gateway.lot_id in silent:
            continue
        if now - gateway.seen_at >= STALE_AFTER:
            yield Cause(gateway.lot_id, AlarmKind.SILENT_GATEWAY, gateway.gateway_id)


def _of_lot(lot: Lot, seen: LotSeen, now: datetime, *, is_silent: bool) -> Iterator[tuple[AlarmKind, bool]]:
    yield AlarmKind.SILENT_LOT, is_silent and not lot.is_closed
    yield AlarmKind.DOUBTFUL_READS, seen.doubts > DOUBTS_MAX
    yield AlarmKind.NUMBERS_RESTARTED, seen.restarts > 0
    reports = seen.reported_at is not None and now - seen.reported_at < REPORTED_LATELY
    yield AlarmKind.COUNT_OFF, reports and abs(seen.correction) * 100 > lot.capacity * DRIFT_LARGE_PERCENT


def changes(lasting: Sequence[Lasting], found: Iterable[Cause]) -> tuple[list[Cause], list[UUID]]:
    """What is to be raised, and the alarms whose cause is gone."""
    there, now_there = {each.cause for each in lasting}, set(found)
    return sorted(now_there - there, key=str), [each.id for each in lasting if each.cause not in now_there]


def by_severity(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The order in which they are seen to: the gravest first, of these the oldest."""
    order = list(Severity)
    return sorted(alarms, key=lambda each: (order.index(each.severity), each.raised_at, each.id))


def check_step(alarm: Alarm, to: AlarmState) -> None:
    """Refuses a step that the alarm does not take: one is acknowledged once, dispatched as often as it takes, and
    nothing is done any more of one that is resolved.

    Raises:
        AlarmTaken: somebody was faster.
    """
    if alarm.resolved_at is not None:
        raise AlarmTaken("This alarm is resolved already.", alarm_id=str(alarm.id))
    if to is AlarmState.ACKNOWLEDGED and alarm.acknowledged_at is not None:
        raise AlarmTaken("Somebody has acknowledged this alarm already.", alarm_id=str(alarm.id))
