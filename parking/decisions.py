"""What people decide about reads at lanes, and how a read stands after it. Decisions are facts: they only grow.

A later decision about a fact takes the place of an earlier one of its sort; one that is undone is as if it had never
been made. Stays are derived from reads as they stand (`derivation`), so money, count and cases follow by themselves.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct, structs

from parking import matching, plates
from parking.clocks import CLOCK_OFF_MAX
from parking.lots import Direction
from parking.matching import PAIR_MAX
from parking.plates import PlateColor, PlateForm
from parking.reads import LetOut, Read
from payments import ids
from payments.errors import OneLotError

# What lies further back is settled: repeats and neighbours are looked for no further.
DECIDED_WITHIN = timedelta(days=35)


class Kind(StrEnum):
    """What is decided about a read.

    plate: it was this vehicle. ticket: its ticket was merged with this plate. void: it was none. right: what follows
    from it is right. pair: the exit belongs to that entry. manual_entry, manual_exit: a read that no camera made.
    let_out_free, let_out_and_charge: the barrier opens. undo: an earlier decision about it does not hold.
    """

    PLATE = "plate"
    TICKET = "ticket"
    VOID = "void"
    RIGHT = "right"
    PAIR = "pair"
    MANUAL_ENTRY = "manual_entry"
    MANUAL_EXIT = "manual_exit"
    LET_OUT_FREE = "let_out_free"
    LET_OUT_AND_CHARGE = "let_out_and_charge"
    UNDO = "undo"


MADE_BY_HAND = (Kind.MANUAL_ENTRY, Kind.MANUAL_EXIT)


class NoSuchFact(OneLotError):
    """No event or manual entry has this id, or it belongs to a lot that is not the caller's."""


class DecisionUnfit(OneLotError):
    """What was decided does not fit what it is about."""


class FactTooOld(OneLotError):
    """What lies so far back is not decided any more."""


class DecisionContradicted(OneLotError):
    """The request key was used for another decision."""


class Standing(Struct, frozen=True):
    """A read as it stands. `counts`: a vehicle passed there. `pair_id`: the entry that it, an exit, belongs to. `says`:
    whether a vehicle passed, if people said so of it; else it counts as it came, or as its passage says.
    """

    read: Read
    counts: bool
    pair_id: UUID | None = None
    says: bool | None = None


class Ruling(Struct, frozen=True):
    """What one decision says of a read: the fields that its kind has, all others None.

    `plate` is normalised. `undoes`: the number, from 1, of the decision that does not hold. `set_fen`: what the stay
    costs, of who is let out and charged something else than its tariff says.
    """

    kind: Kind
    plate: str | None = None
    plate_color: PlateColor | None = None
    direction: Direction | None = None
    about_id: UUID | None = None
    undoes: int | None = None
    set_fen: int | None = None


