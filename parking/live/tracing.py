"""Spans for OpenTelemetry: where the time of a request, a batch or a round of a job goes. Off unless an address is set
and `onelot[tracing]` is installed; then a span costs nothing.

A span has routes and kinds of callers, no paths, plates or names. What callers say of traces of theirs is not believed:
anybody could have everything of theirs traced.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, TypeAlias

from asyncpg.transaction import Transaction

from parking.settings import PREFIX, BadSetting

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Link, Span, Tracer

    Asked: TypeAlias = Link
else:
    Asked = object

Attribute: TypeAlias = str | int
SERVICE = "onelot"
_OFF: AbstractContextManager[None] = nullcontext()
_tracer: "Tracer | None" = None


def check_installed(endpoint: str) -> None:
    """Makes sure that what is set can be done.

    Raises:
        BadSetting: an address is set, and the packages that send anything there are not installed.
    """
    if not endpoint:
        return
    try:
        import opentelemetry.exporter.otlp.proto.http  # noqa: PLC0415
        import opentelemetry.sdk.trace  # noqa: F401, PLC0415
    except ImportError:
        variable = f"{PREFIX}TRACING_ENDPOINT"
        raise BadSetting(
            f"{variable} is set, and OpenTelemetry is not installed: pip install 'onelot[tracing]'.", setting=variable
        ) from None


def start(endpoint: str, share: float) -> None:
    """Sends the spans of this process to a collector (OTLP over HTTP, without /v1/traces), of a share of all traces.

    Without an address nothing is done. What was not sent yet is when the process ends.
    """
    if not endpoint:
        return
    check_installed(endpoint)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)), resource=Resource.create({"service.name": SERVICE})
    )
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider)


def use(provider: "TracerProvider | None") -> None:
    """Makes spans by this provider from now on; None: none."""
    global _tracer  # noqa: PLW0603 - one a process, as its log is
    _tracer = None if provider is None else provider.get_tracer(SERVICE)


def span(name: str, *, links: Sequence[Asked] = (), **attributes: Attribute) -> "AbstractContextManager[Span | None]":
    """What is done in the block, under what is being done now. links: what it is done for."""
    if _tracer is None:
        return _OFF
    named = {f"{SERVICE}.{each}": value for each, value in attributes.items()}
    return _tracer.start_as_current_span(name, links=links, attributes=named)


def here() -> Asked | None:
    """What is being done now, for a span that is done for it; None where nothing is traced."""
    if _tracer is None:
        return None
    from opentelemetry import trace  # noqa: PLC0415

    return trace.Link(trace.get_current_span().get_span_context())


def answered(request: "Span | None", method: str, route: str | None, status: int, caller: str, request_id: str) -> None:
    """Says of the span of a request what is known when its answer begins."""
    if request is None:
        return
    request.update_name(f"{method} {route}" if route else method)
    request.set_attributes(
        {
            "http.request.method": method,
            "http.response.status_code": status,
            f"{SERVICE}.caller": caller,
            f"{SERVICE}.request_id": request_id,
            **({"http.route": route} if route else {}),
        }
    )


class committed:  # noqa: N801 - it is used as a function
    """A transaction for an `async with` block, with a span of its end."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def __aenter__(self) -> None:
        await self._transaction.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        with span("commit" if kind is None else "rollback"):
            await self._transaction.__aexit__(kind, raised, trace)
