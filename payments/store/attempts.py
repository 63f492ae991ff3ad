"""Attempts in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

import sql
from payments import ids
from payments.attempts import Attempt, AttemptState, Step, sources
from payments.charges import DueCharge
from payments.tries import Tried
from sql import Connection

_ATTEMPTS = sql.load("payments/attempts")


async def insert_attempt(db: Connection, attempt: Attempt) -> None:
    """Writes an attempt that is about to be sent."""
    key = (attempt.shard, attempt.payable_id, attempt.id, attempt.kind)
    rest = (attempt.request_no, attempt.channel, attempt.amount_fen, attempt.request)
    asker = (attempt.account_id, attempt.key_digest)
    await db.execute(_ATTEMPTS["insert_attempt"], *key, *rest, attempt.created_at, attempt.query_at, *asker)


async def insert_ended_attempts(
    db: Connection,
    paid: Sequence[tuple[UUID, DueCharge]],
    declined: Sequence[tuple[UUID, DueCharge]],
    *,
    channel: str,
    code: str,
    now: datetime,
) -> None:
    """Writes how a channel that answers at once did so: attempts by their identifiers; `code` is why it declined."""
    tried = [*paid, *declined]
    states = [AttemptState.SUCCEEDED] * len(paid) + [AttemptState.DECLINED] * len(declined)
    codes = [None] * len(paid) + [code] * len(declined)
    await db.execute(
        _ATTEMPTS["insert_ended_attempts"],
        [charge.lot_id for _, charge in tried],
        [charge.id for _, charge in tried],
        [attempt_id for attempt_id, _ in tried],
        [charge.owed_fen for _, charge in tried],
        [charge.owed_fen for _, charge in paid] + [0] * len(declined),
        states,
        codes,
        channel,
        now,
    )


async def insert_taken(db: Connection, attempt: Attempt, *, paid_fen: int) -> None:
    """Writes an attempt that is told when its money was taken, of which so much paid."""
    key = (attempt.shard, attempt.payable_id, attempt.id, attempt.kind)
    money = (attempt.request_no, attempt.channel, attempt.amount_fen, paid_fen)
    await db.execute(_ATTEMPTS["insert_taken"], *key, *money, attempt.request, attempt.created_at, attempt.key_digest)


async def live_attempt(db: Connection, payable_id: UUID) -> Attempt | None:
    """The attempt to pay this that has not ended."""
    return await sql.one(db, Attempt, _ATTEMPTS["live_attempt"], ids.shard_of(payable_id), payable_id)


async def attempt_by_id(db: Connection, payable_id: UUID, attempt_id: UUID) -> Attempt:
    """An attempt that exists, as it stands now."""
    found = await sql.one(db, Attempt, _ATTEMPTS["attempt_by_id"], ids.shard_of(payable_id), payable_id, attempt_id)
    assert found is not None
    return found


async def lock_attempt(db: Connection, payable_id: UUID, attempt_id: UUID) -> Attempt:
    """An attempt as it stands, and nobody else moves it until the transaction ends."""
    found = await sql.one(db, Attempt, _ATTEMPTS["lock_attempt"], ids.shard_of(payable_id), payable_id, attempt_id)
    assert found is not None
    return found


async def attempt_by_key(db: Connection, payable_id: UUID, key_digest: str) -> Attempt | None:
    """The attempt to pay this that was asked for with a key."""
    return await sql.one(db, Attempt, _ATTEMPTS["attempt_by_key"], ids.shard_of(payable_id), payable_id, key_digest)


async def tried(db: Connection, payable_id: UUID, *, since: datetime) -> Sequence[Tried]:
    """What was tried to pay this since then through channels outside, the oldest first."""
    return await sql.every(db, Tried, _ATTEMPTS["tried"], ids.shard_of(payable_id), payable_id, ids.floor(since))


async def tried_by_strangers(db: Connection, payable_id: UUID, *, since: datetime, until: datetime) -> bool:
    """Whether anybody but the account that owes tried to pay this through a channel outside between two instants."""
    bounds = (ids.floor(since), ids.floor(until))
    return bool(await db.fetchval(_ATTEMPTS["tried_by_strangers"], ids.shard_of(payable_id), payable_id, *bounds))


async def attempts_of(db: Connection, payable_id: UUID) -> Sequence[Attempt]:
    """All attempts to pay this, the oldest first."""
    return await sql.every(db, Attempt, _ATTEMPTS["attempts_of"], ids.shard_of(payable_id), payable_id)


async def move_attempt(db: Connection, attempt: Attempt, step: Step, *, paid_fen: int = 0, now: datetime) -> bool:
    """Moves an attempt if its state still allows it; says whether this call moved it. `paid_fen`: what it pays of its
    charge.
    """
    key = (attempt.shard, attempt.payable_id, attempt.id)
    action = None if step.next_action is None else msgspec.json.encode(step.next_action).decode()
    to = (step.state, step.code, step.query_at, action, step.channel_no, now)
    return str(await db.execute(_ATTEMPTS["move_attempt"], *key, *to, sources(step.state), paid_fen)) == "UPDATE 1"


async def claim_attempts_to_query(
    db: Connection, channels: Sequence[str], *, others: bool = False, now: datetime, again_at: datetime, limit: int
) -> Sequence[Attempt]:
    """Attempts through these channels (or through all but these) whose time to be asked for has come; if this process
    dies they come up once more at `again_at`.
    """
    return await sql.every(
        db, Attempt, _ATTEMPTS["claim_attempts_to_query"], now, again_at, limit, channels, not others
    )
