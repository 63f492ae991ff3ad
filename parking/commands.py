"""What a gateway is told to do at a lane without having asked: that a held car has paid, or may leave after all.

A command answers a read: the car that was held. Once another car was read at the lane, or after COMMAND_LIFE, it is
moot and nobody is told, so that a barrier never opens for the next one. That car read badly is no other.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from parking import plates
from parking.answers import Display, display
from parking.barrier import Command, Payment, decide_stay
from parking.fees import Bill
from parking.likeness import Likeness, likeness
from parking.lots import Direction
from parking.spans import STANDS_MAX
from parking.stays import Stay
from payments.charges import Charge, ChargeState, charge_id
from payments.errors import OneLotError

# A gateway that was cut off for a moment is told still; a car that waited longer is read again.
COMMAND_LIFE = timedelta(minutes=2)
# So long after it was read a car is taken to stand at the lane still, if no other was read there.
STANDS_AT_LANE_MAX = timedelta(minutes=30)
REASON_CHARACTERS_MAX = 500
DETAIL_CHARACTERS_MAX = 500
COMMANDS_PER_ANSWER_MAX = 100
WAIT_S_MAX = 25


class Because(StrEnum):
    """What a command follows from.

    paid: the driver paid. released: a person let the car out, or what was owed is withdrawn. debited: an account pays
    after all. free: nothing is due after all. priced: what is due is known now, or is something else. remote_open: a
    person opens from afar.
    """

    PAID = "paid"
    RELEASED = "released"
    DEBITED = "debited"
    FREE = "free"
    PRICED = "priced"
    REMOTE_OPEN = "remote_open"


class Outcome(StrEnum):
    """What a gateway says became of a command. That the barrier moved is another matter, and a fact of its own."""

    DONE = "done"
    FAILED = "failed"
    TOO_LATE = "too_late"


class UnknownCommand(OneLotError):
    """No command has this id, or it is another gateway's."""


class CommandContradicted(OneLotError):
    """Another outcome of the command was told before."""


class UnknownLane(OneLotError):
    """No lane has this code, or it is not the caller's."""


class Acknowledgement(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a command, and what the gateway says of that."""

    outcome: Outcome
    detail: Annotated[str, Meta(max_length=DETAIL_CHARACTERS_MAX)] | None = None


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody opens a lane from afar."""

    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]


class AtLane(Struct, frozen=True):
    """A car that was read at a lane and may stand there. `fee_fen`: what its gateway was answered then."""

    lot_id: int
    stay_id: UUID | None
    fact_id: UUID
    gateway_id: int
    lane_id: int
    direction: Direction
    event_id: str
    read_at: datetime
    fee_fen: int | None


class ReadSince(Struct, frozen=True):
    """What was read at the lane of a car after it: `fact_id`, `car`, `car_at` are of the car's own read.

    `is_of_stay`: it is of the car's stay. `came_in`: it is of another, which has an entry. `has_gone`: its vehicle
    has passed or turned back. `opens`: it was answered so. `was_opened`: the barrier had opened since the car was read.
    """

    fact_id: UUID
    car: str
    car_at: datetime
    plate: str
    at: datetime
    is_of_stay: bool
    came_in: bool
    has_gone: bool
    opens: bool
    was_opened: bool


class GatewayCommand(Struct, frozen=True):
    """A command before it has its number. `reason` and `asked_by`: of a person who opens from afar."""

    lot_id: int
    gateway_id: int
    lane_id: int
    gate: Command
    because: Because
    stay_id: UUID | None
    fact_id: UUID | None
    event_id: str | None
    read_at: datetime | None
    fee_fen: int | None
    display: Display
    reason: str | None = None
    asked_by: str | None = None


class Standing(Struct, frozen=True):
    """A stay that a car at a lane belongs to, as it stands, and its bill."""

    stay: Stay
    bill: Bill | None


def stands_there(since: Iterable[ReadSince]) -> bool:
    """Whether a car stands at its lane still by what was `read since`, in order of time: nothing of another car."""
    seen_at = None
    for each in since:
        if each.has_gone or not (each.is_of_stay or _may_be_misread(each, seen_at or each.car_at)):
            return False
        seen_at = each.at
    return True


