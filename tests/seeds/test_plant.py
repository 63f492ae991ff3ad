"""Planting: the city is registered once, however often it is asked for, and its gateways can speak."""

from collections.abc import Callable
from datetime import datetime

import sql
from parking.api.authentication import gateway_of_key
from parking.live.network import LiveNetwork
from payments.channels import ChannelSettings, open_all
from payments.flow import accounts as accounts_flow
from seeds.accounts import drivers
from seeds.city import jinan, part
from seeds.plant import Planted, plant

CITY = part(jinan(), 12)
PEOPLE = drivers(60)
TABLES = ("operator", "lot", "lane", "gateway", "tariff", "lot_tariff", "account", "account_plate", "top_up", "journal")


async def counts(pool: sql.Pool) -> dict[str, int]:
    return {table: await pool.fetchval(f"select count(*) from {table}") for table in TABLES}


async def test_planting_twice_adds_nothing_but_new_keys(
    pool: sql.Pool, now: datetime, random_bits: Callable[[], int]
) -> None:
    channels = open_all(pool, lambda: now, ChannelSettings(local=True))
    heard: list[tuple[int, int]] = []

    async def planted() -> Planted:
        return await plant(
            pool,
            channels,
            now=now,
            random_bits=random_bits,
            progress=lambda done, total, _: heard.append((done, total)),
            city=CITY,
            motorists=PEOPLE,
        )

    first = await planted()
    there = await counts(pool)
    assert (there["operator"], there["lot"], there["account"]) == (6, len(CITY.lots), 60)
    assert there["account_plate"] == sum(len(driver.vehicles) for driver in PEOPLE)
    assert there["top_up"] == there["journal"] == sum(driver.top_up_fen > 0 for driver in PEOPLE)

    again = [await planted() for _ in range(3)][-1]
    assert await counts(pool) == there
    assert again.accounts == first.accounts
    assert (again.lots, again.operators, again.tariffs) == (first.lots, first.operators, first.tariffs)
    assert heard[-1] == (len(CITY.lots) + len(PEOPLE),) * 2

    async with pool.acquire() as db:
        standing = await accounts_flow.standing(db, first.accounts[0])
    assert standing.wallet_fen == PEOPLE[0].top_up_fen
    network = await LiveNetwork.open(pool, lambda: now)
    for lot in CITY.lots:
        gateway = await gateway_of_key(network, again.keys[lot.plan.gateway])
        assert gateway is not None
        assert gateway.code == lot.plan.gateway
        (in_force,) = network.snapshot.prices[network.lot(lot.plan.code).id].tariffs
        assert in_force.tariff.code == lot.tariff
