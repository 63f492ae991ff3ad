"""Attempts to take money through a channel, whatever they pay: the closed set of answers, and the states they lead to.

An attempt is committed before its first byte is sent, and a second one waits until the first has ended: an answer that
was lost is asked for again under the same number, never sent again under another. No wait is without an end:

    state       keeps others away  ends in (by an answer of the channel, or by its age)
    submitting  yes                accepted, unknown, succeeded, declined (refused), failed, void, superseded
    unknown     yes                the same; void when the channel does not know it RESEND_WITHIN after it was made,
                                   or has no end for it WAIT_MAX after
    accepted    yes                succeeded, failed; void when there is no end WAIT_MAX after it was made
    void        no                 asked for until the channel refuses it, does not know it (BILLED_AFTER), or ASK_MAX
    superseded  no                 the same: a payment by somebody else took its place
    declined    no                 an end
    failed      no                 an end
    succeeded   no                 an end; only refunds follow, which are rows of their own

Success in the right number and amount is believed in every state: the money is here. What it is for says the
payable: a charge that is due is paid by it, the money for another waits in suspense. What contradicts the request, or
an end that stands, moves nothing and is a dispute (`payments.disputes`); so is an attempt whose end was never learned.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import TypeAlias
from uuid import UUID

import msgspec

from payments import ids
from payments.disputes import DisputeKind, Doubt
from payments.errors import OneLotError

CHANNEL_TIMEOUT_S = 5.0
# What a crash leaves behind as submitting is asked for after the channel's answer can no longer come.
QUERY_FIRST_AFTER = timedelta(seconds=10)
QUERY_AGAIN_MIN = timedelta(seconds=3)
QUERY_AGAIN_MAX = timedelta(hours=6)
# A channel that does not know a number gets it again this long; after that the driver is no longer waiting for it.
RESEND_WITHIN = timedelta(minutes=10)
# So long a payment whose end is not known keeps every other one away. It is asked for after that too.
WAIT_MAX = timedelta(days=1)
# By then the channel's bill of the next day would have shown it.
BILLED_AFTER = timedelta(days=2)
# Nobody is asked for longer. What has no end by then is before a person.
ASK_MAX = timedelta(days=7)
MISMATCH = "evidence_mismatch"


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
    """The channel has the money. Number and amount (fen) are the channel's, to be compared with our row.

    `channel_no`: the number the channel itself gave the payment, if it says so.
    """

    number: str
    amount_fen: int
    channel_no: str | None = None


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
# What keeps nobody away any more is asked for all the same.
ASKED_FOR = LIVE | {_S.VOID, _S.SUPERSEDED}

# From each state, the states it may move to.
MOVES: dict[AttemptState, frozenset[AttemptState]] = {
    _S.SUBMITTING: frozenset({_S.ACCEPTED, _S.UNKNOWN, _S.SUCCEEDED, _S.DECLINED, _S.FAILED, _S.VOID, _S.SUPERSEDED}),
    _S.UNKNOWN: frozenset({_S.UNKNOWN, _S.ACCEPTED, _S.SUCCEEDED, _S.DECLINED, _S.FAILED, _S.VOID, _S.SUPERSEDED}),
    _S.ACCEPTED: frozenset({_S.ACCEPTED, _S.SUCCEEDED, _S.FAILED, _S.VOID, _S.SUPERSEDED}),
    _S.VOID: frozenset({_S.VOID, _S.SUCCEEDED}),
    _S.SUPERSEDED: frozenset({_S.SUPERSEDED, _S.SUCCEEDED}),
    _S.DECLINED: frozenset({_S.SUCCEEDED}),
    _S.FAILED: frozenset({_S.SUCCEEDED}),
    _S.SUCCEEDED: frozenset(),
}


class Attempt(msgspec.Struct, frozen=True):
    """One try to collect a payable through a channel, which knows it as `request_no` and was sent the JSON `request`.

    `shard` is where the payable lies: the lot of a charge, the account of a top-up. `next_action` is a JSON object.
    `account_id`: the account that asked for it, where that is the one that owes. `key_digest`: the key its asker chose.
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
    channel_no: str | None = None
    account_id: int | None = None
    key_digest: str | None = None


class Step(msgspec.Struct, frozen=True):
    """What an answer makes of an attempt: its next state, the code to keep, and when the channel is asked again.

    `next_action` and `channel_no` are stored if they are there; else those before stay. `doubt`: what of the answer
    could not be followed.
    """

    state: AttemptState
    code: str | None = None
    query_at: datetime | None = None
    next_action: dict[str, str] | None = None
    channel_no: str | None = None
    doubt: Doubt | None = None


class UnknownChannel(OneLotError):
    """No payment channel has this name."""


class PayerMalformed(OneLotError):
    """The payer's token is longer than a channel takes, or empty."""


class PaymentInProgress(OneLotError):
    """An attempt to pay this has not ended; a second one could take the money twice."""


class PaymentContradicted(OneLotError):
    """The key of this payment was used for another channel or payer."""


def new(
    kind: PayableKind,
    payable_id: UUID,
    amount_fen: int,
    *,
    channel: str,
    payer: str,
    now: datetime,
    random_bits: int,
    account_id: int | None = None,
    key_digest: str | None = None,
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
        account_id=account_id,
        key_digest=key_digest,
    )


