"""The least a Litestar service can do with events: read their JSON into Structs and answer a small JSON."""

import msgspec
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State

from parking.answers import Answer, Status
from parking.barrier import Command
from parking.events import GateEvent

ONE, MANY = "/one", "/many"
_one = msgspec.json.Decoder(GateEvent)
_many = msgspec.json.Decoder(list[GateEvent])
_encoder = msgspec.json.Encoder()


@post(ONE, status_code=200)
async def take_one(request: Request[None, None, State]) -> Response[bytes]:
    """Answers without having done anything. The body is read by hand, which is the fastest of Litestar's ways."""
    return _response(_encoder.encode(_answer(_one.decode(await request.body()))))


@post(MANY, status_code=200)
async def take_many(request: Request[None, None, State]) -> Response[bytes]:
    """Answers an array in its order."""
    return _response(_encoder.encode([_answer(event) for event in _many.decode(await request.body())]))


def _answer(event: GateEvent) -> Answer:
    return Answer(event_id=event.event_id, status=Status.RECORDED, gate=Command.OPEN)


def _response(content: bytes) -> Response[bytes]:
    return Response(content, media_type="application/json", status_code=200)


def application() -> Litestar:
    """The application as uvicorn's factory builds it."""
    return Litestar([take_one, take_many], openapi_config=None, logging_config=None)
