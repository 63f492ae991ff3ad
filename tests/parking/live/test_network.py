"""The network in memory: read whole, followed within a second, and asked again where something is missing."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import asyncpg
import pytest
from msgspec import structs

import sql
from parking import tariffs
from parking.api.authentication import gateway_of_key
from parking.dated import Outcome
from parking.flow.lots import issue_gateway_key, register_lot, register_operator, revoke_gateway_key
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.live import network as live_network
from parking.live.network import MISS_PAUSE_S, LiveNetwork
from parking.lots import CodeTaken, RegisteredOtherwise, UnknownGateway, UnknownLot, UnknownOperator
from parking.network import Network
from parking.prices import UnknownTariff, in_force_at
from parking.tariffs import Tariff
from seeds.city.jinan import TARIFFS
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import QC, STATION, District
from tests.patience import PATIENCE_S


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def known(pool: sql.Pool, registered: dict[str, str], clock: Clock) -> LiveNetwork:
    """The catalog of a process that has just started."""
    return await LiveNetwork.open(pool, clock)


@asynccontextmanager
async def following(known: LiveNetwork) -> AsyncIterator[None]:
    task = asyncio.create_task(known.follow())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def issue(pool: sql.Pool, gateway: str) -> str:
    async with pool.acquire() as db, db.transaction():
        return await issue_gateway_key(db, gateway_code=gateway, by="tests", now=NOW, secret=secrets.token_bytes(32))


async def published(db: sql.Connection, tariff: Tariff) -> int:
    return (await publish_tariff(db, document=tariffs.to_json(tariff), by="tests", now=NOW, findings=())).id


async def test_the_whole_network_is_read(known: LiveNetwork, registered: dict[str, str]) -> None:
    lot = known.lot(QC)
    assert (lot.operator_code, lot.capacity, lot.time_zone) == ("jn-static", 50, "Asia/Shanghai")
    # Other tests of this module register more, and let another tariff hold later.
    (qc, *_), (station, *_) = (known.snapshot.prices[known.lot(code).id].tariffs for code in (QC, STATION))
    assert qc.compiled is station.compiled  # one text, compiled once
    assert known.snapshot.lots[lot.id] is lot
    assert set(known.snapshot.lanes) >= {f"{code}-{way}" for code in registered for way in ("in", "out")}
    with pytest.raises(UnknownLot):
        known.lot("nowhere")


async def test_a_key_speaks_for_its_gateway(known: LiveNetwork, registered: dict[str, str]) -> None:
    gateway = await gateway_of_key(known, registered[QC])
    assert gateway is not None
    assert (gateway.code, gateway.lot_id) == (f"{QC}-gw", known.lot(QC).id)
    key = registered[QC]
    other = registered[STATION]
    swapped = f"olk_{key.split('_')[1]}_{other.split('_')[2]}"
    for wrong in ("", "olk", "olk__", key[:-1], key + "0", key.upper(), swapped, key.replace("olk", "olx")):
        assert await gateway_of_key(known, wrong) is None, wrong


async def test_secrets_are_kept_as_hashes(owner: sql.Connection, registered: dict[str, str]) -> None:
    kept = str(await owner.fetch("select * from gateway_key"))
    assert all(key.split("_")[1] in kept for key in registered.values())
    assert not any(key.split("_")[2] in kept for key in registered.values())


async def test_what_is_missing_is_asked_for_once_and_not_in_a_flood(known: LiveNetwork, pool: sql.Pool) -> None:
    key = await issue(pool, f"{STATION}-gw")
    assert await gateway_of_key(known, key) is not None  # the first miss asks
    version = known.snapshot.version
    assert await known.lane("nowhere") is None
    async with pool.acquire() as db, db.transaction():
        await revoke_gateway_key(db, gateway_code=f"{STATION}-gw", key_id=key.split("_")[1], by="tests", now=NOW)
    for n in range(100):
        assert await known.lane(f"nowhere-{n}") is None
    assert known.snapshot.version == version  # nobody asked again so soon
    await asyncio.sleep(MISS_PAUSE_S)
    assert await known.lane("nowhere") is None
    assert known.snapshot.version > version
    assert await gateway_of_key(known, key) is None


async def test_changes_are_known_within_a_second(known: LiveNetwork, pool: sql.Pool) -> None:
    async with following(known):
        key = await issue(pool, f"{STATION}-gw")
        started = monotonic()
        async with pool.acquire() as db, db.transaction():
            await register_lot(db, lot_plan("new-lot", "sd-rail"), by="tests", now=NOW)
            await revoke_gateway_key(db, gateway_code=f"{STATION}-gw", key_id=key.split("_")[1], by="tests", now=NOW)
        while "new-lot" not in known.snapshot.lots_by_code:
            assert monotonic() - started < PATIENCE_S
            await asyncio.sleep(0.05)
        assert await gateway_of_key(known, key) is None
        assert known.snapshot.prices[known.lot("new-lot").id].tariffs == ()


async def test_a_price_comes_into_force_by_itself(known: LiveNetwork, pool: sql.Pool, clock: Clock) -> None:
    mall = tariffs.from_toml((TARIFFS / "mall.toml").read_bytes())
    async with pool.acquire() as db, db.transaction():
        tariff_id = await published(db, mall)
        await apply_to_lot(
            db, lot_code=QC, tariff_id=tariff_id, valid_from=NOW + timedelta(hours=1), by="tests", now=NOW
        )
    await known.refresh()
    qc = known.lot(QC).id
    before = known.snapshot
    clock.now = NOW + timedelta(hours=1)
    await known.refresh()
    after = known.snapshot
    assert (tariff_at(before, qc, NOW), before.next_change_at) == ("jinan_road", clock.now)
    assert (tariff_at(after, qc, clock.now), after.next_change_at) == ("mall", None)


def tariff_at(network: Network, lot_id: int, at: datetime) -> str:
    in_force = in_force_at(network.prices[lot_id].tariffs, at)
    assert in_force is not None
    return in_force.tariff.code


async def test_the_last_reading_holds_while_the_database_is_away(
    pool: sql.Pool, database_url: str, registered: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_network, "POLL_S", 0.02)
    lost = await asyncpg.create_pool(database_url, min_size=0, max_size=1)
    known = await LiveNetwork.open(lost, lambda: NOW)
    lost.terminate()
    async with following(known):
        await asyncio.sleep(0.2)
        assert await gateway_of_key(known, registered[QC]) is not None
        assert known.lot(QC).capacity == 50


# -- registering


async def test_a_price_text_has_versions(db: sql.Connection, registered: dict[str, str]) -> None:
    road = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
    first = await published(db, road)
    assert await published(db, road) == first
    second = await published(db, structs.replace(road, free=structs.replace(road.free, minutes=15)))
    assert second != first
    rows = await db.fetch("select id, version from tariff where code = 'jinan_road' order by version")
    assert [tuple(row) for row in rows] == [(first, 1), (second, 2)]


async def test_codes_are_taken_once(district: District) -> None:
    new = lot_plan("b", "jn-static")
    taken = (
        structs.replace(new, gateway=f"{QC}-gw"),
        structs.replace(new, lanes=lot_plan(QC, "x").lanes),
    )
    for plan in taken:
        with pytest.raises(CodeTaken):
            async with district.pool.acquire() as db, db.transaction():
                await register_lot(db, plan, by="tests", now=NOW)


async def test_the_same_again_is_a_repeat_and_anything_else_names_its_field(district: District) -> None:
    rail: dict[str, Any] = {"name_zh": "sd-rail", "name_en": "sd-rail", "platform_fee_bps": 60}
    by: dict[str, Any] = {"by": "tests", "now": NOW}
    async with district.pool.acquire() as db, db.transaction():
        version = await db.fetchval("select version from catalog_version")
        again = await register_operator(db, code="sd-rail", **rail, **by)
        assert (again.id, again.outcome) == (district.lot(STATION).operator_id, Outcome.UNCHANGED)
        same = await register_lot(db, lot_plan(QC, "jn-static"), **by)
        assert (same.id, same.outcome) == (district.lot(QC).id, Outcome.UNCHANGED)
        assert await db.fetchval("select version from catalog_version") == version
    for field, value in {"name_zh": "铁路", "platform_fee_bps": 61, "time_zone": "Asia/Urumqi"}.items():
        async with district.pool.acquire() as db, db.transaction():
            with pytest.raises(RegisteredOtherwise) as refused:
                await register_operator(db, code="sd-rail", **{**rail, field: value}, **by)
        assert (refused.value.facts["field"], refused.value.facts["said"]) == (field, value)
    for field, value in {"name_en": "Quancheng", "capacity": 51, "lanes": lot_plan("x", "x").lanes}.items():
        async with district.pool.acquire() as db, db.transaction():
            with pytest.raises(RegisteredOtherwise) as refused:
                await register_lot(db, lot_plan(QC, "jn-static", **{field: value}), **by)
        assert refused.value.facts["field"] == field


async def test_what_is_not_registered_cannot_be_named(district: District) -> None:
    async with district.pool.acquire() as db:
        with pytest.raises(UnknownOperator):
            await register_lot(db, lot_plan("d", "nobody"), by="tests", now=NOW)
        with pytest.raises(UnknownGateway):
            await issue_gateway_key(db, gateway_code="none", by="tests", now=NOW, secret=bytes(32))
        with pytest.raises(UnknownGateway):
            await revoke_gateway_key(db, gateway_code=f"{QC}-gw", key_id="none", by="tests", now=NOW)
        with pytest.raises(UnknownLot):
            await apply_to_lot(db, lot_code="none", tariff_id=1, valid_from=NOW, by="tests", now=NOW)
        with pytest.raises(UnknownTariff):
            await apply_to_lot(db, lot_code=QC, tariff_id=10**6, valid_from=NOW, by="tests", now=NOW)
