"""POST /v1/gate-events: events in, answers out, in milliseconds and only after the commit."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Response, post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec import Meta, Struct

from parking.answers import HELD, Answer, Display, Instruction, Status
from parking.api import problems
from parking.api.decoding import StrictRequest, read
from parking.api.document import BODY, JSON
from parking.api.statuses import REFUSED
from parking.barrier import Command
from parking.device_events import DeviceEvent
from parking.events import BATCH_EVENTS_MAX, BODY_BYTES_MAX, EventRejected, GateEvent, Refusal
from parking.ingest.receive import Intake, Received
from payments.identity import Audience

_encode = msgspec.json.Encoder().encode


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


# One event, or so many at once. Each is judged on its own, so they are read as bytes.
_Body: TypeAlias = GateEvent | DeviceEvent | Annotated[list[GateEvent | DeviceEvent], Meta(max_length=BATCH_EVENTS_MAX)]


# As a shape for the API's description alone: the two are told apart by their `status`.
_Answers: Any = Answer | list[Answer | RejectedEvent]


@post(
    problems.GATE_EVENTS,
    operation_id="recordGateEvents",
    summary="Record gate events: one object, or an array of up to 500",
    description=(
        "Each event is answered on its own: `recorded`, `duplicate` (with the first answer), `review` (recorded, and a "
        "person should look), or `rejected` with a reason. A single rejected event is a problem document. "
        "What is not of the form below is read as far as it can be, and named under `doubts`. By the same door come "
        "facts beside plate reads, each of a `kind` of its own: `passage`, `barrier`, `count`, "
        "`cash`, `plates_inside`; a read of the kind "
        "`read` goes the way of its lane. Every answer to a live event, problem documents too, says under `gate` what "
        "the barrier does now, and under `display` what the lane shows; a problem document for an array says it for "
        "each event, under `events`. "
        "Events are answered in the order sent, after they are committed."
    ),
    tags=["gateways"],
    opt={
        "audience": (Audience.GATEWAY,),
        "unlimited": True,
        "exclude_from_compression": True,
        BODY: {JSON: _Body},
    },
    responses={
        200: ResponseSpec(
            _Answers,
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
        problems.instruct(request, *await intake.instructions(body, gateway, now))
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
    code = REFUSED[e.reason]
    return RejectedEvent(e.event_id, Status.REJECTED, told.gate, e.reason, e.sentence, code, e.field, told.display)


ROUTES: list[HTTPRouteHandler] = [record_gate_events]
