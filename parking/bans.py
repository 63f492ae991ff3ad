"""Vehicles that are not let in, for a time, in a lot, an operator's lots or the city: a ban (禁入).

It is a matter of the way in alone. Whoever is inside leaves as any other, and what they owe is a matter of money.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from parking.cases import OF_A_READ, Reason
from parking.entitlements import Reach
from parking.facts import Fact
from parking.lots import Direction, Lot
from parking.plates import PlateColor
from payments.errors import OneLotError

# Every process holds them all.
BANS_MAX = 20_000
SAID_CHARACTERS_MAX = 1000


class UnknownBan(OneLotError):
    """There is no such ban, or it is not the caller's."""


class BanEnded(OneLotError):
    """The ban has been ended already."""


class TooManyBans(OneLotError):
    """The city has as many bans as every process can hold."""


class AlreadyAppealed(OneLotError):
    """Somebody has appealed against the ban already."""


class Ban(Struct, frozen=True):
    """A vehicle that is not let in, from an instant until before another. `said`: by a driver against it."""

    id: UUID
    operator_id: int | None
    lot_id: int | None
    plate: str
    plate_color: PlateColor
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    added_by: str
    added_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None
    said: str | None = None
    said_at: datetime | None = None

    @property
    def reach(self) -> Reach:
        """Where it holds."""
        return Reach(self.operator_id, self.lot_id)

    def holds(self, lot: Lot, at: datetime) -> bool:
        """Whether it keeps its vehicle out of a lot at an instant."""
        return self.reach.covers(lot) and self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


# Bans by whom they keep out.
BansOf = Mapping[tuple[str, PlateColor], Sequence[Ban]]


def by_plate(bans: Iterable[Ban]) -> dict[tuple[str, PlateColor], list[Ban]]:
    """Bans by plate and colour."""
    found: dict[tuple[str, PlateColor], list[Ban]] = {}
    for ban in bans:
        found.setdefault((ban.plate, ban.plate_color), []).append(ban)
    return found


def noticed(fact: Fact, lot: Lot, bans: BansOf) -> Fact:
    """The fact, with the doubt that its vehicle is banned, if it comes to the way in of a lot that it is kept out of.

    It is kept out, and inside only if it was seen to pass or a person says so. Whoever opens for it by hand need not:
    read at an exit it had come in, and leaves as any other (`stays`).
    """
    if not bans or fact.direction is not Direction.ENTRY or (fact.doubt is not None and fact.doubt not in OF_A_READ):
        return fact
    if any(ban.holds(lot, fact.effective_at) for ban in bans.get((fact.plate, fact.plate_color), ())):
        return structs.replace(fact, doubt=Reason.BANNED)
    return fact
