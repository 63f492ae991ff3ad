"""Registers a city in a database through the same use cases people and programs use; planting twice adds nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from msgspec import Struct

import sql
from parking.flow.lots import (
    KEYS_ACTIVE_MAX,
    issue_gateway_key,
    register_lot,
    register_operator,
    revoke_gateway_key,
)
from parking.flow.plates import link_plate
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.plates import PlateColor
from parking.store.lots import keys_of
from parking.store.tariffs import newest_published
from parking.tariffs import Tariff, checking, to_json
from payments.channels import Channels
from payments.flow import accounts as accounts_flow
from seeds.accounts import Driver, drivers
from seeds.city import City, CityLot, jinan

WORKERS = 8
DRIVERS_PER_TRANSACTION = 25
PAYER = "ok"
REQUEST_KEY = "first-top-up"
ACTOR = "seeds"
# Prices hold since before anything a day of traffic can contain.
PRICES_SINCE = datetime(2024, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))

# All thirty texts are checked in two seconds, which is what a demo can wait; tests check them thoroughly.
CHECK_BUDGET = 300
AS_DECREED = "Cities charge like this: the text follows the published price."
REASONS = {"calendar_ends": "Later years are added with the notice of the State Council."}

RandomBits = Callable[[], int]
Progress = Callable[[int, int, str], None]
T = TypeVar("T")
_SQL = sql.load("plant")


class Planted(Struct, frozen=True):
    """What there is now: numbers by code, a working key for every gateway, and the drivers' accounts in their order."""

    operators: dict[str, int]
    tariffs: dict[str, int]
    lots: dict[str, int]
    keys: dict[str, str]
    accounts: tuple[int, ...]


class Numbered(Struct, frozen=True):
    """A code and the number it got."""

    code: str
    id: int


class Payer(Struct, frozen=True):
    """Which account pays for a plate."""

    plate: str
    plate_color: PlateColor
    account_id: int


async def plant(
    pool: sql.Pool,
    channels: Channels,
    *,
    now: datetime,
    random_bits: RandomBits,
    progress: Progress = lambda done, total, what: None,  # noqa: ARG005
    city: City | None = None,
    motorists: Sequence[Driver] | None = None,
) -> Planted:
    """Plants the city (Jinan) and its drivers (all of them), or what is missing of them.

    A gateway whose key was issued by an earlier planting gets another one, and loses its oldest if it had two.
    Wallets are filled through the channel called "local". `progress` hears (done, total, what) of lots and drivers.
    """
    planned = jinan() if city is None else city
    people = tuple(drivers() if motorists is None else motorists)
    total = len(planned.lots) + len(people)
    done = 0

    def step(count: int, what: str) -> None:
        nonlocal done
        done += count
        progress(done, total, what)

    async with pool.acquire() as db, db.transaction():
        operators = await _operators(db, planned, now)
        published = {code: await _published(db, tariff, now) for code, tariff in planned.tariffs.items()}
        known = {row.code: row.id for row in await sql.every(db, Numbered, _SQL["lots"])}
        payers = {(row.plate, row.plate_color): row.account_id for row in await sql.every(db, Payer, _SQL["payers"])}
    lots = _Lots(pool, published, known, now, random_bits)
    accounts = _Accounts(pool, channels, payers, now, random_bits)
    groups = [people[at : at + DRIVERS_PER_TRANSACTION] for at in range(0, len(people), DRIVERS_PER_TRANSACTION)]

    async def one_lot(lot: CityLot) -> None:
        await lots.add(lot)
        step(1, "lots")

    async def one_group(at: int) -> None:
        await accounts.add(at, groups[at])
        step(len(groups[at]), "drivers")

    await _all(one_lot, planned.lots)
    await _all(one_group, range(len(groups)))
    opened = tuple(account for at in range(len(groups)) for account in accounts.opened[at])
    return Planted(operators, published, lots.known, lots.keys, opened)


async def _operators(db: sql.Connection, city: City, now: datetime) -> dict[str, int]:
    found = {row.code: row.id for row in await sql.every(db, Numbered, _SQL["operators"])}
    for plan in city.operators:
        if plan.code not in found:
            found[plan.code] = await register_operator(
                db,
                code=plan.code,
                name_zh=plan.name_zh,
                name_en=plan.name_en,
                platform_fee_bps=plan.platform_fee_bps,
                by=ACTOR,
                now=now,
            )
    return found


