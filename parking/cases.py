"""Cases: what a person should look at, with its reason, and what could not be taken as an event.

What is odd about an event or a stay makes a case, and so does a driver who appeals. A person decides it (`decisions`);
what later facts have made moot settles itself.
"""

from collections.abc import Sequence
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
    NO_PRICE = "no_price"
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
    LEFT_UNPAID = "left_unpaid"
    MATCH_PROBABLE = "match_probable"
    PASSAGE_WITHOUT_READ = "passage_without_read"
    PLATES_INSIDE_DIFFER = "plates_inside_differ"
    CASH_TAKEN = "cash_taken"
    ELSEWHERE = "elsewhere"
    APPEAL = "appeal"
    BANNED = "banned"
    CLOSED = "closed"


# What is odd about an event itself, whatever stay it belongs to.
OF_AN_EVENT = (
    Reason.UNKNOWN_PLATE_FORM,
    Reason.LOW_CONFIDENCE,
    Reason.CLOCK_AHEAD,
    Reason.CLOCK_BEHIND,
    Reason.NO_PLATE,
    Reason.KIND_CONTRADICTS_LANE,
    Reason.COULD_NOT_APPLY,
    Reason.BANNED,
    Reason.CLOSED,
)
# What is odd about a read alone and no longer matters once it fits into a whole stay.
OF_A_READ = (Reason.LOW_CONFIDENCE, Reason.UNKNOWN_PLATE_FORM)
# Why a read does not count by itself.
UNREAD = (Reason.NO_PLATE, Reason.KIND_CONTRADICTS_LANE, Reason.COULD_NOT_APPLY)


class Case(NamedTuple):
    """Something about a fact that a person should look at. It is the same case however often it is found.

    `other_stay_id`: a stay in another lot that contradicts this one (`elsewhere`).
    """

    lot_id: int
    event_id: UUID
    reason: Reason
    stay_id: UUID | None
    other_stay_id: UUID | None = None

    @property
    def id(self) -> UUID:
        if self.other_stay_id is not None:
            return ids.derive(self.event_id, f"{self.reason} {self.other_stay_id}")
        return case_id(self.event_id, self.reason)


def case_id(event_id: UUID, reason: Reason) -> UUID:
    """The one case of an event for a reason."""
    return ids.derive(event_id, f"review {reason}")


class UnknownCase(OneLotError):
    """No case has this id, or it belongs to a lot that is not the caller's."""


class State(StrEnum):
    """Which cases are wanted: those nobody has resolved, those that are, or both."""

    OPEN = "open"
    RESOLVED = "resolved"
    ALL = "all"


class Filter(Struct, frozen=True):
    """Which cases are wanted; None is any. `day`: on which the event happened, by the lot's clock. `plate` is as it is
    compared by. `shift`: those that were open when it was handed over.
    """

    lot_ids: Sequence[int] | None = None
    state: State = State.OPEN
    reason: Reason | None = None
    plate: str | None = None
    day: date | None = None
    assignee: str | None = None
    shift: UUID | None = None


class OpenCase(Struct, frozen=True):
    """What decides how a case may be decided."""

    lot_id: int
    id: UUID
    event_id: UUID
    reason: Reason
    stay_id: UUID | None
    resolved_by: str | None
    other_stay_id: UUID | None = None


class Known(Struct, frozen=True):
    """A case as it is stored. What the event said is None once that is no longer kept, and of a fact of a device, which
    said `device`. That, `found` and `images` are JSON text.

    `stay_id` is the stay that the event is part of now.
    """

    lot_id: int
    lot: str
    id: UUID
    event_id: UUID
    reason: Reason
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None
    assignee: str | None
    assigned_at: datetime | None
    said: str | None
    charge_id: UUID | None
    other_stay_id: UUID | None
    device: str | None
    found: str | None
    kind: Direction | None
    lane: str | None
    occurred_at: datetime | None
    received_at: datetime | None
    effective_at: datetime | None
    replay: bool | None
    plate: str | None
    plate_read: str | None
    plate_color: PlateColor | None
    confidence: float | None
    images: str | None
    stay_id: UUID | None
    state: str | None
    entered_at: datetime | None
    left_at: datetime | None
    fee_fen: int | None
    account_id: int | None


class FoundEvent(Struct, frozen=True):
    """An event that staff looked up. `images` is JSON text; `plate_now`: as a person decided, if one did, and `counts`
    whether it is a read of a vehicle.
    """

    id: UUID
    lot: str
    lane: str
    kind: Direction
    at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    images: str | None
    gate: str
    fee_fen: int | None
    reason: Reason | None
    stay_id: UUID | None
    plate_now: str | None
    counts: bool


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