class Decision(Struct, frozen=True):
    """The `n`-th decision about a fact of a lot, and how that stands from then on.

    `about_id`: of a pair the entry, of a read made by hand the read or the passage for which it was made, of a ticket
    that. `with_id`: the decision that was asked for, where this one came with it. `counts`: whether a vehicle passed
    there; None: nobody has said so, and it counts as it came or as its passage says. `said_hash`: of all that was said
    under its `request_key` (`verdicts`).
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
    counts: bool | None
    looked_at: bool
    let_out: LetOut | None
    set_fen: int | None
    pair_id: UUID | None
    with_id: UUID | None
    said_hash: bytes | None

    @property
    def ruling(self) -> Ruling:
        """What it said."""
        if self.kind is Kind.PLATE:
            return Ruling(self.kind, self.plate, self.plate_color, self.direction)
        if self.kind is Kind.TICKET:
            return Ruling(self.kind, self.plate, self.plate_color, about_id=self.about_id)
        set_fen = self.set_fen if self.kind is Kind.LET_OUT_AND_CHARGE else None
        return Ruling(self.kind, about_id=self.about_id, undoes=self.undoes, set_fen=set_fen)


# -- how a read stands


def standing(recorded: Standing, rulings: Sequence[Ruling]) -> Standing:
    """A read as it stands after all rulings about it, in the order in which they were made."""
    stands = recorded
    for n in holding(rulings):
        stands = _after(stands, rulings[n - 1])
    return stands


def holding(rulings: Sequence[Ruling]) -> list[int]:
    """The numbers, from 1, of the rulings about a fact that no other one undoes."""
    undone: set[int] = set()
    for n in range(len(rulings), 0, -1):
        if rulings[n - 1].kind is Kind.UNDO and n not in undone:
            undone.add(rulings[n - 1].undoes or 0)
    return [n for n in range(1, len(rulings) + 1) if n not in undone]


def undone(fact_id: UUID, rulings: Sequence[Ruling]) -> list[UUID]:
    """The numbers of the decisions about a fact, by these rulings, that do not hold."""
    held = set(holding(rulings))
    return [decision_id(fact_id, n) for n in range(1, len(rulings) + 1) if n not in held]


def applied(recorded: Read, rulings: Sequence[Ruling]) -> Read | None:
    """A read that counted when it was recorded, as it stands. None: it counts no more."""
    stands = standing(Standing(recorded, counts=True), rulings)
    return stands.read if stands.counts else None


def _after(stands: Standing, ruling: Ruling) -> Standing:
    after = stands
    match ruling.kind:
        case Kind.PLATE:
            read = structs.replace(_named(stands.read, ruling), kept_out=False)
            after = structs.replace(stands, read=read, counts=True, says=True)
        case Kind.TICKET:
            # Whose ticket it was says nothing of whether the vehicle passed.
            after = structs.replace(stands, read=_named(stands.read, ruling))
        case Kind.VOID:
            after = structs.replace(stands, counts=False, says=False)
        case Kind.MANUAL_ENTRY | Kind.MANUAL_EXIT:
            after = structs.replace(stands, counts=True, says=True)
        case Kind.RIGHT:
            after = structs.replace(stands, read=structs.replace(stands.read, looked_at=True))
        case Kind.PAIR:
            after = structs.replace(stands, pair_id=ruling.about_id)
        case Kind.LET_OUT_FREE:
            after = _let_out(stands, LetOut.FREE, None)
        case Kind.LET_OUT_AND_CHARGE:
            after = _let_out(stands, LetOut.CHARGE, ruling.set_fen)
        case Kind.UNDO:
            pass
    return after


def _let_out(stands: Standing, how: LetOut, set_fen: int | None) -> Standing:
    # Whoever opens has seen the car: what is to be paid is right.
    return structs.replace(stands, read=structs.replace(stands.read, let_out=how, set_fen=set_fen, looked_at=True))


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


def decision_id(fact_id: UUID, n: int) -> UUID:
    """The number of the `n`-th decision about a fact."""
    return ids.derive(fact_id, f"decision {n}")


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


def check_undo(rulings: Sequence[Ruling], n: int) -> None:
    """Refuses to undo what was not decided.

    Raises:
        DecisionUnfit: the fact has no decision of this number.
    """
    if not 1 <= n <= len(rulings):
        raise DecisionUnfit("There is no decision of this number about it.", field="undoes")


def tickets_of(rulings: Sequence[Ruling]) -> dict[int, UUID]:
    """The tickets by which a read is of a plate, by the number of the ruling that holds and says so."""
    return {
        n: about_id
        for n in holding(rulings)
        if rulings[n - 1].kind is Kind.TICKET and (about_id := rulings[n - 1].about_id) is not None
    }


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
    said_hash: bytes | None = None,
    with_id: UUID | None = None,
) -> Decision:
    """The decision by which a fact `stands` so from now on."""
    read = stands.read
    return Decision(
        lot_id=read.lot_id,
        fact_id=read.id,
        n=n,
        id=decision_id(read.id, n),
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
        counts=stands.says,
        looked_at=read.looked_at,
        let_out=read.let_out,
        set_fen=read.set_fen,
        pair_id=stands.pair_id,
        with_id=with_id,
        said_hash=said_hash,
    )
