"""Attempts to take money through a channel: the closed set of answers, and the states they lead to, as data.

An attempt is committed before its first byte is sent, and a second one waits until the first has ended: an answer that
was lost is asked for again under the same number, never sent again under another.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

import msgspec

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


class Accepted(msgspec.Struct, frozen=True, tag=True):
    """The channel took the request; the money's fate comes later."""


class Succeeded(msgspec.Struct, frozen=True, tag=True):
    """The channel has the money. Number and amount (fen) are what the channel says, to be held against our row."""

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
    """Where an attempt stands; the first three are live and keep a second attempt away."""

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
    """One try to collect a charge through a channel, which knows it as `request_no` and was sent the JSON `request`."""

    lot_id: int
    charge_id: UUID
    id: UUID
    request_no: str
    channel: str
    amount_fen: int
    state: AttemptState
    code: str | None
    request: str
    tries: int
    created_at: datetime
    updated_at: datetime
    query_at: datetime | None


class Step(msgspec.Struct, frozen=True):
    """What an answer makes of an attempt: its next state, the code to keep, and when the channel is asked again."""

    state: AttemptState
    code: str | None = None
    query_at: datetime | None = None


class UnknownChannel(OneLotError):
    """No payment channel has this name."""


class PayerMalformed(OneLotError):
    """The payer's token is longer than a channel takes, or empty."""


def sources(state: AttemptState) -> list[AttemptState]:
    """The states an attempt may be in to move to `state`."""
    return [source for source, targets in MOVES.items() if state in targets]


def step(
    outcome: Outcome,
    *,
    state: AttemptState,
    number: str,
    amount_fen: int,
    created_at: datetime,
    now: datetime,
    jitter: float,
) -> Step:
    """What an answer about the request (`number`, `amount_fen`), now in `state`, makes of it.

    Evidence that names another number or amount moves nothing: the attempt stays as it is, is asked for no more, and so
    keeps every other attempt away until a person has looked. `jitter` lies in [0, 1).
    """
    again = Step(
        _S.UNKNOWN if state is _S.SUBMITTING else state, query_at=query_again_at(created_at, now=now, jitter=jitter)
    )
    match outcome:
        case Succeeded():
            proven = (outcome.number, outcome.amount_fen) == (number, amount_fen)
            return Step(_S.SUCCEEDED) if proven else Step(again.state, "evidence_mismatch")
        case Accepted():
            return Step(_S.ACCEPTED, query_at=again.query_at)
        case Declined(code=code) | Failed(code=code):
            # What was accepted can no longer be refused on arrival, only fail.
            arrived = state is _S.ACCEPTED or isinstance(outcome, Failed)
            return Step(_S.FAILED if arrived else _S.DECLINED, code)
        case NotFound() if state is not _S.ACCEPTED and now - created_at >= VOID_AFTER:
            return Step(_S.VOID, "not_found")
        case NotFound() | Unknown():
            cause = outcome.cause if isinstance(outcome, Unknown) else "not_found"
            return msgspec.structs.replace(again, code=cause)


def to_be_sent_again(outcome: Outcome, *, state: AttemptState, created_at: datetime, now: datetime) -> bool:
    """Whether the same request goes out again: the channel never saw it, and the driver may still be waiting."""
    return isinstance(outcome, NotFound) and state is not _S.ACCEPTED and now - created_at < RESEND_WITHIN


def is_lost(attempt: Attempt, now: datetime) -> bool:
    """Whether an attempt need not keep another away: the channel was asked after the request had gone out for the last
    time, and did not know it. Should its money turn up all the same, it is held to be given back.
    """
    asked_after = attempt.updated_at - attempt.created_at
    unseen = (attempt.state, attempt.code) == (_S.UNKNOWN, "not_found")
    return unseen and min(asked_after, now - attempt.created_at) >= RESEND_WITHIN


def query_again_at(created_at: datetime, *, now: datetime, jitter: float) -> datetime:
    """When an unresolved request is asked for again: about its age from now, so ever more rarely."""
    wait = min(max(now - created_at, QUERY_AGAIN_MIN), QUERY_AGAIN_MAX)
    return now + wait * (0.5 + 0.5 * jitter)


def jitter_of(identifier: UUID) -> float:
    """A number in [0, 1) that spreads requests of the same instant, the same for the same identifier."""
    return (identifier.int & 0xFFFF) / 0x10000
