"""Keeping what an authenticated gateway sent and the service could not take: behind it may have been a real car."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import store
from parking.gate import PAYLOAD_KEPT_BYTES_MAX, EventRejected
from parking.lots import Gateway
from payments import ids


class Refused(Struct, frozen=True):
    """A refusal and the bytes it is about."""

    why: EventRejected
    raw: bytes


async def keep_refused(
    db: sql.Connection, gateway: Gateway, refusals: Sequence[Refused], *, now: datetime, random_bits: Callable[[], int]
) -> None:
    """Keeps refusals with the first PAYLOAD_KEPT_BYTES_MAX of what was sent."""
    await store.add_refused(
        db,
        [
            (
                gateway.lot_id,
                ids.new(now, gateway.lot_id, random_bits()),
                gateway.id,
                now,
                r.why.event_id,
                r.why.reason,
                # The name of a field is the sender's text, too; NUL cannot stand in PostgreSQL's.
                r.why.field and r.why.field.replace("\0", "")[:256],
                r.why.sentence.replace("\0", "\\0")[:1024],
                r.raw[:PAYLOAD_KEPT_BYTES_MAX],
                len(r.raw),
            )
            for r in refusals
        ],
    )
