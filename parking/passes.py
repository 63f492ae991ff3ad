"""Passes that were sold (月卡): whose vehicles park by which pass of a price, and when each of them is covered.

A pass holds by whole days of each lot's own zone, the last of them included. Where it has fewer bays than vehicles, so
many of them are covered at a time as it has bays, in each lot: those that came first. Who waits is covered from when
another leaves, and stays so. That follows from the stays alone, in whatever order they were told.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct, structs

from parking.entitlements import CHANGED_WITHIN, Covered, RightTooOld, RightUnfit, identified
from parking.lots import Lot
from parking.plates import PlateColor
from parking.prices import LotPrices
from parking.stays import Stay
from parking.tariffs.language.fields import Code
from payments.errors import OneLotError

# What the language takes as grace at most, and a day for zones.
GRACE_MAX = timedelta(days=32)
VEHICLES_PER_PASS_MAX = 50
LOTS_PER_PASS_MAX = 500
DAYS_MAX = 3 * 366
_EVER = datetime.max.replace(tzinfo=UTC)

NumberPlate = tuple[str, PlateColor]
PassCode = Code
Note = Annotated[str, Meta(min_length=1, max_length=200)]


class PassNotSold(OneLotError):
    """No price of these lots sells such a pass."""


class UnknownPass(OneLotError):
    """There is no such pass, or it is not the caller's."""


class PassEnded(OneLotError):
    """The pass has been ended already."""


class Pass(Struct, frozen=True):
    """A pass of some vehicles (`plates` and `colors` run in parallel) in some lots, on whole days of these.

    A change ends it and begins another of the same `group_id`. `bays`: so many of the vehicles are covered at a time.
    """

    id: UUID
    group_id: UUID
    operator_id: int | None
    code: str
    lot_ids: tuple[int, ...]
    bays: int
    valid_from: date
    valid_through: date
    ended_through: date | None
    note: str
    added_by: str
    added_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None
    plates: tuple[str, ...]
    colors: tuple[PlateColor, ...]

    @property
    def vehicles(self) -> list[NumberPlate]:
        """Whose pass it is."""
        return list(zip(self.plates, self.colors, strict=True))

    @property
    def last_day(self) -> date:
        """The last day on which it holds; before `valid_from` if it never does."""
        return self.valid_through if self.ended_through is None else min(self.valid_through, self.ended_through)

    @property
    def is_shared(self) -> bool:
        """Whether it has fewer bays than vehicles."""
        return self.bays < len(self.plates)

    def period(self, lot: Lot) -> tuple[datetime, datetime]:
        """From when until before when it holds in a lot."""
        return midnight(self.valid_from, lot), midnight(self.last_day + timedelta(days=1), lot)


