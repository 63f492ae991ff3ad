"""The live stream of free spaces (server-sent events)."""

from collections.abc import AsyncIterator, Callable, Iterable, Set
from datetime import datetime
from time import monotonic
from typing import Any

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream as StreamResponse
from msgspec import Struct

from parking import listing
from parking.api.dependencies import Clock, Network, Stream
from parking.api.limits import address_of
from parking.api.search import RADIUS_M_DEFAULT, WANTED, Wanted
from parking.listing import LiveLots
from parking.live.network import LiveNetwork
from parking.live.stream import Stream as LiveStream
from parking.lots import Lot
from parking.occupancy import Count, is_stale
from parking.searches import Search
from payments.identity import Audience

HEARTBEAT_S = 15.0
RETRY_MS = 3_000


@get(
    "/v1/lots/stream",
    operation_id="streamLots",
    summary="Free spaces as they change (server-sent events)",
    tags=["lots"],
    # A compressor per listener would cost more memory than all the rest of it.
    opt={"audience": (Audience.PUBLIC,), "exclude_from_compression": True},
    dependencies=WANTED,
    responses={
        200: ResponseSpec(
            LiveLots, generate_examples=False, description="The data of each event.", media_type="text/event-stream"
        )
    },
)
async def stream_lots(
    request: Request[Any, Any, Any], network: Network, stream: Stream, clock: Clock, wanted: Wanted
) -> StreamResponse:
    """First the event `snapshot` with all lots that match, then `change` with those that changed; `: ping` each 15 s of
    silence. Only lots of the area are told of: `near` with `radius_m`, or `bbox`.

    Each count comes once, in the snapshot or as a change; the ids grow from event to event. Who comes again with
    `Last-Event-ID` is told in a first `change` what was missed (and what was told a moment before that), by whatever
    process; after too long a time a new snapshot comes first.

    Raises:
        TooManyListeners: this process has as many listeners as it takes, of all or of the caller's address.
    """
    address = address_of(request.scope)
    stream.check_room(address)
    search, _ = network.atlas.meant(wanted, RADIUS_M_DEFAULT)
    asked = _Asked(network, stream, clock, search, address, request.headers.get("last-event-id") or "")
    return StreamResponse(
        _events(asked),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


class _Asked(Struct):
    """What a client listens to, where it is, and the event that it was sent last."""

    network: LiveNetwork
    stream: LiveStream
    clock: Callable[[], datetime]
    wanted: Search
    address: str
    last_event: str

    def lots(self) -> Set[int]:
        """The lots that it hears of."""
        return self.network.atlas.lots_of(self.wanted)


async def _events(asked: _Asked) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    stream = asked.stream
    async with stream.listening(asked.address, asked.lots) as listener:
        event_id = stream.now_ms()
        missed = stream.heard_since(asked.last_event, event_id) if asked.last_event else None
        told = asked.lots() if missed is None else asked.lots() & missed
        counts = [listener.snapshot.get(lot_id) or Count(lot_id) for lot_id in sorted(told)]
        yield _event("snapshot" if missed is None else "change", event_id, asked.clock(), _lines(asked, counts))
        spoke_at = monotonic()
        while not listener.ended:
            changed = await listener.next(max(0.0, spoke_at + HEARTBEAT_S - monotonic()))
            lines = _lines(asked, changed)
            if not lines and monotonic() - spoke_at < HEARTBEAT_S:
                continue
            spoke_at = monotonic()
            if not lines:
                yield b": ping\n\n"
                continue
            event_id = max(event_id + 1, stream.now_ms())
            yield _event("change", event_id, asked.clock(), lines)


def _event(name: str, event_id: int, as_of: datetime, lines: list[bytes]) -> bytes:
    data = b'{"as_of":%s,"lots":[%s]}' % (msgspec.json.encode(as_of), b",".join(lines))
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), event_id, data)


# Every listener is sent the same text about a lot, so it is written once per change. One entry per lot.
_written: dict[int, tuple[Lot, Count, bool, bytes]] = {}


def _lines(asked: _Asked, changed: Iterable[Count]) -> list[bytes]:
    now, lots = asked.clock(), asked.network.snapshot.lots
    return [_line(lots[count.lot_id], count, now) for count in changed if count.lot_id in lots]


def _line(lot: Lot, count: Count, now: datetime) -> bytes:
    written, stale = _written.get(lot.id), is_stale(count, now)
    if written is None or written[0] is not lot or written[1] is not count or written[2] is not stale:
        written = _written[lot.id] = (lot, count, stale, msgspec.json.encode(listing.live(lot, count, now)))
    return written[3]


ROUTES: list[HTTPRouteHandler] = [stream_lots]
