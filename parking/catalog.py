"""The network in memory: what a gate event needs to know without asking the database.

Every process holds one and follows `catalog_version`, so a revoked key or a new lane is known within POLL_S.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import TypeVar

from asyncpg import InterfaceError, PostgresError
from msgspec import Struct, structs

import sql
from parking import prices, tariffs
from parking.lots import Gateway, GatewayKey, Lane, Lot, LotRow, Operator, UnknownLot, split_key
from parking.prices import (
    Dated,
    LotPrice,
    LotZone,
    Published,
    PublishedRow,
    TariffInForce,
    Zone,
    ZonePrice,
    ZoneRow,
    in_force_at,
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
    """One consistent reading of the registered network. `tariffs` are all that are published, by number."""

    version: int
    next_change_at: datetime | None
    operators: dict[int, Operator]
    tariffs: dict[int, Published]
    zones: dict[str, Zone]
    lots: dict[int, Lot]
    lots_by_code: dict[str, Lot]
    lanes: dict[str, Lane]
    gateways: dict[int, Gateway]
    keys: dict[str, GatewayKey]


async def read_network(db: sql.Connection, now: datetime, before: Network | None = None) -> Network:
    """The whole network at `now`, in one snapshot. What is published never changes, so `before` lends its tariffs."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        version = await db.fetchval(_SQL["version"])
        published = _published(await sql.every(db, PublishedRow, _SQL["tariffs"]), before.tariffs if before else {})
        zones, of_zones = await _zones(db, published)
        lots = await _lots(db, published, of_zones, {zone.id: zone.code for zone in zones}, now)
        return Network(
            version=version,
            next_change_at=await db.fetchval(_SQL["next_price_change"], now),
            operators={row.id: row for row in await sql.every(db, Operator, _SQL["operators"])},
            tariffs=published,
            zones={zone.code: zone for zone in zones},
            lots={lot.id: lot for lot in lots},
            lots_by_code={lot.code: lot for lot in lots},
            lanes={row.code: row for row in await sql.every(db, Lane, _SQL["lanes"])},
            gateways={row.id: row for row in await sql.every(db, Gateway, _SQL["gateways"])},
            keys={row.id: row for row in await sql.every(db, GatewayKey, _SQL["active_keys"])},
        )


def _published(rows: Sequence[PublishedRow], known: Mapping[int, Published]) -> dict[int, Published]:
    found: dict[int, Published] = {}
    for row in rows:
        if row.id in known:
            found[row.id] = known[row.id]
            continue
        try:
            text = tariffs.from_json(row.document.encode())
        except OneLotError:
            # One price that cannot be read must not take the city's other lots with it.
            _log.exception("tariff %s, version %d, cannot be computed", row.code, row.version)
            continue
        found[row.id] = Published(row.id, row.version, row.published_at, text, tariffs.compile(text))
    return found


async def _zones(
    db: sql.Connection, published: Mapping[int, Published]
) -> tuple[list[Zone], dict[int, list[ZonePrice]]]:
    rows = await sql.every(db, ZoneRow, _SQL["zones"])
    of_zones: dict[int, list[ZonePrice]] = {}
    for price in await sql.every(db, ZonePrice, _SQL["zone_prices"]):
        of_zones.setdefault(price.zone_id, []).append(price)
    dated = {at: prices.once([Dated(one.valid_from, one.tariff_id) for one in own]) for at, own in of_zones.items()}
    return [Zone(**structs.asdict(row), prices=_ready(dated.get(row.id, ()), published)) for row in rows], of_zones


async def _lots(
    db: sql.Connection,
    published: Mapping[int, Published],
    of_zones: Mapping[int, Sequence[ZonePrice]],
    codes: Mapping[int, str],
    now: datetime,
) -> list[Lot]:
    own: dict[int, list[LotPrice]] = {}
    for price in await sql.every(db, LotPrice, _SQL["lot_prices"]):
        own.setdefault(price.lot_id, []).append(price)
    lies_in: dict[int, list[LotZone]] = {}
    for one in await sql.every(db, LotZone, _SQL["lot_zones"]):
        lies_in.setdefault(one.lot_id, []).append(one)
    lots = []
    for row in await sql.every(db, LotRow, _SQL["lots"]):
        places = lies_in.get(row.id, [])
        here = next((one.zone_id for one in reversed(places) if one.valid_from <= now), None)
        dated = prices.of_lot(own.get(row.id, []), places, of_zones)
        lots.append(_lot(row, dated, published, None if here is None else codes[here], now))
    return lots


def _ready(dated: Sequence[Dated], published: Mapping[int, Published]) -> tuple[TariffInForce, ...]:
    """Prices with their tariffs, as far as those can be read."""
    return tuple(
        TariffInForce(one.valid_from, one.number, None, None)
        if (found := published.get(one.number)) is None
        else TariffInForce(one.valid_from, found.id, found.tariff, found.compiled, found.version)
        for one in dated
    )


def _lot(
    row: LotRow, dated: Sequence[Dated], published: Mapping[int, Published], zone: str | None, now: datetime
) -> Lot:
    ready = _ready(dated, published)
    texts = [price.text for price in ready if price.text is not None]
    current = in_force_at(ready, now)
    return Lot(
        **structs.asdict(row),
        tariff_id=current.tariff_id if current else None,
        tariff=current.text if current else None,
        compiled=current.ready if current else None,
        prices=ready,
        zone=zone,
        remembers=max((prices.memory_of(text) for text in texts), default=timedelta(0)),
        remembers_late=any(prices.is_remembered_late(text) for text in texts),
        is_wide=any(prices.is_wide(text) for text in texts),
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
                self.network = await read_network(db, now, self.network)

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
