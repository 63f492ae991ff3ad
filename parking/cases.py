"""What a person should look at: events in review with their reason, and what could not be taken as an event."""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from parking.lots import Direction
from parking.plates import PlateColor
from payments import ids
from payments.errors import OneLotError


class Reason(StrEnum):
    """Why a person should look at an event. The impossible orders come last and weigh most."""

    UNKNOWN_PLATE_FORM = "unknown_plate_form"
    LOW_CONFIDENCE = "low_confidence"
    NUMBERS_RESTARTED = "numbers_restarted"
    LONG_STAY = "long_stay"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    NO_PLATE = "no_plate"
    KIND_CONTRADICTS_LANE = "kind_contradicts_lane"
    ENTRY_WHILE_INSIDE = "entry_while_inside"
    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_DURING_STAY = "entry_during_stay"
    EXIT_WITHOUT_ENTRY = "exit_without_entry"
    EXIT_DURING_STAY = "exit_during_stay"
    COULD_NOT_APPLY = "could_not_apply"
    TURNED_ROUND = "turned_round"
    INSIDE_TOO_LONG = "inside_too_long"
    MATCH_PROBABLE = "match_probable"


# What is odd about a read alone and no longer matters once it fits into a whole stay.
OF_A_READ = (Reason.LOW_CONFIDENCE, Reason.UNKNOWN_PLATE_FORM)


class Case(NamedTuple):
    """Something about a fact that a person should look at. It is the same case however often it is found."""

    lot_id: int
    event_id: UUID
    reason: Reason
    stay_id: UUID | None

    @property
    def id(self) -> UUID:
        return ids.derive(self.event_id, f"review {self.reason}")


class UnknownReview(OneLotError):
    """No event in review has this id, or it belongs to another operator's lot."""


class AlreadyResolved(OneLotError):
    """Somebody resolved this review before."""


class Review(Struct, frozen=True):
    """An event somebody should look at, with what the camera said. `images` is JSON text."""

    id: UUID
    lot: str
    event_id: UUID
    reason: Reason
    opened_at: datetime
    kind: Direction
    occurred_at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    stay_id: UUID | None
    images: str | None


class ReviewState(Struct, frozen=True):
    """Whether and by whom a review was resolved."""

    lot_id: int
    resolved_at: datetime | None
    resolved_by: str | None


class RefusedEvent(Struct, frozen=True):
    """What a gateway sent and the service could not take; `payload` is the first bytes of it (Base64 in JSON)."""

    id: UUID
    lot: str
    received_at: datetime
    event_id: str | None
    code: str
    field: str | None
    detail: str
    payload: bytes
    payload_bytes: int


class RefusedCount(Struct, frozen=True):
    """How many events of a gateway were refused on the last day (UTC) on which some were."""

    lot: str
    gateway: str
    day: date
    refused: int
