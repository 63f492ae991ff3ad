"""Lots and lanes that are closed: nobody is let in, and everybody gets out."""

from msgspec import structs

from parking.cases import Reason
from parking.facts import Fact
from parking.lanes import Lane
from parking.lots import Direction, Lot


def noticed(fact: Fact, lot: Lot, lane: Lane) -> Fact:
    """The fact, with the doubt that its lot or lane is closed, if it comes to the way in of one that is.

    It is no new visit: whoever reads the sign turns round, and would be inside for ever. A person who let it in all the
    same says which plate it was, and then it is. At a way out nothing changes.
    """
    if fact.direction is not Direction.ENTRY or not fact.applies:
        return fact
    if not (lot.is_closed_at(fact.effective_at) or lane.is_closed_at(fact.effective_at)):
        return fact
    return structs.replace(fact, doubt=Reason.CLOSED, applies=False)
