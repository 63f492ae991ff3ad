"""Receiving what an authenticated gateway sends: whatever brings it, HTTP or another way, this is what happens.

Every event is judged on its own. What can be taken is recorded and committed before it is answered; what cannot is
refused and kept, because behind it may have been a real car.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from parking import barrier, events, facts
from parking.answers import HELD, Answer, Instruction, instruct
from parking.events import BODY_BYTES_MAX, EventRejected, Refusal, Submission, TooManyEvents
from parking.facts import Fact
from parking.flow import events as flow
from parking.ingest.batch import GroupCommit
from parking.ingest.refusals import Refusals
from parking.live.network import LiveNetwork
from parking.lots import Gateway
from payments import ids

_encode = msgspec.json.Encoder().encode


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
        self, network: LiveNetwork, group_commit: GroupCommit, refusals: Refusals, *, random_bits: Callable[[], int]
    ) -> None:
        self._network = network
        self._group_commit = group_commit
        self._refusals = refusals
        self._random_bits = random_bits

    async def receive(self, body: bytes, gateway: Gateway, received_at: datetime) -> Received:
        """Records the events of a body.

        Raises:
            EventRejected, TooManyEvents: the body as a whole cannot be read; it is kept.
            queue.Overloaded, batch.StorageAway: nothing was acknowledged, the gateway sends it again.
        """
        try:
            alone, submissions = events.read(body, self._zone(gateway))
        except (EventRejected, TooManyEvents) as e:
            await self._refusals.keep(gateway, [flow.Refused(_as_rejected(e), body)], received_at)
            raise
        outcomes = await self._record(submissions, gateway, received_at)
        refused = any(isinstance(outcome, EventRejected) for outcome in outcomes)
        return Received(alone, outcomes, self._instructions(submissions, gateway) if refused else ())

    def instructions(self, body: bytes, gateway: Gateway) -> tuple[bool, Sequence[Instruction]]:
        """What the lanes of a body do that `receive` did not take: whether it is one for the whole, or one for each of
        its events.
        """
        try:
            alone, submissions = events.read(body, self._zone(gateway))
        except (EventRejected, TooManyEvents):
            return True, (HELD,)
        return alone, self._instructions(submissions, gateway, comes_again=True)

    def _instructions(
        self, submissions: Sequence[Submission], gateway: Gateway, *, comes_again: bool = False
    ) -> list[Instruction]:
        network = self._network.snapshot
        kind = network.lots[gateway.lot_id].kind
        instructions = []
        for each in submissions:
            said = each if each.event is None else each.event
            lane = network.lanes.get(said.lane or "")
            direction = lane.direction if lane is not None and lane.gateway_id == gateway.id else None
            # What is refused by what it says is refused again.
            again = comes_again and each.refused is None
            gate = barrier.decide_untaken(direction, kind, replay=said.replay, comes_again=again)
            instructions.append(instruct(_id_of(each), direction, gate))
        return instructions

    async def refuse_large(self, gateway: Gateway, received_at: datetime) -> EventRejected:
        """The refusal of a body that is larger than any honest one: that it came is kept, what it was is not."""
        refusal = EventRejected(
            f"The body is larger than {BODY_BYTES_MAX} bytes: send fewer events at a time.",
            reason=Refusal.BODY_TOO_LARGE,
            field="body",
        )
        await self._refusals.keep(gateway, [flow.Refused(refusal, b"")], received_at)
        return refusal

    async def _record(
        self, submissions: Sequence[Submission], gateway: Gateway, received_at: datetime
    ) -> list[Answer | EventRejected]:
        taken = [await self._take(submission, gateway, received_at) for submission in submissions]
        accepted = [each for each in taken if isinstance(each, Fact)]
        answers = iter(await self._group_commit.record(accepted) if accepted else ())
        outcomes = [next(answers) if isinstance(each, Fact) else each for each in taken]
        refused = [
            flow.Refused(outcome, submission.raw or (submission.event and _encode(submission.event)) or b"")
            for outcome, submission in zip(outcomes, submissions, strict=True)
            if isinstance(outcome, EventRejected)
        ]
        if refused:
            await self._refusals.keep(gateway, refused, received_at)
        return outcomes

    async def _take(self, submission: Submission, gateway: Gateway, received_at: datetime) -> Fact | EventRejected:
        if submission.event is None:
            assert submission.refused is not None
            return submission.refused
        code = submission.event.lane
        lane = self._network.snapshot.lanes.get(code) or await self._network.lane(code)
        lot = self._network.snapshot.lots[gateway.lot_id]
        id_ = ids.new(received_at, gateway.lot_id, self._random_bits())
        try:
            return facts.accept(
                submission.event,
                lane=lane,
                gateway=gateway,
                received_at=received_at,
                id=id_,
                doubts=submission.doubts,
                no_plate_texts=self._network.snapshot.no_plate_texts.get(lot.operator_id, ()),
                capacity=lot.capacity,
            )
        except EventRejected as e:
            return e

    def _zone(self, gateway: Gateway) -> ZoneInfo:
        return ZoneInfo(self._network.snapshot.lots[gateway.lot_id].time_zone)


def _id_of(submission: Submission) -> str | None:
    if submission.event is not None:
        return submission.event.event_id
    return None if submission.refused is None else submission.refused.event_id


def _as_rejected(e: EventRejected | TooManyEvents) -> EventRejected:
    if isinstance(e, EventRejected):
        return e
    return EventRejected(e.sentence, reason=Refusal.TOO_MANY_EVENTS, field="body")
