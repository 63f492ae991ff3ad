"""Lots over HTTP: a running service, asked as a driver's phone asks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest

import sql
from parking import tariffs
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.live import counts
from parking.live.redis import LiveCounts, connect
from parking.occupancy import Count
from parking.tariffs.notice import notice
from seeds.city.jinan import tariff
from tests import running
from tests.conftest import NOW
from tests.parking import network
from tests.patience import PATIENCE_S

VALID_FROM = NOW.replace(year=2020)


@pytest.fixture(scope="module")
async def lots(database_url: str) -> list[int]:
    db = await asyncpg.connect(database_url)
    try:
        numbers = await network.register(db)
        document = tariffs.to_json(tariff("jinan_road"))
        tariff_id = (await publish_tariff(db, document=document, by="tests", now=NOW, findings=())).id
        await apply_to_lot(db, lot_code="jn-2", tariff_id=tariff_id, valid_from=VALID_FROM, by="tests", now=NOW)
        for lot_id, inside, correction in zip(numbers, (60, 38, 510), (5, 0, 0), strict=True):
            await db.execute(
                "update lot_occupancy set inside = $2, correction = $3, version = 1, heard_at = $4 where lot_id = $1",
                lot_id, inside, correction, NOW,
            )  # fmt: skip
        return numbers
    finally:
        await db.close()


@pytest.fixture(scope="module")
async def http(database_url: str, redis_server_url: str, lots: list[int]) -> AsyncIterator[httpx.AsyncClient]:
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def codes(http: httpx.AsyncClient, **params: str | int) -> list[str]:
    answer = await http.get("/v1/lots", params=params)
    assert answer.status_code == 200, answer.text
    return [lot["code"] for lot in answer.json()["lots"]]


async def test_the_list_says_what_is_free(http: httpx.AsyncClient) -> None:
    page = (await http.get("/v1/lots")).json()
    assert (page["total"], page["free"], page["capacity"]) == (3, 35 + 2 + 0, 640)
    first, second, third = page["lots"]
    assert (first["free"], first["status"], first["tariff"]) == (35, "open", None)
    assert (second["free"], second["status"], second["tariff"]["code"]) == (2, "almost_full", "jinan_road")
    assert (third["free"], third["status"]) == (0, "full")
    assert (first["name_zh"], first["name_en"]) == ("历下区停车场1", "Lixia Lot 1")
    assert "distance_m" not in first


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"district": "历下区"}, ["jn-1", "jn-2"]),
        ({"district": "tianqiao"}, ["jn-3"]),
        ({"kind": "road"}, ["jn-2"]),
        ({"operator": "jn-static"}, ["jn-1", "jn-2", "jn-3"]),
        ({"operator": "nobody"}, []),
        ({"q": "LIXIA jn-1"}, ["jn-1"]),
        ({"q": "天桥"}, ["jn-3"]),
        ({"q": "泉城路"}, ["jn-1", "jn-2", "jn-3"]),
        ({"min_free": 2}, ["jn-1", "jn-2"]),
        ({"bbox": "117.0,36.6,117.025,36.7"}, ["jn-1"]),
        ({"near": "36.6702,117.0301", "radius_m": 1200}, ["jn-2", "jn-1"]),
        ({"near": "36.6716,116.9910", "radius_m": 50000}, ["jn-3", "jn-1", "jn-2"]),
        ({"limit": 1, "offset": 1}, ["jn-2"]),
        ({"limit": 2}, ["jn-1", "jn-2"]),
        ({"offset": 9}, []),
    ],
)
async def test_lots_are_found(http: httpx.AsyncClient, params: dict[str, str | int], expected: list[str]) -> None:
    assert await codes(http, **params) == expected


async def test_distances_are_metres(http: httpx.AsyncClient) -> None:
    page = (await http.get("/v1/lots", params={"near": "36.6683,117.0209", "radius_m": 5000})).json()
    assert [lot["distance_m"] for lot in page["lots"]] == pytest.approx([0, 847, 2692], abs=5)


async def test_positions_are_those_of_the_map_that_asks(http: httpx.AsyncClient) -> None:
    page = (await http.get("/v1/lots")).json()
    assert page["crs"] == "wgs84"
    stored = next(lot for lot in page["lots"] if lot["code"] == "jn-1")
    for crs in ("gcj02", "bd09"):
        detail = (await http.get("/v1/lots/jn-1", params={"crs": crs})).json()
        place = (detail["latitude"], detail["longitude"])
        assert detail["crs"] == crs
        assert place != pytest.approx((stored["latitude"], stored["longitude"]), abs=1e-3)
        asked = {"crs": crs, "near": f"{place[0]},{place[1]}", "radius_m": 1}
        near = (await http.get("/v1/lots", params=asked)).json()
        assert (near["crs"], [(lot["code"], lot["distance_m"]) for lot in near["lots"]]) == (crs, [("jn-1", 0)])
        assert (near["lots"][0]["latitude"], near["lots"][0]["longitude"]) == place
        around = ",".join(str(each) for each in (place[1] - 1e-6, place[0] - 1e-6, place[1] + 1e-6, place[0] + 1e-6))
        assert await codes(http, crs=crs, bbox=around) == ["jn-1"]
        assert await codes(http, bbox=around) == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"crs": "epsg:4326"}, "crs"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "117.2,36.6,117.0,36.7"}, "bbox"),
        ({"bbox": "a,b,c,d"}, "bbox"),
        ({"near": "117.0209,36.6683"}, "near"),
        ({"near": "nan,1"}, "near"),
        ({"radius_m": 100}, "radius_m"),
        ({"near": "36.6,117.0", "radius_m": 0}, "radius_m"),
        ({"near": "36.6,117.0", "radius_m": 50_001}, "radius_m"),
        ({"kind": "zoo"}, "kind"),
        ({"limit": 0}, "limit"),
        ({"limit": 501}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"min_free": -1}, "min_free"),
        ({"q": "x" * 65}, "q"),
    ],
)
async def test_what_does_not_fit_is_named(http: httpx.AsyncClient, params: dict[str, str | int], field: str) -> None:
    answer = await http.get("/v1/lots", params=params)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field


async def test_one_lot_in_full(http: httpx.AsyncClient) -> None:
    lot = (await http.get("/v1/lots/jn-1")).json()
    assert {key: lot[key] for key in ("capacity", "free", "occupied", "raw_inside", "drift")} == {
        "capacity": 100, "free": 35, "occupied": 65, "raw_inside": 60, "drift": 5,
    }  # fmt: skip
    assert (lot["lanes_entry"], lot["lanes_exit"], lot["tariff"]) == (1, 1, None)
    full = (await http.get("/v1/lots/jn-3")).json()
    assert (full["free"], full["occupied"], full["raw_inside"]) == (0, 500, 510)
    text = (await http.get("/v1/lots/jn-2")).json()["tariff"]
    board = notice(tariff("jinan_road"))
    assert (text["board"]["zh"], text["board"]["en"]) == (board.zh, board.en)
    assert (text["code"], text["version"], text["since"]) == ("jinan_road", 1, "2020-11-16T02:00:00Z")


async def test_a_lot_nobody_registered_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/lots/nowhere")
    assert (answer.status_code, answer.json()["title"]) == (404, "Unknown lot")


@pytest.mark.parametrize("path", ["/v1/lots", "/v1/lots/jn-2", "/", "/static/find.js", "/static/driver.css"])
async def test_the_same_answer_is_sent_once(http: httpx.AsyncClient, path: str) -> None:
    first = await http.get(path)
    assert first.status_code == 200
    again = await http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await http.get(path, headers={"If-None-Match": 'W/"other"'})
    assert other.status_code == 200


async def test_the_page_loads_nothing_from_elsewhere(http: httpx.AsyncClient) -> None:
    page = await http.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "//" not in page.text.replace("<!--", "").replace("</", "")
    assert "<script>" not in page.text
    assert " style=" not in page.text
    for name in ("find.js", "map.js", "plan.js", "live.js", "driver.css", "icon.svg", "jinan.json", "maplibre-gl.mjs"):
        assert (await http.get(f"/static/{name}")).status_code == 200
    assert (await http.get("/static/..%2ffind.html")).status_code == 404


async def events(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """The events of a stream; a comment is one without a name."""
    event: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if line:
            key, _, value = line.partition(": ")
            event[key or "comment"] = value
        elif event:
            yield event
            event = {}


@pytest.fixture
async def live(redis_server_url: str) -> AsyncIterator[LiveCounts]:
    redis = connect(redis_server_url)
    yield LiveCounts(redis, timeout_s=2.0)
    await redis.aclose()


@asynccontextmanager
async def moved(pool: sql.Pool, live: LiveCounts, lot_id: int, by: int) -> AsyncIterator[None]:
    """So many more cars are inside, and leave again: the other tests look at the same lots."""
    async with pool.acquire() as db:
        await live.put([await network.move(db, lot_id, by)])
    try:
        yield
    finally:
        async with pool.acquire() as db:
            await live.put([await network.move(db, lot_id, -by)])


async def test_the_stream_begins_with_everything_and_goes_on_with_changes(
    http: httpx.AsyncClient, pool: sql.Pool, live: LiveCounts, lots: list[int]
) -> None:
    async with asyncio.timeout(PATIENCE_S), http.stream("GET", "/v1/lots/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        coming = events(answer)
        assert await anext(coming) == {"retry": "3000"}
        snapshot = await anext(coming)
        assert snapshot["event"] == "snapshot"
        assert [lot["code"] for lot in json.loads(snapshot["data"])["lots"]] == ["jn-1", "jn-2", "jn-3"]

        async with moved(pool, live, lots[1], -1):
            change = await anext(coming)
            while "jn-2" not in change["data"]:
                change = await anext(coming)
            assert change["event"] == "change"
            assert int(change["id"]) > int(snapshot["id"])
            # Nothing of the snapshot comes again: the first that is heard of the lot is the new count.
            free = {lot["code"]: lot["free"] for lot in json.loads(change["data"])["lots"]}
            assert free["jn-2"] == 3
            assert (await http.get("/v1/lots/jn-2")).json()["free"] == 3


async def test_ids_grow_also_when_a_count_is_mended(
    http: httpx.AsyncClient, pool: sql.Pool, live: LiveCounts, lots: list[int]
) -> None:
    async with asyncio.timeout(PATIENCE_S), http.stream("GET", "/v1/lots/stream") as answer:
        coming = events(answer)
        await anext(coming)
        ids = [int((await anext(coming))["id"])]
        await live.put([Count(lots[0], inside=50, version=70_000)])
        ids.append(int((await anext(coming))["id"]))
        assert await counts.repair(pool, live) == 1
        ids.append(int((await anext(coming))["id"]))
        async with moved(pool, live, lots[0], 1):
            ids.append(int((await anext(coming))["id"]))
    assert ids == sorted(set(ids))


async def test_the_stream_takes_the_filters_of_the_list(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_S), http.stream("GET", "/v1/lots/stream", params={"kind": "station"}) as answer:
        coming = events(answer)
        await anext(coming)
        assert [lot["code"] for lot in json.loads((await anext(coming))["data"])["lots"]] == ["jn-3"]
    refused = await http.get("/v1/lots/stream", params={"near": "north"})
    assert (refused.status_code, refused.json()["field"]) == (400, "near")
