"""Sessions and failures to begin one, in Postgres."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import sessions
from parking.exports import SessionOfDriver
from parking.sessions import DRIVER_IDLE, FAILURES_KEPT, SEEN_EVERY, STAFF_IDLE, Failures, Session, Stored
from parking.staff import principal
from payments.identity import Audience, Principal
from sql import Connection

_SESSIONS = sql.load("parking/sessions")


class _Seen(Struct, frozen=True):
    """A session with the account that is behind it: of a driver, or of staff."""

    token_hash: bytes
    seen_at: datetime
    ends_at: datetime
    account_id: int | None
    login: str | None
    name: str | None
    audience: Audience | None
    operator_id: int | None
    lot_id: int | None


async def begin(
    db: Connection,
    token: str,
    *,
    staff_id: int | None,
    account_id: int | None,
    ends_at: datetime,
    address: str,
    agent: str,
    now: datetime,
) -> None:
    """Keeps a session of staff or of a driver."""
    whose = (sessions.hashed(token), staff_id, account_id)
    await db.execute(_SESSIONS["insert"], *whose, now, ends_at, address, agent)


async def seen(db: Connection, token_hash: bytes, now: datetime) -> Session | None:
    """Whose session it is, if it has not ended; that somebody is here is kept."""
    idle = (now - STAFF_IDLE, now - DRIVER_IDLE)
    found = await sql.one(db, _Seen, _SESSIONS["seen"], token_hash, now, *idle)
    if found is None:
        return None
    if found.seen_at < now - SEEN_EVERY:
        await db.execute(_SESSIONS["touch"], token_hash, now)
    if found.account_id is not None:
        holder = Principal(Audience.DRIVER, f"driver:{found.account_id}", found.account_id)
        return Session(found.token_hash, holder, "", found.ends_at)
    assert found.login is not None
    assert found.audience is not None
    holder = principal(found.login, found.audience, found.operator_id, found.lot_id)
    return Session(found.token_hash, holder, found.name or found.login, found.ends_at)


async def of_staff(db: Connection, staff_id: int, now: datetime) -> Sequence[Stored]:
    """The sessions of an account of staff that have not ended, the latest first."""
    return await sql.every(db, Stored, _SESSIONS["of_staff"], staff_id, now)


async def of_account(db: Connection, account_id: int) -> Sequence[SessionOfDriver]:
    """The browsers in which a driver is signed in, the latest first."""
    return await sql.every(db, SessionOfDriver, _SESSIONS["of_account"], account_id)


async def end_of_account(db: Connection, account_id: int) -> None:
    """Ends all of a driver."""
    await db.execute(_SESSIONS["end_of_account"], account_id)


async def end(db: Connection, token_hash: bytes) -> bool:
    """Ends one; False: it had ended."""
    return await db.fetchval(_SESSIONS["end"], token_hash) is not None


async def end_of_staff(db: Connection, staff_id: int, *, but: bytes | None = None) -> list[bytes]:
    """Ends all of an account of staff, but not one; which there were."""
    return [row["token_hash"] for row in await db.fetch(_SESSIONS["end_of_staff"], staff_id, but)]


async def drop_ended(db: Connection, before: datetime) -> None:
    """Forgets what ended before."""
    await db.execute(_SESSIONS["drop_ended"], before)
    await db.execute(_SESSIONS["drop_old_failures"], before - FAILURES_KEPT)


async def failures(db: Connection, who: Sequence[bytes], now: datetime) -> dict[bytes, Failures]:
    """How often each failed lately; nobody else counts for them until the transaction ends."""
    await db.execute(_SESSIONS["note_failures"], who, now)
    found = await sql.every(db, Failures, _SESSIONS["failures"], who)
    return {each.who: each for each in found if each.last_at > now - FAILURES_KEPT}


async def count_failures(db: Connection, who: Sequence[bytes], now: datetime) -> None:
    """Counts a try of each as one in vain."""
    await db.execute(_SESSIONS["count_failures"], who, now, now - FAILURES_KEPT)


async def forgive(db: Connection, *, login: bytes, address: bytes) -> None:
    """The try was not in vain: a login has none then, an address one less."""
    await db.execute(_SESSIONS["forgive"], login)
    await db.execute(_SESSIONS["forgive_one"], address)
