"""What was usual in the weeks before a demonstration: made up of how lots of each kind fill in a day, with chance."""

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import exp

import sql
from parking import forecast
from parking.forecast import DayKind
from parking.lots import Lot, LotKind
from parking.store import forecast as store

WEEKS = 2
# How full lots of a kind are at night, and their peaks: at which hour, how wide, how full; on days of work and off.
_NIGHT = {LotKind.RESIDENTIAL: 0.85, LotKind.ROAD: 0.45, LotKind.STATION: 0.3, LotKind.HOSPITAL: 0.2}
_WORK = {
    LotKind.ROAD: ((10, 3, 0.9), (15, 3, 0.85), (19, 2, 0.8)),
    LotKind.GARAGE: ((11, 3, 0.8), (15, 3, 0.8)),
    LotKind.HOSPITAL: ((9.5, 2, 1.0), (14.5, 2, 0.92)),
    LotKind.STATION: ((9, 3, 0.75), (17, 3, 0.85)),
    LotKind.SCENIC: ((10.5, 2.5, 0.45), (15, 2.5, 0.5)),
    LotKind.MALL: ((12.5, 2, 0.55), (19, 2, 0.85)),
    LotKind.OFFICE: ((10, 3, 0.95), (15, 3, 0.95)),
    LotKind.RESIDENTIAL: ((1, 4, 0.95), (22, 3, 0.95)),
}
_OFF = {
    **_WORK,
    LotKind.SCENIC: ((11, 2.5, 0.95), (15, 2.5, 1.0)),
    LotKind.MALL: ((14, 3, 0.95), (19, 2, 1.0)),
    LotKind.OFFICE: ((11, 3, 0.25),),
    LotKind.HOSPITAL: ((9.5, 2, 0.6),),
}


async def keep(db: sql.Connection, lots: Sequence[Lot], until: datetime, chance: random.Random) -> None:
    """Keeps how full lots were in the weeks before. No day is like another, but a lot fills and empties steadily."""
    days = range(7 * WEEKS + 3)
    fuller = {lot.id: [chance.gauss(1, 0.09) for _ in days] for lot in lots}
    first = forecast.begun(until) - timedelta(weeks=WEEKS)
    for at in _quarters(until):
        day, part = divmod((at - first) / timedelta(days=1), 1)
        free = {}
        for lot in lots:
            now, then = fuller[lot.id][int(day) : int(day) + 2]
            free[lot.id] = _free(lot, at, now + (then - now) * part)
        await store.add_history(db, at, free)


def _quarters(until: datetime) -> Iterator[datetime]:
    at = forecast.begun(until) - timedelta(weeks=WEEKS)
    while at < until:
        yield at
        at += timedelta(minutes=forecast.QUARTER_MIN)


def _free(lot: Lot, at: datetime, fuller: float) -> int:
    kind, quarter = forecast.when(at, lot.time_zone)
    hour = quarter / 4
    peaks = (_WORK if kind is DayKind.WORK else _OFF)[lot.kind]
    full = max(most * exp(-(((hour - peak) / wide) ** 2)) for peak, wide, most in peaks)
    share = max(full, _NIGHT.get(lot.kind, 0.08)) * fuller
    return max(0, min(lot.capacity, round(lot.capacity * (1 - share))))
