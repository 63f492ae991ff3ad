"""Who is signed in, looked up for each page: in Redis for a minute, else in PostgreSQL, which is the truth.

What Redis holds bears the version of who may do nothing (`identity_version`), which moves whenever a session ends: a
session that was ended is good for nothing within a second, and Redis may be emptied at any time and nobody is signed
out by it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from time import monotonic

import msgspec
from msgspec import Struct

import sql
from parking import sessions
from parking.live.identity import LiveIdentity
from parking.live.redis import FAILURES, PAUSE_S, TIMEOUT_S, Client
from parking.sessions import SEEN_EVERY, Session
from parking.store import sessions as store
from payments.identity import Audience


class _Kept(Struct, frozen=True):
    version: int
    session: Session


class LiveSessions:
    """Sessions by what browsers hold."""

    def __init__(
        self,
        pool: sql.Pool,
        redis: Client,
        identity: LiveIdentity,
        *,
        wall: Callable[[], datetime],
        name: str = "onelot",
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._identity = identity
        self._wall = wall
        self._name = name
        self._away_until = 0.0

    async def find(self, token: str) -> Session | None:
        """Whose session it is, if it has not ended and its account may do something."""
        now = self._wall()
        hashed = sessions.hashed(token)
        found = await self._remembered(hashed)
        if found is None:
            version = self._identity.barred.version
            async with self._pool.acquire() as db:
                found = await store.seen(db, hashed, now)
            if found is not None:
                await self._remember(_Kept(version, found))
        if found is None or found.ends_at <= now:
            return None
        holder = found.principal
        if holder.audience is Audience.DRIVER and holder.id in self._identity.barred.accounts:
            return None
        return found

    def _key(self, hashed: bytes) -> str:
        return f"{self._name}:session:{hashed.hex()}"

    async def _remembered(self, hashed: bytes) -> Session | None:
        if monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                text = await self._redis.get(self._key(hashed))
        except FAILURES:
            self._away_until = monotonic() + PAUSE_S
            return None
        try:
            kept = None if text is None else msgspec.json.decode(text, type=_Kept)
        except msgspec.DecodeError:
            return None
        fresh = kept is not None and kept.version == self._identity.barred.version
        return kept.session if kept is not None and fresh and kept.session.token_hash == hashed else None

    async def _remember(self, kept: _Kept) -> None:
        if monotonic() < self._away_until:
            return
        try:
            async with asyncio.timeout(TIMEOUT_S):
                key, text = self._key(kept.session.token_hash), msgspec.json.encode(kept)
                await self._redis.set(key, text, ex=int(SEEN_EVERY.total_seconds()))
        except FAILURES:
            self._away_until = monotonic() + PAUSE_S
