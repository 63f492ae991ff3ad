"""What Prometheus is shown of processes that serve and work, and that alarms and graphs ask for what there is."""

import asyncio
import contextlib
import json
import re
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

import sql
from parking.flow import alarms
from parking.live import metrics
from parking.live.measures import measure
from parking.live.metrics import SERVING, WORKING, Verified
from payments.identity import Audience
from seeds.servers.process import free_port
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, event, token, visit
from tests.patience import PATIENCE_S

DOCS = Path(__file__).parents[3] / "docs"
ALERTS = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text("utf-8"))
DASHBOARD = json.loads((DOCS / "monitoring" / "dashboard.json").read_text("utf-8"))
PLATE = "鲁A54321"


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """What was exposed: a figure by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figure(text: str, name: str, **labels: str) -> float:
    """The sum of the figures of a name that have these labels."""
    return sum(
        value for (found, of), value in samples(text).items() if found == name and frozenset(labels.items()) <= of
    )


async def scrape(port: int) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture(scope="module")
async def served(
    database_url: str, redis_server_url: str, registered: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[str, int]]:
    """`onelot serve` with two processes: its address, and the port of its metrics."""
    port = free_port()
    env = running.environment(
        database_url, redis_server_url, ONELOT_METRICS_PORT=str(port), ONELOT_CLOCK_START=NOW.isoformat()
    )
    async with running.serving(tmp_path_factory.mktemp("serve") / "log", env, workers=2) as (_, address):
        yield address, port


async def test_all_processes_are_counted_together(served: tuple[str, int], registered: dict[str, str]) -> None:
    address, port = served
    gateway = running.bearer(registered[QC])
    # Each has a connection of its own, and so one process or the other.
    for n in range(12):
        said = event(f"m{n}", "entry", NOW - timedelta(minutes=40 - n), f"鲁A6000{n:x}".upper(), replay=True)
        async with httpx.AsyncClient(base_url=address, headers=gateway) as client:
            assert (await client.post("/v1/gate-events", json=said)).status_code == 200
            assert (await client.post("/v1/gate-events", json=said)).json()["status"] == "duplicate"
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.post("/v1/gate-events", json={}, headers=gateway)).status_code == 400
        admin = running.bearer(token(Audience.ADMIN, now=NOW))
        await client.delete(f"/v1/admin/plates/{PLATE}", params={"plate_color": "blue"}, headers=admin)
        await client.request("PROPFIND", f"/nowhere/{PLATE}")
        assert (await client.get("/metrics")).status_code == 404, "the public does not read them"
    text = await scrape(port)
    outcomes = {each: figure(text, "onelot_gate_events_total", outcome=each) for each in ("duplicate", "rejected")}
    assert outcomes == {"duplicate": 12, "rejected": 1}
    assert figure(text, "onelot_gate_events_total") == 25
    assert figure(text, "onelot_batch_events_sum") == 24
    assert figure(text, "onelot_batch_seconds_count") == figure(text, "onelot_batch_events_count") > 0
    of_gates = {"route": "/v1/gate-events", "method": "POST"}
    assert figure(text, "onelot_http_requests_total", **of_gates, status="200") == 24
    assert figure(text, "onelot_http_requests_total", **of_gates, status="400") == 1
    assert figure(text, "onelot_http_request_seconds_count", route="/v1/gate-events") == 25
    assert figure(text, "onelot_http_requests_total", route="/v1/admin/plates/{plate}") == 1
    assert figure(text, "onelot_http_requests_total", route="none", method="other") == 1
    assert figure(text, "onelot_pool_connections_max") == 20
    assert figure(text, "onelot_pool_connections") >= 2
    assert {name for name, _ in samples(text)} >= {"onelot_events_waiting", "onelot_stream_listeners"}
    for hidden in (PLATE, "%E9", "PROPFIND", QC, registered[QC]):
        assert hidden not in text


def test_what_a_dead_process_measured_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setenv(metrics.FOLDER_VARIABLE, str(folder))
    (folder / "gauge_livesum_999999999.db").write_bytes(b"")
    collected = CollectorRegistry()
    metrics._Living(collected, folder)
    assert generate_latest(collected) == b""
    assert not list(folder.iterdir())


async def test_a_port_that_is_taken_is_waited_for(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "TAKEN_PAUSE_S", 0.02)
    # As a process has it that is about to end.
    before = socket.create_server(("127.0.0.1", 0))
    port = before.getsockname()[1]
    with metrics.shown(SERVING, "127.0.0.1", port):
        while "metrics are not shown" not in caplog.text:  # noqa: ASYNC110 - a thread of its own logs it
            await asyncio.sleep(0.01)
        before.close()
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    assert "onelot_batch_seconds" in await scrape(port)
                    break
                await asyncio.sleep(0.02)
    with pytest.raises(httpx.TransportError):
        await scrape(port)


async def test_a_worker_shows_its_jobs(
    database_url: str, redis_server_url: str, registered: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    env = running.environment(
        database_url, redis_server_url, ONELOT_WORK_METRICS_PORT=str(port), ONELOT_CLOCK_START=NOW.isoformat()
    )
    async with running.working(tmp_path / "log", env) as worker:
        await running.says(worker, "working: ")
        text = await scrape(port)
        while not figure(text, "onelot_job_rounds_total", job="verify", outcome="done"):
            text = await scrape(port)
    assert figure(text, "onelot_job_seconds_count", job="collect") > 0
    looked_at = {dict(of)["invariant"] for name, of in samples(text) if name == "onelot_invariant_rows"}
    assert "count_differs_from_stays" in looked_at
    assert figure(text, "onelot_measured_timestamp_seconds") > 0
    assert "onelot_gate_events" not in text


async def test_what_waits_is_measured(pool: sql.Pool, district: District) -> None:
    async def now_open(reason: str) -> float:
        await measure(pool, district.now)
        return WORKING.get_sample_value("onelot_cases_open", {"reason": reason}) or 0.0

    before = await now_open("exit_without_entry")
    (alone,) = visit("w", "鲁A77001", NOW - timedelta(hours=2), NOW)[1:]
    await district.record(alone)
    assert await now_open("exit_without_entry") == before + 1
    silent = (WORKING.get_sample_value("onelot_alarms_open", {"kind": "silent_lot"}) or 0.0) + 1
    at = NOW + timedelta(hours=4)
    # A lot that never said anything is not silent.
    heard = "update lot_occupancy set heard_at = $2 where lot_id = $1"
    await district.owner.execute(heard, district.lot(QC).id, NOW)
    await alarms.look(pool, now=at, random_bits=district.random_bits)
    await measure(pool, district.now)
    assert (WORKING.get_sample_value("onelot_alarms_open", {"kind": "silent_lot"}) or 0.0) >= silent
    gateways = {
        state: WORKING.get_sample_value("onelot_gateways", {"state": state}) for state in ("heard", "silent", "never")
    }
    lot = district.lot(QC)
    await district.owner.execute(
        "insert into gateway_state (lot_id, gateway_id, seen_at) select lot_id, id, $2 from gateway where lot_id = $1 "
        "on conflict (lot_id, gateway_id) do update set seen_at = $2",
        lot.id,
        NOW - timedelta(minutes=6),
    )
    await measure(pool, district.now)
    assert WORKING.get_sample_value("onelot_gateways", {"state": "silent"}) == (gateways["silent"] or 0) + 1
    await measure(pool, NOW - timedelta(minutes=2))
    assert WORKING.get_sample_value("onelot_gateways", {"state": "silent"}) is None, "what is none any more is gone"


async def test_what_accounts_are_to_be_asked_for(pool: sql.Pool, district: District) -> None:
    await district.account("鲁A77002")
    await district.record(*visit("c", "鲁A77002", NOW - timedelta(hours=3), NOW))
    await measure(pool, NOW + timedelta(minutes=20))
    assert (WORKING.get_sample_value("onelot_charges_to_collect") or 0) >= 1
    assert (WORKING.get_sample_value("onelot_charges_to_collect_late_seconds") or 0) >= 1100


def test_what_was_verified_long_ago_is_not_shown() -> None:
    verified = Verified()
    labels = {"invariant": "of_a_test", "since": "a test"}
    verified.put({"of_a_test": 3}, "a test", for_s=60)
    verified.forget_old()
    assert WORKING.get_sample_value("onelot_invariant_rows", labels) == 3
    verified.put({"of_a_test": 3}, "a test", for_s=-1)
    verified.forget_old()
    assert WORKING.get_sample_value("onelot_invariant_rows", labels) is None


# -- alarms and graphs


def exposed() -> dict[str, set[str]]:
    """The names that can be asked for, with their labels."""
    found: dict[str, set[str]] = {"up": {"job", "instance"}}
    for registry in (SERVING, WORKING):
        for collector in list(registry._collector_to_names):
            labels = {*getattr(collector, "_labelnames", ()), "job", "instance"}
            for name in registry._collector_to_names[collector]:
                found[name] = labels | ({"le"} if name.endswith("_bucket") else set())
        of_process = (sample.name for family in registry.collect() for sample in family.samples)
        found |= {name: {"job", "instance"} for name in of_process if name.startswith("process_")}
    return found


NAMES = exposed()


def rules() -> Iterator[dict[str, Any]]:
    for group in ALERTS["groups"]:
        yield from group["rules"]


QUERIES = [
    *((rule["alert"], rule["expr"]) for rule in rules()),
    *((panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]),
]


@pytest.mark.parametrize(("what", "query"), QUERIES)
def test_what_is_asked_for_is_there(what: str, query: str) -> None:
    promql_parser.parse(query.replace("$__rate_interval", "5m"))
    named = re.findall(r"\b((?:onelot|process)_\w+|up)(?:\{([^}]*)\})?", query)
    assert named
    for name, chosen in named:
        assert name in NAMES, f"{what}: nothing is called {name}"
        assert set(re.findall(r"(\w+)\s*=", chosen)) <= NAMES[name], f"{what}: {name} has no such label"
    grouped = {each.strip() for labels in re.findall(r"by \(([^)]*)\)", query) for each in labels.split(",")}
    assert grouped <= set().union(*(NAMES[name] for name, _ in named)), what


def test_every_alarm_says_what_to_do_in_both_languages() -> None:
    headings = re.findall(r"^#+ (.*)$", (DOCS / "operating.md").read_text("utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) > 10
    for rule in rules():
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"\d+[smhd]", rule["for"]), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "warn"}
        assert rule["annotations"]["summary"].isascii()
        assert re.search(r"[\u4e00-\u9fff]", rule["annotations"]["summary_zh"])
        document, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (document, anchor in anchors) == ("docs/operating.md", True), rule["annotations"]["runbook"]


def test_every_metric_of_ours_is_in_the_documents() -> None:
    said = (DOCS / "operating.md").read_text("utf-8")
    ours = {re.sub(r"_(total|created|bucket|sum|count)$", "", name) for name in NAMES if name.startswith("onelot_")}
    assert sorted(name for name in ours if f"`{name}" not in said) == []
