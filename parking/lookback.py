"""How far back facts may matter to new reads: other visits of their vehicles, and what a price remembers of these."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from parking.facts import CLOCK_OFF_MAX, REPEATS_KEPT
from parking.lots import Direction
from parking.matching import PAIR_MAX
from parking.prices import LotPrices
from parking.reads import Read, Vehicle
from parking.stays import HISTORY_WINDOW, STAY_MAX, Stay
from payments import ids

# From the lowest to the highest identifier of what was recorded in a time.
Range = tuple[UUID, UUID]


class Lookback(Struct, frozen=True):
    """How far back finished stays may matter: for each vehicle since an instant, with identifiers of a range."""

    since: Mapping[Vehicle, datetime]
    id_range: Range


def lookback_of(
    reads: Sequence[Read], opened: Mapping[Vehicle, Stay], tariffs: Mapping[int, LotPrices], now: datetime
) -> Lookback:
    """Which finished stays may matter to reads, when these vehicles are inside."""
    earliest: dict[Vehicle, datetime] = {}
    for read in reads:
        vehicle = read.vehicle
        earliest[vehicle] = min(earliest.get(vehicle, read.at), read.at)
    # What went before a stay matters to its price, so the window is counted from the entry, however long ago it was.
    for vehicle, stay in opened.items():
        earliest[vehicle] = min(earliest[vehicle], stay.first_at)
    since = {vehicle: at - _window(tariffs[vehicle.lot_id]) for vehicle, at in earliest.items()}
    window = max(_window(tariffs[vehicle.lot_id]) for vehicle in since)
    first, last = ids_within(now, REPEATS_KEPT + window)
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    late = [ids.floor(at - STAY_MAX) for vehicle, at in since.items() if tariffs[vehicle.lot_id].remembers_late]
    return Lookback(since, (min([first, *late]), last))


def further_lookback(reads: Iterable[Read], known: Iterable[Stay], now: datetime) -> Lookback | None:
    """How far back to look for vehicles with a read before all that is known of them, or an exit without any of it."""
    begins: dict[Vehicle, list[datetime]] = {}
    for stay in known:
        begins.setdefault(stay.vehicle, []).append(stay.first_at)
    since = {}
    for read in reads:
        seen = begins.get(read.vehicle, ())
        if (seen or read.direction is Direction.EXIT) and not any(at <= read.at for at in seen):
            since[read.vehicle] = read.at - STAY_MAX
    return Lookback(since, ids_within(now, REPEATS_KEPT + STAY_MAX)) if since else None


def ids_within(now: datetime, within: timedelta) -> Range:
    """The identifiers of what was recorded within a time before now, by clocks that differ a little."""
    return ids.floor(now - within), ids.floor(now + CLOCK_OFF_MAX)


def _window(tariffs: LotPrices) -> timedelta:
    """How long before a read other visits may matter: halves that belong together, and what the price remembers."""
    return max(HISTORY_WINDOW, PAIR_MAX + tariffs.remembers)
