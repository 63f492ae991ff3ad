"""Finding a space over HTTP: what a stay costs in each lot, in which order, around which place, and what is usual."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from msgspec import structs

import sql
from parking.flow import forecast
from parking.flow.places import put_place
from parking.live.redis import LiveCounts, connect
from parking.places import Place, PlaceKind
from parking.store import forecast as forecast_store
from seeds.city.jinan import tariff
from seeds.city.registration import register_network
from tests import running
from tests.conftest import NOW
from tests.parking import network
from tests.parking.api.test_lots import events
from tests.patience import PATIENCE_S

HERE = "36.6683,117.0209"
SPRING = Place("spring", PlaceKind.SIGHT, "趵突泉", "Baotu Spring", 117.0209, 36.6683, ("天下第一泉",))


@pytest.fixture(scope="module")
async def lots(database_url: str) -> list[int]:
    """jn-1 by the road's price, jn-2 by the scenic one, jn-3 without any; jn-3 was never heard of."""
    texts = {name: tariff(name) for name in ("jinan_road", "scenic")}
    priced = zip(network.CITY.lots, ("jinan_road", "scenic", None), strict=True)
    city = structs.replace(
        network.CITY, tariffs=texts, lots=tuple(structs.replace(lot, tariff=name) for lot, name in priced)
    )
    db = await asyncpg.connect(database_url)
    try:
        registered = await register_network(db, city, now=NOW, random_bits=partial(secrets.randbits, 64))
        numbers = [registered.lots[lot.plan.code] for lot in city.lots]
        await put_place(db, SPRING, city=None)
        for lot_id, inside in zip(numbers[:2], (60, 10), strict=True):
            await db.execute(
                "update lot_occupancy set inside = $2, version = 1, heard_at = $3 where lot_id = $1",
                *(lot_id, inside, NOW),
            )
        return numbers
    finally:
        await db.close()


@pytest.fixture(scope="module")
async def http(database_url: str, redis_server_url: str, lots: list[int]) -> AsyncIterator[httpx.AsyncClient]:
    assert lots
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def found(http: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await http.get("/v1/lots", params=params)
    assert answer.status_code == 200, answer.text
    lots: list[dict[str, Any]] = answer.json()["lots"]
    return lots


async def test_each_lot_says_what_the_stay_costs_there(http: httpx.AsyncClient) -> None:
    asked: dict[str, Any] = {"stay_min": 180, "arrive_at": "2026-11-17T11:00+08:00"}
    for kind, nev in (("small", False), ("large", False), ("small", True)):
        for lot in await found(http, **asked, **{"class": kind, "new_energy": nev}):
            if lot["code"] == "jn-3":
                assert (lot["fee_fen"], lot["currency"]) == (None, None)
                continue
            quoted = await http.get(
                f"/v1/lots/{lot['code']}/quote",
                params={"from": asked["arrive_at"], "stay_min": 180, "class": kind, "new_energy": nev},
            )
            assert lot["fee_fen"] == quoted.json()["fee_fen"] > 0
            assert lot["currency"] == "CNY"
    assert "fee_fen" not in (await found(http))[0]


async def test_lots_are_in_the_order_that_is_asked_for(http: httpx.AsyncClient) -> None:
    asked: dict[str, Any] = {"stay_min": 180, "arrive_at": "2026-11-17T11:00+08:00"}
    fees = {lot["code"]: lot["fee_fen"] for lot in await found(http, **asked)}
    assert fees["jn-1"] != fees["jn-2"]
    cheapest = min(("jn-1", "jn-2"), key=lambda code: fees[code])
    assert (await found(http, **asked, sort="fee"))[0]["code"] == cheapest
    assert [lot["code"] for lot in await found(http, **asked, max_fee_fen=fees[cheapest])] == [cheapest]
    assert [lot["code"] for lot in await found(http, sort="free")] == ["jn-1", "jn-2", "jn-3"]
    near: dict[str, Any] = {"near": "36.6702,117.0301", "radius_m": 5000}
    assert [lot["code"] for lot in await found(http, **near, sort="distance")] == ["jn-2", "jn-1", "jn-3"]
    walk = await found(http, **near, sort="walk")
    assert [lot["walk_min"] for lot in walk] == sorted(lot["walk_min"] for lot in walk)


async def test_a_lot_that_sent_nothing_is_unknown_and_not_empty(http: httpx.AsyncClient) -> None:
    by_code = {lot["code"]: lot for lot in await found(http)}
    assert (by_code["jn-3"]["status"], by_code["jn-3"]["free"], by_code["jn-3"]["age_min"]) == ("unknown", None, None)
    assert (by_code["jn-1"]["confidence"], by_code["jn-1"]["age_min"]) == ("medium", 0)
    assert "jn-3" not in [lot["code"] for lot in await found(http, min_free=1)]


@pytest.mark.parametrize("asked", ["趵突泉", "baotuquan", "btq", "天下第一泉", "baotu spring"])
async def test_words_that_name_a_place_find_lots_around_it(http: httpx.AsyncClient, asked: str) -> None:
    page = (await http.get("/v1/lots", params={"q": asked, "sort": "distance"})).json()
    assert page["place"]["code"] == "spring"
    assert [lot["code"] for lot in page["lots"]] == ["jn-1", "jn-2"]
    assert page["lots"][0]["distance_m"] == 0
    said = (await http.get("/v1/places", params={"q": asked})).json()
    assert [each["code"] for each in said["places"]] == ["spring"]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [("lixia", ["jn-1", "jn-2"]), ("lxq", ["jn-1", "jn-2"]), ("tianqiao", ["jn-3"]), ("tqqtcc", ["jn-3"]), ("zz", [])],
)
async def test_lots_are_suggested_by_name_and_pinyin(http: httpx.AsyncClient, asked: str, codes: list[str]) -> None:
    said = (await http.get("/v1/places", params={"q": asked})).json()
    assert [each["code"] for each in said["lots"]] == codes
    assert [lot["code"] for lot in await found(http, q=asked)] == codes


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"sort": "fee"}, "sort"),
        ({"max_fee_fen": 100}, "max_fee_fen"),
        ({"sort": "distance"}, "sort"),
        ({"sort": "walk"}, "sort"),
        ({"stay_min": 0}, "stay_min"),
        ({"stay_min": 10_081}, "stay_min"),
        ({"stay_min": 60, "arrive_at": "2026-11-17T10:00"}, "arrive_at"),
        ({"stay_min": 60, "arrive_at": "1903-11-17T10:00Z"}, "arrive_at"),
    ],
)
async def test_what_does_not_fit_is_named(http: httpx.AsyncClient, params: dict[str, Any], field: str) -> None:
    answer = await http.get("/v1/lots", params=params)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


