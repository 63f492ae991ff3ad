"""Refunds: what may be given back of a paid charge, what a channel may answer, and where that leads.

The amount is reserved on the charge when it is asked for, so that refunds never add up to more than was paid.
"""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

from payments import ids
from payments.charges import Charge, ChargeState
from payments.errors import OneLotError


class RefundState(StrEnum):
    """requested and unknown are not over yet; closed means that no money moved and the reservation was released."""

    REQUESTED = "requested"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    CLOSED = "closed"


UNRESOLVED = (RefundState.REQUESTED, RefundState.UNKNOWN)


class Refund(msgspec.Struct, frozen=True):
    """Money given back for a paid charge, by the way it came."""

    lot_id: int
    charge_id: UUID
    id: UUID
    amount_fen: int
    channel: str
    state: RefundState
    reason: str
    created_at: datetime
    updated_at: datetime


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


RefundOutcome: TypeAlias = Refunded | RefundClosed | RefundPending | RefundNotFound


class NotRefundable(OneLotError):
    """The charge is not paid, or less than this remains of it."""


class RefundContradicted(OneLotError):
    """The key of this refund was used for another amount or reason."""


def refund_id(charge: UUID, request_key: str) -> UUID:
    """The one refund of a charge for a key its asker chose."""
    return ids.derive(charge, f"refund {request_key}")


def new(charge: Charge, identifier: UUID, amount_fen: int, reason: str, *, now: datetime) -> Refund:
    """A refund that is about to be reserved, by the way the charge was paid."""
    assert charge.method is not None, "only what is paid is refunded"
    return Refund(
        lot_id=charge.lot_id,
        charge_id=charge.id,
        id=identifier,
        amount_fen=amount_fen,
        channel=charge.method,
        state=RefundState.REQUESTED,
        reason=reason,
        created_at=now,
        updated_at=now,
    )


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
    left_fen = charge.amount_fen - charge.refunded_fen
    if not 0 < amount_fen <= left_fen:
        raise NotRefundable(
            "Less than that remains to refund.", field="amount_fen", amount_fen=amount_fen, refundable_fen=left_fen
        )


def same_refund(refund: Refund, amount_fen: int, reason: str) -> None:
    """Recognises a repeat.

    Raises:
        RefundContradicted: the key was used for something else.
    """
    if (refund.amount_fen, refund.reason) != (amount_fen, reason):
        raise RefundContradicted("This key belongs to another refund.", amount_fen=refund.amount_fen)


def state_after(refund: Refund, outcome: RefundOutcome) -> RefundState:
    """Where an answer of the channel leads. One that names another number or amount proves nothing."""
    match outcome:
        case Refunded() if (outcome.number, outcome.amount_fen) == (refund.id.hex, refund.amount_fen):
            return RefundState.SUCCEEDED
        case RefundClosed():
            return RefundState.CLOSED
        case Refunded() | RefundPending() | RefundNotFound():
            return RefundState.UNKNOWN
