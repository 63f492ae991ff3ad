"""What people decide about what devices said, and how that stands after it. These decisions only grow, too.

A passage of which no read is there was another car's that nobody read, or none. Cash that pays nothing was for a car
that a person knows. What a list of plates says is looked at. A later decision takes the place of an earlier one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from parking import plates
from parking.clocks import CLOCK_OFF_MAX
from parking.decisions import DECIDED_WITHIN, DecisionUnfit, FactTooOld, Standing
from parking.decisions import Kind as Decided
from parking.device_events import Kind
from parking.lots import Direction
from parking.passages import Passage
from parking.plates import PlateColor, PlateForm, VehicleClass
from parking.reads import Read
from payments import ids

_MADE = {Direction.ENTRY: Decided.MANUAL_ENTRY, Direction.EXIT: Decided.MANUAL_EXIT}
_OF_KIND = {
    Kind.PASSAGE: (Decided.MANUAL_ENTRY, Decided.MANUAL_EXIT),
    Kind.CASH: (Decided.PLATE,),
}


class Said(Struct, frozen=True):
    """What a device said, as far as a decision asks. `applies`: as it came; `passage`: if it is one at a lane."""

    lot_id: int
    id: UUID
    kind: Kind
    at: datetime
    lane_id: int | None
    applies: bool
    passage: Passage | None
    is_booked: bool


class Ruling(Struct, frozen=True):
    """What one decision says of a fact. `plate`: of cash; `made_id`: the read that was made by hand; `undoes`: the
    number, from 1, of the decision that does not hold.
    """

    kind: Decided
    plate: str | None = None
    made_id: UUID | None = None
    undoes: int | None = None


class Holds(Struct, frozen=True):
    """How a fact stands. `is_settled`: it is no case any more. `plate`: whom its cash is of. `made_id`: the read that
    was made by hand for it.
    """

    applies: bool
    is_settled: bool = False
    plate: str | None = None
    made_id: UUID | None = None


class DeviceDecision(Struct, frozen=True):
    """The `n`-th decision about what a device said, and how that stands from then on."""

    lot_id: int
    fact_id: UUID
    n: int
    id: UUID
    kind: Decided
    case_id: UUID | None
    undoes: int | None
    note: str
    decided_by: str
    decided_at: datetime
    request_key: str | None
    said_hash: bytes | None
    applies: bool
    is_settled: bool
    plate: str | None
    made_id: UUID | None

    @property
    def ruling(self) -> Ruling:
        """What it said."""
        if self.kind in (Decided.RIGHT, Decided.VOID, Decided.UNDO):
            return Ruling(self.kind, undoes=self.undoes)
        return Ruling(self.kind, self.plate, self.made_id)


def holds(said: Said, rulings: Sequence[Ruling]) -> Holds:
    """How a fact stands after all rulings about it, in the order in which they were made."""
    undone: set[int] = set()
    for n in range(len(rulings), 0, -1):
        if rulings[n - 1].kind is Decided.UNDO and n not in undone:
            undone.add(rulings[n - 1].undoes or 0)
    stands = Holds(said.applies)
    for n, ruling in enumerate(rulings, 1):
        if n not in undone and ruling.kind is not Decided.UNDO:
            stands = _after(said, ruling)
    return stands


def _after(said: Said, ruling: Ruling) -> Holds:
    if ruling.kind is Decided.VOID:
        return Holds(applies=False, is_settled=True)
    if ruling.kind is Decided.PLATE:
        return Holds(said.applies, plate=ruling.plate)
    return Holds(said.applies, is_settled=True, made_id=ruling.made_id)


# -- what may be decided


def check_kind(said: Said, kind: Decided, direction: Direction | None) -> None:
    """Refuses what cannot be decided of a fact of this kind; `direction`: the way its lane leads.

    Raises:
        DecisionUnfit: see above.
    """
    allowed = (Decided.RIGHT, Decided.VOID, Decided.UNDO, *_OF_KIND.get(said.kind, ()))
    if kind not in allowed:
        raise DecisionUnfit(
            "This is not decided of what a device said.",
            field="kind",
            kind=kind,
            allowed=[str(each) for each in allowed],
        )
    if direction is not None and kind in _MADE.values() and kind is not _MADE[direction]:
        raise DecisionUnfit("The lane leads the other way.", field="kind", kind=kind, allowed=[str(_MADE[direction])])
    if kind is Decided.PLATE and said.is_booked:
        raise DecisionUnfit("This cash was booked: finance gives it back.", field="kind", kind=kind)


def check_undo(said: Said, decided: Sequence[DeviceDecision], n: int) -> None:
    """Refuses to undo what was not decided, or what cannot be taken back.

    Raises:
        DecisionUnfit: see above.
    """
    if not 1 <= n <= len(decided):
        raise DecisionUnfit("There is no decision of this number about it.", field="undoes")
    if said.is_booked:
        raise DecisionUnfit("This cash was booked: finance gives it back.", field="undoes")


def check_within(said: Said, now: datetime) -> None:
    """Refuses what lies too far back, or is of an impossible time.

    Raises:
        FactTooOld: nothing is decided about it any more.
    """
    if said.id < ids.floor(now - DECIDED_WITHIN):
        raise FactTooOld("What was recorded so long ago is not decided any more.", days_max=DECIDED_WITHIN.days)


def vehicle(plate: str, color: PlateColor | None) -> tuple[str, PlateColor]:
    """A vehicle that a person names.

    Raises:
        DecisionUnfit: the text names none.
    """
    text = plates.normalise(plate)
    if plates.form(text) is PlateForm.UNKNOWN:
        raise DecisionUnfit("This text has the form of no plate.", field="plate")
    return text, plates.settle_color(text, color or PlateColor.UNKNOWN)


def made_for(said: Said, read_id: UUID, direction: Direction, plate: str, color: PlateColor, now: datetime) -> Standing:
    """The read that nobody made of a vehicle that passed a lane. It counts once its ruling is applied.

    Raises:
        DecisionUnfit: the passage says of no vehicle that it passed, or its time is impossible.
    """
    passage = said.passage
    if passage is None or passage.passed_at is None:
        raise DecisionUnfit("No vehicle passed there.", field="kind")
    if not now - DECIDED_WITHIN <= said.at <= now + CLOCK_OFF_MAX:
        raise DecisionUnfit("The time of this event is impossible: it cannot count.", at=said.at)
    read = Read(
        lot_id=said.lot_id,
        id=read_id,
        lane_id=passage.lane_id,
        direction=direction,
        at=passage.at,
        plate=plate,
        plate_color=color,
        vehicle_class=VehicleClass.UNKNOWN,
        confidence=1.0,
        passed_at=passage.passed_at,
    )
    return Standing(read, counts=False)


def made(
    said: Said,
    ruling: Ruling,
    stands: Holds,
    *,
    n: int,
    case_id: UUID | None,
    note: str,
    by: str,
    now: datetime,
    request_key: str | None,
    said_hash: bytes | None,
) -> DeviceDecision:
    """The decision by which a fact `stands` so from now on."""
    return DeviceDecision(
        lot_id=said.lot_id,
        fact_id=said.id,
        n=n,
        id=ids.derive(said.id, f"device decision {n}"),
        kind=ruling.kind,
        case_id=case_id,
        undoes=ruling.undoes,
        note=note,
        decided_by=by,
        decided_at=now,
        request_key=request_key,
        said_hash=said_hash,
        **structs.asdict(stands),
    )
