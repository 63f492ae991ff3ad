"""Live counts in Redis: what readers ask, and where changes are heard. A read model, never the truth.

It may be lost or away at any moment. Writing to it is best effort, bounded by a short timeout and never raises, so a
gate event is not slowed by it; reading from it says None when it cannot answer whole, and the reader asks PostgreSQL
(live/counts.py does both). What stands there and cannot be read (another release wrote it, or another program) counts
as absent and is written anew: nothing that Redis holds is an error.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha1
from time import monotonic
from typing import Any, TypeAlias, TypeVar

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from parking.occupancy import Count, newer

TIMEOUT_S = 0.1
MEND_TIMEOUT_S = 5.0
# After a failure Redis is not asked again for a while: a gate event waits for a dead Redis at most once in PAUSE_S.
PAUSE_S = 1.0
CONNECTIONS_MAX = 64

T = TypeVar("T")
Client: TypeAlias = Redis
FAILURES = (RedisError, OSError, TimeoutError)
# The marker is a field of the counts' own hash: Redis drops a key as a whole, so it cannot outlive what it vouches for.
_WHOLE = b"whole"
_log = logging.getLogger(__name__)

# A count is kept as "<version> <JSON>". Two processes may write out of order after their commits, so a version is only
# replaced by a greater one, or where the very text stands there that the caller found to be wrong (`beats`). What was
# written is published by the same script, so changes are heard in the order in which they were kept. A key of another
# type is nobody's count and goes.
_KEEP = """
local kept = {}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind ~= 'hash' and kind ~= 'none' then redis.call('DEL', KEYS[1]) end
for i = 3, #ARGV, 4 do
  local held = redis.call('HGET', KEYS[1], ARGV[i])
  local version = held and tonumber(string.match(held, '^%d+'))
  if not version or version < tonumber(ARGV[i + 1]) or held == ARGV[i + 3] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
    kept[#kept + 1] = ARGV[i + 2]
  end
end
if ARGV[2] == 'true' then redis.call('HSET', KEYS[1], 'whole', '1') end
if #kept > 0 then
  redis.call('PUBLISH', ARGV[1], '{"mended":' .. ARGV[2] .. ',"counts":[' .. table.concat(kept, ',') .. ']}')
end
return #kept
"""
_KEEP_SHA = sha1(_KEEP.encode(), usedforsecurity=False).hexdigest()


class Change(Struct, frozen=True):
    """What is heard on the channel. A mended count holds even if its version is not greater."""

    counts: list[Count]
    mended: bool = False


class Kept(Struct, frozen=True):
    """The text of every field but the marker, read or not, and whether the marker was there."""

    fields: Mapping[bytes, bytes]
    whole: bool


def connect(url: str) -> Client:
    """A client as `LiveCounts` needs it: fails fast and never retries by itself, for a pause is kept here instead."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=1.0,
        socket_timeout=MEND_TIMEOUT_S,
        socket_keepalive=True,
        max_connections=CONNECTIONS_MAX,
        retry=Retry(NoBackoff(), 0),
    )


