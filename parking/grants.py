"""Visits that cost nothing, said beforehand: of kinds of vehicles, and of those with tags or passes.

What earlier visits used is not known beforehand. So nothing is granted by what is remembered of a vehicle: a quota, a
free period that is had so often only, minutes of a day.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import structs, to_builtins

from parking import fees, prices
from parking.entitlements import NOTHING, Rights
from parking.plates import PlateColor, PlateForm, VehicleClass, settle_color
from parking.prices import LotPrices, TariffInForce
from parking.tariffs import Compiled, Tariff
from parking.tariffs.language.document import Free
from parking.tariffs.language.sources import WITH_WHO

# Whole seconds since 1970: when a visit that costs nothing came at the earliest, before when it leaves, when it leaves
# at the earliest, before when it came. 0 is no bound; those at the end are left out.
Grant = tuple[int, ...]
_BOUNDS = 4
# What is free for less is the rest of a unit, and no grant.
_SHORTEST = timedelta(minutes=5)
_SECOND = timedelta(seconds=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# What every kind of vehicle has.
ANY = "any"
# A text of each form.
OF_FORMS = {
    PlateForm.SMALL: "京A12345",
    PlateForm.NEV_SMALL: "京AD12345",
    PlateForm.NEV_LARGE: "京A12345D",
    PlateForm.TRAILER: "京A1234挂",
    PlateForm.COACH: "京A1234学",
    PlateForm.POLICE: "京A1234警",
    PlateForm.EMERGENCY: "京A1234应急",
    PlateForm.HK_MACAU: "粤Z1234港",
    PlateForm.EMBASSY: "使123456",
    PlateForm.CONSULATE: "京A1234领",
    PlateForm.ARMED_POLICE: "WJ京12345",
    PlateForm.MILITARY: "VA12345",
    PlateForm.TEMPORARY: "临京A12345",
    PlateForm.TICKET: "票1234",
    PlateForm.UNKNOWN: "1234567",
}
_CLASSES = (VehicleClass.SMALL, VehicleClass.LARGE, VehicleClass.MOTORCYCLE)


class Window(NamedTuple):
    """The time that is looked at: `until` is outside of it."""

    since: datetime
    until: datetime


class Kind(NamedTuple):
    """A kind of vehicle: a text of the form of its plate, the colour of that, and what the camera took it for."""

    plate: str
    color: PlateColor
    seen: VehicleClass


def second_of(at: datetime) -> int:
    """An instant as whole seconds since 1970."""
    return int(at.timestamp())


def instant_of(second: int) -> datetime:
    """The beginning of a second since 1970."""
    return datetime.fromtimestamp(second, UTC)


def holds(grant: Grant, came: datetime, left: datetime) -> bool:
    """Whether a visit is one that is granted."""
    came_from, left_before, left_from, came_before = (*grant, *[0] * (_BOUNDS - len(grant)))
    came_at, left_at = second_of(came), second_of(left)
    return (
        came_from <= came_at
        and left_from <= left_at
        and (not left_before or left_at < left_before)
        and (not came_before or came_at < came_before)
    )


def bounded(grant: Grant, window: Window, since: datetime, until: datetime | None) -> Grant:
    """A grant for those of its visits of which a moment at least lies in a time."""
    came_from, left_before, _, came_before = (*grant, *[0] * (_BOUNDS - len(grant)))
    left_from = 0 if since <= window.since else second_of(since)
    if until is not None and until < window.until:
        came_before = min(came_before or second_of(until), second_of(until))
    return _cut(came_from, left_before, left_from, came_before)


def _cut(*bounds: int) -> Grant:
    cut = list(bounds)
    while cut and not cut[-1]:
        cut.pop()
    return tuple(cut)


def kinds() -> Iterator[tuple[str, Kind]]:
    """All kinds of vehicles, by what a pack calls them: form, colour and class."""
    for form, plate in OF_FORMS.items():
        colors = {settle_color(plate, color) for color in PlateColor}
        for color in sorted(colors):
            for seen in _CLASSES:
                yield name_of(form, color, seen), Kind(plate, color, seen)


def name_of(form: PlateForm, color: PlateColor, seen: VehicleClass) -> str:
    """What a pack calls a kind of vehicle. What no camera recognised is what most are."""
    return f"{form}/{color}/{VehicleClass.SMALL if seen is VehicleClass.UNKNOWN else seen}"


class Visits:
    """Visits to a lot within a window, by the tariffs that are in force there then. `free_min`: whoever stays for so
    many minutes at most pays nothing, whatever was before; both ends are cut to the minute.
    """

    def __init__(self, lot: LotPrices, window: Window) -> None:
        self.window = window
        in_force = _within(lot.of(window.since), window)
        later = [_within(each.value, window) for each in lot.along if window.since < each.valid_from < window.until]
        self.free_min = min(_free_min(each) for each in (in_force, *later))
        self._tariffs = [_without_memory(each) for each in in_force]
        self._starts = {window.since, *instants(in_force, window)}
        self._known: dict[object, tuple[Grant, ...]] = {}

    def granted(self, kind: Kind, rights: Rights = NOTHING) -> tuple[Grant, ...]:
        """The grants of a vehicle of a kind, with tags, facts and passes that it has beside."""
        key = kind, msgspec.json.encode(rights)
        if key not in self._known:
            self._known[key] = tuple(self._found(kind, rights))
        return self._known[key]

    def _found(self, kind: Kind, rights: Rights) -> Iterator[Grant]:
        """The longest times within which each visit costs nothing."""
        since, until = self.window
        last: tuple[datetime, datetime] | None = None
        for start in sorted({*self._starts, *(each.since for each in rights.passes if since < each.since < until)}):
            if start + _SHORTEST > until or not self._is_free(kind, rights, start, start + _SHORTEST):
                continue
            grant = self._free_until(kind, rights, start), self._priced_alike_until(start)
            if last is None or grant[0] > last[0] or grant[1] != last[1]:
                last = grant
                left_before, came_before = (0 if each >= until else second_of(each) for each in grant)
                yield _cut(0 if start == since else second_of(start), left_before, 0, came_before)

    def _free_until(self, kind: Kind, rights: Rights, start: datetime) -> datetime:
        """Before when a visit that begins then leaves for nothing."""
        if self._is_free(kind, rights, start, self.window.until):
            return self.window.until
        low, high = 0, (self.window.until - start) // _SECOND
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (middle, high) if self._is_free(kind, rights, start, start + middle * _SECOND) else (low, middle)
            )
        return start + high * _SECOND

    def _priced_alike_until(self, start: datetime) -> datetime:
        """Before when visits begin that are priced by the same tariffs as one that begins then."""
        first = prices.in_force_at(self._tariffs, start)
        if first is None or first.text is None or first.text.on_change != "at_entry":
            return self.window.until
        return min((each.valid_from for each in self._tariffs if each.valid_from > start), default=self.window.until)

    def _is_free(self, kind: Kind, rights: Rights, came: datetime, left: datetime) -> bool:
        in_force = prices.of_stay(self._tariffs, came, left)
        if not in_force:
            return True
        if not all(each.is_readable for each in in_force):
            return False
        return fees.price(in_force, came, left, fees.vehicle_of(*kind, rights), (), rights).fee_fen == 0


def instants(tariffs: Iterable[TariffInForce], window: Window) -> set[datetime]:
    """When within a window the price may change: where a tariff begins, at midnight, and at the times that it names."""
    found = set()
    for each in tariffs:
        found.add(each.valid_from)
        if each.text is not None:
            zone = ZoneInfo(each.text.time_zone)
            first = window.since.astimezone(zone).date()
            days = [first + timedelta(days=n) for n in range((window.until - window.since).days + 2)]
            clocks = {time(0), *_clocks(to_builtins(each.text))}
            found |= {datetime.combine(day, clock, zone).astimezone(UTC) for day in days for clock in clocks}
    return {each for each in found if window.since < each < window.until}


def _clocks(part: object) -> Iterator[time]:
    """The times of day that a document, or a part of it, names."""
    if isinstance(part, str) and _CLOCK.fullmatch(part):
        yield time.fromisoformat(part)
    elif isinstance(part, dict):
        yield from (clock for each in part.values() for clock in _clocks(each))
    elif isinstance(part, list | tuple):
        yield from (clock for each in part for clock in _clocks(each))


def asks_leaving(tariffs: Iterable[TariffInForce]) -> bool:
    """Whether what a stay costs may fall while it goes on: by when it ends, or how long it is."""
    return any(
        rule.who.left or rule.who.over_min
        for each in tariffs
        if each.text is not None
        for part in WITH_WHO
        for rule in getattr(each.text, part)
    )


def of_kinds(visits: Visits) -> dict[str, tuple[Grant, ...]]:
    """What each kind of vehicle is granted that is granted anything; what all are stands under `ANY` alone."""
    found = {name: visits.granted(kind) for name, kind in kinds()}
    first = next(iter(found.values()))
    common = tuple(grant for grant in first if all(grant in each for each in found.values()))
    own = {name: tuple(grant for grant in granted if grant not in common) for name, granted in found.items()}
    return {name: granted for name, granted in ((ANY, common), *own.items()) if granted}


def _within(tariffs: Sequence[TariffInForce], window: Window) -> list[TariffInForce]:
    """Those of tariffs in order of time that are in force at a moment of a window."""
    return [
        each
        for each, following in zip_longest(tariffs, tariffs[1:])
        if each.valid_from < window.until and (following is None or following.valid_from > window.since)
    ]


def _free_min(tariffs: Sequence[TariffInForce]) -> int:
    """The free period that every visit has, by whichever of these tariffs, whatever its vehicle is and was before."""
    alone = len(tariffs) == 1
    return min((_free_min_of(each.text, alone=alone) for each in tariffs), default=0)


def _free_min_of(text: Tariff | None, *, alone: bool) -> int:
    """`alone`: no other tariff follows, by which a visit may be split."""
    if text is None or text.rejoin_min or not (alone or text.on_change == "at_entry"):
        return 0
    if not all(quota.free_too for quota in text.quotas) or any(surcharge.always for surcharge in text.surcharges):
        return 0
    periods = [text.free, *(each.free for each in text.classes if each.free is not None)]
    if any(each.uses_max for each in periods):
        return 0
    return max(0, min(each.minutes - (not each.inclusive or text.seconds == "exact") for each in periods))


def _without_memory(tariff: TariffInForce) -> TariffInForce:
    """A tariff without what earlier visits may have used up, and without its free period."""
    if tariff.text is None:
        return tariff
    text = structs.replace(
        tariff.text,
        free=Free(),
        quotas=(),
        classes=tuple(structs.replace(each, free=None) for each in tariff.text.classes),
        passes=tuple(each for each in tariff.text.passes if not each.day_max_min),
        rejoin_min=0,
    )
    return structs.replace(tariff, text=text, ready=Compiled(text))
