"""The meter: time that is left to be charged, turned into units, tier by tier, and into money, cap by cap."""

from collections.abc import Sequence

from msgspec import Struct, structs

from parking.tariffs.engine.caps import CapReduction, Caps, Rooms, pay
from parking.tariffs.engine.compiled import EVER, Compiled, Rate, Table
from parking.tariffs.engine.exemptions import ReducedTime, SegmentedStay, gaps, touching

_NO_ROOMS: Rooms = ()


class Span(Struct, frozen=True, gc=False):
    """A time to be charged in one rate period at one percentage, and the segment it lies in.

    grant: the quota's grant that makes it a percentage, if one does. rest: how much time to be charged follows that a
    unit which begins in this span may run on into. flows_on: where its segment ends, a charged one of another rate
    period follows that shares the unit which is cut there.
    """

    band: int
    starts: int
    ends: int
    segment: tuple[int, int]
    pays: int
    rest: int = 0
    grant: tuple[str, int] | None = None
    flows_on: bool = False


class Units(Struct, frozen=True, gc=False):
    """Units of one price that follow each other: when, how many, and what amounts (discounts) and a cap took off."""

    band: int
    starts: int
    ends: int
    units: int
    unit_s: int
    unit_fen: int
    pays: int
    discounted_fen: int
    capped: CapReduction | None


def spans(stay: SegmentedStay, times: Sequence[ReducedTime]) -> list[Span]:
    """The segments of a stay less what is free; time that pays a percentage is a span of its own."""
    if not times:
        return [Span(band, begins, until, (begins, until), 100) for band, begins, until in stay.segments]
    charged: list[Span] = []
    part_paid = [time for time in times if time.pays]
    for band, begins, until in stay.segments:
        segment = (begins, until)
        charged += [Span(band, *gap, segment, 100) for gap in gaps(times, begins, until)]
        charged += [
            Span(
                band,
                max(time.starts, begins),
                min(time.ends, until),
                segment,
                time.pays,
                grant=(time.rule, time.granted_at),
            )
            for time in touching(part_paid, begins, until)
        ]
    charged.sort(key=lambda span: span.starts)
    return charged


def short_crossing(tariff: Compiled, table: Table, left: list[Span]) -> list[Span]:
    """The spans, in one rate period if they are a short crossing: little time in several that are not free."""
    crossing, rates = tariff.tariff.crossing, table.rates
    priced = [span for span in left if rates[span.band] is not None]
    if sum([span.ends - span.starts for span in priced]) >= crossing.short_under_min * 60:
        return left
    bands = {span.band for span in priced}
    if len(bands) < 2:
        return left
    by_place = {"first": priced[0].band, "last": priced[-1].band}
    band = by_place.get(crossing.short_price, tariff.band(crossing.short_price))
    if band not in bands:
        return left
    segment = (priced[0].starts, priced[-1].ends)
    merged: list[Span] = []
    for span in priced:
        if merged and merged[-1].ends == span.starts and merged[-1].grant == span.grant:
            merged[-1] = structs.replace(merged[-1], ends=span.ends)
        else:
            merged.append(structs.replace(span, band=band, segment=segment))
    return merged


def with_rest(left: list[Span], *, complete: bool) -> list[Span]:
    """The spans with the time that follows each: in its segment, or (complete) in all of the stay."""
    completed: list[Span] = []
    rest = 0
    segment: tuple[int, int] | None = None
    grant: tuple[str, int] | None = None
    for span in reversed(left):
        if not complete and (span.segment, span.grant) != (segment, grant):
            rest = 0
        grant = span.grant
        completed.append(structs.replace(span, rest=rest) if rest else span)
        rest, segment = rest + span.ends - span.starts, span.segment
    completed.reverse()
    return completed


def flowing_on(left: list[Span], rates: Sequence[Rate | None]) -> list[Span]:
    """The spans with those marked whose segment is followed at once by another that shares its last unit."""
    found: list[Span] = []
    following: Span | None = None
    flows_on = False
    for span in reversed(left):
        if following is None or span.segment != following.segment:
            flows_on = (
                following is not None
                and span.ends == span.segment[1] == following.starts
                and span.grant == following.grant
                and rates[span.band] is not None
                and rates[following.band] is not None
            )
        elif span.grant != following.grant:
            flows_on = False
        found.append(structs.replace(span, flows_on=flows_on) if flows_on else span)
        following = span
    found.reverse()
    return found


