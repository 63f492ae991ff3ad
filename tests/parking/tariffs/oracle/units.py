"""Units of time and what they cost under the caps, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from parking.tariffs.language.document import Band, Discount, Tier
from tests.parking.tariffs.oracle.caps import Room, holds
from tests.parking.tariffs.oracle.covers import Covering
from tests.parking.tariffs.oracle.ticks import MINUTE, Tick


@dataclass(slots=True)
class Unit:
    """A unit that began at a tick: its price, which part of it counts, and what it costs."""

    began: Tick
    price: int
    part: tuple[int, int]
    fen: int = 0


@dataclass(slots=True)
class _Meter:
    """How far the tiers of a band have come, and where its last unit began."""

    position: int = 0
    last: Tick | None = None


@dataclass(slots=True)
class Metering:
    """The walk over a covered stay, unit by unit."""

    stay: Covering
    meters: dict[str, _Meter] = field(default_factory=dict)
    charging_began: int | None = None

    def units(self) -> list[Unit]:
        """All units, in the order in which they begin."""
        found, place = list[Unit](), 0
        while place < len(self.stay.pays):
            if self._is_charged(place):
                more, place = self._unit(place)
                found += more
            else:
                place += 1
        return found

    def _is_charged(self, place: int) -> bool:
        return self.stay.pays[place] != 0 and bool(self.stay.prices.tiers[self.stay.ticks.all[place].band])

    def _unit(self, place: int) -> tuple[list[Unit], int]:
        """The unit that begins at a place, in its shares if bands share it, and the place where it ends."""
        found, rest = list[Unit](), 0
        while True:
            began = self.stay.ticks.all[place]
            band, meter, position = self._begun(began)
            tier, until = _tier(self.stay.prices.tiers[band.code], position)
            length = until - position if tier.unit_min is None and until is not None else (tier.unit_min or 0) * MINUTE
            end, lasted = self._run(place, band, rest or length or None, flat=tier.unit_min is None)
            meter.position, meter.last = position + lasted, began
            is_share, rest = rest > 0, (rest or length) - lasted
            goes_on = tier.unit_min is not None and rest > 0 and self._is_shared(place, end)
            part = (1, 1)
            if is_share or goes_on:
                part = (_share_seconds(band, lasted, 0 if goes_on else rest), length)
            elif tier.unit_min is not None and rest > 0:
                part = _part(band, tier, lasted)
            pays = self.stay.pays[place]
            found.append(Unit(began, _share(tier.unit_fen, 100 if pays is None else pays), part))
            if not goes_on:
                return found, end
            place = end

    def _begun(self, began: Tick) -> tuple[Band, _Meter, int]:
        """The band in which a unit begins, and its position there."""
        if self.charging_began is None:
            self.charging_began = began.at
        band = next(band for band in self.stay.tariff.bands if band.code == began.band)
        meter = self.meters.setdefault(band.code, _Meter())
        return band, meter, self._position(band, meter, began)

    def _run(self, place: int, band: Band, length: int | None, *, flat: bool) -> tuple[int, int]:
        """Where a unit ends that begins at a place, and the charged seconds it lasts."""
        stay = self.stay
        end, lasted = place + 1, stay.ticks.seconds
        while end < len(stay.pays) and (length is None or lasted < length):
            if not (self._flat_goes_on(band, place, end) if flat else self._goes_on(place, end)):
                break
            # Time that is covered is not charged, so it does not wear out the unit.
            lasted += stay.ticks.seconds if stay.pays[end] != 0 else 0
            end += 1
        return end, lasted

    def _is_shared(self, began: int, end: int) -> bool:
        """Whether what is left of a unit that was cut is charged in the segment that follows."""
        stay = self.stay
        return (
            stay.tariff.crossing.part_unit == "shared"
            and end < len(stay.pays)
            and self._is_charged(end - 1)
            and self._is_charged(end)
            and not self._same_passage(began, end)
            and (stay.pays[end], stay.grants[end]) == (stay.pays[began], stay.grants[began])
        )

    def _same_passage(self, one: int, other: int) -> bool:
        return self.stay.ticks.all[one].passage == self.stay.ticks.all[other].passage

    def _flat_goes_on(self, band: Band, began: int, now: int) -> bool:
        """Whether a unit without a length is still the same: in its passage, and before its band begins again."""
        one, other = self.stay.ticks.all[began], self.stay.ticks.all[now]
        again = {"day": one.day != other.day, "cycle": one.cycle != other.cycle}.get(band.restart, False)
        return self._same_passage(began, now) and not again

    def _goes_on(self, began: int, now: int) -> bool:
        """Whether a unit with a length runs on: everywhere, or in its passage and in time that pays what it pays."""
        stay = self.stay
        if stay.tariff.crossing.part_unit == "complete":
            return True
        same = stay.pays[now] == 0 or (stay.pays[began] == stay.pays[now] and stay.grants[began] == stay.grants[now])
        return same and self._same_passage(began, now)

    def _position(self, band: Band, meter: _Meter, began: Tick) -> int:
        if band.progress == "stay":
            return self._ran(max(self._since(band, began), self.charging_began or 0), began.at)
        if band.progress == "entry":
            return self._ran(self._since(band, began), began.at)
        before = meter.last
        again = (
            before is None
            or {
                "passage": before.passage != began.passage,
                "day": before.day != began.day,
                "cycle": before.cycle != began.cycle,
                "never": False,
            }[band.restart]
        )
        return 0 if again else meter.position

    def _ran(self, since: int, until: int) -> int:
        """The seconds from one instant to another while the clock of the stay ran."""
        stay = self.stay
        return sum(stay.ticks.seconds for tick in stay.ticks.all if since <= tick.at < until and not stay.stood(tick))

    def _since(self, band: Band, began: Tick) -> int:
        """When the passage, the day or the cycle began that a unit begins in."""
        every = self.stay.ticks.all
        if band.restart == "passage":
            return next(tick.at for tick in every if tick.passage == began.passage)
        if band.restart == "day":
            return next(tick.at for tick in every if tick.day == began.day)
        if band.restart == "cycle":
            return next(tick.at for tick in every if tick.cycle == began.cycle)
        return every[0].at


def _tier(tiers: tuple[Tier, ...], position: int) -> tuple[Tier, int | None]:
    """The tier of a position and where it ends."""
    until = 0
    for tier in tiers:
        if tier.for_min is None:
            return tier, None
        until += tier.for_min * MINUTE
        if position < until:
            return tier, until
    raise AssertionError("the last tier ends")


def _part(band: Band, tier: Tier, lasted: int) -> tuple[int, int]:
    """The part of its price, as a fraction, that a unit costs which was cut after so many seconds."""
    if lasted <= band.tolerance_min * MINUTE or band.part_unit == "down":
        return 0, 1
    assert tier.unit_min
    return (1, 1) if band.part_unit == "up" else (-(-lasted // MINUTE), tier.unit_min)


def _share_seconds(band: Band, lasted: int, rest: int) -> int:
    """The seconds of its length that the last share of a unit costs, of which so much was not spent."""
    return -(-lasted // MINUTE) * MINUTE if rest and band.part_unit == "minutes" else lasted + rest


def _share(fen: int, percent: int) -> int:
    return (fen * percent + 50) // 100


def discount_units(units: list[Unit], discounts: Sequence[Discount]) -> None:
    """What units cost: every share is taken off their prices, then every amount off what they cost."""
    early = [each for each in discounts if each.stage == "before_caps"]
    for share in (each for each in early if each.kind == "percent"):
        for unit in units:
            unit.price -= _share(unit.price, share.percent)
    for unit in units:
        minutes, of = unit.part
        unit.fen = (2 * unit.price * minutes + of) // (2 * of)
    for amount in (each for each in early if each.kind == "amount"):
        left = amount.fen
        for unit in units:
            off = min(unit.fen, left)
            unit.fen -= off
            left -= off


def cap_units(stay: Covering, units: list[Unit]) -> None:
    """Let each unit cost at most what its caps have left, and leave what is remembered of that."""
    rooms = [Room(stay, cap) for cap in stay.tariff.caps if holds(stay, cap)]
    for unit in units:
        under = [(room, period) for room in rooms for period in room.periods(unit.began)]
        unit.fen = min([unit.fen, *(room.left(period) for room, period in under)])
        for room, period in under:
            room.paid[period] = room.paid.get(period, 0) + unit.fen
    for room in rooms:
        room.leave()
