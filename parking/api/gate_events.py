"""The gateways' door: events in, answers out, in milliseconds and only after the commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation

import sql
from parking import flow, gate
from parking.api.reference import RawBody, inlined
from parking.catalog import Catalog
from parking.collector import Collector
from parking.gate import Answer, EventRejected, Parcel, Passage, TooManyEvents
from parking.lots import Gateway
from payments import ids
from payments.identity import Audience

_encoder = msgspec.json.Encoder()
_EXAMPLE = {
    "event_id": "20261121-000123",
    "kind": "exit",
    "lane": "JN-LX-001-X1",
    "occurred_at": "2026-11-21T10:31:07+08:00",
    "plate": "鲁A12345",
    "plate_color": "blue",
    "vehicle_class": "small",
    "confidence": 0.97,
    "replay": False,
    "images": [{"role": "plate", "ref": "oss://jn-lx-001/2026/11/21/000123-plate.jpg"}],
    "remaining_spaces": 112,
}


@dataclass
class _GateEventsOperation(Operation):
    """Describes the body by hand: it is read as bytes, so that each event is judged on its own."""

    def __post_init__(self) -> None:
        event = inlined(gate.GateEvent)
        either = {"oneOf": [event, {"type": "array", "items": event, "maxItems": gate.BATCH_EVENTS_MAX}]}
        self.request_body = RawBody({"application/json": {"schema": either, "example": _EXAMPLE}})  # type: ignore[assignment]


@post(
    "/v1/gate-events",
    operation_id="recordGateEvents",
    summary="Record gate events: one object, or an array of up to 500",
    description=(
        "Each event is answered on its own: `recorded`, `duplicate` (with the first answer), `review` (recorded, and a "
        "person should look), or `rejected` with a reason. A single rejected event is a problem document. "
        "Events are answered in the order sent, after they are committed."
    ),
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
    operation_class=_GateEventsOperation,
    responses={
        200: ResponseSpec(
            Answer | list[Answer],
            generate_examples=False,
            description="One answer, or one for each event of an array.",
        )
    },
    request_max_body_size=gate.BODY_BYTES_MAX,
    status_code=200,
)
async def record_gate_events(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Records events of the caller's lanes."""
    # Injected dependencies cost more here than all the rest of the request, so this one route looks them up itself.
    state = request.app.state
    catalog: Catalog = state.catalog
    collector: Collector = state.collector
    pool: sql.Pool = state.pool
    random_bits: Callable[[], int] = state.random_bits
    gateway = catalog.network.gateways[request.scope["principal"].id]  # type: ignore[typeddict-item]
    now: datetime = state.clock()
    body = b""
    try:
        body = await _body(request)
        alone, parcels = gate.read(body)
    except (TooManyEvents, EventRejected) as e:
        why = (
            e
            if isinstance(e, EventRejected)
            else EventRejected(e.sentence, reason="too_many_events", code=400, field="body")
        )
        await _keep(pool, gateway, [flow.Refused(why, body)], now, random_bits)
        raise
    answers = await _record(parcels, gateway, catalog, collector, pool, now, random_bits)
    if alone and isinstance(answers[0], EventRejected):
        raise answers[0]
    shown = [a.answer() if isinstance(a, EventRejected) else a for a in answers]
    return Response(_encoder.encode(shown[0] if alone else shown), media_type="application/json", status_code=200)


async def _body(request: Request[Any, Any, Any]) -> bytes:
    """The body, unless it is larger than any honest one: that it was sent is kept, what it was is not."""
    try:
        return await request.body()
    except RequestEntityTooLarge:
        raise EventRejected(
            f"The body is larger than {gate.BODY_BYTES_MAX} bytes: send fewer events at a time.",
            reason="body_too_large",
            code=413,
            field="body",
        ) from None


async def _record(
    parcels: Sequence[Parcel],
    gateway: Gateway,
    catalog: Catalog,
    collector: Collector,
    pool: sql.Pool,
    now: datetime,
    random_bits: Callable[[], int],
) -> list[Answer | EventRejected]:
    """Answers in the order of the parcels; what was refused is kept, what was taken is committed."""
    answers: list[Answer | EventRejected | None] = []
    passages: list[Passage] = []
    for parcel in parcels:
        taken = await _take(parcel, gateway, catalog, now, random_bits)
        if isinstance(taken, Passage):
            passages.append(taken)
            answers.append(None)
        else:
            answers.append(taken)
    recorded = iter(await collector.record(passages) if passages else ())
    complete = [next(recorded) if answer is None else answer for answer in answers]
    refused = [
        flow.Refused(answer, parcel.raw if parcel.event is None else _encoder.encode(parcel.event))
        for answer, parcel in zip(complete, parcels, strict=True)
        if isinstance(answer, EventRejected)
    ]
    if refused:
        await _keep(pool, gateway, refused, now, random_bits)
    return complete


async def _take(
    parcel: Parcel, gateway: Gateway, catalog: Catalog, now: datetime, random_bits: Callable[[], int]
) -> Passage | EventRejected:
    if parcel.event is None:
        assert parcel.refused is not None
        return parcel.refused
    lane = await catalog.lane(parcel.event.lane)
    try:
        return gate.accept(
            parcel.event, lane=lane, gateway=gateway, received_at=now, id=ids.new(now, gateway.lot_id, random_bits())
        )
    except EventRejected as e:
        return e


async def _keep(
    pool: sql.Pool, gateway: Gateway, refused: Sequence[flow.Refused], now: datetime, random_bits: Callable[[], int]
) -> None:
    async with pool.acquire() as db, db.transaction():
        await flow.keep_refused(db, gateway, refused, now=now, random_bits=random_bits)
