"""The computers of lots that send their events: which lots each serves, their keys, and what they say of themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from parking import dated
from parking.dated import Version
from parking.lots import Code
from payments.errors import OneLotError


class Served(Struct, frozen=True):
    """A lot that a gateway serves beside its own, from when on, or (False) no more."""

    lot_id: int
    versions: tuple[Version[bool], ...]


class RegisteredGateway(Struct, frozen=True):
    """A gateway as it is registered with its own lot."""

    id: int
    code: str
    lot_id: int


class Gateway(RegisteredGateway, frozen=True):
    """The computer of a lot that sends its events. `served`: other lots that it serves as well, did or will; `others`:
    those of them that it served when the network was read.
    """

    served: tuple[Served, ...] = ()
    others: tuple[int, ...] = ()

    @property
    def lots(self) -> tuple[int, ...]:
        """Its own lot, and those that it served when the network was read."""
        return self.lot_id, *self.others

    def serves(self, lot_id: int, at: datetime) -> bool:
        """Whether it speaks for a lot at an instant."""
        if lot_id == self.lot_id:
            return True
        return any(dated.at(False, each.versions, at) for each in self.served if each.lot_id == lot_id)


class GatewayLot(Struct, frozen=True):
    """Whether a gateway serves a lot that is not its own, from an instant on."""

    gateway_id: int
    lot_id: int
    valid_from: datetime
    serves: bool


def serving(gateways: Iterable[RegisteredGateway], rows: Iterable[GatewayLot], now: datetime) -> dict[int, Gateway]:
    """Gateways with the lots that they serve beside their own, by their numbers."""
    versions: dict[int, dict[int, list[Version[bool]]]] = {}
    for each in rows:
        of_lot = versions.setdefault(each.gateway_id, {}).setdefault(each.lot_id, [])
        of_lot.append(Version(each.valid_from, each.serves))
    found = {}
    for gateway in gateways:
        served = tuple(Served(lot_id, tuple(of_lot)) for lot_id, of_lot in versions.get(gateway.id, {}).items())
        now_served = tuple(each.lot_id for each in served if dated.at(False, each.versions, now))
        found[gateway.id] = Gateway(gateway.id, gateway.code, gateway.lot_id, served, now_served)
    return found


class LotsApart(OneLotError):
    """A gateway serves lots of one operator and one time zone."""


class OwnLot(OneLotError):
    """A gateway serves its own lot always."""


class MovesLanes(OneLotError):
    """A gateway moves lanes of a lot: these are handed over before it ceases to serve it. Facts: their codes."""


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