async def _published(db: sql.Connection, tariff: Tariff, now: datetime) -> int:
    """The number of a price text, published with what a short check finds; an error would refuse it."""
    there = await newest_published(db, tariff.code)
    if there is not None and there.tariff == tariff:
        return there.id
    findings = checking.check(tariff, today=now.date(), budget=CHECK_BUDGET)
    warned = [str(one.kind) for one in findings if one.severity == "warning"]
    reasons = {kind: REASONS.get(kind, AS_DECREED) for kind in warned}
    document = to_json(tariff)
    row = await publish_tariff(db, document=document, by=ACTOR, now=now, findings=findings, reasons=reasons)
    return row.id


class _Lots:
    """Lots as they are planted, each in one transaction with its price and its gateway's key."""

    def __init__(
        self, pool: sql.Pool, published: dict[str, int], known: dict[str, int], now: datetime, random_bits: RandomBits
    ) -> None:
        self.known = known
        self.keys: dict[str, str] = {}
        self._pool = pool
        self._published = published
        self._now = now
        self._random_bits = random_bits

    async def add(self, lot: CityLot) -> None:
        plan = lot.plan
        async with self._pool.acquire() as db, db.transaction():
            if plan.code not in self.known:
                self.known[plan.code] = await register_lot(db, plan, by=ACTOR, now=self._now)
                tariff_id = self._published[lot.tariff]
                await apply_to_lot(
                    db, lot_code=plan.code, tariff_id=tariff_id, valid_from=PRICES_SINCE, by=ACTOR, now=self._now
                )
            else:
                await self._make_room_for_a_key(db, plan.gateway)
            # Secrets are kept as hashes only: what an earlier planting handed out cannot be handed out again.
            secret = b"".join(self._random_bits().to_bytes(8, "big") for _ in range(4))
            self.keys[plan.gateway] = await issue_gateway_key(
                db, gateway_code=plan.gateway, by=ACTOR, now=self._now, secret=secret
            )

    async def _make_room_for_a_key(self, db: sql.Connection, gateway: str) -> None:
        active = [key for key in await keys_of(db, gateway) if key.revoked_at is None]
        for key in active[: max(0, len(active) - KEYS_ACTIVE_MAX + 1)]:
            await revoke_gateway_key(db, gateway_code=gateway, key_id=key.id, by=ACTOR, now=self._now)


class _Accounts:
    """Drivers as they are planted: accounts and plates some at a time, then each wallet through the channel."""

    def __init__(
        self,
        pool: sql.Pool,
        channels: Channels,
        payers: dict[tuple[str, PlateColor], int],
        now: datetime,
        random_bits: RandomBits,
    ) -> None:
        self.opened: dict[int, list[int]] = {}
        self._pool = pool
        self._channels = channels
        self._payers = payers
        self._now = now
        self._random_bits = random_bits

    async def add(self, at: int, group: Sequence[Driver]) -> None:
        async with self._pool.acquire() as db, db.transaction():
            opened = [await self._open(db, driver) for driver in group]
            full = {row["account_id"] for row in await db.fetch(_SQL["topped_up"], opened)}
        self.opened[at] = opened
        for account_id, driver in zip(opened, group, strict=True):
            if driver.top_up_fen and account_id not in full:
                await accounts_flow.top_up(
                    self._pool,
                    self._channels,
                    account_id=account_id,
                    amount_fen=driver.top_up_fen,
                    request_key=REQUEST_KEY,
                    payer=PAYER,
                    now=self._now,
                    random_bits=self._random_bits,
                )

    async def _open(self, db: sql.Connection, driver: Driver) -> int:
        """The driver's account: who pays for the first vehicle already, or a new one."""
        first = driver.vehicles[0]
        known = self._payers.get((first.plate, first.color))
        if known is not None:
            return known
        account = await accounts_flow.open_account(db, name=driver.name, now=self._now)
        for vehicle in driver.vehicles:
            await link_plate(
                db,
                account_id=account.id,
                plate=vehicle.plate,
                plate_color=vehicle.color,
                now=self._now,
                random_bits=self._random_bits,
                actor=ACTOR,
            )
        return account.id


async def _all(work: Callable[[T], Awaitable[None]], things: Iterable[T]) -> None:
    """Does the work for every thing, WORKERS of them at a time."""
    waiting = iter(things)

    async def worker() -> None:
        for thing in waiting:
            await work(thing)

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(worker())
