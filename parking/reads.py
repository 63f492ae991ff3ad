"""What is known to have happened at a lane, as the rules of stays see it: a plate was read there.

Facts only grow. A person who puts something right adds a fact too, which points at the one it is about; what follows
from all of them is derived again (`passings`, `matching`, `stays`).
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

from msgspec import Struct

from parking.cases import Reason
from parking.facts import Fact
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass

# A confidence is compared to so many digits.
CONFIDENCE_DIGITS = 3

NumberPlate: TypeAlias = tuple[str, PlateColor]


class LetOut(StrEnum):
    """How a person opened the barrier for an exit: nothing is owed, or it is as it was and will be paid later."""

    FREE = "free"
    CHARGE = "charge"


class By(StrEnum):
    """What a stay, and so a charge, is corrected by. passage: its vehicle was seen to pass or to turn back. at_exit: it
    stands at the exit still. right: what is known of its vehicle beyond its plate; pass, coupon, charging: one of them;
    shared_bays: who shares the bays of its pass. nest: a stay in a lot around it or inside it, or others of one vehicle
    in the lot. inside: its driver asked for it there; lapsed: and did not pay.
    """

    LATER_FACT = "later_fact"
    DECISION = "decision"
    PASSAGE = "passage"
    AT_EXIT = "at_exit"
    RIGHT = "right"
    PASSES = "pass"
    SHARED_BAYS = "shared_bays"
    COUPON = "coupon"
    CHARGING = "charging"
    NEST = "nest"
    INSIDE = "inside"
    LAPSED = "lapsed"


class Vehicle(NamedTuple):
    """A vehicle as one lot knows it."""

    lot_id: int
    plate: str
    plate_color: PlateColor

    @property
    def number_plate(self) -> NumberPlate:
        """What every lot knows it by."""
        return self.plate, self.plate_color


class Read(Struct, frozen=True):
    """A plate at a lane. `at` is the instant the rules go by; plate and colour are those it is compared by.

    What people decided about it (`decisions`) is in it. `looked_at`: they found right what follows from it, whatever is
    doubtful about that. `let_out`: they opened the barrier, and `set_fen` what they said that the stay costs.
    `passed_at`: when its vehicle was seen to pass the barrier (`passages`); one that was seen to turn back there makes
    no read. `kept_out`: at the way in the barrier was held, since its vehicle is banned; `opened_for`: a person
    opened it from afar all the same.
    """

    lot_id: int
    id: UUID
    lane_id: int
    direction: Direction
    at: datetime
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    confidence: float
    looked_at: bool = False
    let_out: LetOut | None = None
    set_fen: int | None = None
    passed_at: datetime | None = None
    kept_out: bool = False
    opened_for: bool = False

    @property
    def is_kept_out(self) -> bool:
        """Whether its vehicle was kept out: it was not seen to pass, and nobody says that it did."""
        return self.kept_out and self.passed_at is None and not self.looked_at

    @property
    def vehicle(self) -> Vehicle:
        """The vehicle that the text names."""
        # As `Vehicle(…)` does, in half the time: a batch asks for each read several times.
        return tuple.__new__(Vehicle, (self.lot_id, self.plate, self.plate_color))


class Cause(NamedTuple):
    """What an adjustment follows from, in a word, and its number."""

    word: By
    id: UUID


def read_of(event: Fact) -> Read:
    """An event as the rules of stays see it."""
    return Read(
        event.lot_id,
        event.id,
        event.lane_id,
        event.direction,
        event.effective_at,
        event.plate,
        event.plate_color,
        event.event.vehicle_class,
        round(event.event.confidence, CONFIDENCE_DIGITS),
        kept_out=event.doubt is Reason.BANNED,
    )
