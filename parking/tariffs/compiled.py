"""A tariff made ready for pricing: its days, its bands on the clock, and what each class of vehicles pays."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.tariffs.days import DaySets
from parking.tariffs.document import Band, Cap, ClassRule, Discount, Free, Match, Pass, Quota, Tariff, Tier
from parking.tariffs.hours import Calendar, Timeline, Windows, seconds
from parking.tariffs.visits import Vehicle

EVER = 1 << 62
_TABLES_MAX = 256


class Rate(Struct, frozen=True):
    """What a band costs a class: tiers as (up to which position, unit, price) in seconds; a unit of 0 is a passage.

    is_tiered: not every unit is like every other.
    tolerance: a cut unit costs nothing up to this long. restart: positions begin again at each passage, day or cycle.
    """

    tiers: tuple[tuple[int, int, int], ...]
    is_tiered: bool
    tolerance: int
    by_minute: bool
    restart: str
    by_stay: bool
    caps: tuple[int, ...]


class Table(Struct, frozen=True):
    """All that a class of vehicles pays: a rate per band (None: free), the amounts of the caps, the free period."""

    rates: tuple[Rate | None, ...]
    cap_fen: tuple[int, ...]
    free: Free
    rule: ClassRule | None


class Capping(Struct, frozen=True):
    """A cap as it is metered: its place among the document's caps, its window, whether it asks who parks and when."""

    cap: int
    window: Windows | None
    asks: bool


class Compiled:
    """A tariff made ready. Pricing by it is pure; it only remembers how days were cut and tables were made."""

    __slots__ = (
        "_bands_of",
        "_rules",
        "_tables",
        "calendar",
        "clauses",
        "complete",
        "cycle_s",
        "has_last_steps",
        "meters",
        "remembers",
        "tariff",
        "timeline",
        "words",
        "zone",
    )

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.zone = ZoneInfo(tariff.time_zone)
        self.calendar = Calendar(DaySets(tariff), self.zone)
        self.timeline = Timeline(tariff.bands, self.calendar)
        self.cycle_s = tariff.cycle_hours * 3600
        self.meters = tuple(
            Capping(index, Windows(window, self.calendar) if window else None, _asks(cap))
            for index, cap in enumerate(tariff.caps)
            for window in (cap.windows if cap.per == "window" else (None,))
        )
        self.complete = tariff.crossing.part_unit == "complete"
        # Most texts end with the caps and remember nothing; these say so at a glance.
        self.has_last_steps = bool(
            tariff.discounts or tariff.minimum_fen or tariff.round_to_fen > 1 or tariff.overstay is not None
        )
        self.remembers = bool(
            tariff.quotas
            or any(rule.free is not None and rule.free.uses_max for rule in tariff.classes)
            or tariff.free.uses_max
            or any(cap.memory != "none" for cap in tariff.caps)
        )
        self._bands_of = {band.code: index for index, band in enumerate(tariff.bands)}
        self._tables: dict[tuple[int, int, int, tuple[int, ...]], Table] = {}
        self.clauses = _clauses(tariff)
        self._rules = tuple(f"bands.{band.code}" for band in tariff.bands)
        self.words: dict[tuple[int, ...], tuple[str, str, tuple[str, str]]] = {}

    def rule_of(self, band: int, of_class: int) -> str:
        """Where the prices of a band stand that a class pays."""
        if of_class >= 0 and self.tariff.bands[band].code in (rule := self.tariff.classes[of_class]).prices:
            return f"classes.{rule.code}.prices.{self.tariff.bands[band].code}"
        return self._rules[band]

    def band(self, code: str) -> int | None:
        """The place of the band of a code, or None."""
        return self._bands_of.get(code)

    def told(self, moment: datetime) -> int:
        """An instant in whole seconds, to the minute unless this text counts the seconds."""
        at = seconds(moment)
        return at if self.tariff.seconds == "exact" else at - at % 60

    def exemption_of(self, vehicle: Vehicle) -> int | None:
        """The place of the first exemption that fits a vehicle, or None."""
        for index, exempt in enumerate(self.tariff.exempt):
            if fits(exempt.who, vehicle):
                return index
        return None

    def class_of(self, vehicle: Vehicle) -> int:
        """The place of the first class that fits a vehicle, or -1."""
        for index, rule in enumerate(self.tariff.classes):
            if fits(rule.who, vehicle):
                return index
        return -1

    def table(self, of_class: int, bays: int, pays: int = 100, off: tuple[int, ...] = ()) -> Table:
        """What a class pays for so many bays, in time that pays a percentage, with these percentages taken off."""
        rule = self.tariff.classes[of_class] if of_class >= 0 else None
        key = (of_class, bays if rule is not None and rule.per_bay else 1, pays, off)
        found = self._tables.get(key)
        if found is None:
            if len(self._tables) >= _TABLES_MAX:
                self._tables.clear()
            found = self._tables[key] = self._made(rule, key[1], pays, off)
        return found

    def _made(self, rule: ClassRule | None, bays: int, pays: int, off: Sequence[int]) -> Table:
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
        made = []
        reached = 0
        for tier in tiers:
            reached = EVER if tier.for_min is None else reached + tier.for_min * 60
            price = (tier.unit_fen if own is not None or rule is None else _of_class(tier, rule)) * bays
            price = half_up(price * pays)
            for percent in off:
                price -= half_up(price * percent)
            made.append((reached, (tier.unit_min or 0) * 60, price))
        tolerance = EVER if band.part_unit == "down" else band.tolerance_min * 60
        meters = tuple(
            place
            for place, meter in enumerate(self.meters)
            if not (codes := self.tariff.caps[meter.cap].bands) or band.code in codes
        )
        return Rate(
            tiers=tuple(made),
            is_tiered=len(tiers) > 1 or tiers[0].unit_min is None,
            tolerance=tolerance,
            by_minute=band.part_unit == "minutes",
            restart=band.restart,
            by_stay=band.progress == "stay",
            caps=meters,
        )


