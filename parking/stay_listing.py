"""Stays as staff look them up: which are wanted, what is shown of each, and where a page ends."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from parking import plates
from parking.clocks import CLOCK_OFF_MAX
from parking.plates import PlateColor, VehicleClass
from parking.reads import LetOut
from parking.spans import STAY_MAX
from parking.stays import Doubt, State
from payments import ids
from payments.errors import OneLotError
from payments.pages import Place

# Of one stay.
FACTS_SHOWN_MAX = 500
REVISIONS_SHOWN_MAX = 200
# So little of a plate names no vehicle.
PLATE_CHARACTERS_MIN = 3
# Parts of other stays are found by their numbers alone.
FOUND = (State.OPEN, State.CLOSED, State.SUPERSEDED, State.EXIT_ONLY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Filter(Struct, frozen=True):
    """Which stays are wanted; None is any. `plate` is as it is compared by; `since` and `until` are about when a stay
    ended, of one that goes on or whose exit was not seen about when it began.
    """

    lot_ids: Sequence[int] | None
    plate: str | None = None
    plate_color: PlateColor | None = None
    lane_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    states: Sequence[State] = FOUND


class Key(Struct, frozen=True):
    """A stay, or what is charged for one, that was found. `at`: when the stay ended, or the known half of it."""

    lot_id: int
    id: UUID
    at: datetime

    @property
    def place(self) -> Place:
        """Where a page ends of which it is the last."""
        return Place(self.at, self.id)


class FoundStay(Struct, frozen=True):
    """A stay as it is stored."""

    lot_id: int
    lot: str
    lot_zh: str
    lot_en: str
    id: UUID
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    state: State
    entered_at: datetime | None
    left_at: datetime | None
    entry_lane: str | None
    exit_lane: str | None
    entry_event_id: UUID | None
    exit_event_id: UUID | None
    facts: tuple[UUID, ...]
    fee_fen: int | None
    account_id: int | None
    let_out: LetOut | None
    doubts: tuple[Doubt, ...]


class LookUpTooWide(OneLotError):
    """A look-up names nothing by which the few that are meant could be found."""


def plate_named(plate: str | None) -> str | None:
    """A plate that is looked for, made comparable.

    Raises:
        LookUpTooWide: there is too little of it.
    """
    text = plates.looked_for(plate)
    if text is not None and len(text) < PLATE_CHARACTERS_MIN:
        raise LookUpTooWide("Name the whole plate.", field="plate", characters_min=PLATE_CHARACTERS_MIN)
    return text


def recorded_from(since: datetime | None) -> UUID:
    """The lowest identifier that a stay can have which ended at this instant or later."""
    if since is None:
        return ids.FIRST
    return ids.floor(max(since, _EPOCH + STAY_MAX + CLOCK_OFF_MAX) - STAY_MAX - CLOCK_OFF_MAX)
