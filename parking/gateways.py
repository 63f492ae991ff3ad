"""The computers of lots that send their events: their keys, and what they say of themselves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from parking.lots import Code


class Gateway(Struct, frozen=True):
    """The computer of a lot that sends its events."""

    id: int
    code: str
    lot_id: int


class LaneState(Struct, frozen=True, forbid_unknown_fields=True):
    """What a gateway says of a lane: the barrier, its camera, in words of its own."""

    lane: Code
    barrier: Annotated[str, Meta(max_length=32)] | None = None
    camera: Annotated[str, Meta(max_length=32)] | None = None


class Heartbeat(Struct, frozen=True, forbid_unknown_fields=True):
    """What a gateway says of itself. `sent_at`: by the clock that stamps its events. `backlog_events`: how many it has
    still to hand in.
    """

    sent_at: Annotated[datetime, Meta(tz=True)]
    backlog_events: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    software: Annotated[str, Meta(max_length=64)] | None = None
    lanes: Annotated[Sequence[LaneState], Meta(max_length=64)] = ()

    def __post_init__(self) -> None:
        if not 1900 <= self.sent_at.year <= 2200:
            raise ValueError("sent_at is a time of 1900 to 2200")


class GatewayKey(Struct, frozen=True):
    """An active key of a gateway: its public name and the SHA-256 of its secret."""

    id: str
    gateway_id: int
    secret_hash: bytes


class IssuedKey(Struct, frozen=True):
    """A key of a gateway as it may be shown: never its secret."""

    id: str
    slot: int
    created_at: datetime
    revoked_at: datetime | None
