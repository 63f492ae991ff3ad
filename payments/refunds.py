"""Refunds: what may be given back, what a channel may answer, and where that leads.

A refund gives back what one attempt took: of a paid charge, where the amount is reserved when it is asked for, so that
refunds never add up to more than was paid, by a person or by an adjustment of the charge; or of a dispute, whose money
waits in suspense and goes back whole and once.

    state      ends in
    requested  succeeded; closed, when the channel refuses it or does not know it NOT_FOUND_AFTER; unknown
    unknown    the same; by ASK_MAX, when the answer contradicts the request, or at once when a person is to give it
               (cash), it is before a person (a dispute), is asked for no more, and keeps the money back until that
               person has looked
    succeeded  an end; a channel that closes it now is a dispute
    closed     an end: no money moved and the reservation was released; a channel that pays it now is a dispute

Unlike a payment, a refund whose end is not known is never given up by its age: it would be paid twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from payments import adjustments, disputes, ids
from payments.accounts import Account, AccountStatus
from payments.adjustments import Made, Payment
from payments.attempts import MISMATCH, QUERY_FIRST_AFTER, Attempt, jitter_of, query_again_at
from payments.charges import Charge, ChargeState
from payments.disputes import Dispute, DisputeKind, Doubt
from payments.errors import OneLotError

# A channel that does not know a number gets it again until then; after that it never came.
NOT_FOUND_AFTER = timedelta(days=2)
# Channels take days to pay a bank card. What has no end by then is before a person.
ASK_MAX = timedelta(days=30)
# Who asked for what no person did.
BY_ADJUSTMENT = "adjustment"
BY_HAND = "by_hand"


class RefundState(StrEnum):
    """requested and unknown are not over yet; closed means that no money moved and the reservation was released."""

    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"


_S = RefundState
UNRESOLVED = (_S.REQUESTED, _S.UNKNOWN)


class Refund(msgspec.Struct, frozen=True):
    """Money given back of what an attempt took, by the way it came.

    `shard` is where the payable lies, as in an attempt. `dispute_id`: the dispute whose money in suspense it gives
    back. `adjustment_id`: the adjustment of its charge that it follows from. `asked_by`: as the audit log names them.
    """

    shard: int
    payable_id: UUID
    id: UUID
    attempt_id: UUID
    dispute_id: UUID | None
    adjustment_id: UUID | None
    amount_fen: int
    channel: str
    state: RefundState
    reason: str
    asked_by: str | None
    code: str | None
    tries: int
    created_at: datetime
    updated_at: datetime
    query_at: datetime | None


class RefundRequest(msgspec.Struct, frozen=True):
    """What a channel is asked to give back of the payment it knows as `payment_number`."""

    number: str
    payment_number: str
    amount_fen: int


class Refunded(msgspec.Struct, frozen=True, tag=True):
    """The money went back. Number and amount (fen) are the channel's, to be compared with our row."""

    number: str
    amount_fen: int


class RefundClosed(msgspec.Struct, frozen=True, tag=True):
    """The channel will not pay this refund; no money moved."""

    code: str


class RefundPending(msgspec.Struct, frozen=True, tag=True):
    """The end is not known: no answer, or the channel is still at it (`cause`)."""

    cause: str


class RefundNotFound(msgspec.Struct, frozen=True, tag=True):
    """The channel does not know the number, yet."""


class RefundByHand(msgspec.Struct, frozen=True, tag=True):
    """No machine gives this back: a person does, and says so."""


RefundOutcome: TypeAlias = Refunded | RefundClosed | RefundPending | RefundNotFound | RefundByHand


class RefundStep(msgspec.Struct, frozen=True):
    """What an answer makes of a refund: its next state, the code to keep, when the channel is asked again, and what of
    the answer could not be followed.
    """

    state: RefundState
    code: str | None = None
    query_at: datetime | None = None
    doubt: Doubt | None = None


class NotRefundable(OneLotError):
    """The charge is not paid, less than this remains of it, or the wallet that paid it is closed."""


