"""A tariff made ready for pricing: its days, its rate periods on the clock, and what each class of vehicles pays."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.tariffs.engine.calendar import Calendar, Days, Interval, LateDays, Timeline, Windows, seconds
from parking.tariffs.engine.matching import asks_visit, is_meant, matches
from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.conditions import Match, minute_of_day
from parking.tariffs.language.days import DaySets
from parking.tariffs.language.document import Band, Cap, ClassRule, Free, Tariff, Tier

EVER = 1 << 62
_TABLES_MAX = 256


class Rate(Struct, frozen=True):
    """What a rate period costs a class: tiers as (up to which position, unit, price) in seconds and fen.

    A unit of 0 seconds has no length: it is charged once. is_tiered: units differ from each other. tolerance: a cut
    unit costs nothing up to this long. restart: positions begin again at each segment, day or cycle. progress: what
    moves them on. caps: places in `Compiled.caps`.
    """

    tiers: tuple[tuple[int, int, int], ...]
    is_tiered: bool
    tolerance: int
    by_minute: bool
    restart: str
    progress: str
    caps: tuple[int, ...]


class Table(Struct, frozen=True):
    """What a class of vehicles pays: a rate per rate period (None: free), the amounts of the caps, the free period."""

    rates: tuple[Rate | None, ...]
    cap_fen: tuple[int, ...]
    free: Free
    rule: ClassRule | None


class CompiledCap(Struct, frozen=True):
    """A cap, or one window of it: its place in the document, and whether it depends on the vehicle, entry or exit."""

    place: int
    window: Windows | None
    is_conditional: bool


class Compiled:
    """A compiled tariff: compile once, price many times. It caches how days are cut, and tables.

    has_final_steps, remembers: whether anything comes after the caps, and whether earlier visits bear on a fee. Most
    tariffs have neither, and their fees take less work.
    """

    __slots__ = (
        "_bands_by_code",
        "_classes",
        "_tables",
        "calendar",
        "caps",
        "complete",
        "cycle_s",
        "has_final_steps",
        "parking_days",
        "remembers",
        "shared",
        "tariff",
        "time_zone",
        "timeline",
    )

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.time_zone = ZoneInfo(tariff.time_zone)
        self.calendar = Calendar(DaySets(tariff), self.time_zone)
        begins_min = minute_of_day(tariff.day_begins)
        self.parking_days: Days = LateDays(self.calendar, begins_min) if begins_min else self.calendar
        self.timeline = Timeline(tariff.bands, self.calendar, begins_min)
        self.cycle_s = tariff.cycle_hours * 3600
        self.caps = tuple(
            CompiledCap(place, Windows(window, self.calendar) if window else None, _is_conditional(cap))
            for place, cap in enumerate(tariff.caps)
            for window in (cap.windows if cap.per == "window" else (None,))
        )
        self.complete = tariff.crossing.part_unit == "complete"
        self.shared = tariff.crossing.part_unit == "shared"
        self.has_final_steps = bool(
            tariff.discounts
            or tariff.surcharges
            or tariff.minimum_fen
            or tariff.round_to_fen > 1
            or tariff.overstay is not None
            or tariff.stay_max_min
        )
        self.remembers = bool(
            tariff.quotas
            or any(rule.free is not None and rule.free.uses_max for rule in tariff.classes)
            or tariff.free.uses_max
            or any(cap.memory != "none" for cap in tariff.caps)
            or any(each.day_max_min for each in tariff.passes)
            or tariff.rejoin_min
        )
        self._classes = tuple((rule.who, asks_visit(rule.who)) for rule in tariff.classes)
        self._bands_by_code = {band.code: place for place, band in enumerate(tariff.bands)}
        self._tables: dict[tuple[int, int, int, tuple[int, ...]], Table] = {}

    def band(self, code: str) -> int | None:
        """The place of the rate period of this code, or None."""
        return self._bands_by_code.get(code)

    def seconds_of(self, moment: datetime) -> int:
        """An instant in whole seconds, cut to the minute unless this tariff counts seconds."""
        at = seconds(moment)
        return at if self.tariff.seconds == "exact" else at - at % 60

    def entry_of(self, moment: datetime) -> int:
        """An entry in whole seconds: as `seconds_of`, or rounded up to the minute where this tariff says so."""
        is_up = self.tariff.seconds == "entry_up_exit_down"
        return -(-seconds(moment) // 60) * 60 if is_up else self.seconds_of(moment)

    def applies(self, who: Match, visit: Visit, whole: Interval) -> bool:
        """Whether a visit, with the ends of its whole stay, is one of those a rule means."""
        return matches(who, visit.vehicle) and (not asks_visit(who) or self._is_meant(who, visit, whole))

    def _is_meant(self, who: Match, visit: Visit, whole: Interval) -> bool:
        return is_meant(who, visit, whole, self.calendar, self.length_of(visit, *whole) if who.over_min else 0)

    def paused(self, visit: Visit, starts: int, ends: int) -> list[Interval]:
        """When the clock of a visit stood within a time, in order."""
        times: list[Interval] = []
        reached = starts
        for begins, until in sorted(visit.paused):
            since, reached = max(self.seconds_of(begins), reached), max(min(self.seconds_of(until), ends), reached)
            if since < reached:
                times.append((since, reached))
        return times

    def length_of(self, visit: Visit, starts: int, ends: int) -> int:
        """For how many seconds of a time the clock of a visit ran."""
        if not visit.paused:
            return ends - starts
        return ends - starts - sum([until - begins for begins, until in self.paused(visit, starts, ends)])

    def exemption_of(self, visit: Visit, whole: Interval) -> int | None:
        """The place of the first exemption of a visit, or None."""
        for place, exempt in enumerate(self.tariff.exempt):
            if self.applies(exempt.who, visit, whole):
                return place
        return None

    def class_of(self, visit: Visit, whole: Interval) -> int:
        """The place of the class of a visit, or -1."""
        vehicle = visit.vehicle
        for place, (who, asks) in enumerate(self._classes):
            if matches(who, vehicle) and (not asks or self._is_meant(who, visit, whole)):
                return place
        return -1

    def usual_class_of(self, vehicle: Vehicle) -> int:
        """The place of the class of a vehicle whose visit meets no condition on visits, or -1."""
        for place, (who, asks) in enumerate(self._classes):
            if not asks and matches(who, vehicle):
                return place
        return -1

    def table(self, of_class: int, bays: int, pays: int = 100, off: tuple[int, ...] = ()) -> Table:
        """What a class pays for so many bays in time that pays `pays` percent, with the percentages `off` taken off."""
        rule = self.tariff.classes[of_class] if of_class >= 0 else None
        key = (of_class, bays if rule is not None and rule.per_bay else 1, pays, off)
        table = self._tables.get(key)
        if table is None:
            if len(self._tables) >= _TABLES_MAX:
                self._tables.clear()
            table = self._tables[key] = self._new_table(rule, key[1], pays, off)
        return table

    def _new_table(self, rule: ClassRule | None, bays: int, pays: int, off: Sequence[int]) -> Table:
        tariff = self.tariff
        rates = tuple(self._rate(band, rule, bays, pays, off) for band in tariff.bands)
        own = rule.caps if rule else {}
        amounts = []
        for cap in tariff.caps:
            scales = rule is not None and rule.caps_scale
            amount = own.get(cap.code, cap.fen)
            if rule is not None and scales and cap.code not in own:
                amount = amount * rule.percent // 100
            amounts.append(amount * bays if scales else amount)
        free = rule.free if rule is not None and rule.free is not None else tariff.free
        return Table(rates, tuple(amounts), free, rule)

    def _rate(self, band: Band, rule: ClassRule | None, bays: int, pays: int, off: Sequence[int]) -> Rate | None:
        own = rule.prices.get(band.code) if rule else None
        tiers = band.tiers if own is None else own
        if not tiers:
            return None
        priced = []
        reached = 0
        for tier in tiers:
            reached = EVER if tier.for_min is None else reached + tier.for_min * 60
            price = (tier.unit_fen if own is not None or rule is None else _of_class(tier, rule)) * bays
            price = half_up(price * pays)
            for percent in off:
                price -= half_up(price * percent)
            priced.append((reached, (tier.unit_min or 0) * 60, price))
        tolerance = EVER if band.part_unit == "down" else band.tolerance_min * 60
        caps = tuple(
            place
            for place, cap in enumerate(self.caps)
            if not (codes := self.tariff.caps[cap.place].bands) or band.code in codes
        )
        return Rate(
            tiers=tuple(priced),
            is_tiered=len(tiers) > 1 or tiers[0].unit_min is None,
            tolerance=tolerance,
            by_minute=band.part_unit == "minutes",
            restart=band.restart,
            progress=band.progress,
            caps=caps,
        )


def _is_conditional(cap: Cap) -> bool:
    return cap.who != Match() or bool(cap.entered or cap.left)


def half_up(hundredths: int) -> int:
    """A whole number of fen from hundredths, half a fen up."""
    return (hundredths + 50) // 100


def _of_class(tier: Tier, rule: ClassRule) -> int:
    # What is free is free for every class.
    return tier.unit_fen * rule.percent // 100 + rule.add_fen if tier.unit_fen else 0
