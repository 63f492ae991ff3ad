"""What gates are told of a batch of passages: of what is new, of what comes again, and of what contradicts itself."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec import Struct

from parking import store
from parking.barrier import Ruling
from parking.fees import Bill
from parking.gate import Answer, EventRejected, Passage, Payment, Reason, Status, display
from parking.stays import Transition
from payments.charges import charge_id


class Taken(Struct):
    """A passage that is new, with what follows from it."""

    passage: Passage
    transition: Transition
    bill: Bill | None
    ruling: Ruling


def reason_of(taken: Taken) -> Reason | None:
    """Why a person should look at it, if anybody should."""
    # An impossible order weighs more than a doubtful read: it is what a person has to put right.
    return taken.transition.reason or taken.passage.doubt


def answers(
    passages: Sequence[Passage],
    keys: Sequence[tuple[int, int, str]],
    known: Mapping[tuple[int, int, str], store.KnownEvent],
    taken: Sequence[Taken],
) -> list[Answer | EventRejected]:
    """What each gate is told, in the order of the passages: of what is new, or the same as the first time."""
    by_key = {(t.passage.lot_id, t.passage.gateway_id, t.passage.event.event_id): t for t in taken}
    said: list[Answer | EventRejected] = []
    for passage, key in zip(passages, keys, strict=True):
        first = known.get(key) or by_key[key]
        if isinstance(first, Taken) and first.passage is passage:
            said.append(_answer(first))
        else:
            said.append(_repeat(passage, _as_known(first) if isinstance(first, Taken) else first))
    return said


def _answer(taken: Taken) -> Answer:
    r, reason = taken.ruling, reason_of(taken)
    return Answer(
        event_id=taken.passage.event.event_id,
        status=Status.REVIEW if reason else Status.RECORDED,
        gate=r.gate,
        stay_id=taken.transition.stay_id,
        fee_fen=r.fee_fen,
        payment=r.payment,
        charge_id=_payable(taken.transition.stay_id, r.payment),
        display=display(taken.passage.direction, r.gate, r.fee_fen, r.payment),
        reason=reason,
    )


def _payable(stay_id: UUID | None, payment: Payment | None) -> UUID | None:
    return charge_id(stay_id) if stay_id is not None and payment is Payment.PAY_AT_GATE else None


def _as_known(taken: Taken) -> store.KnownEvent:
    p, r = taken.passage, taken.ruling
    return store.KnownEvent(
        *(p.lot_id, p.gateway_id, p.event.event_id, p.content_hash),
        *(r.gate, taken.transition.stay_id, r.fee_fen, r.payment),
        kind=p.event.kind,
        reason=reason_of(taken),
    )


def _repeat(passage: Passage, first: store.KnownEvent) -> Answer | EventRejected:
    event_id = passage.event.event_id
    if first.content_hash != passage.content_hash:
        return EventRejected(
            "An event with this id was recorded with other content.",
            reason="event_id_conflict",
            code=409,
            field="event_id",
            event_id=event_id,
        )
    return Answer(
        event_id=event_id,
        status=Status.DUPLICATE,
        gate=first.gate,
        stay_id=first.stay_id,
        fee_fen=first.fee_fen,
        payment=first.payment,
        charge_id=_payable(first.stay_id, first.payment),
        display=display(passage.direction, first.gate, first.fee_fen, first.payment),
        reason=first.reason,
    )
