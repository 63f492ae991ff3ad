"""Registers a city in a database through the same use cases people and programs use; a second time adds nothing."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

import sql
from parking.facilities import Facilities
from parking.flow import facilities as facilities_flow
from parking.flow.lots import (
    KEYS_ACTIVE_MAX,
    issue_gateway_key,
    register_lot,
    register_operator,
    revoke_gateway_key,
)
from parking.flow.places import put_place
from parking.flow.plates import link_plate
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.plates import PlateColor
from parking.store.events import lock_plates
from parking.store.lots import keys_of
from parking.store.tariffs import newest_published
from parking.tariffs import Tariff, lint, to_json
from parking.tariffs.lint import acceptance
from payments.channels import Channels
from payments.flow import accounts as accounts_flow
from payments.identity import Audience, Principal
from seeds.city.drivers import Driver, Vehicle
from seeds.city.network import City, CityLot

WORKERS = 8
DRIVERS_PER_TRANSACTION = 25
PAYER = "ok"
REQUEST_KEY = "first-top-up"
ACTOR = "seeds"
# Prices hold since before anything a day of traffic can contain.
PRICES_SINCE = datetime(2024, 1, 1, tzinfo=ZoneInfo("Asia/Shanghai"))
AS_DECREED = "Cities charge like this: the text follows the published price."
REASONS = {"calendar_ends": "Later years are added with the notice of the State Council."}

RandomBits = Callable[[], int]
# Called with how many more lots, or drivers, are registered.
Progress = Callable[[int], None]
_SQL = sql.load("seeds/registration")


class Registered(Struct, frozen=True):
    """What there is now: numbers by code, and a working key for every gateway."""

    operators: dict[str, int]
    tariffs: dict[str, int]
    lots: dict[str, int]
    keys: dict[str, str]


class Numbered(Struct, frozen=True):
    """A code and the number it got."""

    code: str
    id: int


class Payer(Struct, frozen=True):
    """Which account pays for a plate."""

    plate: str
    plate_color: PlateColor
    account_id: int


async def register_network(
    db: sql.Connection,
    city: City,
    *,
    now: datetime,
    random_bits: RandomBits,
    prices_since: datetime = PRICES_SINCE,
    check_budget: int = 0,
    progress: Progress = lambda count: None,  # noqa: ARG005
) -> Registered:
    """Registers what is missing of the city's operators, tariffs and lots, in the caller's transaction.

    Every gateway gets a new key; one that has as many as it may have loses its oldest. Tariffs are checked before they
    are published if there is a `check_budget`, and their warnings accepted.
    """
    operators = {row.code: row.id for row in await sql.every(db, Numbered, _SQL["operators"])}
    for plan in city.operators:
        if plan.code not in operators:
            registered = await register_operator(
                db,
                code=plan.code,
                name_zh=plan.name_zh,
                name_en=plan.name_en,
                platform_fee_bps=plan.platform_fee_bps,
                by=ACTOR,
                now=now,
            )
            operators[plan.code] = registered.id
    tariffs = {code: await _publish(db, tariff, now, check_budget) for code, tariff in city.tariffs.items()}
    lots = {row.code: row.id for row in await sql.every(db, Numbered, _SQL["lots"])}
    keys = {}
    for lot in city.lots:
        gateway = lot.plan.gateway
        if lot.plan.code in lots:
            await _make_room_for_a_key(db, gateway, now)
        else:
            lots[lot.plan.code] = await _register_lot(db, lot, tariffs, prices_since, now)
        # Secrets are kept as hashes only: what an earlier call returned cannot be returned again.
        secret = b"".join(random_bits().to_bytes(8, "big") for _ in range(4))
        keys[gateway] = await issue_gateway_key(db, gateway_code=gateway, by=ACTOR, now=now, secret=secret)
        progress(1)
    for place in city.places:
        await put_place(db, place, city=None)
    return Registered(operators, tariffs, lots, keys)


async def _publish(db: sql.Connection, tariff: Tariff, now: datetime, check_budget: int) -> int:
    """The number of the published tariff. An error that the check finds refuses it."""
    there = await newest_published(db, tariff.code)
    if there is not None and there.tariff == tariff:
        return there.id
    findings = lint.check(tariff, today=now.date(), budget=check_budget) if check_budget else ()
    reasons = {finding.name: REASONS.get(finding.kind, AS_DECREED) for finding in acceptance.warnings_of(findings)}
    row = await publish_tariff(db, document=to_json(tariff), by=ACTOR, now=now, findings=findings, reasons=reasons)
    return row.id


async def _register_lot(
    db: sql.Connection, lot: CityLot, tariffs: dict[str, int], prices_since: datetime, now: datetime
) -> int:
    lot_id = (await register_lot(db, lot.plan, by=ACTOR, now=now)).id
    if lot.tariff is not None:
        await apply_to_lot(
            db, lot_code=lot.plan.code, tariff_id=tariffs[lot.tariff], valid_from=prices_since, by=ACTOR, now=now
        )
    if lot.offers != Facilities():
        await facilities_flow.say(db, lot.plan.code, lot.offers, by=Principal(Audience.ADMIN, ACTOR), now=now)
    return lot_id


async def _make_room_for_a_key(db: sql.Connection, gateway: str, now: datetime) -> None:
    active = [key for key in await keys_of(db, gateway) if key.revoked_at is None]
    for key in active[: max(0, len(active) - KEYS_ACTIVE_MAX + 1)]:
        await revoke_gateway_key(db, gateway_code=gateway, key_id=key.id, by=ACTOR, now=now)


async def open_accounts(
    pool: sql.Pool,
    channels: Channels,
    drivers: Sequence[Driver],
    *,
    now: datetime,
    random_bits: RandomBits,
    progress: Progress = lambda count: None,  # noqa: ARG005
) -> list[int]:
    """The drivers' accounts in their order, those opened that are missing, with their plates and their money.

    Wallets are filled through the channel called "local". WORKERS groups of drivers are worked on at a time, because
    each top-up is several commits.
    """
    async with pool.acquire() as db:
        payers = {(row.plate, row.plate_color): row.account_id for row in await sql.every(db, Payer, _SQL["payers"])}
    accounts = [0] * len(drivers)
    waiting = iter(range(0, len(drivers), DRIVERS_PER_TRANSACTION))

    async def worker(firsts: Iterator[int]) -> None:
        for first in firsts:
            group = drivers[first : first + DRIVERS_PER_TRANSACTION]
            async with pool.acquire() as db, db.transaction():
                # All at once and in one order: two groups may have vehicles that share a slot.
                await lock_plates(db, [(each.plate, each.color) for driver in group for each in driver.vehicles])
                opened = [await _open_account(db, driver, payers, now, random_bits) for driver in group]
                filled = {row["account_id"] for row in await db.fetch(_SQL["topped_up"], opened)}
            accounts[first : first + len(group)] = opened
            for account_id, driver in zip(opened, group, strict=True):
                if driver.top_up_fen and account_id not in filled:
                    await accounts_flow.top_up(
                        pool, channels, account_id=account_id, amount_fen=driver.top_up_fen,
                        request_key=REQUEST_KEY, payer=PAYER, now=now, random_bits=random_bits,
                    )  # fmt: skip
            progress(len(group))

    async with asyncio.TaskGroup() as workers:
        for _ in range(WORKERS):
            workers.create_task(worker(waiting))
    return accounts


async def _open_account(
    db: sql.Connection,
    driver: Driver,
    payers: dict[tuple[str, PlateColor], int],
    now: datetime,
    random_bits: RandomBits,
) -> int:
    """Who pays for the driver's first vehicle already, or a new account."""
    first: Vehicle = driver.vehicles[0]
    known = payers.get((first.plate, first.color))
    if known is not None:
        return known
    account = await accounts_flow.open_account(db, name=driver.name, now=now)
    for vehicle in driver.vehicles:
        await link_plate(
            db,
            account_id=account.id,
            plate=vehicle.plate,
            plate_color=vehicle.color,
            now=now,
            random_bits=random_bits,
            actor=ACTOR,
        )
    return account.id
