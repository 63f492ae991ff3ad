"""Exits in phases: at the gate a fee is quoted, and quoted anew at each further read until it is paid; who has paid has
some minutes to leave, and pays only what is beyond them; then the vehicle passes, or turns back.

Where a lot tells passages, a read at the exit is no departure: the vehicle is inside until it was seen to pass, or came
in again. Elsewhere an opened barrier means passed, unless the vehicle is soon read at an exit again; one for which none
opened has not passed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from parking.lots import LEAVE_WITHIN_MIN, Lot, LotKind
from parking.reads import NumberPlate, Vehicle

# From when until when an account paid for a plate; None: it does still.
Link: TypeAlias = tuple[datetime, datetime | None]


class Exits(Struct, frozen=True):
    """How vehicles leave: by their lots, and when what a stay costs was paid, by the stay; and when it was asked for
    while the vehicle was inside, to be paid there. `linked`: when accounts paid for plates.
    """

    lots: Mapping[int, Lot] = {}
    paid: Mapping[UUID, Sequence[datetime]] = {}
    asked: Mapping[UUID, Sequence[datetime]] = {}
    linked: Mapping[NumberPlate, Sequence[Link]] = {}

    def confirmed(self, lot_id: int, at: datetime) -> bool:
        """Whether the lot told passages at an instant, so that a read at the exit alone is no departure."""
        lot = self.lots.get(lot_id)
        return lot is not None and lot.confirms_passages_since is not None and at >= lot.confirms_passages_since

    def leave_within(self, lot_id: int) -> timedelta:
        """How long who has paid may take to leave."""
        lot = self.lots.get(lot_id)
        return timedelta(minutes=LEAVE_WITHIN_MIN if lot is None else lot.leave_within_min)

    def may_leave(self, lot_id: int, stay_id: UUID, at: datetime) -> bool:
        """Whether a stay was paid so shortly before an instant that its vehicle is the one that leaves then."""
        within = self.leave_within(lot_id)
        return any(paid_at <= at <= paid_at + within for paid_at in self.paid.get(stay_id, ()))

    def opened_at(self, vehicle: Vehicle, stay_id: UUID, since: datetime, until: datetime) -> datetime | None:
        """When a barrier opened for a vehicle that came to an exit at an instant, as far as that is known at another:
        its driver paid, there or shortly before, or an account pays. Along a road there is none to keep it.
        """
        earliest = since - self.leave_within(vehicle.lot_id)
        paid = [paid_at for paid_at in self.paid.get(stay_id, ()) if earliest <= paid_at <= until]
        if paid:
            return max(paid)
        lot = self.lots.get(vehicle.lot_id)
        is_free_to_go = (lot is not None and lot.kind is LotKind.ROAD) or any(
            at <= since and (end is None or since < end) for at, end in self.linked.get(vehicle.number_plate, ())
        )
        return since if is_free_to_go else None


NOWHERE = Exits()
