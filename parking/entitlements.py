"""What a vehicle has that its price may ask for: tags by the form of its plate, and what is registered of it.

What is registered has a reach (a lot, an operator, the city) and a time. It holds for a stay as a whole if it holds at
any moment of it. Nothing here decides what it is worth: the tariff does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from parking import plates
from parking.decisions import DECIDED_WITHIN
from parking.lots import Lot
from parking.plates import PlateColor, PlateForm
from parking.stays import Stay
from parking.tariffs.language.fields import Word
from payments import ids
from payments.errors import OneLotError

TAGS_MAX = 16
FACTS_MAX = 16
REASON_CHARACTERS_MAX = 200
VEHICLES_PER_FILE_MAX = 5_000
BAYS = "bays"
BAYS_MAX = 20
# How far back a right may be changed: stays that lie further back are not priced again.
CHANGED_WITHIN = DECIDED_WITHIN
# Since when what is registered holds if nothing is said: the vehicle may stand at the exit.
SINCE_BEFORE = timedelta(hours=12)

Tags = Annotated[tuple[Word, ...], Meta(max_length=TAGS_MAX)]
Facts = Annotated[dict[Word, Annotated[int, Meta(ge=0, le=1_000_000)]], Meta(max_length=FACTS_MAX)]
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]

# What the form of a plate says of who drives.
_TAGS = {
    PlateForm.POLICE: frozenset({"police"}),
    PlateForm.ARMED_POLICE: frozenset({"armed_police", "military"}),
    PlateForm.MILITARY: frozenset({"military"}),
    # The plates of the national fire and rescue force.
    PlateForm.EMERGENCY: frozenset({"emergency", "fire", "rescue"}),
    PlateForm.EMBASSY: frozenset({"diplomatic", "embassy"}),
    PlateForm.CONSULATE: frozenset({"diplomatic", "consulate"}),
    PlateForm.HK_MACAU: frozenset({"hk_macau"}),
    PlateForm.COACH: frozenset({"coach"}),
    PlateForm.TRAILER: frozenset({"trailer"}),
    PlateForm.TEMPORARY: frozenset({"temporary"}),
}
_NO_TAGS: frozenset[str] = frozenset()


class RightTooOld(OneLotError):
    """A right is not changed so far back."""


class RightUnfit(OneLotError):
    """What was said of a right does not fit together."""


class UnknownRight(OneLotError):
    """There is no such right, or it is not the caller's."""


class RightEnded(OneLotError):
    """The right has been ended already."""


class Reach(Struct, frozen=True):
    """Where something holds: in a lot, in all lots of an operator, or (both None) in the whole city."""

    operator_id: int | None = None
    lot_id: int | None = None

    def covers(self, lot: Lot) -> bool:
        """Whether it holds in a lot."""
        return self.operator_id in (None, lot.operator_id) and self.lot_id in (None, lot.id)


class ExemptVehicle(Struct, frozen=True):
    """A vehicle that is known for something, from an instant until before another. `facts`: JSON text."""

    id: UUID
    operator_id: int | None
    lot_id: int | None
    plate: str
    plate_color: PlateColor
    tags: tuple[str, ...]
    facts: str
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    added_by: str
    added_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None

    @property
    def reach(self) -> Reach:
        """Where it holds."""
        return Reach(self.operator_id, self.lot_id)


class Covered(Struct, frozen=True):
    """The time in which a pass covers a stay: from an instant until before another. Grace is the price's to add."""

    pass_id: UUID
    code: str
    since: datetime
    until: datetime


class Booked(Struct, frozen=True):
    """The time in which a stay is there by a booking: from an instant until before another."""

    booking_id: UUID
    since: datetime
    until: datetime


class CouponUsed(Struct, frozen=True):
    """A coupon that was presented, the discount that it stands for, and what that took off after those before it."""

    coupon_id: UUID
    discount: str
    worth_fen: int = 0


class Rights(Struct, frozen=True, omit_defaults=True):
    """What a stay is priced with beyond what its plate tells. `paused`: when its clock stood."""

    tags: tuple[str, ...] = ()
    facts: dict[str, int] = {}
    passes: tuple[Covered, ...] = ()
    coupons: tuple[CouponUsed, ...] = ()
    paid_by: str = ""
    charging: tuple[tuple[datetime, datetime], ...] = ()
    booked: tuple[Booked, ...] = ()
    paused: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def bays(self) -> int:
        """How many bays the vehicle takes, as far as is known."""
        return max(1, self.facts.get(BAYS, 1))


NOTHING = Rights()
# The method of whoever has an account that pays for the plate, if the gate named no other.
BY_ACCOUNT = "account"


def tags_of(plate: str) -> frozenset[str]:
    """What the form of a normalised plate says."""
    return _TAGS.get(plates.form(plate), _NO_TAGS)