class LiveCounts:
    """The counts of all lots in one Redis hash, under a name that is this database's alone."""

    def __init__(self, redis: Client, *, name: str = "onelot", timeout_s: float = TIMEOUT_S) -> None:
        self._redis = redis
        self._timeout_s = timeout_s
        self._key = f"{name}:counts"
        # Channels are shared by all numbered databases of a Redis server, keys are not.
        self.channel = f"{name}:{redis.connection_pool.connection_kwargs.get('db') or 0}:counts"
        self._queued: dict[int, Count] = {}
        self._away_until = 0.0
        self._away = False

    @property
    def away(self) -> bool:
        """Whether Redis failed last time it was asked."""
        return self._away

    async def put(self, counts: Iterable[Count]) -> None:
        """Keeps counts that were committed, newest version per lot, in one round trip; never raises.

        What could not be written stays queued, one count per lot, and goes along with the next write (or `catch_up`).
        """
        self.queue(counts)
        await self.catch_up()

    async def catch_up(self) -> None:
        """Writes what is queued."""
        if not self._queued or monotonic() < self._away_until:
            return
        queued, self._queued = self._queued, {}
        written = None
        try:
            written = await self._try(self._keep(queued.values()), self._timeout_s)
        finally:
            # Also where whoever waits for this is cancelled in the middle of it: writing a count twice does no harm.
            if written is None:
                self.queue(queued.values())

    async def get(self, lot_ids: Collection[int]) -> dict[int, Count] | None:
        """The counts of some lots, those without one left out; None if Redis is away or not whole."""
        fields = [str(lot_id).encode() for lot_id in lot_ids]
        asked: Awaitable[list[Any]] = self._redis.hmget(self._key, [_WHOLE, *fields])
        values = await self._try(asked, self._timeout_s, unreadable=[None] * (len(fields) + 1))
        if values is None or values[0] is None:
            return None
        found = zip(fields, values[1:], strict=True)
        return await self._readable({field: value for field, value in found if value is not None})

    async def all(self) -> dict[int, Count] | None:
        """Every count there is; None if Redis is away or not whole."""
        kept = await self.kept()
        return await self._readable(kept.fields) if kept is not None and kept.whole else None

    async def kept(self) -> Kept | None:
        """What stands there, whether it can be read or not; None if Redis is away."""
        asked: Awaitable[dict[Any, Any]] = self._redis.hgetall(self._key)
        fields = await self._try(asked, MEND_TIMEOUT_S, unreadable={})
        if fields is None:
            return None
        marker = fields.pop(_WHOLE, None)
        return Kept(fields, marker is not None)

    async def is_whole(self) -> bool | None:
        """Whether the read model is complete; None if Redis is away."""
        found = await self._try(self._redis.hexists(self._key, _WHOLE), self._timeout_s, unreadable=False)
        return None if found is None else bool(found)

    async def mend(self, kept: Kept, truth: Mapping[int, Count]) -> int | None:
        """Makes the read model say `truth`, where `kept` is what stood there before the truth was read.

        Returns how many counts were rewritten, None if Redis was away before all was done. Afterwards it is whole, in
        the same step.
        """
        stood = {lot_id: kept.fields.get(str(lot_id).encode()) for lot_id in truth}
        wrong = [count for lot_id, count in truth.items() if stood[lot_id] != _text(count)]
        lots = {str(lot_id).encode() for lot_id in truth}
        gone = [field for field in kept.fields if field not in lots]
        if kept.whole and not wrong and not gone:
            return 0
        beats = {count.lot_id: text for count in wrong if (text := stood[count.lot_id]) is not None}
        written = await self._try(self._keep(wrong, beats, mended=True), MEND_TIMEOUT_S)
        if gone and written is not None:
            written = None if await self._try(self._redis.hdel(self._key, *gone), MEND_TIMEOUT_S) is None else written
        if written:
            _log.info("%d counts were written to the read model anew", written)
        return written

    @asynccontextmanager
    async def subscribed(self) -> AsyncIterator["Subscription"]:
        """A subscription to changes. Raises one of `Subscription.FAILURES` when Redis goes away."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(self.channel)
            yield Subscription(pubsub)

    def queue(self, counts: Iterable[Count]) -> None:
        """Remembers counts that were committed for the next `catch_up`, the newest version per lot."""
        for count in counts:
            if newer(self._queued.get(count.lot_id), count):
                self._queued[count.lot_id] = count

    async def _readable(self, fields: Mapping[bytes, bytes]) -> dict[int, Count] | None:
        """The counts of these fields; None if one cannot be read, and then the read model is not whole any more."""
        read = [_count(field, value) for field, value in fields.items()]
        counts = {count.lot_id: count for count in read if count is not None}
        if len(counts) == len(read):
            return counts
        _log.warning("%d counts in Redis cannot be read; they are written anew", len(read) - len(counts))
        # Whoever looks after the read model (counts.keep_whole) finds it within a second.
        await self._try(self._redis.hdel(self._key, _WHOLE), self._timeout_s)
        return None

    async def _keep(
        self, counts: Iterable[Count], beats: Mapping[int, bytes] | None = None, *, mended: bool = False
    ) -> int:
        args: list[str | bytes | int] = [self.channel, "true" if mended else "false"]
        for count in counts:
            args += (count.lot_id, count.version, msgspec.json.encode(count), (beats or {}).get(count.lot_id, b""))
        try:
            kept: int = await self._redis.evalsha(_KEEP_SHA, 1, self._key, *args)
        except NoScriptError:
            kept = await self._redis.eval(_KEEP, 1, self._key, *args)
        return kept

    async def _try(self, asked: Awaitable[T], timeout_s: float, *, unreadable: T | None = None) -> T | None:
        """The answer of Redis, or None while it is away. Says so once, and once that it is back.

        `unreadable` is the answer where the key is of a type that holds no counts.
        """
        if monotonic() < self._away_until:
            if asyncio.iscoroutine(asked):
                asked.close()
            return None
        answer: T | None
        try:
            async with asyncio.timeout(timeout_s):
                try:
                    answer = await asked
                except ResponseError as refused:
                    if not str(refused).startswith("WRONGTYPE"):
                        raise
                    answer = unreadable
        except FAILURES as failure:
            self._away_until = monotonic() + PAUSE_S
            if not self._away:
                why = str(failure) or type(failure).__name__
                _log.warning("Redis is away, counts are read from PostgreSQL: %s", why)
            self._away = True
            return None
        if self._away:
            _log.warning("Redis is back")
        self._away = False
        return answer


class Subscription:
    """Changes as they are published."""

    FAILURES = FAILURES

    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    async def next(self, timeout_s: float) -> Change | None:
        """The next change, or None if there was none for `timeout_s`."""
        message = await self._pubsub.get_message(timeout=timeout_s)
        if message is None:
            return None
        try:
            return msgspec.json.decode(message["data"], type=Change)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            # What it was about is found when the counts are next compared.
            _log.warning("a change in Redis cannot be read")
            return None


def _text(count: Count) -> bytes:
    """A count as it is kept."""
    return b"%d %s" % (count.version, msgspec.json.encode(count))


def _count(field: bytes, value: bytes) -> Count | None:
    """The count of a field, or None where that holds no count of this lot and version."""
    version, _, text = value.partition(b" ")
    try:
        count = msgspec.json.decode(text, type=Count)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return count if (b"%d" % count.lot_id, b"%d" % count.version) == (field, version) else None
