"""Arrears: what stays of a vehicle still owe that no account pays for, asked when it comes or leaves again.

What is paid of them goes to the lot and the operator that earned it, wherever it is asked.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from parking.answers import CURRENCY, Answer, Display, Owing
from parking.facts import Fact
from parking.lots import Lot, SayArrears
from parking.plates import PlateColor
from parking.reads import NumberPlate
from parking.texts import amounts

# What lies further back is for whoever collects debts.
ARREARS_WITHIN = timedelta(days=180)
ARREARS_MAX = 50
# Who was read at an exit so lately may be about to pay.
LEFT_AFTER = timedelta(minutes=15)
LEFT_UNPAID_PER_ROUND_MAX = 500


class Arrear(Struct, frozen=True):
    """What one stay owes. `reference`: by which it can be looked at and paid. When and where that was is not said."""

    reference: UUID
    owed_fen: int


class Arrears(Struct, frozen=True):
    """What a vehicle owes in all, the oldest first, and what a lane shows of it."""

    owed_fen: int
    display: Display | None
    charges: Sequence[Arrear]


def of(charges: Sequence[Arrear]) -> Arrears:
    """The sum of what is owed, in words."""
    owed_fen = sum(each.owed_fen for each in charges)
    if not owed_fen:
        return Arrears(0, None, charges)
    zh, en = amounts.narrow(owed_fen, CURRENCY)
    return Arrears(owed_fen, Display(f"欠费 {zh}", f"{en} owed from before"), charges)


class OwedByVehicle(Struct, frozen=True):
    """What a vehicle owes in all, and when the first of these stays ended."""

    plate: str
    plate_color: PlateColor
    owed_fen: int
    since: datetime


def asked(events: Sequence[Fact], lots: Mapping[int, Lot]) -> list[Fact]:
    """The events of cars at lanes now of which the lot says what they owe: of nearly all lots there are none."""
    return [
        each
        for each in events
        if lots[each.lot_id].say_arrears is SayArrears.SHOW and not each.event.replay and each.plate
    ]


def say(
    events: Sequence[Fact],
    answers: Sequence[Answer],
    owed: Mapping[NumberPlate, OwedByVehicle],
    lots: Mapping[int, Lot],
) -> list[Answer]:
    """The answers, of which those to cars that owe from before say so, and their screens too. The barrier does what it
    did.
    """
    wanted = {each.id for each in asked(events, lots)}
    found = []
    for event, answer in zip(events, answers, strict=True):
        owes = owed.get((event.plate, event.plate_color)) if event.id in wanted else None
        found.append(answer if owes is None else _said(answer, owes, lots[event.lot_id]))
    return found


def _said(answer: Answer, owes: OwedByVehicle, lot: Lot) -> Answer:
    since = owes.since.astimezone(ZoneInfo(lot.time_zone)).date()
    zh, en = amounts.narrow(owes.owed_fen, CURRENCY)
    shown = answer.display
    if shown is not None:
        shown = Display(
            f"{shown.zh} 欠费 {zh}（{since.month}月{since.day}日起）", f"{shown.en}. {en} owed since {since:%Y-%m-%d}"
        )
    return structs.replace(answer, arrears=Owing(owes.owed_fen, since), display=shown)
