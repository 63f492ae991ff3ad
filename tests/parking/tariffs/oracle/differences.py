"""The engine against the oracle: random tariffs, stays and histories, and where the two do not agree."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from random import Random

from msgspec import Struct
from rich.console import Console
from rich.progress import Progress

from parking import tariffs
from parking.tariffs import Fee, Past, Tariff, Use, Visit
from tests.parking.tariffs import generators, oracle, visit_generators
from tests.parking.tariffs.strategies import in_force

VISITS_PER_TARIFF = 4
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


class Case(Struct, frozen=True):
    """One thing to price."""

    tariff: Tariff
    visit: Visit
    pasts: tuple[Past, ...] = ()
    # Versions of the tariff that come into force after the entry, and when.
    later: tuple[tuple[datetime, Tariff], ...] = ()


class Difference(Struct, frozen=True):
    """Where the engine and the oracle do not agree; `seed` and `number` make the case again."""

    seed: int
    number: int
    case: Case
    engine: str
    oracle: str


def cases(count: int, seed: int, owed: visit_generators.Owed = oracle.owed) -> Iterator[Case]:
    """So many cases, the same ones for the same seed."""
    random = Random(seed)
    for number in range(count):
        if number % VISITS_PER_TARIFF == 0:
            tariff = generators.tariff(random)
        visit = visit_generators.visit(random, tariff)
        later = visit_generators.versions(random, tariff, visit) if generators.often(random, 0.1) else ()
        yield Case(tariff, visit, visit_generators.history(random, tariff, visit, owed), later)


def _shown(fee_fen: int, uses: Sequence[Use]) -> str:
    lasting = sorted(f"{use.rule} {use.amount} at {use.at:%Y-%m-%d %H:%M:%S}" for use in uses)
    return "; ".join([f"{fee_fen} fen", *lasting])


def by_oracle(case: Case) -> str:
    """What the oracle says, as one line."""
    if case.later:
        return _shown(*oracle.versions(((_ALWAYS, case.tariff), *case.later), case.visit, case.pasts))
    return _shown(*oracle.owed(case.tariff, case.visit, case.pasts))


def fee_of(case: Case) -> Fee:
    """The fee of a case by the engine, with its lines."""
    versions = [(since, tariffs.Compiled(tariff)) for since, tariff in ((_ALWAYS, case.tariff), *case.later)]
    return tariffs.price(in_force(versions, case.visit), case.visit, case.pasts)


def by_engine(case: Case) -> str:
    """What the engine says, as one line; its two ways must agree, and its lines must add up."""
    compiled = tariffs.Compiled(case.tariff)
    fee = fee_of(case)
    said = _shown(fee.fee_fen, fee.uses)
    if not case.later:
        owed = tariffs.calculate(compiled, case.visit, case.pasts)
        said = _shown(owed.fee_fen, owed.uses)
    explained, lines = _shown(fee.fee_fen, fee.uses), list(accumulate(line.amount_fen for line in fee.lines))
    if explained != said:
        said += f" | price: {explained}"
    adds_up = lines == [line.running_fen for line in fee.lines] and (lines or [0])[-1] == fee.fee_fen
    return said if adds_up else f"{said} | lines: {lines} fen"


def difference(case: Case, seed: int = 0, number: int = 0) -> Difference | None:
    """Where the two do not agree on a case, if they do not. A crash of the engine is one as well."""
    try:
        engine = by_engine(case)
    except Exception as error:  # noqa: BLE001
        engine = f"{type(error).__name__}: {error}"
    expected = by_oracle(case)
    return None if engine == expected else Difference(seed, number, case, engine, expected)


def differences(count: int, seed: int) -> list[Difference]:
    """Prices so many cases both ways, with a progress bar on a terminal."""
    console = Console(stderr=True)
    found = []
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Engine and oracle", total=count)
        for number, case in enumerate(cases(count, seed)):
            differs = difference(case, seed, number)
            found += [differs] if differs else []
            progress.advance(task)
    return found