def registered_of(
    stay: Stay, lot: Lot, known: Mapping[tuple[str, PlateColor], Sequence[ExemptVehicle]]
) -> tuple[tuple[str, ...], dict[str, int]]:
    """The tags and the facts that are registered of a closed stay, as it is billed."""
    holding = [each for each in known.get(stay.vehicle.number_plate, ()) if holds(each, stay, lot)]
    return _tags(holding), _facts(holding)


def rights_by(holding: Sequence[ExemptVehicle]) -> Rights:
    """What a vehicle has by what is registered of it."""
    return Rights(tags=_tags(holding), facts=_facts(holding))


def holds(each: ExemptVehicle, stay: Stay, lot: Lot) -> bool:
    """Whether something that is registered holds at any moment of a closed stay."""
    assert stay.entered_at is not None
    assert stay.left_at is not None
    return (
        each.reach.covers(lot)
        and each.valid_from <= stay.left_at
        and (each.valid_until is None or stay.entered_at < each.valid_until)
    )


def _tags(holding: Iterable[ExemptVehicle]) -> tuple[str, ...]:
    return tuple(sorted({tag for each in holding for tag in each.tags}))


def _facts(holding: Iterable[ExemptVehicle]) -> dict[str, int]:
    """Of two that say the same thing otherwise, what was registered last counts."""
    known: dict[str, int] = {}
    for each in sorted(holding, key=lambda each: (each.added_at, each.id)):
        known |= msgspec.json.decode(each.facts, type=dict[str, int])
    return dict(sorted(known.items()))


# -- registering


class NewVehicle(Struct, frozen=True):
    """A vehicle to register, as it was said. `valid_from`: None, from SINCE_BEFORE now on."""

    plate: str
    reason: str
    plate_color: PlateColor = PlateColor.UNKNOWN
    tags: tuple[str, ...] = ()
    facts: dict[str, int] = {}
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def registered(said: NewVehicle, reach: Reach, *, platform: int, by: str, now: datetime) -> ExemptVehicle:
    """The row for a vehicle; the same vehicle known for the same from the same instant is the same row. `platform`: the
    shard of what holds in the whole city.

    Raises:
        RightUnfit: the text is no plate, it is known for nothing, or its time ends before it begins.
        RightTooOld: it begins too far back.
    """
    plate, color = identified(said.plate, said.plate_color)
    if not said.tags and not said.facts:
        raise RightUnfit("Say what the vehicle is known for: tags, facts or both.", field="tags")
    if not 1 <= said.facts.get(BAYS, 1) <= BAYS_MAX:
        raise RightUnfit("A vehicle takes a few bays at most.", field=f"facts.{BAYS}", bays_max=BAYS_MAX)
    valid_from = said.valid_from or now - SINCE_BEFORE
    check_time(valid_from, said.valid_until, now=now)
    tags, facts = tuple(sorted(set(said.tags))), dict(sorted(said.facts.items()))
    content = (plate, color, tags, facts, valid_from, reach)
    chance = int.from_bytes(blake2b(msgspec.json.encode(content), digest_size=8).digest(), "big")
    return ExemptVehicle(
        id=ids.new(valid_from, reach.lot_id or reach.operator_id or platform, chance),
        operator_id=reach.operator_id,
        lot_id=reach.lot_id,
        plate=plate,
        plate_color=color,
        tags=tags,
        facts=msgspec.json.encode(facts).decode(),
        valid_from=valid_from,
        valid_until=said.valid_until,
        reason=said.reason,
        added_by=by,
        added_at=now,
    )


def identified(text: str, color: PlateColor) -> tuple[str, PlateColor]:
    """Plate and colour by which a vehicle is known.

    Raises:
        RightUnfit: the text has the form of no plate.
    """
    plate, color = plates.identity(text, color)
    if not plates.is_plate(plate):
        raise RightUnfit("This text has the form of no plate.", field="plate")
    return plate, color


def check_time(valid_from: datetime, valid_until: datetime | None, *, now: datetime) -> None:
    """Refuses a time that ends before it begins, or begins too far back.

    Raises:
        RightUnfit, RightTooOld: see above.
    """
    if valid_until is not None and valid_until <= valid_from:
        raise RightUnfit("It ends before it begins.", field="valid_until")
    check_back(valid_from, now=now, field="valid_from")


def check_back(at: datetime, *, now: datetime, field: str) -> None:
    """Refuses a change that reaches too far back.

    Raises:
        RightTooOld: see above.
    """
    if at < now - CHANGED_WITHIN:
        days_max = CHANGED_WITHIN // timedelta(days=1)
        raise RightTooOld("Rights are not changed so far back.", field=field, days_max=days_max)