class Meter(Struct, gc=False):
    """One visit's meter: it takes the spans in order of time and adds up units.

    allowed_fen: what discounts pay of the first units. fee_fen: what is paid so far. began: when the first unit began.
    band, left, stop: the band of the unit that is running, how much charged time it still has, and when it ends at the
    latest; no other begins before. positions: how far each band has come among its tiers; last: when its last unit
    began.
    """

    tariff: Compiled
    stay: SegmentedStay
    caps: Caps
    allowed_fen: int
    fee_fen: int = 0
    began: int | None = None
    band: int = 0
    left: int = 0
    stop: int = EVER
    segment: tuple[int, int] | None = None
    grant: tuple[str, int] | None = None
    is_shared: bool = False
    positions: dict[int, int] = {}
    last: dict[int, int] = {}
    units: list[Units] = []

    def charge(self, span: Span, table: Table) -> None:
        """Charges a span by the table for its percentage."""
        at = span.starts
        rate = table.rates[span.band]
        if self.left:
            if self.tariff.complete or not self._is_cut(span):
                at += self._run_on(span)
            elif self.is_shared and rate is not None:
                at = self._share(span, rate, at)
            else:
                self.left = 0
        self.segment, self.grant, self.is_shared = span.segment, span.grant, span.flows_on
        if rate is None:
            return
        while at < span.ends:
            at = self._next(span, rate, at)

    def _is_cut(self, span: Span) -> bool:
        """Whether a span cuts the unit that is running; one without a length is cut by the end of its segment alone."""
        return span.segment != self.segment or (span.grant != self.grant and self.stop == EVER)

    def _run_on(self, span: Span) -> int:
        """How much of a span belongs to the unit that is running, which so lasts until then."""
        taken = max(0, min(self.left, span.ends - span.starts, self.stop - span.starts))
        if self.units and (until := span.starts + taken) > self.units[-1].ends:
            self.units[-1] = structs.replace(self.units[-1], ends=until)
        self.positions[self.band] += taken
        self.left -= taken
        return taken

    def _next(self, span: Span, rate: Rate, at: int) -> int:
        """Charges the units that begin from `at` on in one tier, under the same caps; returns when the next begins."""
        if self.began is None:
            self.began = at
        band, span_ends = span.band, span.ends
        self.band = band
        rooms, stops = self.caps.open(band, at, span.segment, span_ends) if rate.caps else (_NO_ROOMS, span_ends)
        if rate.is_tiered:
            position, until = self._where(span, rate, at)
            for reaches, unit_s, price in rate.tiers:  # noqa: B007  the tier found is used below
                if reaches > position:
                    break
            tier_ends = at + reaches - position
            if not unit_s:
                return self._charge_without_length(span, rooms, at, position, price, tier_ends, until)
            stops = min(stops, until, tier_ends)
        else:
            # Where every unit is alike, it does not matter how many came before.
            position = 0
            _, unit_s, price = rate.tiers[0]
        self.stop = EVER
        count = -((at - stops) // unit_s)
        ends = at + count * unit_s
        if ends <= span_ends:
            self._add(span, rooms, at, ends, count, unit_s, price)
            reached, self.left = ends, 0
        else:
            self._charge_cut(span, rate, rooms, at, count, unit_s, price)
            reached, self.left = span_ends, ends - span_ends
        if rate.is_tiered or self.left:
            self.positions[band] = position + reached - at
            self.last[band] = ends - unit_s
        return reached

    def _charge_without_length(
        self, span: Span, rooms: Rooms, at: int, position: int, price: int, tier_ends: int, until: int
    ) -> int:
        """Charges one unit that ends with its tier, its segment or the restart; returns when the next begins."""
        self.stop = min(span.segment[1], until)
        ends = min(tier_ends, self.stop)
        self._add(span, rooms, at, ends, 1, 0, price)
        reached = min(ends, span.ends)
        self.left = tier_ends - reached
        self.positions[span.band] = position + reached - at
        self.last[span.band] = at
        return reached

    def _charge_cut(self, span: Span, rate: Rate, rooms: Rooms, at: int, count: int, unit_s: int, price: int) -> None:
        """Charges units of which the last goes beyond its span, where its segment or the stay may cut it."""
        last, shown = at + (count - 1) * unit_s, span.ends
        lasts = shown + span.rest - last
        if lasts >= unit_s:
            self._add(span, rooms, at, shown, count, unit_s, price)
        elif span.flows_on:
            self._add_part(span, rooms, at, last, count, lasts, unit_s, price)
        elif lasts <= rate.tolerance:
            self._add(span, rooms, at, shown, count - 1, unit_s, price)
        elif rate.by_minute:
            self._add_part(span, rooms, at, last, count, -(-lasts // 60) * 60, unit_s, price)
        else:
            self._add(span, rooms, at, shown, count, unit_s, price)

    def _add_part(
        self, span: Span, rooms: Rooms, at: int, last: int, count: int, part_s: int, unit_s: int, price: int
    ) -> None:
        """Adds whole units and, from `last` on, the part of one that costs the share of its time."""
        if count > 1:
            self._add(span, rooms, at, last, count - 1, unit_s, price)
        self._add(span, rooms, last, span.ends, 1, part_s, _share(price, part_s, unit_s))

    def _share(self, span: Span, rate: Rate, at: int) -> int:
        """Charges what is left of a unit that was begun in the rate period before, at the price of this one; returns
        when the next begins.
        """
        self.band, self.stop = span.band, EVER
        rooms, _ = self.caps.open(span.band, at, span.segment, span.ends) if rate.caps else (_NO_ROOMS, span.ends)
        position, _ = self._where(span, rate, at)
        unit_s, price = next((unit_s, price) for reaches, unit_s, price in rate.tiers if reaches > position)
        taken = min(self.left, span.ends - span.starts)
        lasts = min(self.left, taken + span.rest)
        part_s = lasts
        if lasts < self.left and not span.flows_on:
            # The stay ends, or nothing follows: the rest of its last unit is charged as if it were spent.
            part_s = -(-lasts // 60) * 60 if rate.by_minute else self.left
        self._add(span, rooms, at, at + taken, 1, part_s, _share(price, part_s, unit_s))
        self.positions[span.band] = position + taken
        self.last[span.band] = at
        self.left -= taken
        return at + taken

    def _where(self, span: Span, rate: Rate, at: int) -> tuple[int, int]:
        """The position of a unit among the tiers, and up to when units begin without a restart."""
        restarts = rate.restart
        origin, until = self.stay.starts, EVER
        if restarts == "passage":
            origin = span.segment[0]
        elif restarts == "day":
            days = self.tariff.parking_days
            origin, until = days.bounds(days.day_at(at))
        elif restarts == "cycle":
            cycle_s = self.tariff.cycle_s
            origin += (at - origin) // cycle_s * cycle_s
            until = origin + cycle_s
        if rate.progress == "entry":
            return self.stay.ran(max(origin, self.stay.starts), at), until
        if rate.progress == "stay":
            assert self.began is not None
            return self.stay.ran(max(origin, self.began), at), until
        has_restarted = self.last.get(span.band, -EVER) < origin
        return 0 if has_restarted else self.positions[span.band], until

    def _add(self, span: Span, rooms: Rooms, starts: int, ends: int, count: int, unit_s: int, price: int) -> None:
        """Adds units to the bill, less what discounts pay and caps take off."""
        amount = count * price
        discounted = 0
        if self.allowed_fen:
            discounted = min(self.allowed_fen, amount)
            self.allowed_fen -= discounted
            amount -= discounted
        capped = pay(rooms, amount) if amount and rooms else None
        self.fee_fen += amount if capped is None else amount - capped.taken_fen
        self.units.append(Units(span.band, starts, ends, count, unit_s, price, span.pays, discounted, capped))


def _share(price: int, part_s: int, unit_s: int) -> int:
    """The price of a part of a unit, half a fen up."""
    return (2 * price * part_s + unit_s) // (2 * unit_s)