def taken(
    charge_id: UUID, receipt_id: UUID, amount_fen: int, *, channel: str, key_digest: str, now: datetime
) -> Attempt:
    """An attempt that nobody is asked for: its money was taken before it was told of."""
    shard = ids.shard_of(charge_id)
    attempt_id = ids.new(now, shard, receipt_id.int & 0xFFFFFFFFFFFFFFFF)
    return Attempt(
        shard=shard,
        payable_id=charge_id,
        id=attempt_id,
        kind=PayableKind.CHARGE,
        request_no=receipt_id.hex,
        channel=channel,
        amount_fen=amount_fen,
        state=_S.SUBMITTING,
        code=None,
        request=msgspec.json.encode({"receipt": receipt_id}).decode(),
        next_action=None,
        tries=1,
        created_at=now,
        updated_at=now,
        query_at=None,
        key_digest=key_digest,
    )


def key_digest(payable_id: UUID, request_key: str) -> str:
    """The form in which the key that an asker chose for a payment is stored."""
    return ids.derive(payable_id, f"attempt {request_key}").hex


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
    """What an answer makes of an attempt, see the table above.

    An attempt that is not over and whose evidence contradicts the request stays as it is, is asked for no more, and
    keeps every other attempt away until a person has looked or somebody else pays.
    """
    match outcome:
        case Succeeded():
            return _succeeded(attempt, outcome)
        case Declined(code=code) | Failed(code=code):
            return _refused(attempt, code, outright=isinstance(outcome, Declined))
        case Accepted() | NotFound() | Unknown():
            return _unresolved(attempt, outcome, now)


def _succeeded(attempt: Attempt, outcome: Succeeded) -> Step:
    doubt = None
    if outcome.number != attempt.request_no:
        doubt = DisputeKind.OTHER_NUMBER
    elif outcome.amount_fen != attempt.amount_fen:
        doubt = DisputeKind.OTHER_AMOUNT
    elif attempt.channel_no is not None and outcome.channel_no not in (None, attempt.channel_no):
        doubt = DisputeKind.OTHER_CHANNEL_NO
    if doubt is None:
        return Step(_S.SUCCEEDED, channel_no=outcome.channel_no)
    said: dict[str, str | int | None] = {
        "number": outcome.number, "amount_fen": outcome.amount_fen, "channel_no": outcome.channel_no,
    }  # fmt: skip
    state = _S.UNKNOWN if attempt.state is _S.SUBMITTING else attempt.state
    return Step(state, MISMATCH, doubt=Doubt(doubt, said))


def _refused(attempt: Attempt, code: str, *, outright: bool) -> Step:
    if attempt.state is _S.SUCCEEDED:
        return Step(_S.SUCCEEDED, doubt=Doubt(DisputeKind.DENIED, {"code": code}))
    if attempt.state not in LIVE:
        return Step(attempt.state, code)
    # What was accepted can no longer be refused on arrival, only fail.
    return Step(_S.DECLINED if outright and attempt.state is not _S.ACCEPTED else _S.FAILED, code)


def _unresolved(attempt: Attempt, outcome: Accepted | NotFound | Unknown, now: datetime) -> Step:
    """An answer that ends nothing: the age of the attempt decides how long it is waited for, and asked for."""
    if attempt.state not in ASKED_FOR:
        return Step(attempt.state, attempt.code)
    age = now - attempt.created_at
    unseen = isinstance(outcome, NotFound)
    state, code = attempt.state, None
    if isinstance(outcome, Unknown):
        code = outcome.cause
    elif unseen:
        code = "not_found"
    if state in LIVE:
        wait = RESEND_WITHIN if unseen and state is not _S.ACCEPTED else WAIT_MAX
        state = _S.ACCEPTED if isinstance(outcome, Accepted) or state is _S.ACCEPTED else _S.UNKNOWN
        state = _S.VOID if age >= wait else state
    over = age >= (BILLED_AFTER if unseen else ASK_MAX)
    return Step(
        state,
        code,
        query_at=None if over else query_again_at(attempt.created_at, now=now, jitter=jitter_of(attempt.id)),
        next_action=outcome.next_action if isinstance(outcome, Accepted) else None,
        doubt=Doubt(DisputeKind.NO_ANSWER, {"code": code or "accepted"}) if over and not unseen else None,
    )


def to_be_sent_again(attempt: Attempt, outcome: Outcome, *, now: datetime) -> bool:
    """Whether the same request goes out again: the channel never saw it, and the driver may still be waiting."""
    unseen = isinstance(outcome, NotFound) and attempt.state in (_S.SUBMITTING, _S.UNKNOWN)
    return unseen and now - attempt.created_at < RESEND_WITHIN


def rests(attempt: Attempt, *, now: datetime) -> bool:
    """Whether it is asked for no more although it has no end, and is young enough to be asked for again."""
    young = attempt.state in LIVE or now - attempt.created_at < ASK_MAX
    return attempt.state in ASKED_FOR and attempt.query_at is None and young


def same_payment(attempt: Attempt, *, channel: str, payer: str) -> None:
    """Recognises a repeat by the attempt that was made with its key.

    Raises:
        PaymentContradicted: the key was used for something else.
    """
    if (attempt.channel, request_of(attempt).payer) != (channel, payer):
        raise PaymentContradicted("This key belongs to another payment.")


def query_again_at(created_at: datetime, *, now: datetime, jitter: float) -> datetime:
    """When an unresolved request is asked for again: about its age from now, so ever more rarely. `jitter`: [0, 1)."""
    wait = min(max(now - created_at, QUERY_AGAIN_MIN), QUERY_AGAIN_MAX)
    return now + wait * (0.5 + 0.5 * jitter)


def jitter_of(identifier: UUID) -> float:
    """A number in [0, 1) that spreads requests of the same instant, the same for the same identifier."""
    return (identifier.int & 0xFFFF) / 0x10000
