"""Registering: the city is there once, however often it is registered, and its gateways can speak."""

from collections.abc import Callable
from datetime import datetime

import sql
from parking.api.authentication import gateway_of_key
from parking.facilities import Facilities
from parking.live.network import LiveNetwork
from payments.channels import ChannelSettings, open_all
from payments.flow import accounts as accounts_flow
from seeds.city.drivers import drivers
from seeds.city.jinan import jinan, part
from seeds.city.registration import Registered, open_accounts, register_network

CITY = part(jinan(), 12)
PEOPLE = drivers(60)
TABLES = ("operator", "lot", "lane", "gateway", "tariff", "lot_tariff", "account", "account_plate", "top_up", "journal")


async def counts(pool: sql.Pool) -> dict[str, int]:
    return {table: await pool.fetchval(f"select count(*) from {table}") for table in TABLES}


async def test_registering_twice_adds_nothing_but_new_keys(
    pool: sql.Pool, now: datetime, random_bits: Callable[[], int]
) -> None:
    channels = open_all(pool, lambda: now, ChannelSettings(local=True))
    progress: list[int] = []

    async def registered() -> tuple[Registered, list[int]]:
        progress.clear()
        async with pool.acquire() as db, db.transaction():
            network = await register_network(
                db, CITY, now=now, random_bits=random_bits, check_budget=50, progress=progress.append
            )
        return network, await open_accounts(
            pool, channels, PEOPLE, now=now, random_bits=random_bits, progress=progress.append
        )

    first, accounts = await registered()
    there = await counts(pool)
    assert (there["operator"], there["lot"], there["account"]) == (6, len(CITY.lots), 60)
    assert there["account_plate"] == sum(len(driver.vehicles) for driver in PEOPLE)
    assert there["top_up"] == there["journal"] == sum(driver.top_up_fen > 0 for driver in PEOPLE)

    again, accounts_again = [await registered() for _ in range(3)][-1]
    assert await counts(pool) == there
    assert accounts_again == accounts
    assert (again.lots, again.operators, again.tariffs) == (first.lots, first.operators, first.tariffs)
    assert sum(progress) == len(CITY.lots) + len(PEOPLE)

    async with pool.acquire() as db:
        standing = await accounts_flow.standing(db, accounts[0])
    assert standing.wallet_fen == PEOPLE[0].top_up_fen
    network = await LiveNetwork.open(pool, lambda: now)
    said = {network.lot(lot.plan.code).id: lot.offers for lot in CITY.lots if lot.offers != Facilities()}
    assert said == network.snapshot.facilities
    for lot in CITY.lots:
        gateway = await gateway_of_key(network, again.keys[lot.plan.gateway])
        assert gateway is not None
        assert gateway.code == lot.plan.gateway
        (in_force,) = network.snapshot.prices[network.lot(lot.plan.code).id].tariffs
        assert in_force.tariff.code == lot.tariff
