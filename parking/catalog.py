"""The network in memory: what a gate event needs to know without asking the database.

Every process holds one and follows `catalog_version`, so a revoked key or a new lane is known within POLL_S.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from hashlib import sha256
from time import monotonic
from typing import TypeVar

import msgspec
from asyncpg import InterfaceError, PostgresError
from msgspec import Struct, structs

import sql
from parking import tariffs
from parking.lots import (
    Gateway,
    GatewayKey,
    Lane,
    Lot,
    LotRow,
    Operator,
    Price,
    PriceRow,
    UnknownLot,
    held_at,
    split_key,
)
from payments.errors import OneLotError

POLL_S = 1.0
# A key or a lane nobody knows may be newer than our copy, so a miss asks again; but a flood of wrong keys must not
# become a flood of queries.
MISS_PAUSE_S = 0.2

_SQL = sql.load("parking/catalog")
SHAPES = {"operators": Operator, "lots": LotRow, "lanes": Lane, "gateways": Gateway, "active_keys": GatewayKey}
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Network(Struct, frozen=True):
    """One consistent reading of the registered network."""

    version: int
    next_change_at: datetime | None
    operators: dict[int, Operator]
    lots: dict[int, Lot]
    lots_by_code: dict[str, Lot]
    lanes: dict[str, Lane]
    gateways: dict[int, Gateway]
    keys: dict[str, GatewayKey]


async def read_network(db: sql.Connection, now: datetime) -> Network:
    """The whole network at `now`, in one snapshot."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        version = await db.fetchval(_SQL["version"])
        rows = await sql.every(db, LotRow, _SQL["lots"])
        lots = _with_prices(rows, await sql.every(db, PriceRow, _SQL["prices"]), now)
        return Network(
            version=version,
            next_change_at=await db.fetchval(_SQL["next_tariff_change"], now),
            operators={row.id: row for row in await sql.every(db, Operator, _SQL["operators"])},
            lots={lot.id: lot for lot in lots},
            lots_by_code={lot.code: lot for lot in lots},
            lanes={row.code: row for row in await sql.every(db, Lane, _SQL["lanes"])},
            gateways={row.id: row for row in await sql.every(db, Gateway, _SQL["gateways"])},
            keys={row.id: row for row in await sql.every(db, GatewayKey, _SQL["active_keys"])},
        )


def _with_prices(rows: Sequence[LotRow], prices: Sequence[PriceRow], now: datetime) -> list[Lot]:
    """Lots with their prices compiled; lots with the same text and zone share one compilation."""
    zones = {row.id: row.time_zone for row in rows}
    compiled: dict[tuple[int, str], tuple[tariffs.Tariff, tariffs.Compiled]] = {}
    held: dict[int, list[Price]] = {}
    broken: set[int] = set()
    for row in prices:
        key = (row.tariff_id, zones[row.lot_id])
        try:
            if key not in compiled:
                text = msgspec.json.decode(row.document, type=tariffs.Tariff)
                compiled[key] = (text, tariffs.compile(text, zones[row.lot_id]))
        except (OneLotError, msgspec.ValidationError):
            # One lot whose price cannot be read must not take the city's other lots with it.
            _log.exception("tariff %d cannot be computed at lot %d", row.tariff_id, row.lot_id)
            broken.add(row.lot_id)
            continue
        held.setdefault(row.lot_id, []).append(Price(row.valid_from, row.tariff_id, *compiled[key]))
    return [_lot(row, tuple(held.get(row.id, ())), now, unpriceable=row.id in broken) for row in rows]


def _lot(row: LotRow, prices: tuple[Price, ...], now: datetime, *, unpriceable: bool) -> Lot:
    current = held_at(prices, now)
    return Lot(
        **structs.asdict(row),
        tariff_id=current.tariff_id if current else None,
        tariff=current.tariff if current else None,
        compiled=current.compiled if current else None,
        prices=prices,
        unpriceable=unpriceable,
    )


class Catalog:
    """The latest `Network`, kept fresh by `follow`."""

    def __init__(self, pool: sql.Pool, clock: Callable[[], datetime], network: Network) -> None:
        self._pool = pool
        self._clock = clock
        self._missed_at = 0.0
        self._refreshing = asyncio.Lock()
        self.network = network

    @classmethod
    async def open(cls, pool: sql.Pool, clock: Callable[[], datetime]) -> "Catalog":
        """Reads the network for the first time."""
        async with pool.acquire() as db:
            return cls(pool, clock, await read_network(db, clock()))

    @property
    def lots_by_id(self) -> dict[int, Lot]:
        """Lots by their number."""
        return self.network.lots

    @property
    def lots_by_code(self) -> dict[str, Lot]:
        """Lots by their public code."""
        return self.network.lots_by_code

    def lot(self, code: str) -> Lot:
        """The lot of a code.

        Raises:
            UnknownLot: there is none.
        """
        if (lot := self.network.lots_by_code.get(code)) is None:
            raise UnknownLot(f"No lot has the code {code!r}.", code=code)
        return lot

    async def gateway_of_key(self, text: str) -> Gateway | None:
        """The gateway whose active key this is, or None."""
        parts = split_key(text)
        if parts is None:
            return None
        key_id, secret = parts
        key = self.network.keys.get(key_id) or await self._after_refresh(lambda n: n.keys.get(key_id))
        if key is None or not hmac.compare_digest(key.secret_hash, sha256(secret).digest()):
            return None
        return self.network.gateways.get(key.gateway_id)

    async def lane(self, code: str) -> Lane | None:
        """The lane of a code, or None."""
        return self.network.lanes.get(code) or await self._after_refresh(lambda n: n.lanes.get(code))

    async def _after_refresh(self, find: Callable[[Network], T | None]) -> T | None:
        if monotonic() - self._missed_at < MISS_PAUSE_S:
            return None
        self._missed_at = monotonic()
        await self.refresh()
        return find(self.network)

    async def refresh(self) -> None:
        """Reads the network again if it has changed, or if a tariff published for later has come into force."""
        async with self._refreshing, self._pool.acquire() as db:
            now = self._clock()
            due = self.network.next_change_at
            if (due is not None and due <= now) or await db.fetchval(_SQL["version"]) != self.network.version:
                self.network = await read_network(db, now)

    async def follow(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Refreshes for ever. A database that is away leaves the last reading in place."""
        while True:
            await sleep(POLL_S)
            try:
                await self.refresh()
            except (PostgresError, InterfaceError, OSError, TimeoutError):
                _log.warning("the network could not be read; going on with version %s", self.network.version)
            except Exception:  # noqa: BLE001 - whatever it is, a revoked key must still be noticed later
                _log.exception("the network could not be read; going on with version %s", self.network.version)
