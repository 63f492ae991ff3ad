"""Shifts at a booth: cash is taken in one, and it is handed over with what was counted, signed, once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec
from msgspec import Struct

from payments import ids
from payments.errors import OneLotError

LIFTS_OF_SHIFT_MAX = 1_000
CASES_OF_SHIFT_MAX = 1_000
NAME_CHARACTERS_MAX = 128
# A lift is told that much before its time at most, by a device's clock.
TOLD_AHEAD_MAX = timedelta(days=1)
COUNTED_FEN_MAX = 1_000_000_000


class UnknownShift(OneLotError):
    """No shift has this number, or it is of a lot that is not the caller's."""


class ShiftHandedOver(OneLotError):
    """The shift was handed over with another amount, or by somebody else."""


class Latest(Struct, frozen=True):
    """The last shift of a name: whether it takes cash, and when one of the name was handed over last."""

    lot_id: int
    name: str
    id: UUID
    is_open: bool
    handed_over_at: datetime | None


class Shift(Struct, frozen=True):
    """A shift as it stands; what was handed over stands as it was signed, but for `waiting_count`.

    `taken_fen`: what the booth said it took, in `cash_count` payments, of which `late_count` were of a shift before it.
    `waiting_count`: those for which no charge is known by now. `difference_fen`: counted less taken. `lifts`: barriers
    that its persons opened, some of them `lifts_without_money`. `open_cases`: those that were before a person in the
    lot.
    """

    id: UUID
    lot: str
    name: str
    opened_at: datetime
    taken_fen: int
    cash_count: int
    late_count: int
    waiting_count: int
    handed_over_at: datetime | None
    handed_over_by: str | None
    counted_fen: int | None
    difference_fen: int | None
    lifts: int | None
    lifts_without_money: int | None
    open_cases: int | None
    digest: str | None


class CashOfShift(Struct, frozen=True):
    """One payment of a shift, with the charge that it was booked for."""

    id: UUID
    at: datetime
    amount_fen: int
    charge_id: UUID | None


class HandOver(Struct, frozen=True):
    """What is signed when a shift is handed over."""

    at: datetime
    by: str
    counted_fen: int
    taken_fen: int
    cash_count: int
    waiting_count: int
    lifts: int
    lifts_without_money: int
    open_cases: Sequence[UUID]
    digest: str


def new_id(first_cash: UUID) -> UUID:
    """The number of a shift that begins with cash."""
    return ids.derive(first_cash, "shift")


def hand_over(
    shift_id: UUID,
    cash: Sequence[CashOfShift],
    lifts: Sequence[UUID],
    without_money: Sequence[UUID],
    open_cases: Sequence[UUID],
    *,
    counted_fen: int,
    by: str,
    now: datetime,
) -> HandOver:
    """What is signed of a shift: its sums, and a SHA-256 over who, when, how much and each payment, lift and open case
    by its number.
    """
    signed = {
        "shift": shift_id,
        "at": now,
        "by": by,
        "counted_fen": counted_fen,
        "cash": [(each.id, each.amount_fen, each.charge_id) for each in cash],
        "lifts": lifts,
        "without_money": without_money,
        "open_cases": open_cases,
    }
    return HandOver(
        at=now,
        by=by,
        counted_fen=counted_fen,
        taken_fen=sum(each.amount_fen for each in cash),
        cash_count=len(cash),
        waiting_count=sum(each.charge_id is None for each in cash),
        lifts=len(lifts),
        lifts_without_money=len(without_money),
        open_cases=open_cases,
        digest=sha256(msgspec.json.encode(signed)).hexdigest(),
    )


def same_hand_over(shift: Shift, *, counted_fen: int, by: str) -> None:
    """Recognises a repeat.

    Raises:
        ShiftHandedOver: it was handed over otherwise.
    """
    if (shift.counted_fen, shift.handed_over_by) != (counted_fen, by):
        raise ShiftHandedOver(
            "This shift was handed over before.",
            shift_id=str(shift.id),
            handed_over_by=shift.handed_over_by,
            counted_fen=shift.counted_fen,
        )
