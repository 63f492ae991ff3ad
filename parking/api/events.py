"""POST /v1/gate-events: events in, answers out, in milliseconds and only after the commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Struct

from parking.answers import HELD, Answer, Display, Instruction, Status
from parking.api import problems
from parking.api.decoding import StrictRequest, read
from parking.api.openapi import RawBody, inlined
from parking.barrier import Command
from parking.events import BATCH_EVENTS_MAX, BODY_BYTES_MAX, EventRejected, GateEvent, Refusal
from parking.ingest.receive import Intake, Received
from payments.identity import Audience

_encode = msgspec.json.Encoder().encode
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


class RejectedEvent(Struct, frozen=True, omit_defaults=True):
    """An event of an array that was not taken. `code` is the HTTP status it would have had alone."""

    event_id: str | None
    status: Status
    gate: Command
    reason: Refusal
    detail: str
    code: int
    field: str | None = None
    display: Display | None = None


class _Answered(Response[bytes]):
    """JSON as it is. The framework's own answer is made twice, with headers looked up by name."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        """Sends it."""
        return self._send

    async def _send(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        body = self._body
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


@dataclass
class _GateEventsOperation(Operation):
    """Describes the body by hand: it is read as bytes, so that each event is judged on its own."""

    def __post_init__(self) -> None:
        event = inlined(GateEvent)
        either = {"oneOf": [event, {"type": "array", "items": event, "maxItems": BATCH_EVENTS_MAX}]}
        self.request_body = RawBody({"application/json": {"schema": either, "example": _EXAMPLE}})  # type: ignore[assignment]


@post(
    problems.GATE_EVENTS,
    operation_id="recordGateEvents",
    summary="Record gate events: one object, or an array of up to 500",
    description=(
        "Each event is answered on its own: `recorded`, `duplicate` (with the first answer), `review` (recorded, and a "
        "person should look), or `rejected` with a reason. A single rejected event is a problem document. "
        "What is not of the form below is read as far as it can be, and named under `doubts`. Every answer to a live "
        "event, problem documents too, says under `gate` what the barrier does now, and under `display` what the lane "
        "shows; a problem document for an array says it for each event, under `events`. "
        "Events are answered in the order sent, after they are committed."
    ),
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,), "unlimited": True, "exclude_from_compression": True},
    operation_class=_GateEventsOperation,
    responses={
        200: ResponseSpec(
            Answer | list[Answer | RejectedEvent],
            generate_examples=False,
            description="One answer, or one for each event of an array.",
        )
    },
    status_code=200,
)
async def record_gate_events(request: StrictRequest) -> Response[bytes]:
    """Records events of the caller's lanes."""
    # Injected dependencies cost more here than all the rest of the request, so this one route looks them up itself.
    state = request.app.state
    intake: Intake = state.intake
    gateway = state.network.snapshot.gateways[request.scope["principal"].id]  # type: ignore[typeddict-item]
    now: datetime = state.clock()
    try:
        body = await read(request, bytes_max=BODY_BYTES_MAX)
    except RequestEntityTooLarge:
        raise await intake.refuse_large(gateway, now) from None
    try:
        received = await intake.receive(body, gateway, now)
    except Exception:
        # Whatever it is: a car waits for a command.
        problems.instruct(request, *intake.instructions(body, gateway))
        raise
    if not received.alone:
        return _Answered(_encode(_lines(received)))
    (outcome,) = received.outcomes
    if isinstance(outcome, EventRejected):
        problems.instruct(request, received.alone, received.instructions)
        raise outcome
    return _Answered(_encode(outcome))


def _lines(received: Received) -> list[Answer | RejectedEvent]:
    instructions = received.instructions or [HELD] * len(received.outcomes)
    return [
        _rejected(outcome, told) if isinstance(outcome, EventRejected) else outcome
        for outcome, told in zip(received.outcomes, instructions, strict=True)
    ]


def _rejected(e: EventRejected, told: Instruction) -> RejectedEvent:
    code = problems.REFUSED[e.reason]
    return RejectedEvent(e.event_id, Status.REJECTED, told.gate, e.reason, e.sentence, code, e.field, told.display)


ROUTES: list[HTTPRouteHandler] = [record_gate_events]
