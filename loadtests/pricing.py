"""How long prices take: the fee of hours and of a month, alone and with its lines, and a million past stays."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter, process_time

from msgspec import Struct
from rich.console import Console, Group, RenderableType
from rich.progress import Progress
from rich.table import Table

from parking import tariffs
from parking.simulation.past_stays import PastStay, Period
from parking.simulation.run import Run
from parking.store.simulation import PORTION_STAYS
from parking.tariffs import Compiled, Visit

CATALOGUE = Path(__file__).parent.parent / "seeds" / "tariffs"
JINAN = "jinan_road"
ENTERED = datetime(2026, 11, 16, 1, 7, tzinfo=UTC)
SHORT, LONG = timedelta(hours=3), timedelta(days=30)
# What is wanted of one core.
SHORT_US, LONG_US, STAY_US = 15, 300, 20
REPEATS = 7
REPEAT_S = 0.1
LOTS = range(1, 51)


class Took(Struct, frozen=True):
    """Microseconds of one call: the best and the median of several repeats."""

    best_us: float
    median_us: float


class Speed(Struct, frozen=True):
    """One stay by one tariff: the fee alone and with its lines; `goal_us` is for the fee alone."""

    tariff: str
    stay: str
    goal_us: float
    owed: Took
    price: Took
    fee_fen: int
    explained_fen: int


class Simulated(Struct, frozen=True):
    """So many past stays priced and compared: seconds by the clock, and seconds of the processor."""

    stays: int
    clock_s: float
    processor_s: float
    before_fen: int
    after_fen: int

    @property
    def stay_us(self) -> float:
        """Microseconds of the processor a stay."""
        return self.processor_s / self.stays * 1e6


class Report(Struct, frozen=True):
    """All figures of a run."""

    speeds: list[Speed]
    simulated: Simulated

    @property
    def ok(self) -> bool:
        """Whether the fee alone and the fee with lines were the same; how long they took is for people to judge."""
        return all(speed.fee_fen == speed.explained_fen for speed in self.speeds)

    def table(self) -> RenderableType:
        """The figures for a terminal, each beside what is wanted."""
        fees = Table("tariff", "stay", "fee", "median", "with lines", "median", "goal")
        for column in fees.columns[2:]:
            column.justify = "right"
        for each in self.speeds:
            fees.add_row(
                *(each.tariff, each.stay, _us(each.owed.best_us), _us(each.owed.median_us)),
                *(_us(each.price.best_us), _us(each.price.median_us)),
                f"≤ {each.goal_us:.0f} µs",
            )
        done = self.simulated
        whole = Table("what", "found", "goal")
        whole.add_row(
            f"{done.stays:,} past stays on one core",
            f"{done.processor_s:.1f} s, {done.stay_us:.1f} µs a stay ({done.clock_s:.1f} s by the clock)",
            f"≤ {STAY_US * done.stays / 1e6:.1f} s",
        )
        return Group(fees, whole)


def run(*, stays: int, seed: int, repeats: int = REPEATS) -> Report:
    """Measures everything, one after the other, in this process."""
    texts = {path.stem: tariffs.from_toml(path.read_bytes()) for path in sorted(CATALOGUE.glob("*.toml"))}
    compiled = {name: tariffs.Compiled(text) for name, text in texts.items()}
    heaviest = max(compiled, key=lambda name: _look(compiled[name]))
    speeds = [
        _speed(name, compiled[name], stay, goal_us, repeats)
        for name in dict.fromkeys((JINAN, heaviest))
        for stay, goal_us in ((SHORT, SHORT_US), (LONG, LONG_US))
    ]
    return Report(speeds, _simulated(compiled[JINAN], stays, seed))


def _look(tariff: Compiled) -> float:
    """Enough to tell which text is the heaviest: the one whose month takes longest."""
    return _took(lambda: tariffs.calculate(tariff, _visit(LONG)), 3, 0.005).best_us


def _visit(stay: timedelta) -> Visit:
    return Visit(ENTERED, ENTERED + stay)


def _speed(name: str, tariff: Compiled, stay: timedelta, goal_us: float, repeats: int) -> Speed:
    visit = _visit(stay)
    in_force = [(visit.entered_at, tariff)]
    return Speed(
        tariff=name,
        stay=f"{stay / timedelta(hours=1):.0f} h" if stay < timedelta(days=1) else f"{stay.days} d",
        goal_us=goal_us,
        owed=_took(lambda: tariffs.calculate(tariff, visit), repeats),
        price=_took(lambda: tariffs.price(in_force, visit), repeats),
        fee_fen=tariffs.calculate(tariff, visit).fee_fen,
        explained_fen=tariffs.price(in_force, visit).fee_fen,
    )


def _took(call: Callable[[], object], repeats: int, repeat_s: float = REPEAT_S) -> Took:
    began = perf_counter()
    call()
    number = max(1, int(repeat_s / max(perf_counter() - began, 1e-9)))
    found = []
    for _ in range(repeats):
        began = perf_counter()
        for _ in range(number):
            call()
        found.append((perf_counter() - began) / number * 1e6)
    return Took(min(found), median(found))


def _simulated(tariff: Compiled, stays: int, seed: int) -> Simulated:
    """Only the simulation is measured, not the making of the stays."""
    console = Console(stderr=True)
    period = Period(ENTERED - timedelta(days=400), ENTERED + timedelta(days=400))
    run = Run(tariff, period, dict.fromkeys(LOTS, 1))
    made = islice(_stays(Random(seed)), stays)
    clock_s = processor_s = 0.0
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Past stays", total=stays)
        while portion := list(islice(made, PORTION_STAYS)):
            clock, processor = perf_counter(), process_time()
            run.take(portion)
            clock_s += perf_counter() - clock
            processor_s += process_time() - processor
            progress.advance(task, len(portion))
    total = run.outcome().total
    return Simulated(stays, clock_s, processor_s, total.before_fen, total.after_fen)


def _stays(random: Random) -> Iterator[PastStay]:
    """Endless stays, vehicle by vehicle: a quarter are new energy vehicles, one in twenty is large, each comes up to
    twenty times in two months, to three lots, mostly for an hour or two and seldom for days.
    """
    number = 0
    while True:
        number += 1
        new_energy, large = random.random() < 0.25, random.random() < 0.05
        text = f"D{number % 100_000:05}" if new_energy else f"{number % 100_000:05}"
        color = "green" if new_energy else "yellow" if large else "blue"
        plate = f"鲁{'ABCDEFGH'[number // 100_000 % 8]}{text}"
        lots = random.sample(LOTS, 3)
        at = ENTERED + timedelta(seconds=random.randrange(3 * 86400))
        for _ in range(random.randint(1, 20)):
            at += timedelta(seconds=random.randrange(3600, 6 * 86400))
            left = at + timedelta(seconds=min(random.lognormvariate(8.3, 1.1), 10 * 86400) // 1)
            yield PastStay(random.choice(lots), plate, color, "small", at, left, random.randrange(0, 3000, 200))
            at = left


def _us(time_us: float) -> str:
    return f"{time_us:,.1f} µs" if time_us < 1000 else f"{time_us:,.0f} µs"