class Parked(NamedTuple):
    """When a vehicle was in a lot, or has been (`left_at`: None), by the number of its stay."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    entered_at: datetime
    left_at: datetime | None


def midnight(day: date, lot: Lot) -> datetime:
    """The beginning of a day in a lot."""
    return datetime.combine(day, time(), ZoneInfo(lot.time_zone)).astimezone(UTC)


def covered(stay: Stay, lot: Lot, sold: Iterable[Pass], parked: Sequence[Parked]) -> tuple[Covered, ...]:
    """When passes cover a closed stay, as it is billed. `parked`: the stays in this lot of vehicles that may share bays
    with it; its own may be among them.
    """
    assert stay.entered_at is not None
    assert stay.left_at is not None
    found: list[Covered] = []
    for each in sold:
        since, until = each.period(lot)
        if lot.id not in each.lot_ids or stay.vehicle.number_plate not in each.vehicles:
            continue
        if since >= until or since > stay.left_at or until + GRACE_MAX <= stay.entered_at:
            continue
        if each.is_shared:
            since = max(since, _free_from(stay, each, parked))
        if since < until:
            found.append(Covered(each.id, each.code, since, until))
    return joined(found)


def _free_from(stay: Stay, shared: Pass, parked: Sequence[Parked]) -> datetime:
    """From when on fewer vehicles than there are bays are left of those that came before a stay."""
    assert stay.entered_at is not None
    others = {*shared.vehicles}
    before = [
        each.left_at or _EVER
        for each in parked
        if (each.plate, each.plate_color) in others
        and each.id != stay.id
        and (each.entered_at, each.id) < (stay.entered_at, stay.id)
        and (each.left_at is None or each.left_at > stay.entered_at)
    ]
    if len(before) < shared.bays:
        return stay.entered_at
    return sorted(before, reverse=True)[shared.bays - 1]


def held(each: Pass, lot: Lot) -> Covered:
    """When a pass holds in a lot."""
    return Covered(each.id, each.code, *each.period(lot))


def joined(found: Iterable[Covered]) -> tuple[Covered, ...]:
    """Times in order, those of the same pass code that touch as one: who renews in time has one pass."""
    whole: list[Covered] = []
    for each in sorted(found, key=lambda each: (each.code, each.since, each.until, each.pass_id)):
        last = whole[-1] if whole else None
        if last is not None and last.code == each.code and each.since <= last.until:
            whole[-1] = structs.replace(last, until=max(last.until, each.until))
        else:
            whole.append(each)
    return tuple(whole)


# -- selling


class PassPlan(Struct, frozen=True):
    """A pass as it is to be sold: see `Pass`."""

    code: str
    vehicles: Sequence[NumberPlate]
    bays: int | None
    lots: Sequence[Lot]
    valid_from: date
    valid_through: date
    note: str


def sold(plan: PassPlan, *, id_: UUID, group_id: UUID, by: str, now: datetime) -> Pass:
    """The row for a pass; see `check_sale`.

    Raises:
        RightUnfit: a text is no plate, or days or bays do not fit.
    """
    vehicles = list(dict.fromkeys(identified(*each) for each in plan.vehicles))
    bays = len(vehicles) if plan.bays is None else plan.bays
    if not 1 <= bays <= len(vehicles):
        raise RightUnfit("A pass has at least one bay, and no more than vehicles.", field="bays")
    if not timedelta(0) <= plan.valid_through - plan.valid_from < timedelta(days=DAYS_MAX):
        raise RightUnfit("A pass ends on the day it begins or later.", field="valid_through", days_max=DAYS_MAX)
    operators = {lot.operator_id for lot in plan.lots}
    return Pass(
        id=id_,
        group_id=group_id,
        operator_id=min(operators) if len(operators) == 1 else None,
        code=plan.code,
        lot_ids=tuple(sorted({lot.id for lot in plan.lots})),
        bays=bays,
        valid_from=plan.valid_from,
        valid_through=plan.valid_through,
        ended_through=None,
        note=plan.note,
        added_by=by,
        added_at=now,
        ended_by=None,
        ended_at=None,
        end_reason=None,
        plates=tuple(plate for plate, _ in vehicles),
        colors=tuple(color for _, color in vehicles),
    )


def check_sale(new: Pass, prices: Mapping[int, LotPrices], *, now: datetime) -> None:
    """Refuses to sell a pass that is not sold already.

    Raises:
        RightTooOld: it begins too far back.
        PassNotSold: no price of its lots sells it.
    """
    check_day(new.valid_from, now=now, field="valid_from")
    codes = {
        each.code
        for lot_id in new.lot_ids
        for tariff in prices[lot_id].tariffs
        if tariff.text is not None
        for each in tariff.text.passes
    }
    if new.code not in codes:
        raise PassNotSold("No price of these lots sells such a pass.", field="code", sold=sorted(codes))


def sold_before(new: Pass, known: Iterable[Pass]) -> Pass | None:
    """The pass that says the same as a new one and was not ended: a call that was repeated sold it."""
    said = ("operator_id", "code", "lot_ids", "bays", "valid_from", "valid_through", "note")
    for each in known:
        same = all(getattr(each, name) == getattr(new, name) for name in said)
        if same and each.ended_at is None and sorted(each.vehicles) == sorted(new.vehicles):
            return each
    return None


def check_day(day: date, *, now: datetime, field: str) -> None:
    """Refuses a change that reaches too far back.

    Raises:
        RightTooOld: see above.
    """
    if day < (now - CHANGED_WITHIN).date():
        days_max = CHANGED_WITHIN // timedelta(days=1)
        raise RightTooOld("Rights are not changed so far back.", field=field, days_max=days_max)


def check_end(known: Pass, through: date, *, now: datetime) -> None:
    """Refuses an end that is none, or one too far back.

    Raises:
        PassEnded: it was ended before.
        RightUnfit: it ends by then anyway, or begins later than the day after.
        RightTooOld: see `check_day`.
    """
    if known.ended_at is not None:
        raise PassEnded("It has been ended already.", id=str(known.id))
    if not known.valid_from - timedelta(days=1) <= through < known.valid_through:
        raise RightUnfit("It does not hold until after that day.", field="through")
    check_day(through + timedelta(days=1), now=now, field="through")
