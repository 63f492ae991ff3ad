"""The meter: time that is left to be charged, turned into units, tier by tier, and into money, cap by cap."""

from collections.abc import Sequence

from msgspec import Struct, structs

from parking.tariffs.caps import Caps, Held
from parking.tariffs.compiled import EVER, Compiled, Rate, Table
from parking.tariffs.covering import Cover, Stay, gaps, touching


class Run(Struct, frozen=True):
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


class Units(Struct, frozen=True):
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

    @property
    def gross_fen(self) -> int:
        """What the units cost by themselves."""
        return self.units * self.unit_fen

    @property
    def net_fen(self) -> int:
        """What is paid for them."""
        return self.units * self.unit_fen - self.paid_off - (self.held.taken_fen if self.held else 0)


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
            Run(band, max(cover.starts, begins), min(cover.ends, until), passage, cover.pays, 0, (cover.rule, cover.at))
            for cover in touching(part_paid, begins, until)
        ]
    found.sort(key=lambda run: run.starts)
    return found


def short_crossing(tariff: Compiled, table: Table, left: list[Run]) -> list[Run]:
    """The runs as they are, or in one band where so short a time in several bands that cost something has one price."""
    crossing = tariff.tariff.crossing
    priced = [run for run in left if table.rates[run.band] is not None]
    bands = {run.band for run in priced}
    if len(bands) < 2 or sum([run.ends - run.starts for run in priced]) >= crossing.short_under_min * 60:
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


class Meter(Struct):
    """One visit's meter. It is told the runs in order of time and writes down the units.

    allowed_fen: what discounts pay of the first units. began: when the first unit began. band, left, stop: the band of
    the unit that is running, how much charged time it still has, and when it ends even so; nothing before that begins
    another. positions: where each band stands among its tiers; last: when its last unit began, and in which passage.
    """

    tariff: Compiled
    stay: Stay
    caps: Caps | None
    allowed_fen: int
    began: int | None = None
    band: int = 0
    left: int = 0
    stop: int = EVER
    passage: tuple[int, int] | None = None
    grant: tuple[str, int] | None = None
    positions: dict[int, int] = {}
    last: dict[int, tuple[int, int]] = {}
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
        self.left = 0 if run.starts + taken >= self.stop else self.left - taken
        return taken

    def _next(self, run: Run, rate: Rate, at: int) -> int:
        """Charges the units that begin from `at` on in one tier, under the same caps; tells where the next begins."""
        if self.began is None:
            self.began = at
        position, until, tier = 0, EVER, 0
        # Where every unit is alike, it does not matter how many came before.
        is_tiered = len(rate.tiers) > 1 or not rate.tiers[0][1]
        if is_tiered:
            position, until = self._where(run, rate, at)
            while rate.tiers[tier][0] <= position:
                tier += 1
        tier_ends, unit_s, price = rate.tiers[tier]
        room = self.caps.until(run.band, at, run.passage) if self.caps is not None else EVER
        self.band = run.band
        if not unit_s:
            self.stop = min(run.passage[1], until)
            ends = min(at + tier_ends - position, self.stop)
            self._charge(run, at, ends, 1, 0, price)
            last = at
        else:
            self.stop = EVER
            count = -((at - min(until, run.ends, at + tier_ends - position, room)) // unit_s)
            ends = at + count * unit_s
            last = ends - unit_s
            if ends <= run.ends:
                self._charge(run, at, ends, count, unit_s, price)
            else:
                self._charge_cut(run, rate, at, count, unit_s, price)
        reached = min(ends, run.ends)
        self.left = ends - reached if unit_s else at + tier_ends - position - reached
        if reached == self.stop:
            self.left = 0
        if is_tiered or self.left:
            self.positions[run.band] = position + reached - at
            self.last[run.band] = (last, run.passage[0])
        return reached

    def _charge_cut(self, run: Run, rate: Rate, at: int, count: int, unit_s: int, price: int) -> None:
        """Charges units of which the last goes beyond its run, where its passage or the stay may cut it."""
        last = at + (count - 1) * unit_s
        lasts = run.ends + run.rest - last
        shown = min(last + unit_s, run.ends)
        if lasts >= unit_s:
            self._charge(run, at, shown, count, unit_s, price)
        elif lasts <= rate.tolerance:
            self._charge(run, at, shown, count - 1, unit_s, price)
        elif rate.by_minute:
            begun_s = -(-lasts // 60) * 60
            if count > 1:
                self._charge(run, at, last, count - 1, unit_s, price)
            self._charge(run, last, shown, 1, begun_s, (2 * price * begun_s + unit_s) // (2 * unit_s))
        else:
            self._charge(run, at, shown, count, unit_s, price)

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
        last = self.last.get(run.band)
        if last is None or (last[1] != origin if restarts == "passage" else last[0] < origin):
            return 0, until
        return self.positions[run.band], until

    def _charge(self, run: Run, starts: int, ends: int, count: int, unit_s: int, price: int) -> None:
        amount = count * price
        off = min(self.allowed_fen, amount)
        self.allowed_fen -= off
        held = None
        if self.caps is not None and amount > off:
            held = self.caps.pay(run.band, amount - off)
        self.units.append(Units(run.band, starts, ends, count, unit_s, price, run.pays, off, held))
