"""What people decide about reads at lanes, and how a read stands after it. Decisions are facts: they only grow.

A later decision about a fact takes the place of an earlier one of its sort; one that is undone is as if it had never
been made. Stays are derived from reads as they stand (`derivation`), so money, count and cases follow by themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID

from msgspec import Meta, Struct, structs

from parking import matching, plates
from parking.facts import CLOCK_OFF_MAX
from parking.lots import Direction
from parking.matching import PAIR_MAX
from parking.plates import PlateColor, PlateForm
from parking.reads import LetOut, Read
from parking.stays import STAY_MAX
from payments import ids
from payments.errors import OneLotError

T = TypeVar("T")
# What lies further back is settled: repeats and neighbours are looked for no further.
DECIDED_WITHIN = timedelta(days=35)
NOTE_CHARACTERS_MAX = 1000
REQUEST_KEY_CHARACTERS_MAX = 128


class Kind(StrEnum):
    """What is decided about a read.

    plate: it was this vehicle. void: it was none. right: what follows from it is right. pair: the exit belongs to that
    entry. manual_entry: a read that no camera made. let_out_free, let_out_and_charge: the barrier opens. undo: an
    earlier decision about it does not hold.
    """

    PLATE = "plate"
    VOID = "void"
    RIGHT = "right"
    PAIR = "pair"
    MANUAL_ENTRY = "manual_entry"
    LET_OUT_FREE = "let_out_free"
    LET_OUT_AND_CHARGE = "let_out_and_charge"
    UNDO = "undo"


class NoSuchFact(OneLotError):
    """No event or manual entry has this id, or it belongs to a lot that is not the caller's."""


class DecisionUnfit(OneLotError):
    """What was decided does not fit what it is about."""


class FactTooOld(OneLotError):
    """What lies so far back is not decided any more."""


class DecisionContradicted(OneLotError):
    """The request key was used for another decision."""


class Standing(Struct, frozen=True):
    """A read as it stands. `counts`: a vehicle passed there. `pair_id`: the entry that it, an exit, belongs to."""

    read: Read
    counts: bool
    pair_id: UUID | None = None