class RefundContradicted(OneLotError):
    """The key of this refund was used for another amount or reason."""


def refund_id(payable: UUID, request_key: str) -> UUID:
    """The one refund of a payable for a key its asker chose."""
    return ids.derive(payable, f"refund {request_key}")


def return_id(payable_id: UUID, dispute_id: UUID, n: int) -> UUID:
    """The n-th way back (from 0) of money in suspense. As every refund it has the instant of its payable, by which the
    books find it.
    """
    return ids.derive(payable_id, f"return {dispute_id} {n}")


def new(
    attempt: Attempt,
    identifier: UUID,
    amount_fen: int,
    reason: str,
    *,
    asked_by: str,
    dispute_id: UUID | None = None,
    adjustment_id: UUID | None = None,
    now: datetime,
) -> Refund:
    """A refund that is about to be reserved, by the way the attempt took it."""
    return Refund(
        shard=attempt.shard,
        payable_id=attempt.payable_id,
        id=identifier,
        attempt_id=attempt.id,
        dispute_id=dispute_id,
        adjustment_id=adjustment_id,
        amount_fen=amount_fen,
        channel=attempt.channel,
        state=_S.REQUESTED,
        reason=reason,
        asked_by=asked_by,
        code=None,
        tries=1,
        created_at=now,
        updated_at=now,
        query_at=now + QUERY_FIRST_AFTER,
    )


def of_adjustment(made: Made, payments: Sequence[Payment], *, wallet: str, now: datetime) -> list[Refund]:
    """What goes back because of an adjustment. Into the `wallet` it has gone back at once; another channel is asked by
    the worker. `payments`: what paid of the charge and can be given back, the oldest first.
    """
    return [
        Refund(
            shard=made.charge.lot_id,
            payable_id=made.charge.id,
            id=ids.derive(made.id, f"refund {payment.attempt_id}"),
            attempt_id=payment.attempt_id,
            dispute_id=None,
            adjustment_id=made.id,
            amount_fen=amount_fen,
            channel=payment.channel,
            state=_S.SUCCEEDED if payment.channel == wallet else _S.REQUESTED,
            reason=made.asked.cause,
            asked_by=BY_ADJUSTMENT,
            code=None,
            tries=1,
            created_at=now,
            updated_at=now,
            query_at=None if payment.channel == wallet else now,
        )
        for payment, amount_fen in adjustments.returns(payments, made.change.returned_fen)
    ]


def request(refund: Refund, payment_number: str) -> RefundRequest:
    """What the channel is asked, the first time and again: a refund's number follows from its identifier."""
    return RefundRequest(refund.id.hex, payment_number, refund.amount_fen)


def check_refundable(charge: Charge, amount_fen: int) -> None:
    """Refuses to give back what is not there.

    Raises:
        NotRefundable: the charge is not paid, the amount is not positive, or less remains.
    """
    if charge.state is not ChargeState.PAID:
        raise NotRefundable("Only a paid charge can be refunded.", charge_id=str(charge.id), state=charge.state)
    _check_left(amount_fen, charge.paid_fen - charge.refunded_fen)


def way_back(payments: Sequence[Payment], amount_fen: int) -> Payment:
    """The payment that an amount is given back of: the last one that is large enough. `payments`: the oldest first.

    Raises:
        NotRefundable: it takes more than one; each is refunded on its own.
    """
    _check_left(amount_fen, max((payment.left_fen for payment in payments), default=0))
    return next(payment for payment in reversed(payments) if payment.left_fen >= amount_fen)


def check_wallet(charge: Charge, account: Account | None) -> None:
    """Refuses to give back into a wallet that nobody can spend from any more.

    Raises:
        NotRefundable: the account is closed; the money has to reach its holder by another way.
    """
    if account is not None and account.status is AccountStatus.CLOSED:
        raise NotRefundable(
            "The wallet that paid this is closed.", charge_id=str(charge.id), account_id=account.id, state=charge.state
        )