def _may_be_misread(read: ReadSince, seen_at: datetime) -> bool:
    """Whether the car that stood there at an instant was read badly: no car that came in has this plate, and nothing
    says that the barrier moved.
    """
    if read.came_in or read.opens or read.was_opened or read.at - seen_at > STANDS_MAX:
        return False
    return not plates.names_vehicle(read.plate) or likeness(read.car, read.plate) >= Likeness.CONFUSED


def charge_of(standing: Standing) -> UUID | None:
    """The charge that decides whether a car may go; None: no driver is asked to pay at the gate."""
    bill = standing.bill
    if bill is None or bill.fee_fen == 0 or bill.account_id is not None:
        return None
    return charge_id(standing.stay.id, None)


def at_exit(
    car: AtLane, standing: Standing, charges: Mapping[UUID, Charge], *, unsure: bool = False
) -> GatewayCommand | None:
    """What the lane of a car that was held at an exit is told now; None: it is as it was answered. `unsure`: its lot
    holds it until a person has looked (`barrier.is_unsure`).
    """
    stay, bill = standing.stay, standing.bill
    key = charge_of(standing)
    charge = None if key is None else charges.get(key)
    owed_fen = 0 if charge is None else charge.owed_fen
    fee_fen, account_id = (None, None) if bill is None else (bill.fee_fen, bill.account_id)
    let_out = stay.let_out is not None
    decision = decide_stay(stay.state, fee_fen, account_id, owed_fen, let_out=let_out, unsure=unsure)
    if decision.gate is Command.NONE or (decision.gate is Command.HOLD and decision.fee_fen == car.fee_fen):
        return None
    if let_out or (charge is not None and charge.state is ChargeState.VOID and not unsure):
        return _for(
            car, decision.gate, Because.RELEASED, decision.fee_fen, display(car.direction, decision.gate, None, None)
        )
    because = _BECAUSE[decision.payment] if decision.gate is Command.OPEN else Because.PRICED
    shown = display(car.direction, decision.gate, decision.fee_fen, decision.payment)
    return _for(car, decision.gate, because, decision.fee_fen, shown)


_BECAUSE = {
    None: Because.RELEASED,
    Payment.NOT_NEEDED: Because.FREE,
    Payment.WILL_BE_CHARGED: Because.DEBITED,
    Payment.PAY_AT_GATE: Because.PAID,
}


def at_entry(car: AtLane) -> GatewayCommand:
    """What the lane of a car is told that was held at an entry until a person said which it is."""
    return _for(car, Command.OPEN, Because.RELEASED, None, display(car.direction, Command.OPEN, None, None))


def from_afar(
    *, lot_id: int, gateway_id: int, lane_id: int, direction: Direction, car: AtLane | None, reason: str, asked_by: str
) -> GatewayCommand:
    """What a lane is told that a person opens: for the car last read there (None: for whoever stands there)."""
    return GatewayCommand(
        lot_id=lot_id,
        gateway_id=gateway_id,
        lane_id=lane_id,
        gate=Command.OPEN,
        because=Because.REMOTE_OPEN,
        stay_id=None if car is None else car.stay_id,
        fact_id=None if car is None else car.fact_id,
        event_id=None if car is None else car.event_id,
        read_at=None if car is None else car.read_at,
        fee_fen=None,
        display=display(direction, Command.OPEN, None, None),
        reason=reason,
        asked_by=asked_by,
    )


def held_before(stays: Sequence[tuple[Stay, Bill | None]], new: Container[UUID], now: datetime) -> list[Standing]:
    """Of stays that are otherwise than before those whose car may stand at an exit and was read there last before the
    `new` events, whose answers say it otherwise.
    """
    since = now - STANDS_AT_LANE_MAX
    return [
        Standing(stay, bill)
        for stay, bill in stays
        if stay.left_at is not None and stay.left_at >= since and stay.facts and stay.facts[-1] not in new
    ]


def _for(car: AtLane, gate: Command, because: Because, fee_fen: int | None, shown: Display) -> GatewayCommand:
    return GatewayCommand(
        lot_id=car.lot_id,
        gateway_id=car.gateway_id,
        lane_id=car.lane_id,
        gate=gate,
        because=because,
        stay_id=car.stay_id,
        fact_id=car.fact_id,
        event_id=car.event_id,
        read_at=car.read_at,
        fee_fen=fee_fen,
        display=shown,
    )
