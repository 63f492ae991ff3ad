"""Attempts to take money through a channel, whatever they pay: the closed set of answers, and the states they lead to.

An attempt is committed before its first byte is sent, and a second one waits until the first has ended: an answer that
was lost is asked for again under the same number, never sent again under another.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import TypeAlias
from uuid import UUID

import msgspec

from payments import ids
from payments.errors import OneLotError

CHANNEL_TIMEOUT_S = 5.0
# What a crash leaves behind as submitting is asked for after the channel's answer can no longer come.
QUERY_FIRST_AFTER = timedelta(seconds=10)
QUERY_AGAIN_MIN = timedelta(seconds=3)
QUERY_AGAIN_MAX = timedelta(hours=6)
# A channel that does not know a number gets it again this long; after that the driver is no longer waiting for it.
RESEND_WITHIN = timedelta(minutes=10)
# By then the channel's bill of the next day would have shown it.
VOID_AFTER = timedelta(days=2)


class PayableKind(StrEnum):
    """What an attempt pays."""

    CHARGE = "charge"
    TOP_UP = "top_up"


class PayRequest(msgspec.Struct, frozen=True):
    """What a channel is asked to collect: the same number always comes with the same content."""

    number: str
    amount_fen: int
    payer: str


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """The channel took the request; the money's fate comes later.

    `next_action`: what the payer's browser or app needs to go on, if anything: an address to be sent to, the text of a
    QR code, the parameters of a payment in an app.
    """

    next_action: dict[str, str] | None = None


class Succeeded(msgspec.Struct, frozen=True, tag=True):
    """The channel has the money. Number and amount (fen) are the channel's, to be compared with our row."""

    number: str
    amount_fen: int


class Declined(msgspec.Struct, frozen=True, tag=True):
    """Refused for certain, nothing was taken. Another attempt may be made if `retryable`."""

    code: str
    retryable: bool = True


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Accepted earlier, and not collected in the end."""

    code: str


class NotFound(msgspec.Struct, frozen=True, tag=True):
    """The channel does not know the number, yet."""


class Unknown(msgspec.Struct, frozen=True, tag=True):
    """No answer, or one that says nothing of the money; it was probably done."""

    cause: str


Outcome: TypeAlias = Accepted | Succeeded | Declined | Failed | NotFound | Unknown


class AttemptState(StrEnum):
    """How far an attempt has come; the first three states are live and keep a second attempt away."""

    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    FAILED = "failed"
    VOID = "void"
    SUPERSEDED = "superseded"


_S = AttemptState
LIVE = frozenset({_S.SUBMITTING, _S.ACCEPTED, _S.UNKNOWN})

# From each state, the states it may move to. failed, void and superseded end in succeeded only on evidence from the
# channel; from succeeded nothing moves but by refunds, which are rows of their own.
MOVES: dict[AttemptState, frozenset[AttemptState]] = {
    _S.SUBMITTING: frozenset({_S.ACCEPTED, _S.UNKNOWN, _S.SUCCEEDED, _S.DECLINED, _S.FAILED, _S.VOID, _S.SUPERSEDED}),
    _S.UNKNOWN: frozenset({_S.UNKNOWN, _S.ACCEPTED, _S.SUCCEEDED, _S.DECLINED, _S.FAILED, _S.VOID, _S.SUPERSEDED}),
    _S.ACCEPTED: frozenset({_S.ACCEPTED, _S.SUCCEEDED, _S.FAILED, _S.SUPERSEDED}),
    _S.FAILED: frozenset({_S.SUCCEEDED}),
    _S.VOID: frozenset({_S.SUCCEEDED}),
    _S.SUPERSEDED: frozenset({_S.SUCCEEDED}),
    _S.DECLINED: frozenset(),
    _S.SUCCEEDED: frozenset(),
}


class Attempt(msgspec.Struct, frozen=True):
    """One try to collect a payable through a channel, which knows it as `request_no` and was sent the JSON `request`.

    `shard` is where the payable lies: the lot of a charge, the account of a top-up. `next_action` is a JSON object.
    """

    shard: int
    payable_id: UUID
    id: UUID
    kind: PayableKind
    request_no: str
    channel: str
    amount_fen: int
    state: AttemptState
    code: str | None
    request: str
    next_action: str | None
    tries: int
    created_at: datetime
    updated_at: datetime
    query_at: datetime | None


class Step(msgspec.Struct, frozen=True):
    """What an answer makes of an attempt: its next state, the code to keep, and when the channel is asked again.

    `next_action` is stored if there is one; else the one before stays.
    """

    state: AttemptState
    code: str | None = None
    query_at: datetime | None = None
    next_action: dict[str, str] | None = None


class UnknownChannel(OneLotError):
    """No payment channel has this name."""


class PayerMalformed(OneLotError):
    """The payer's token is longer than a channel takes, or empty."""