class Ruling(Struct, frozen=True):
    """What one decision says of a read: the fields that its kind has, all others None.

    `plate` is normalised. `undoes`: the number, from 1, of the decision that does not hold.
    """

    kind: Kind
    plate: str | None = None
    plate_color: PlateColor | None = None
    direction: Direction | None = None
    about_id: UUID | None = None
    undoes: int | None = None


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says; a field that its kind does not have is left out.

    `plate`, `plate_color` and `direction` (of a read that counted as none): of `plate`. `stay_id`: of `pair`, the stay
    that the other half is. `entered_at` and `lane` (a code): of `manual_entry`, and of `let_out_and_charge` for a
    vehicle that nobody saw come. `undoes`: of `undo`, the number of a decision about the same event.
    """

    kind: Kind
    note: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS_MAX)]
    plate: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    plate_color: PlateColor | None = None
    direction: Direction | None = None
    stay_id: UUID | None = None
    entered_at: Annotated[datetime, Meta(tz=True)] | None = None
    lane: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    undoes: Annotated[int, Meta(ge=1, le=10_000)] | None = None


class Decision(Struct, frozen=True):
    """The `n`-th decision about a fact of a lot, and how that stands from then on.

    `about_id`: of a pair the entry, of a manual entry the exit for which it was made.
    """

    lot_id: int
    fact_id: UUID
    n: int
    id: UUID
    kind: Kind
    about_id: UUID | None
    case_id: UUID | None
    undoes: int | None
    note: str
    decided_by: str
    decided_at: datetime
    request_key: str | None
    lane_id: int
    direction: Direction
    at: datetime
    plate: str
    plate_color: PlateColor
    vehicle_class: plates.VehicleClass
    confidence: float
    counts: bool
    looked_at: bool
    let_out: LetOut | None
    pair_id: UUID | None

    @property
    def ruling(self) -> Ruling:
        """What it said."""
        if self.kind is Kind.PLATE:
            return Ruling(self.kind, self.plate, self.plate_color, self.direction)
        return Ruling(self.kind, about_id=self.about_id, undoes=self.undoes)


# -- how a read stands


def standing(recorded: Standing, rulings: Sequence[Ruling]) -> Standing:
    """A read as it stands after all rulings about it, in the order in which they were made."""
    undone: set[int] = set()
    for n in range(len(rulings), 0, -1):
        if rulings[n - 1].kind is Kind.UNDO and n not in undone:
            undone.add(rulings[n - 1].undoes or 0)
    stands = recorded
    for n, ruling in enumerate(rulings, 1):
        if n not in undone:
            stands = _after(stands, ruling)
    return stands


def applied(recorded: Read, rulings: Sequence[Ruling]) -> Read | None:
    """A read that counted when it was recorded, as it stands. None: it counts no more."""
    stands = standing(Standing(recorded, counts=True), rulings)
    return stands.read if stands.counts else None


def _after(stands: Standing, ruling: Ruling) -> Standing:
    after = stands
    match ruling.kind:
        case Kind.PLATE:
            after = structs.replace(stands, read=_named(stands.read, ruling), counts=True)
        case Kind.VOID:
            after = structs.replace(stands, counts=False)
        case Kind.MANUAL_ENTRY:
            after = structs.replace(stands, counts=True)
        case Kind.RIGHT:
            after = structs.replace(stands, read=structs.replace(stands.read, looked_at=True))
        case Kind.PAIR:
            after = structs.replace(stands, pair_id=ruling.about_id)
        case Kind.LET_OUT_FREE:
            after = _let_out(stands, LetOut.FREE)
        case Kind.LET_OUT_AND_CHARGE:
            after = _let_out(stands, LetOut.CHARGE)
        case Kind.UNDO:
            pass
    return after


def _let_out(stands: Standing, how: LetOut) -> Standing:
    # Whoever opens has seen the car: what is to be paid is right.
    return structs.replace(stands, read=structs.replace(stands.read, let_out=how, looked_at=True))


def _named(read: Read, ruling: Ruling) -> Read:
    assert ruling.plate is not None
    return structs.replace(
        read,
        plate=ruling.plate,
        plate_color=ruling.plate_color or read.plate_color,
        direction=ruling.direction or read.direction,
        confidence=1.0,
    )


# -- what may be decided


def plate_ruling(read: Read, plate: str, color: PlateColor | None, direction: Direction | None) -> Ruling:
    """That a read was of this plate. Without a colour it is that of the read, or the usual one of the plate's form.

    Raises:
        DecisionUnfit: the text names no vehicle.
    """
    text = plates.normalise(plate)
    if plates.form(text) is PlateForm.UNKNOWN:
        raise DecisionUnfit("This text has the form of no plate.", field="plate")
    return Ruling(Kind.PLATE, text, plates.settle_color(text, color or read.plate_color), direction)


def as_read(read: Read) -> Ruling:
    """That a doubtful read was right."""
    return Ruling(Kind.PLATE, read.plate, read.plate_color, read.direction)


def pair_ruling(exit_read: Read, entry: Read) -> Ruling:
    """That an exit belongs to an entry.

    Raises:
        DecisionUnfit: they are no entry and exit of one lot, or lie apart as no pair may.
    """
    if (entry.direction, exit_read.direction) != (Direction.ENTRY, Direction.EXIT):
        raise DecisionUnfit("A pair is an entry and an exit.", field="stay_id")
    if entry.lot_id != exit_read.lot_id or not matching.may_pair(entry.at, exit_read.at):
        raise DecisionUnfit(
            "They lie too far apart, or the exit is before the entry; say which plate it was instead.",
            field="stay_id",
            hours_max=PAIR_MAX // timedelta(hours=1),
        )
    return Ruling(Kind.PAIR, about_id=entry.id)


def manual_entry(exit_read: Read, fact_id: UUID, *, lane_id: int, at: datetime) -> Standing:
    """The entry of a vehicle that was seen to leave, which no camera made. It counts once its ruling is applied.

    Raises:
        DecisionUnfit: it is not before the exit, or further than any stay is long.
    """
    if exit_read.direction is not Direction.EXIT:
        raise DecisionUnfit("An entry is given for an exit.", field="kind")
    if not exit_read.at - STAY_MAX < at < exit_read.at:
        raise DecisionUnfit("The entry has to be before the exit.", field="entered_at")
    read = structs.replace(
        exit_read,
        id=fact_id,
        lane_id=lane_id,
        direction=Direction.ENTRY,
        at=at,
        confidence=1.0,
        looked_at=False,
        let_out=None,
    )
    return Standing(read, counts=False)


def made_by_hand(first: Decision) -> Standing:
    """A manual entry before it counted, from the decision that made it."""
    read = Read(
        lot_id=first.lot_id,
        id=first.fact_id,
        lane_id=first.lane_id,
        direction=first.direction,
        at=first.at,
        plate=first.plate,
        plate_color=first.plate_color,
        vehicle_class=first.vehicle_class,
        confidence=first.confidence,
    )
    return Standing(read, counts=False)


def settles(kind: Kind) -> bool:
    """Whether a decision of this kind ends a case even where nothing else has changed."""
    return kind in (Kind.RIGHT, Kind.LET_OUT_FREE, Kind.LET_OUT_AND_CHARGE)


def check_within(read: Read, now: datetime) -> None:
    """Refuses what lies too far back.

    Raises:
        FactTooOld: nothing is decided about it any more.
    """
    days_max = DECIDED_WITHIN // timedelta(days=1)
    if read.id < ids.floor(now - DECIDED_WITHIN):
        raise FactTooOld("What was recorded so long ago is not decided any more.", days_max=days_max)


def check_time(read: Read, now: datetime) -> None:
    """Refuses to let a read count of which the time is impossible.

    Raises:
        DecisionUnfit: see above.
    """
    if not now - DECIDED_WITHIN <= read.at <= now + CLOCK_OFF_MAX:
        raise DecisionUnfit("The time of this event is impossible: it cannot count.", at=read.at)


def check_exit(read: Read) -> None:
    """Refuses to let out who is not at an exit.

    Raises:
        DecisionUnfit: the read is an entry.
    """
    if read.direction is not Direction.EXIT:
        raise DecisionUnfit("Only who is at an exit is let out.", field="kind")


def needed(value: T | None, field: str, kind: Kind) -> T:
    """The value of a field that a kind of decision needs.

    Raises:
        DecisionUnfit: it was left out.
    """
    if value is None:
        raise DecisionUnfit(f"A decision of this kind needs {field}.", field=field, kind=kind)
    return value


def check_undo(decisions: Sequence[Decision], n: int) -> None:
    """Refuses to undo what was not decided.

    Raises:
        DecisionUnfit: the fact has no decision of this number.
    """
    if not 1 <= n <= len(decisions):
        raise DecisionUnfit("There is no decision of this number about it.", field="undoes")


def same_decision(known: Decision, said: Verdict) -> None:
    """Recognises a repeated request.

    Raises:
        DecisionContradicted: its key was used for another decision.
    """
    if (known.kind, known.note, known.undoes) != (said.kind, said.note, said.undoes):
        raise DecisionContradicted("This key was used for another decision.", decision_id=str(known.id))


def made(
    stands: Standing,
    ruling: Ruling,
    *,
    n: int,
    case_id: UUID | None,
    note: str,
    by: str,
    now: datetime,
    request_key: str | None,
) -> Decision:
    """The decision by which a fact `stands` so from now on."""
    read = stands.read
    return Decision(
        lot_id=read.lot_id,
        fact_id=read.id,
        n=n,
        id=ids.derive(read.id, f"decision {n}"),
        kind=ruling.kind,
        about_id=ruling.about_id,
        case_id=case_id,
        undoes=ruling.undoes,
        note=note,
        decided_by=by,
        decided_at=now,
        request_key=request_key,
        lane_id=read.lane_id,
        direction=read.direction,
        at=read.at,
        plate=read.plate,
        plate_color=read.plate_color,
        vehicle_class=read.vehicle_class,
        confidence=read.confidence,
        counts=stands.counts,
        looked_at=read.looked_at,
        let_out=read.let_out,
        pair_id=stands.pair_id,
    )
