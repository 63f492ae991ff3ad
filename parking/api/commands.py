"""Commands to gateways: a long poll, the same as server-sent events, what became of them; and opening from afar."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from time import monotonic
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream as StreamResponse
from msgspec import Struct

from parking.answers import Display
from parking.api.dependencies import Clock, Dialogue, Network
from parking.barrier import Command
from parking.commands import WAIT_S_MAX, Acknowledgement, Because, Opening, UnknownLane
from parking.flow import commands as flow
from parking.lanes import Lane
from parking.scope import lots_of
from parking.store import commands as store
from parking.store.commands import Given, Waiting
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.identity import Audience

PING_S = 15.0
RETRY_MS = 1_000
NUMBER_MAX = 2**63 - 1
_GATEWAY = {"audience": (Audience.GATEWAY,)}
_STAFF = {"audience": (Audience.BOOTH, Audience.CLERK, Audience.ADMIN)}


class CommandShown(Struct, frozen=True, omit_defaults=True):
    """A command. `n` grows by the gateway's commands; `event_id` and `stay_id` are of the car that it is for. It is not
    followed once `expires_in_s` have passed, nor once another car came to the lane.
    """

    id: UUID
    n: int
    lot: str
    lane: str
    gate: Command
    because: Because
    display: Display
    issued_at: datetime
    expires_at: datetime
    expires_in_s: int
    stay_id: UUID | None = None
    event_id: str | None = None
    fee_fen: int | None = None


class Commands(Struct, frozen=True):
    """What waits for the gateway, in the order of their numbers; `next` is the `after` of the next call."""

    commands: Sequence[CommandShown]
    next: int
    as_of: datetime


class OpenedNow(Struct, frozen=True):
    """The command to open a lane; `event_id`: of the car that was last read there."""

    command_id: UUID
    event_id: str | None


@get(
    "/v1/gateway/commands",
    operation_id="awaitCommands",
    summary="What the gateway's lanes are told to do; waits for something if it is asked to",
    tags=["gateways"],
    opt=_GATEWAY,
)
async def await_commands(
    principal: Principal,
    dialogue: Dialogue,
    clock: Clock,
    wait_s: Annotated[int, QueryParameter(ge=0, le=WAIT_S_MAX, description="How long to wait at most.")] = 0,
    after: Annotated[int, QueryParameter(ge=0, le=NUMBER_MAX, description="The `next` of the call before.")] = 0,
) -> Commands:
    """All that wait beyond `after`, and without it all that wait: neither acknowledged, nor expired, nor moot.

    Raises:
        TooManyRequests: too many connections of the gateway wait here.
    """
    async with dialogue.listening(principal.id, after) as listener:
        found = await listener.next(wait_s)
    now = clock()
    return Commands([_shown(each, now) for each in found], max(after, listener.seen), now)


@get(
    "/v1/gateway/commands/stream",
    operation_id="streamCommands",
    summary="The same as they come (server-sent events)",
    tags=["gateways"],
    opt={**_GATEWAY, "exclude_from_compression": True},
    responses={
        200: ResponseSpec(
            CommandShown, generate_examples=False, description="The data of each event.", media_type="text/event-stream"
        )
    },
)
async def stream_commands(
    principal: Principal,
    dialogue: Dialogue,
    clock: Clock,
    last_event_id: Annotated[
        int,
        HeaderParameter(name="Last-Event-ID", ge=0, le=NUMBER_MAX, description="Where the stream broke off."),
    ] = 0,
) -> StreamResponse:
    """An event `command` each, whose id is its number; `: ping` after 15 s of silence.

    Raises:
        TooManyRequests: too many connections of the gateway wait here.
    """
    # Once the answer has begun it can refuse nothing.
    dialogue.check_room(principal.id)
    return StreamResponse(
        _events(dialogue, principal.id, last_event_id, clock),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(dialogue: Dialogue, gateway_id: int, seen: int, clock: Clock) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with dialogue.listening(gateway_id, seen) as listener:
        spoke_at = monotonic()
        while not listener.ended:
            found = await listener.next(max(0.0, spoke_at + PING_S - monotonic()))
            spoke_at = monotonic()
            now = clock()
            for each in found:
                yield b"event: command\nid: %d\ndata: %s\n\n" % (each.n, msgspec.json.encode(_shown(each, now)))
            if not found:
                yield b": ping\n\n"


@post(
    "/v1/gateway/commands/{command_id:uuid}/ack",
    operation_id="acknowledgeCommand",
    summary="Say what became of a command",
    tags=["gateways"],
    opt=_GATEWAY,
    status_code=204,
)
async def acknowledge_command(
    command_id: FromPath[UUID],
    data: JSONBody[Acknowledgement],
    principal: Principal,
    db: Db,
    now: Now,
) -> None:
    """It is not told again. The same twice is once; another outcome than before is refused (409)."""
    await flow.acknowledge(db, data, gateway_id=principal.id, command_id=command_id, now=now)


@post(
    "/v1/lanes/{lane:str}/open",
    operation_id="openLane",
    summary="Open a lane from afar",
    tags=["operators"],
    opt=_STAFF,
    status_code=202,
)
async def open_lane(
    *,
    lane: FromPath[str],
    data: JSONBody[Opening],
    principal: Principal,
    network: Network,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> OpenedNow:
    """For the car that was last read there: once another one was, it opens no more. What is owed stays owed; to let a
    car out and say so, decide about its event. `GET /v1/lanes/{lane}/commands` says what became of it.

    Raises:
        UnknownLane: there is none of this code among the caller's lots.
    """
    opened = await flow.open_lane(
        pool,
        _lane(principal, network, lane),
        reason=data.reason,
        by=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    dialogue.ring([opened.gateway_id])
    return OpenedNow(opened.command_id, opened.event_id)


@get(
    "/v1/lanes/{lane:str}/commands",
    operation_id="listLaneCommands",
    summary="What a lane was told of late, and what became of it",
    tags=["operators"],
    opt=_STAFF,
)
async def list_commands(
    lane: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    limit: Annotated[int, QueryParameter(ge=1, le=100, description="Rows.")] = 20,
) -> Sequence[Given]:
    """The newest first. Without `outcome` the gateway has not answered."""
    known = _lane(principal, network, lane)
    return await store.commands_of_lane(db, known.lot_id, known.id, limit)


def _lane(principal: Principal, network: Network, code: str) -> Lane:
    found = network.snapshot.lanes.get(code)
    may = lots_of(principal, network.snapshot)
    if found is None or (may is not None and found.lot_id not in may):
        raise UnknownLane("No lane of yours has this code.", field="lane")
    return found


def _shown(command: Waiting, now: datetime) -> CommandShown:
    return CommandShown(
        id=command.id,
        n=command.n,
        lot=command.lot,
        lane=command.lane,
        gate=command.gate,
        because=command.because,
        display=Display(command.display_zh, command.display_en),
        issued_at=command.issued_at,
        expires_at=command.expires_at,
        expires_in_s=max(0, int((command.expires_at - now).total_seconds())),
        stay_id=command.stay_id,
        event_id=command.event_id,
        fee_fen=command.fee_fen,
    )


ROUTES: list[HTTPRouteHandler] = [await_commands, stream_commands, acknowledge_command, open_lane, list_commands]
