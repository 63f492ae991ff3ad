"""The meter: time that is left to be charged, turned into units, tier by tier, and into money, cap by cap."""

from collections.abc import Sequence

from msgspec import Struct, structs

from parking.tariffs.caps import Caps, Held
from parking.tariffs.compiled import EVER, Compiled, Rate, Table
from parking.tariffs.covering import Cover, Stay, gaps, touching


class Run(Struct, frozen=True, gc=False):
    """A time to be charged in one band at one percentage, and the passage of the band it lies in.

    grant: the grant that makes it a percentage, if one does. rest: how much time to be charged follows that a unit
    which begins in this run may run on into.
    """

    band: int
    starts: int
    ends: int
    passage: tuple[int, int]
    pays: int
    rest: int = 0
    grant: tuple[str, int] | None = None


class Units(Struct, frozen=True, gc=False):
    """Units of one price that follow each other: when, how many count, and what an amount and a cap took off."""

    band: int
    starts: int
    ends: int
    units: int
    unit_s: int
    unit_fen: int
    pays: int
    paid_off: int
    held: Held | None


def runs(stay: Stay, covers: Sequence[Cover]) -> list[Run]:
    """The passages of a stay less what is covered; time that pays a percentage is a run of its own."""
    if not covers:
        return [Run(band, begins, until, (begins, until), 100) for band, begins, until in stay.passages]
    found: list[Run] = []
    part_paid = [cover for cover in covers if cover.pays]
    for band, begins, until in stay.passages:
        passage = (begins, until)
        found += [Run(band, *gap, passage, 100) for gap in gaps(covers, begins, until)]
        found += [
            Run(
                band,
                max(cover.starts, begins),
                min(cover.ends, until),
                passage,
                cover.pays,
                grant=(cover.rule, cover.at),
            )
            for cover in touching(part_paid, begins, until)
        ]
    found.sort(key=lambda run: run.starts)
    return found


def short_crossing(tariff: Compiled, table: Table, left: list[Run]) -> list[Run]:
    """The runs as they are, or in one band where so short a time in several bands that cost something has one price."""
    crossing, rates = tariff.tariff.crossing, table.rates
    priced = [run for run in left if rates[run.band] is not None]
    if sum([run.ends - run.starts for run in priced]) >= crossing.short_under_min * 60:
        return left
    bands = {run.band for run in priced}
    if len(bands) < 2:
        return left
    by_place = {"first": priced[0].band, "last": priced[-1].band}
    band = by_place.get(crossing.short_price, tariff.band(crossing.short_price))
    if band not in bands:
        return left
    passage = (priced[0].starts, priced[-1].ends)
    merged: list[Run] = []
    for run in priced:
        if merged and merged[-1].ends == run.starts and merged[-1].grant == run.grant:
            merged[-1] = structs.replace(merged[-1], ends=run.ends)
        else:
            merged.append(structs.replace(run, band=band, passage=passage))
    return merged


def followed(left: list[Run], *, complete: bool) -> list[Run]:
    """The runs with what follows each: in its passage, or (complete) in all of the stay."""
    found: list[Run] = []
    rest = 0
    passage: tuple[int, int] | None = None
    grant: tuple[str, int] | None = None
    for run in reversed(left):
        if not complete and (run.passage, run.grant) != (passage, grant):
            rest = 0
        grant = run.grant
        found.append(structs.replace(run, rest=rest) if rest else run)
        rest, passage = rest + run.ends - run.starts, run.passage
    found.reverse()
    return found