def same_refund(refund: Refund, amount_fen: int, reason: str) -> None:
    """Recognises a repeat.

    Raises:
        RefundContradicted: the key was used for something else.
    """
    if (refund.amount_fen, refund.reason) != (amount_fen, reason):
        raise RefundContradicted("This key belongs to another refund.", amount_fen=refund.amount_fen)


def to_be_sent_again(refund: Refund, outcome: RefundOutcome, *, now: datetime) -> bool:
    """Whether the same request goes out again: the channel never saw it."""
    return isinstance(outcome, RefundNotFound) and now - refund.created_at < NOT_FOUND_AFTER


def step(refund: Refund, outcome: RefundOutcome, *, now: datetime) -> RefundStep:
    """What an answer makes of a refund, see the table above."""
    if refund.state not in UNRESOLVED:
        return RefundStep(refund.state, refund.code, doubt=_contradicts(refund, outcome))
    match outcome:
        case Refunded() if _proves(refund, outcome):
            return RefundStep(_S.SUCCEEDED)
        case Refunded():
            return RefundStep(_S.UNKNOWN, MISMATCH, doubt=Doubt(DisputeKind.REFUND_MISMATCH, _said(outcome)))
        case RefundClosed(code=code):
            return RefundStep(_S.CLOSED, code)
        case RefundByHand():
            return RefundStep(_S.UNKNOWN, BY_HAND, doubt=Doubt(DisputeKind.REFUND_NO_ANSWER, {"code": BY_HAND}))
        case RefundPending() | RefundNotFound():
            return _unresolved(refund, outcome, now)


def _check_left(amount_fen: int, left_fen: int) -> None:
    if not 0 < amount_fen <= left_fen:
        raise NotRefundable(
            "Less than that remains to refund.", field="amount_fen", amount_fen=amount_fen, refundable_fen=left_fen
        )


def _unresolved(refund: Refund, outcome: RefundPending | RefundNotFound, now: datetime) -> RefundStep:
    age = now - refund.created_at
    code = outcome.cause if isinstance(outcome, RefundPending) else "not_found"
    if isinstance(outcome, RefundNotFound) and age >= NOT_FOUND_AFTER:
        return RefundStep(_S.CLOSED, code)
    if age >= ASK_MAX:
        return RefundStep(_S.UNKNOWN, code, doubt=Doubt(DisputeKind.REFUND_NO_ANSWER, {"code": code}))
    again_at = query_again_at(refund.created_at, now=now, jitter=jitter_of(refund.id))
    return RefundStep(_S.UNKNOWN, code, query_at=again_at)


def dispute(refund: Refund, attempt: Attempt, operator_id: int | None, doubt: Doubt, *, now: datetime) -> Dispute:
    """What a person is to look at about a refund of what an attempt took."""
    return disputes.new(
        doubt,
        payable=attempt.kind,
        payable_id=refund.payable_id,
        attempt_id=refund.attempt_id,
        refund_id=refund.id,
        operator_id=operator_id,
        channel=refund.channel,
        asked_fen=refund.amount_fen,
        asked_times=refund.tries if refund.state in UNRESOLVED else 0,
        now=now,
    )


def _contradicts(refund: Refund, outcome: RefundOutcome) -> Doubt | None:
    """What an answer has against the end of a refund, if anything."""
    match outcome:
        case Refunded() if refund.state is _S.CLOSED:
            return Doubt(DisputeKind.REFUND_AFTER_CLOSED, _said(outcome))
        case Refunded() if not _proves(refund, outcome):
            return Doubt(DisputeKind.REFUND_MISMATCH, _said(outcome))
        case RefundClosed(code=code) if refund.state is _S.SUCCEEDED:
            return Doubt(DisputeKind.REFUND_DENIED, {"code": code})
        case _:
            return None


def _proves(refund: Refund, outcome: Refunded) -> bool:
    return (outcome.number, outcome.amount_fen) == (refund.id.hex, refund.amount_fen)


def _said(outcome: Refunded) -> dict[str, str | int | None]:
    return {"number": outcome.number, "amount_fen": outcome.amount_fen}