class PaymentInProgress(OneLotError):
    """An attempt to pay this has not ended; a second one could take the money twice."""


def new(
    kind: PayableKind, payable_id: UUID, amount_fen: int, *, channel: str, payer: str, now: datetime, random_bits: int
) -> Attempt:
    """An attempt that is about to be committed and then sent."""
    shard = ids.shard_of(payable_id)
    attempt_id = ids.new(now, shard, random_bits)
    # Payers see the number, so it tells neither where the attempt lies nor when it was made.
    request = PayRequest(blake2b(attempt_id.bytes, digest_size=16).hexdigest(), amount_fen, payer)
    return Attempt(
        shard=shard,
        payable_id=payable_id,
        id=attempt_id,
        kind=kind,
        request_no=request.number,
        channel=channel,
        amount_fen=amount_fen,
        state=_S.SUBMITTING,
        code=None,
        request=msgspec.json.encode(request).decode(),
        next_action=None,
        tries=1,
        created_at=now,
        updated_at=now,
        query_at=now + QUERY_FIRST_AFTER,
    )


def request_of(attempt: Attempt) -> PayRequest:
    """What the channel is sent, the first time and again."""
    return msgspec.json.decode(attempt.request, type=PayRequest)


def next_action(attempt: Attempt) -> dict[str, str] | None:
    """What the payer has to do for an attempt to go on; None once it has ended."""
    if attempt.next_action is None or attempt.state not in LIVE:
        return None
    return msgspec.json.decode(attempt.next_action, type=dict[str, str])


def sources(state: AttemptState) -> list[AttemptState]:
    """The states an attempt may be in to move to `state`."""
    return [source for source, targets in MOVES.items() if state in targets]


def step(attempt: Attempt, outcome: Outcome, *, now: datetime) -> Step:
    """What an answer makes of an attempt.

    Evidence that names another number or amount moves nothing: the attempt stays as it is, is asked for no more, and so
    keeps every other attempt away until a person has looked.
    """
    accepted = attempt.state is _S.ACCEPTED
    again = Step(
        _S.UNKNOWN if attempt.state is _S.SUBMITTING else attempt.state,
        query_at=query_again_at(attempt.created_at, now=now, jitter=jitter_of(attempt.id)),
    )
    match outcome:
        case Succeeded():
            proven = (outcome.number, outcome.amount_fen) == (attempt.request_no, attempt.amount_fen)
            return Step(_S.SUCCEEDED) if proven else Step(again.state, "evidence_mismatch")
        case Accepted():
            return Step(_S.ACCEPTED, query_at=again.query_at, next_action=outcome.next_action)
        case Declined(code=code) | Failed(code=code):
            # What was accepted can no longer be refused on arrival, only fail.
            return Step(_S.FAILED if accepted or isinstance(outcome, Failed) else _S.DECLINED, code)
        case NotFound() if not accepted and now - attempt.created_at >= VOID_AFTER:
            return Step(_S.VOID, "not_found")
        case NotFound() | Unknown():
            cause = outcome.cause if isinstance(outcome, Unknown) else "not_found"
            return msgspec.structs.replace(again, code=cause)


def to_be_sent_again(attempt: Attempt, outcome: Outcome, *, now: datetime) -> bool:
    """Whether the same request goes out again: the channel never saw it, and the driver may still be waiting."""
    unseen = isinstance(outcome, NotFound) and attempt.state is not _S.ACCEPTED
    return unseen and now - attempt.created_at < RESEND_WITHIN


def supersede(live: Attempt, now: datetime) -> Step:
    """The end of an attempt that gives way to a new one.

    Raises:
        PaymentInProgress: it is not lost, so its money may still be taken.
    """
    if not is_lost(live, now):
        raise PaymentInProgress(
            f"A payment of this {live.kind.replace('_', '-')} has not ended.",
            state=live.state,
        )
    return Step(_S.SUPERSEDED, live.code)


def is_lost(attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt need not keep another away: the channel was asked after the request had gone out for the last
    time, and did not know it. Should its money turn up all the same, it is held to be given back.
    """
    asked_after = attempt.updated_at - attempt.created_at
    unseen = (attempt.state, attempt.code) == (_S.UNKNOWN, "not_found")
    return unseen and min(asked_after, now - attempt.created_at) >= RESEND_WITHIN


def query_again_at(created_at: datetime, *, now: datetime, jitter: float) -> datetime:
    """When an unresolved request is asked for again: about its age from now, so ever more rarely. `jitter`: [0, 1)."""
    wait = min(max(now - created_at, QUERY_AGAIN_MIN), QUERY_AGAIN_MAX)
    return now + wait * (0.5 + 0.5 * jitter)


def jitter_of(identifier: UUID) -> float:
    """A number in [0, 1) that spreads requests of the same instant, the same for the same identifier."""
    return (identifier.int & 0xFFFF) / 0x10000
