"""Prices that ask for more than a plate, at lots of the district."""

from datetime import timedelta

import asyncpg

import sql
from parking import tariffs
from parking.bookings import BookingRule
from parking.flow.bookings import set_rule
from parking.flow.network import read_network
from parking.flow.tariffs import publish_tariff
from payments.identity import Audience, Principal
from tests.conftest import NOW

# Two yuan for every begun hour, and what a test adds.
HOURLY = """
code = "{code}"
name_zh = "示范停车场"
name_en = "Example lot"
time_zone = "Asia/Shanghai"
complaints_phone = "12345"

[[bands]]
code = "all"
name_zh = "全天"
name_en = "All day"
hours = [{{}}]
tiers = [{{ unit_fen = 200, unit_min = 60 }}]
"""


async def charged_by(pool: sql.Pool, database_url: str, lot: str, code: str, rules: str) -> None:
    """A lot has charged two yuan for every begun hour for two months, with these rules. Before a service reads it."""
    tariff = tariffs.from_toml((HOURLY.format(code=code) + rules).encode())
    async with pool.acquire() as db, db.transaction():
        row = await publish_tariff(db, document=tariffs.to_json(tariff), by="tests", now=NOW, findings=())
    owner = await asyncpg.connect(database_url)
    try:
        await owner.execute(
            "insert into lot_tariff (lot_id, valid_from, tariff_id) select id, $2, $3 from lot where code = $1",
            lot, NOW - timedelta(days=60), row.id,
        )  # fmt: skip
        await owner.execute("update catalog_version set version = version + 1")
    finally:
        await owner.close()


async def takes_bookings(pool: sql.Pool, lot: str, spaces: int) -> None:
    """A lot takes bookings of so many spaces. Before a service reads it."""
    admin = Principal(Audience.ADMIN, "tests")
    async with pool.acquire() as db:
        found = (await read_network(db, NOW)).lots_by_code[lot]
        async with db.transaction():
            await set_rule(db, found, BookingRule(spaces), principal=admin, now=NOW)
