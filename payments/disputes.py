"""Disputes: what a channel said that could not be followed, and money that came and was not owed. A person decides.

    kind                 what happened                                   books    what a person may find
    overpaid             money came for a charge that was not due        held     returned
    other_amount         success over another amount                     -        received, dismissed
    other_number         success under another number                    -        received, dismissed
    other_channel_no     a second payment of the channel's for one        -        received, dismissed
    no_answer            no end was learned in time                      -        received, dismissed
    denied               refused or failed, after it had succeeded       -        dismissed
    refund_mismatch      a refund of another number or amount            -        paid, not_paid, dismissed
    refund_no_answer     no end of a refund was learned; or it is of cash -        paid, not_paid, dismissed
    refund_after_closed  paid after it was closed                        -        paid, dismissed
    refund_denied        closed after it was paid                        -        dismissed

    received   the money came: it is booked into suspense, and the dispute stays open until it is returned
    returned   the money in suspense went back through the channel, to the attempt it came with
    paid       the refund was paid, and is booked as such
    not_paid   the refund was not paid: it is closed, and the operator has the money again
    dismissed  nothing is booked; what is not over is asked for again

Books are not moved by evidence that contradicts the request: whoever resolves it has looked at the channel's bill.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from payments import ids
from payments.errors import OneLotError

AMOUNT_FEN_MAX = 1_000_000_000
# Within so long somebody looks; the invariant waited_for_too_long names what is older.
LOOK_WITHIN = timedelta(days=3)
NOTE_CHARACTERS_MAX = 1000


class DisputeKind(StrEnum):
    """What is in dispute, see the table above."""

    OVERPAID = "overpaid"
    OTHER_NUMBER = "other_number"
    OTHER_AMOUNT = "other_amount"
    OTHER_CHANNEL_NO = "other_channel_no"
    DENIED = "denied"
    NO_ANSWER = "no_answer"
    REFUND_MISMATCH = "refund_mismatch"
    REFUND_AFTER_CLOSED = "refund_after_closed"
    REFUND_DENIED = "refund_denied"
    REFUND_NO_ANSWER = "refund_no_answer"


class DisputeState(StrEnum):
    """open: somebody has to look; resolved: somebody did."""

    OPEN = "open"
    RESOLVED = "resolved"


class Finding(StrEnum):
    """What a person found, see the table above. returned is never said: it follows from giving the money back."""

    RECEIVED = "received"
    PAID = "paid"
    NOT_PAID = "not_paid"
    DISMISSED = "dismissed"


class Resolution(StrEnum):
    """How a dispute ended."""

    RETURNED = "returned"
    PAID = "paid"
    NOT_PAID = "not_paid"
    DISMISSED = "dismissed"


class Doubt(msgspec.Struct, frozen=True):
    """That an answer could not be followed: why, and what the channel said (JSON values)."""

    kind: DisputeKind
    said: dict[str, str | int | None]


class Dispute(msgspec.Struct, frozen=True):
    """A dispute as it stands. `payable` is `charge` or `top_up`; `said` is a JSON object; `held_fen` lies in suspense.

    `operator_id`: whose staff may look at it, None for a top-up. `asked_fen`: what the attempt, or refund, was over.
    """

    shard: int
    id: UUID
    kind: DisputeKind
    payable: str
    payable_id: UUID
    attempt_id: UUID
    refund_id: UUID | None
    operator_id: int | None
    channel: str
    asked_fen: int
    said: str
    held_fen: int
    state: DisputeState
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: Resolution | None
    note: str | None


class NoSuchDispute(OneLotError):
    """No dispute has this identifier."""


class DisputeResolved(OneLotError):
    """Somebody resolved this dispute before."""


class FindingUnfit(OneLotError):
    """A dispute of this kind, or as it stands, cannot end in that way."""


class NothingToReturn(OneLotError):
    """No money of this dispute lies in suspense, or it is on its way back."""


_K, _F = DisputeKind, Finding
_OF_MONEY = frozenset({_F.RECEIVED, _F.DISMISSED})
_OF_REFUND = frozenset({_F.PAID, _F.NOT_PAID, _F.DISMISSED})
_FINDINGS: dict[DisputeKind, frozenset[Finding]] = {
    _K.OVERPAID: frozenset(),
    _K.OTHER_AMOUNT: _OF_MONEY,
    _K.OTHER_NUMBER: _OF_MONEY,
    _K.OTHER_CHANNEL_NO: _OF_MONEY,
    _K.NO_ANSWER: _OF_MONEY,
    _K.DENIED: frozenset({_F.DISMISSED}),
    _K.REFUND_MISMATCH: _OF_REFUND,
    _K.REFUND_NO_ANSWER: _OF_REFUND,
    _K.REFUND_AFTER_CLOSED: frozenset({_F.PAID, _F.DISMISSED}),
    _K.REFUND_DENIED: frozenset({_F.DISMISSED}),
}


def new(
    doubt: Doubt,
    *,
    payable: str,
    payable_id: UUID,
    attempt_id: UUID,
    refund_id: UUID | None = None,
    operator_id: int | None,
    channel: str,
    asked_fen: int,
    held_fen: int = 0,
    asked_times: int = 0,
    now: datetime,
) -> Dispute:
    """A dispute. The same words about the same attempt, or refund, are the same dispute; of one that is not over, only
    as long as the channel was not asked once more (`asked_times`).
    """
    said = msgspec.json.encode(doubt.said, order="sorted").decode()
    about = ids.derive(refund_id or attempt_id, f"dispute {doubt.kind} {said} {asked_times}")
    return Dispute(
        shard=ids.shard_of(about),
        id=about,
        kind=doubt.kind,
        payable=payable,
        payable_id=payable_id,
        attempt_id=attempt_id,
        refund_id=refund_id,
        operator_id=operator_id,
        channel=channel,
        asked_fen=asked_fen,
        said=said,
        held_fen=held_fen,
        state=DisputeState.OPEN,
        opened_at=now,
        resolved_at=None,
        resolved_by=None,
        resolution=None,
        note=None,
    )


def age(dispute: Dispute, now: datetime) -> timedelta:
    """How long it has been open, or was until somebody resolved it."""
    return max((dispute.resolved_at or now) - dispute.opened_at, timedelta())


def is_overdue(dispute: Dispute, now: datetime) -> bool:
    """Whether nobody has resolved it in time."""
    return dispute.state is DisputeState.OPEN and age(dispute, now) > LOOK_WITHIN


def check_finding(dispute: Dispute, finding: Finding, amount_fen: int | None) -> None:
    """Refuses a finding that does not fit.

    Raises:
        DisputeResolved: somebody was faster; says who.
        FindingUnfit: not for a dispute of this kind; or money of it lies in suspense, which can only be given back; or
            the amount that was received is missing, or named where none was.
    """
    check_open(dispute)
    fit = _FINDINGS[dispute.kind] if not dispute.held_fen else frozenset[Finding]()
    if finding not in fit:
        raise FindingUnfit(
            "Its money lies in suspense: give it back."
            if dispute.held_fen
            else "A dispute of this kind does not end in that way.",
            field="finding",
            kind=dispute.kind,
            findings=sorted(fit),
        )
    if (finding is Finding.RECEIVED) != (amount_fen is not None):
        raise FindingUnfit("The amount goes with `received`, and only with that.", field="amount_fen")


def check_open(dispute: Dispute) -> None:
    """Refuses to resolve it twice.

    Raises:
        DisputeResolved: somebody was faster; says who.
    """
    if dispute.state is DisputeState.RESOLVED:
        raise DisputeResolved(
            "This dispute is resolved already.",
            resolved_by=dispute.resolved_by,
            resolved_at=dispute.resolved_at,
            resolution=dispute.resolution,
        )


def check_returnable(dispute: Dispute) -> None:
    """Refuses to give back what is not there.

    Raises:
        DisputeResolved: it was given back before, or the dispute ended otherwise.
        NothingToReturn: none of its money lies in suspense.
    """
    check_open(dispute)
    if not dispute.held_fen:
        raise NothingToReturn("No money of this dispute lies in suspense.", dispute_id=str(dispute.id))
