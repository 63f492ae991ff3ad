"""The live stream of free spaces (server-sent events)."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from time import monotonic
from typing import Any

import msgspec
from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream as StreamResponse

from parking import listing
from parking.api.dependencies import Clock, Network, Stream
from parking.api.limits import address_of
from parking.api.search import WANTED, Wanted
from parking.listing import LiveLots, Search
from parking.lots import Lot
from parking.occupancy import Count, is_stale
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
    """First the event `snapshot` with all lots, then `change` with those that changed; `: ping` each 15 s of silence.

    Each count comes once, in the snapshot or as a change; the ids grow from event to event of one connection. After a
    reconnection (also with `Last-Event-ID`) a new snapshot comes first, whatever was missed.

    Raises:
        TooManyListeners: this process has as many listeners as it takes, of all or of the caller's address.
    """
    address = address_of(request.scope)
    stream.check_room(address)
    return StreamResponse(
        _events(network, stream, clock, wanted, address),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(network: Network, stream: Stream, clock: Clock, wanted: Wanted, address: str) -> AsyncIterator[bytes]:
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with stream.listening(address) as listener:
        everything = [listener.snapshot.get(lot_id) or Count(lot_id) for lot_id in network.snapshot.lots]
        event_id = stream.version
        yield _event("snapshot", event_id, clock(), _lines(network, wanted, everything, clock()))
        spoke_at = monotonic()
        while not listener.ended:
            changed = await listener.next(max(0.0, spoke_at + HEARTBEAT_S - monotonic()))
            lines = _lines(network, wanted, changed, clock())
            if not lines and monotonic() - spoke_at < HEARTBEAT_S:
                continue  # only lots that this listener did not ask for
            spoke_at = monotonic()
            if not lines:
                yield b": ping\n\n"
                continue
            # The stream's version may have been ahead of this listener, and goes back when a count is mended.
            event_id = max(event_id + 1, stream.version)
            yield _event("change", event_id, clock(), lines)


def _event(name: str, event_id: int, as_of: datetime, lines: list[bytes]) -> bytes:
    data = b'{"as_of":%s,"lots":[%s]}' % (msgspec.json.encode(as_of), b",".join(lines))
    return b"event: %s\nid: %d\ndata: %s\n\n" % (name.encode(), event_id, data)


# Every listener is sent the same text about a lot, so it is written once per change. One entry per lot.
_written: dict[int, tuple[Lot, Count, bool, bytes]] = {}


def _lines(network: Network, wanted: Search, changed: Iterable[Count], now: datetime) -> list[bytes]:
    snapshot = network.snapshot
    by_lot = {count.lot_id: count for count in changed if count.lot_id in snapshot.lots}
    matching = listing.find((snapshot.lots[lot_id] for lot_id in by_lot), wanted, snapshot.facilities)
    return [_line(place.lot, by_lot[place.lot.id], now) for place in matching]


def _line(lot: Lot, count: Count, now: datetime) -> bytes:
    written, stale = _written.get(lot.id), is_stale(count, now)
    if written is None or written[0] is not lot or written[1] is not count or written[2] is not stale:
        written = _written[lot.id] = (lot, count, stale, msgspec.json.encode(listing.live(lot, count, now)))
    return written[3]


ROUTES: list[HTTPRouteHandler] = [stream_lots]
