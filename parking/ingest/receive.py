"""Receiving what an authenticated gateway sends: whatever brings it, HTTP or another way, this is what happens.

Every event is judged on its own. What can be taken is recorded and committed before it is answered; what cannot is
refused and kept, because behind it may have been a real car.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from parking import bans, barrier, closures, device_facts, events, facts, prices
from parking.answers import HELD, Answer, Instruction, instruct
from parking.device_events import DeviceEvent
from parking.device_facts import Told
from parking.doubts import Doubt, doubt
from parking.events import (
    BODY_BYTES_MAX,
    NO_TIME,
    EventRejected,
    GateEvent,
    Refusal,
    Sent,
    Submission,
    TooManyEvents,
)
from parking.flow import events as flow
from parking.gateways import Gateway
from parking.ingest.batch import GroupCommit
from parking.ingest.portions import Portions
from parking.ingest.queue import TURN_EVENTS, Overloaded
from parking.ingest.refusals import Refusals
from parking.lanes import Lane
from parking.limits import REFUSAL_DELAY_S
from parking.live.clocks import LiveClocks
from parking.live.network import LiveNetwork
from parking.lots import Lot
from parking.network import Network
from payments import ids

_encode = msgspec.json.Encoder().encode
# Events as they were read, and what became of each.
_Judged: TypeAlias = tuple[Sequence[Submission], Sequence[Answer | EventRejected]]


class Received(Struct, frozen=True):
    """An answer or a refusal for each event of a request, in its order. `alone`: it was one event and not an array.

    `instructions`: what the lane of each does if it was refused.
    """

    alone: bool
    outcomes: Sequence[Answer | EventRejected]
    instructions: Sequence[Instruction]


class Intake:
    """Takes the events of all gateways of this process."""

    def __init__(
        self,
        network: LiveNetwork,
        group_commit: GroupCommit,
        refusals: Refusals,
        clocks: LiveClocks,
        *,
        random_bits: Callable[[], int],
    ) -> None:
        self._network = network
        self._group_commit = group_commit
        self._refusals = refusals
        self._clocks = clocks
        self._random_bits = random_bits
        self._portions = Portions()

    async def receive(self, body: bytes, gateway: Gateway, received_at: datetime) -> Received:
        """Records the events of a body.

        Raises:
            EventRejected, TooManyEvents: the body as a whole cannot be read; it is kept.
            queue.Overloaded, batch.StorageAway: nothing was acknowledged, the gateway sends it again.
        """
        try:
            sent = events.part(body)
        except (EventRejected, TooManyEvents) as e:
            await self._refusals.keep(gateway, [flow.Refused(_as_rejected(e), body)], received_at)
            raise
        record = self._record_one if sent.alone else self._record_array
        submissions, outcomes = await record(sent, gateway, received_at)
        refused = [
            flow.Refused(outcome, submission.raw or (submission.event and _encode(submission.event)) or b"")
            for outcome, submission in zip(outcomes, submissions, strict=True)
            if isinstance(outcome, EventRejected)
        ]
        if not refused:
            return Received(sent.alone, outcomes, ())
        await self._refusals.keep(gateway, refused, received_at)
        return Received(sent.alone, outcomes, await self._instructions(submissions, gateway, received_at))

    async def instructions(
        self, body: bytes, gateway: Gateway, received_at: datetime
    ) -> tuple[bool, Sequence[Instruction]]:
        """What the lanes of a body do that `receive` did not take: whether it is one for the whole, or one for each of
        its events.
        """
        try:
            sent = events.part(body)
        except (EventRejected, TooManyEvents):
            return True, (HELD,)
        submissions = await self._portions.each(sent.raws, partial(events.read, zone=self._zone(gateway)))
        return sent.alone, await self._instructions(submissions, gateway, received_at, comes_again=True)

    async def _instructions(
        self, submissions: Sequence[Submission], gateway: Gateway, received_at: datetime, *, comes_again: bool = False
    ) -> list[Instruction]:
        network = self._network.snapshot

        def instruction(each: Submission) -> Instruction:
            said = each if each.event is None else each.event
            lane = network.lanes.get(said.lane or "")
            is_own = lane is not None and lane.gateway_id == gateway.id
            direction = lane.direction_at(received_at) if lane is not None and is_own else None
            kind = network.lots[lane.lot_id if lane is not None and is_own else gateway.lot_id].kind
            # What is refused by what it says is refused again.
            again = comes_again and each.refused is None
            # Nobody waits at a lane for the answer to what is no plate read.
            moves = not (said.replay or isinstance(said, DeviceEvent))
            gate = barrier.decide_untaken(direction, kind, replay=not moves, comes_again=again)
            return instruct(_id_of(each), direction, gate)

        return await self._portions.each(submissions, instruction)

    async def refuse_large(self, gateway: Gateway, received_at: datetime) -> EventRejected:
        """The refusal of a body that is larger than any honest one: that it came is kept, what it was is not."""
        refusal = EventRejected(
            f"The body is larger than {BODY_BYTES_MAX} bytes: send fewer events at a time.",
            reason=Refusal.BODY_TOO_LARGE,
            field="body",
        )
        await self._refusals.keep(gateway, [flow.Refused(refusal, b"")], received_at)
        return refusal

    async def _record_one(self, sent: Sent, gateway: Gateway, received_at: datetime) -> _Judged:
        submission = events.read(sent.raws[0], self._zone(gateway))
        await self._know_lane(submission)
        taken = self._take(submission, gateway, received_at)
        if isinstance(taken, EventRejected):
            return [submission], [taken]
        self._clocks.hear([taken])
        async with self._group_commit.place(gateway.id, 1, live=device_facts.is_at_gate(taken)) as until:
            return [submission], await self._group_commit.record([taken], until)

    async def _record_array(self, sent: Sent, gateway: Gateway, received_at: datetime) -> _Judged:
        """Each piece of an array is read when the one before it is recorded, and none before there is a place for all:
        what is refused for want of room costs nothing.
        """
        zone = self._zone(gateway)
        live = any(
            (said_at := events.said_live(raw, zone)) is not None and received_at - said_at <= device_facts.AT_GATE_MAX
            for raw in sent.raws
        )
        read, outcomes, accepted = list[Submission](), list[Answer | EventRejected](), list[Told]()
        try:
            async with self._group_commit.place(gateway.id, len(sent.raws), live=live) as until:
                for at in range(0, len(sent.raws), TURN_EVENTS):
                    piece = await self._portions.each(sent.raws[at : at + TURN_EVENTS], partial(events.read, zone=zone))
                    for each in piece:
                        await self._know_lane(each)
                    taken = await self._portions.each(piece, lambda each: self._take(each, gateway, received_at))
                    told = [each for each in taken if not isinstance(each, EventRejected)]
                    answers = iter(await self._group_commit.record(told, until) if told else ())
                    read += piece
                    outcomes += [each if isinstance(each, EventRejected) else next(answers) for each in taken]
                    accepted += told
        except Overloaded:
            await _hold_back(live)
            raise
        if read and not accepted:
            await _hold_back(live)
        # All together: an array that should have said `replay` is no reading of a clock for each of its pieces.
        self._clocks.hear(accepted)
        return read, outcomes

    async def _know_lane(self, submission: Submission) -> None:
        """A lane that nobody knows may be newer than the network in memory."""
        lane = None if submission.event is None else submission.event.lane
        if lane is not None and lane not in self._network.snapshot.lanes:
            await self._network.lane(lane)

    def _take(self, submission: Submission, gateway: Gateway, received_at: datetime) -> Told | EventRejected:
        event = submission.event
        if event is None:
            assert submission.refused is not None
            return submission.refused
        lane = None if event.lane is None else self._network.snapshot.lanes.get(event.lane)
        try:
            lot = _lot_of(event, lane, gateway, self._network.snapshot, received_at)
            id_ = ids.new(received_at, lot.id, self._random_bits())
            spells = self._clocks.spells_of(gateway, lane)
            doubts = (*submission.doubts, *_doubts_of_lot(event, lot))
            if isinstance(event, DeviceEvent):
                return device_facts.accept(
                    event,
                    lane=lane,
                    gateway=gateway,
                    lot=lot,
                    received_at=received_at,
                    id=id_,
                    doubts=doubts,
                    spells=spells,
                )
            fact = facts.accept(
                event,
                lane=lane,
                gateway=gateway,
                received_at=received_at,
                id=id_,
                doubts=doubts,
                way_of_lane=submission.way_of_lane,
                no_plate_texts=self._network.snapshot.no_plate_texts.get(lot.operator_id, ()),
                capacity=lot.capacity,
                spells=spells,
            )
        except EventRejected as e:
            return e
        snapshot = self._network.snapshot
        assert lane is not None
        fact = bans.noticed(closures.noticed(fact, lot, lane), lot, snapshot.bans)
        return prices.noticed(fact, snapshot.prices[lot.id].tariffs)

    def _zone(self, gateway: Gateway) -> ZoneInfo:
        return ZoneInfo(self._network.snapshot.lots[gateway.lot_id].time_zone)


def _lot_of(
    event: GateEvent | DeviceEvent, lane: Lane | None, gateway: Gateway, network: Network, received_at: datetime
) -> Lot:
    """The lot that an event is about: that of its lane, or else the one that it names, or the gateway's own.

    Raises:
        EventRejected: it names a lot that the gateway did not serve then.
    """
    if lane is not None and lane.gateway_id == gateway.id:
        return network.lots[lane.lot_id]
    if isinstance(event, GateEvent) or event.lot is None:
        return network.lots[gateway.lot_id]
    lot = network.lots_by_code.get(event.lot)
    at = event.occurred_at if event.replay and event.occurred_at != NO_TIME else received_at
    if lot is None or not gateway.serves(lot.id, at):
        raise EventRejected(
            f"This gateway serves no lot {event.lot!r}.",
            reason=Refusal.LOT_NOT_YOURS,
            field="lot",
            event_id=event.event_id,
        )
    return lot


def _doubts_of_lot(event: GateEvent | DeviceEvent, lot: Lot) -> tuple[Doubt, ...]:
    """What is odd about the lot that an event names where its lane says another."""
    if event.lot is None or event.lot in (lot.code, *lot.former_codes):
        return ()
    return (doubt("lot", event.lot, lot.code),)


async def _hold_back(live: bool) -> None:
    """Nothing of an array was taken: where nobody waits at a gate, who asks again at once asks slowly."""
    if not live:
        await asyncio.sleep(REFUSAL_DELAY_S)


def _id_of(submission: Submission) -> str | None:
    if submission.event is not None:
        return submission.event.event_id
    return None if submission.refused is None else submission.refused.event_id


def _as_rejected(e: EventRejected | TooManyEvents) -> EventRejected:
    if isinstance(e, EventRejected):
        return e
    return EventRejected(e.sentence, reason=Refusal.TOO_MANY_EVENTS, field="body")
