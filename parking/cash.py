"""Cash that a booth took: what it said of it, and of which shift it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from parking import plates
from parking.device_events import Kind
from parking.device_facts import DeviceFact
from parking.shifts import Latest, new_id
from payments.cash import Receipt

# So long cash waits for the stay that it pays: as long as events of that may come late.
WAITS = timedelta(days=40)
WAITING_MAX = 1_000
# Where nothing was handed over yet, what was done so long before the first cash of a shift is of it.
FIRST_SHIFT_MAX = timedelta(hours=24)
# The lot and the name of a shift.
ShiftKey: TypeAlias = tuple[int, str]


class Taken(Struct, frozen=True):
    """Cash as it was told: `of` the gateway's number of a read, or for a `plate` as it is compared by."""

    lot_id: int
    id: UUID
    gateway_id: int
    amount_fen: int
    at: datetime
    shift: str
    person: str | None
    of: str | None
    plate: str | None


class InShift(Struct, frozen=True):
    """Cash with the shift that it is of. `is_late`: that which took it was handed over before this was told."""

    taken: Taken
    shift_id: UUID
    is_late: bool


class Opened(Struct, frozen=True):
    """A shift that is opened, by a person or by the first cash of it, and from when on it is one."""

    lot_id: int
    id: UUID
    name: str
    at: datetime


class Chargeable(Struct, frozen=True):
    """Cash that waits and the charge that it pays."""

    lot_id: int
    id: UUID
    amount_fen: int
    charge_id: UUID

    @property
    def receipt(self) -> Receipt:
        """What payments are told of it."""
        return Receipt(self.id, self.charge_id, self.amount_fen)


def taken_of(facts: Iterable[DeviceFact]) -> list[Taken]:
    """What of these facts is cash, in the order in which it was taken."""
    found = [_taken(fact) for fact in facts if fact.event.kind is Kind.CASH and fact.applies]
    return sorted(found, key=lambda each: (each.at, each.id.int))


def _taken(fact: DeviceFact) -> Taken:
    said = fact.event
    assert said.amount_fen is not None
    return Taken(
        lot_id=fact.lot_id,
        id=fact.id,
        gateway_id=fact.gateway_id,
        amount_fen=said.amount_fen,
        at=fact.effective_at,
        shift=said.shift or said.person or "",
        person=said.person,
        of=said.of,
        plate=plates.normalise(said.plate) if said.plate else None,
    )


def into_shifts(
    taken: Iterable[Taken], latest: Mapping[ShiftKey, Latest], handed_over: Mapping[ShiftKey, datetime]
) -> tuple[list[InShift], list[Opened]]:
    """Each in the shift of its name that is open, else in one that is opened by it; and those that are. `latest`: of
    each name, as far as there was one; `handed_over`: when its lot last handed over a shift before the first of these.
    """
    opened: dict[ShiftKey, Opened] = {}
    found = []
    for each in taken:
        key = each.lot_id, each.shift
        known = latest.get(key)
        ended_at = None if known is None else known.handed_over_at
        if known is not None and known.is_open:
            shift_id = known.id
        else:
            at = _begins(each, ended_at, handed_over.get(key))
            shift_id = opened.setdefault(key, Opened(each.lot_id, new_id(each.id), each.shift, at)).id
        found.append(InShift(each, shift_id, ended_at is not None and each.at < ended_at))
    return found, list(opened.values())


def _begins(first: Taken, ended_at: datetime | None, handed_over_at: datetime | None) -> datetime:
    """When a shift began that its first cash opens: where the one of its name before it ended, or else the last of its
    lot, so that what was done before that cash is of one as well; where none did, FIRST_SHIFT_MAX before.
    """
    if ended_at is not None:
        return ended_at
    return first.at - FIRST_SHIFT_MAX if handed_over_at is None else handed_over_at


def firsts(taken: Iterable[Taken]) -> dict[ShiftKey, datetime]:
    """When the first cash of each name was taken."""
    found: dict[ShiftKey, datetime] = {}
    for each in taken:
        found[each.lot_id, each.shift] = min(each.at, found.get((each.lot_id, each.shift), each.at))
    return found
