"""Past stays, drafts of Jinan's tariff, and simulations of them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from parking import tariffs
from parking.lots import Lot, LotKind
from parking.simulation.past_stays import PastStay, Period
from parking.simulation.run import Run, Simulation
from parking.simulation.totals import Outcome
from parking.tariffs import Compiled, Tariff
from parking.tariffs.language.document import Memory

SEEDS = Path(__file__).parents[3] / "seeds" / "tariffs"
JINAN = tariffs.from_toml((SEEDS / "jinan_road.toml").read_bytes())
# A Monday in Jinan, ten in the morning.
TEN = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = Period(TEN - DAY, TEN + 30 * DAY)
# Lots by their operator.
OPERATORS = {1: 10, 2: 10, 3: 30}
BLUE, GREEN = "鲁A12345", "鲁AD12345"


def stay(
    at: datetime = TEN, stayed: timedelta = 3 * HOUR, plate: str = BLUE, *, lot: int = 1, fee_fen: int = 600
) -> PastStay:
    color = "green" if len(plate) == 8 else "blue"
    return PastStay(lot, plate, color, "small", at, at + stayed, fee_fen)


def simulate(
    rows: Sequence[PastStay],
    draft: Compiled,
    period: Period,
    operators: Mapping[int, int],
    *,
    current: Mapping[int, Compiled] | None = None,
) -> Outcome:
    run = Run(draft, period, operators, current=current)
    run.take(rows)
    return run.outcome()


def tried(
    rows: Sequence[PastStay], draft: Tariff = JINAN, current: Tariff | None = None, period: Period = PERIOD
) -> Outcome:
    by_lot = None if current is None else dict.fromkeys(OPERATORS, tariffs.Compiled(current))
    return simulate(rows, tariffs.Compiled(draft), period, OPERATORS, current=by_lot)


def dearer(hour_fen: int) -> Tariff:
    """Jinan's price with another price of an hour by day."""
    day, *others = JINAN.bands
    tier = msgspec.structs.replace(day.tiers[0], unit_fen=hour_fen)
    return msgspec.structs.replace(JINAN, bands=(msgspec.structs.replace(day, tiers=(tier,)), *others))


def remembering(**memory: object) -> Tariff:
    quota = msgspec.structs.replace(JINAN.quotas[0], memory=Memory(**memory))  # type: ignore[arg-type]
    return msgspec.structs.replace(JINAN, quotas=(quota,))


NASTY = '<script>alert("1")</script>&'


def lot(number: int, operator: int) -> Lot:
    return Lot(
        *(number, f"=L{number}", operator, "op", f"{number}号{NASTY}", f"No. {number} {NASTY}", "历下区", "Lixia", ""),
        *(LotKind.ROAD, 10, 117.0, 36.6, "Asia/Shanghai"),
    )


def simulation(tariff: Tariff) -> Simulation:
    lots = {number: lot(number, operator) for number, operator in OPERATORS.items()}
    return Simulation(tariff, "ab12", lots, PERIOD.since, PERIOD.until, "charged", TEN)
