"""Spans: of what they are made, what hangs together, and that without a word nothing is traced."""

import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from parking.jobs import Job
from parking.live import tracing
from parking.settings import BadSetting
from parking.worker import lead
from payments.jobs import Done
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, visit

PLATE = "鲁A88001"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is traced in this test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.use(None)
    provider.shutdown()


def below(parent: ReadableSpan, finished: tuple[ReadableSpan, ...]) -> list[str]:
    """The names of the spans under one."""
    assert parent.context is not None
    return [each.name for each in finished if each.parent is not None and each.parent.span_id == parent.context.span_id]


async def test_a_request_and_the_batch_that_records_its_events(
    district: District,
    registered: dict[str, str],
    database_url: str,
    redis_url: str,
    spans: InMemorySpanExporter,
) -> None:
    async with running.served(running.settings(database_url, redis_url, now=NOW)) as client:
        said = [{**each, "replay": True} for each in visit("t", PLATE, NOW - timedelta(hours=2), NOW)]
        headers = {**running.bearer(registered[QC]), "X-Request-ID": "traced-000001"}
        # Theirs is not followed.
        theirs = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        answer = await client.post("/v1/gate-events", json=said, headers={**headers, **theirs})
        assert answer.status_code == 200
        await client.get(f"/nowhere/{PLATE}")
    finished = spans.get_finished_spans()
    (request,) = [each for each in finished if each.name == "POST /v1/gate-events"]
    assert request.parent is None
    attributes = dict(request.attributes or {})
    assert attributes["http.route"] == "/v1/gate-events"
    assert attributes["http.response.status_code"] == 200
    assert (attributes["onelot.caller"], attributes["onelot.request_id"]) == ("gateway", "traced-000001")
    (batch,) = [each for each in finished if each.name == "batch"]
    assert dict(batch.attributes or {}) == {"onelot.events": 2, "onelot.attempt": 1}
    assert [link.context for link in batch.links] == [request.context]
    assert below(batch, finished) == ["derive", "price", "commit"]
    assert {each.name for each in finished} >= {"GET"}, "a path that nothing has is named by nothing"
    assert not [each for each in finished if PLATE in each.to_json() or "%E9" in each.to_json()]


async def test_a_round_of_a_job(district: District, spans: InMemorySpanExporter) -> None:
    async def nothing() -> Done:
        return {}

    await lead(district.pool, Job("job 70", 1, nothing))
    assert [each.name for each in spans.get_finished_spans()] == ["job job 70"]


def test_without_an_address_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    tracing.start("", 1.0)
    assert tracing.here() is None
    with tracing.span("batch", events=1) as nothing:
        assert nothing is None


def test_an_address_without_the_packages_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tracing.check_installed("http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(BadSetting, match="onelot\\[tracing\\]"):
        tracing.check_installed("http://127.0.0.1:4318")