async def test_what_is_usual_is_said_of_a_lot_and_at_arrival(
    http: httpx.AsyncClient, pool: sql.Pool, lots: list[int]
) -> None:
    assert (await http.get("/v1/lots/jn-1/usual")).json()["usual_days"] == []
    async with pool.acquire() as db:
        for week in range(4):
            await forecast_store.add_history(db, NOW - timedelta(weeks=week), {lots[0]: 10 * week})
    await forecast.compute_usual(pool, now=NOW)
    said = (await http.get("/v1/lots/jn-1/usual")).json()
    assert (said["lot"], said["quarter_min"], said["time_zone"]) == ("jn-1", 15, "Asia/Shanghai")
    work = next(day["quarters"] for day in said["usual_days"] if day["kind"] == "work")
    expected = {"free_low": 8, "free_median": 15, "free_high": 23, "days": 4}
    assert [quarter for quarter in work if quarter] == [expected]
    at = (NOW + timedelta(days=1)).isoformat()
    by_code = {lot["code"]: lot for lot in await found(http, arrive_at=at)}
    assert (by_code["jn-1"]["usual"], by_code["jn-2"]["usual"]) == (expected, None)
    assert "usual" not in (await found(http))[0]
    assert (await http.get("/v1/lots/nowhere/usual")).status_code == 404


async def test_a_stream_tells_of_its_area_and_goes_on_where_it_broke_off(
    http: httpx.AsyncClient, pool: sql.Pool, redis_server_url: str, lots: list[int]
) -> None:
    redis = connect(redis_server_url)
    live = LiveCounts(redis, timeout_s=2.0)

    async def move(lot_id: int) -> None:
        async with pool.acquire() as db:
            await live.put([await network.move(db, lot_id, 1)])

    area: dict[str, Any] = {"near": HERE, "radius_m": 300}
    async with asyncio.timeout(PATIENCE_S):
        async with http.stream("GET", "/v1/lots/stream", params=area) as answer:
            coming = events(answer)
            await anext(coming)
            snapshot = await anext(coming)
            assert [lot["code"] for lot in json.loads(snapshot["data"])["lots"]] == ["jn-1"]
            # Of the second one, which lies elsewhere, nothing is told.
            await move(lots[1])
            await move(lots[0])
            change = await anext(coming)
            assert [lot["code"] for lot in json.loads(change["data"])["lots"]] == ["jn-1"]
        await move(lots[0])
        # What was told in the seconds before is told again; a process that began since tells everything.
        for last, told in ((str(int(change["id"]) + 60_000), "snapshot"), ("nonsense", "snapshot"), ("7", "snapshot")):
            headers = {"Last-Event-ID": last}
            async with http.stream("GET", "/v1/lots/stream", params=area, headers=headers) as answer:
                coming = events(answer)
                await anext(coming)
                assert (await anext(coming))["event"] == told
    await redis.aclose()
