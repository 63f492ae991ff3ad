"""The clocks of gateways in memory: read by what comes live, and what all processes found of them.

An event costs a look into a dictionary. What is found is written, and read by all processes, within FOLLOW_S; events
are shifted by what is written, so that all processes do the same.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeAlias

import sql
from parking import clocks
from parking.clocks import READINGS_KEPT, Sample, Spell
from parking.device_facts import Told
from parking.events import NO_TIME
from parking.facts import REPLAY_AGE_MAX
from parking.flow import gateways as flow
from parking.gateways import Gateway
from parking.lanes import Lane
from parking.store import gateways as store
from payments import ids
from sql.pool import TRANSIENT

FOLLOW_S = 1.0

_log = logging.getLogger(__name__)
# The lot, its gateway, and one of its lanes or None for the gateway itself.
_Key: TypeAlias = tuple[int, int, int | None]


class LiveClocks:
    """What is known of clocks. `follow` keeps it so."""

    def __init__(self, pool: sql.Pool, *, clock: Callable[[], datetime], random_bits: Callable[[], int]) -> None:
        self._pool = pool
        self._clock = clock
        self._random_bits = random_bits
        self._right_at: dict[_Key, datetime] = {}
        self._windows: dict[_Key, deque[Sample]] = {}
        self._touched: set[_Key] = set()
        self._spells: dict[int, list[Spell]] = {}

    @classmethod
    async def open(
        cls, pool: sql.Pool, *, clock: Callable[[], datetime], random_bits: Callable[[], int]
    ) -> "LiveClocks":
        """What is known of clocks, read for the first time."""
        clocks = cls(pool, clock=clock, random_bits=random_bits)
        await clocks.refresh()
        return clocks

    def spells_of(self, gateway: Gateway, lane: Lane | None) -> Sequence[Spell]:
        """When the clock was wrong by which a lane's events are stamped, the latest first: as these show it, or else
        the heartbeats of their gateway.
        """
        known = self._spells.get(gateway.id)
        if known is None:
            return ()
        lot_id, lane_id = (gateway.lot_id, None) if lane is None else (lane.lot_id, lane.id)
        own = [spell for spell in known if spell.lane_id == lane_id]
        if own:
            return own
        right_at = self._right_at.get((lot_id, gateway.id, lane_id))
        return [spell for spell in known if spell.lane_id is None and (right_at is None or right_at < spell.since)]

    def hear(self, facts: Sequence[Told]) -> None:
        """Reads the clocks by which events were stamped that came together. Of those of a lane only the latest counts:
        an array that should have said `replay` is no five readings.
        """
        live = [fact for fact in facts if not fact.event.replay]
        if len(live) > 1:
            live.sort(key=lambda fact: fact.occurred_at)
            live = list({fact.lane_id: fact for fact in live}.values())
        for fact in live:
            ahead = None if fact.occurred_at == NO_TIME else fact.occurred_at - fact.received_at
            self._read_clock((fact.lot_id, fact.gateway_id, fact.lane_id), Sample(fact.received_at, ahead))

    def hear_heartbeat(self, gateway: Gateway, sent_at: datetime, received_at: datetime) -> None:
        """Reads a gateway's own clock."""
        self._read_clock((gateway.lot_id, gateway.id, None), Sample(received_at, sent_at - received_at))

    def _read_clock(self, key: _Key, sample: Sample) -> None:
        if clocks.is_right(sample):
            self._right_at[key] = sample.received_at
            if key not in self._windows and key[1] not in self._spells:
                return
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = deque(maxlen=READINGS_KEPT)
        window.append(sample)
        self._touched.add(key)

    async def refresh(self) -> None:
        """Writes what the readings say that came since, and reads what all processes wrote."""
        touched, self._touched = self._touched, set()
        now = self._clock()
        async with self._pool.acquire() as db:
            if touched:
                await self._read(db, now)
                for key in touched:
                    async with db.transaction():
                        await self._judge(db, key, now)
            await self._read(db, now)

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Refreshes for ever. A database that is away leaves what is known in place."""
        while True:
            await sleep(FOLLOW_S)
            try:
                await self.refresh()
            except TRANSIENT as e:
                _log.warning("clocks could not be followed: %s", type(e).__name__)
            except Exception:  # noqa: BLE001 - whatever it is, clocks are followed on
                _log.exception("clocks could not be followed")

    async def _read(self, db: sql.Connection, now: datetime) -> None:
        spells: dict[int, list[Spell]] = {}
        for spell in await store.spells(db, now - REPLAY_AGE_MAX):
            spells.setdefault(spell.gateway_id, []).append(spell)
        self._spells = spells

    async def _judge(self, db: sql.Connection, key: _Key, now: datetime) -> None:
        lot_id, gateway_id, lane_id = key
        # Told again while it was judged right, and forgotten: nothing has been read since.
        if (window := self._windows.get(key)) is None or (found := clocks.read(window)) is None:
            return
        known = self._spells.get(gateway_id, ())
        goes_on = next((s for s in known if s.lane_id == lane_id and s.ended_at is None), None)
        if goes_on is None and not found.is_wrong:
            del self._windows[key]
            return
        if goes_on is not None and clocks.goes_on(goes_on, found):
            return
        since = clocks.since(window, found)
        begun = None
        if found.is_wrong:
            right_until = since if goes_on is not None else self._right_at.get(key)
            id_ = ids.new(since, lot_id, self._random_bits())
            before = None if right_until is None else min(right_until, since)
            begun = Spell(lot_id, id_, gateway_id, lane_id, found.ahead, since, before)
        await flow.clock_changed(db, ended=goes_on, ended_at=since, begun=begun, now=now)
        _log.warning(
            "a clock of gateway %d of lot %d %s", gateway_id, lot_id, "is wrong" if begun else "is right again"
        )