def _clauses(tariff: Tariff) -> dict[str, tuple[str, str]]:
    """The texts of the rules that have one, by where they stand."""
    named: list[tuple[str, Sequence[Band | Quota | Cap | Discount | Pass]]] = [
        ("bands", tariff.bands),
        ("quotas", tariff.quotas),
        ("caps", tariff.caps),
        ("discounts", tariff.discounts),
        ("passes", tariff.passes),
    ]
    found = {f"{part}.{one.code}": (one.clause_zh, one.clause_en) for part, every in named for one in every}
    found["free"] = (tariff.free.clause_zh, tariff.free.clause_en)
    for rule in tariff.classes:
        text = (rule.clause_zh, rule.clause_en)
        found |= {f"classes.{rule.code}.prices.{band}": text for band in rule.prices}
        if rule.free is not None:
            found[f"classes.{rule.code}.free"] = (rule.free.clause_zh, rule.free.clause_en)
    return {place: text for place, text in found.items() if any(text)}


def _asks(cap: Cap) -> bool:
    return cap.who != Match() or bool(cap.entered or cap.left)


def fits(who: Match, vehicle: Vehicle) -> bool:
    """Whether a vehicle is one of those meant."""
    known = vehicle.facts
    return (
        (not who.kinds or vehicle.kind in who.kinds)
        and (who.new_energy is None or vehicle.new_energy is who.new_energy)
        and (not who.colors or vehicle.color in who.colors)
        and (not who.tags or not vehicle.tags.isdisjoint(who.tags))
        and (not who.at_least or all(fact in known and known[fact] >= least for fact, least in who.at_least.items()))
        and (not who.at_most or all(fact in known and known[fact] <= most for fact, most in who.at_most.items()))
    )


def half_up(hundredths: int) -> int:
    """A whole number of fen from hundredths, half a fen up."""
    return (hundredths + 50) // 100


def _of_class(tier: Tier, rule: ClassRule) -> int:
    # What is free is free for every class.
    return tier.unit_fen * rule.percent // 100 + rule.add_fen if tier.unit_fen else 0