class Meter(Struct, gc=False):
    """One visit's meter. It is told the runs in order of time and writes down the units.

    allowed_fen: what discounts pay of the first units. fee_fen: what is paid so far. began: when the first unit began.
    band, left, stop: the band of the unit that is running, how much charged time it still has, and when it ends even
    so, whatever is left; nothing before that begins another. positions: where each band stands among its tiers; last:
    when its last unit began.
    """

    tariff: Compiled
    stay: Stay
    caps: Caps
    allowed_fen: int
    fee_fen: int = 0
    began: int | None = None
    band: int = 0
    left: int = 0
    stop: int = EVER
    passage: tuple[int, int] | None = None
    grant: tuple[str, int] | None = None
    positions: dict[int, int] = {}
    last: dict[int, int] = {}
    units: list[Units] = []

    def run(self, run: Run, table: Table) -> None:
        """Charges a run by a table for its percentage."""
        at = run.starts
        if self.left:
            if not self.tariff.complete and self._is_cut(run):
                self.left = 0
            else:
                at += self._run_on(run)
        self.passage, self.grant = run.passage, run.grant
        rate = table.rates[run.band]
        if rate is None:
            return
        while at < run.ends:
            at = self._next(run, rate, at)

    def _is_cut(self, run: Run) -> bool:
        """Whether a run cuts the unit that is running; one without a length ends with its passage alone."""
        return run.passage != self.passage or (run.grant != self.grant and self.stop == EVER)

    def _run_on(self, run: Run) -> int:
        """How much of a run belongs to the unit that is running."""
        taken = max(0, min(self.left, run.ends - run.starts, self.stop - run.starts))
        self.positions[self.band] += taken
        self.left -= taken
        return taken

    def _next(self, run: Run, rate: Rate, at: int) -> int:
        """Charges the units that begin from `at` on in one tier, under the same caps; tells where the next begins."""
        if self.began is None:
            self.began = at
        band, run_ends = run.band, run.ends
        self.band = band
        stops = self.caps.until(band, at, run.passage, run_ends) if rate.caps else run_ends
        if rate.is_tiered:
            position, until = self._where(run, rate, at)
            for reaches, unit_s, price in rate.tiers:  # noqa: B007  the tier found is used below
                if reaches > position:
                    break
            tier_ends = at + reaches - position
            if not unit_s:
                return self._pass(run, rate, at, position, price, tier_ends, until)
            stops = min(stops, until, tier_ends)
        else:
            # Where every unit is alike, it does not matter how many came before.
            position = 0
            _, unit_s, price = rate.tiers[0]
        self.stop = EVER
        count = -((at - stops) // unit_s)
        ends = at + count * unit_s
        if ends <= run_ends:
            self._charge(run, rate, at, ends, count, unit_s, price)
            reached, self.left = ends, 0
        else:
            self._charge_cut(run, rate, at, count, unit_s, price)
            reached, self.left = run_ends, ends - run_ends
        if rate.is_tiered or self.left:
            self.positions[band] = position + reached - at
            self.last[band] = ends - unit_s
        return reached

    def _pass(self, run: Run, rate: Rate, at: int, position: int, price: int, tier_ends: int, until: int) -> int:
        """Charges one unit without a length, which ends with its tier, its passage or the restart; tells where."""
        self.stop = min(run.passage[1], until)
        ends = min(tier_ends, self.stop)
        self._charge(run, rate, at, ends, 1, 0, price)
        reached = min(ends, run.ends)
        self.left = tier_ends - reached
        self.positions[run.band] = position + reached - at
        self.last[run.band] = at
        return reached

    def _charge_cut(self, run: Run, rate: Rate, at: int, count: int, unit_s: int, price: int) -> None:
        """Charges units of which the last goes beyond its run, where its passage or the stay may cut it."""
        last, shown = at + (count - 1) * unit_s, run.ends
        lasts = shown + run.rest - last
        if lasts >= unit_s:
            self._charge(run, rate, at, shown, count, unit_s, price)
        elif lasts <= rate.tolerance:
            self._charge(run, rate, at, shown, count - 1, unit_s, price)
        elif rate.by_minute:
            begun_s = -(-lasts // 60) * 60
            if count > 1:
                self._charge(run, rate, at, last, count - 1, unit_s, price)
            self._charge(run, rate, last, shown, 1, begun_s, (2 * price * begun_s + unit_s) // (2 * unit_s))
        else:
            self._charge(run, rate, at, shown, count, unit_s, price)

    def _where(self, run: Run, rate: Rate, at: int) -> tuple[int, int]:
        """The position of a unit among the tiers, and up to when units begin without a restart."""
        restarts = rate.restart
        origin, until = self.stay.starts, EVER
        if restarts == "passage":
            origin = run.passage[0]
        elif restarts == "day":
            calendar = self.tariff.calendar
            origin, until = calendar.begins(calendar.day_at(at))
        elif restarts == "cycle":
            cycle_s = self.tariff.cycle_s
            origin += (at - origin) // cycle_s * cycle_s
            until = origin + cycle_s
        if rate.by_stay:
            assert self.began is not None
            return at - max(origin, self.began), until
        has_restarted = self.last.get(run.band, -EVER) < origin
        return 0 if has_restarted else self.positions[run.band], until

    def _charge(self, run: Run, rate: Rate, starts: int, ends: int, count: int, unit_s: int, price: int) -> None:
        amount = count * price
        off = 0
        if self.allowed_fen:
            off = min(self.allowed_fen, amount)
            self.allowed_fen -= off
            amount -= off
        held = self.caps.pay(run.band, amount) if amount and rate.caps else None
        self.fee_fen += amount if held is None else amount - held.taken_fen
        self.units.append(Units(run.band, starts, ends, count, unit_s, price, run.pays, off, held))
