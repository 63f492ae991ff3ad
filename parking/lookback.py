"""How far back facts may matter to new reads: other visits of their vehicles, and what a price remembers of these."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from parking.clocks import CLOCK_OFF_MAX
from parking.facts import REPEATS_KEPT
from parking.lots import Direction
from parking.matching import PAIR_MAX
from parking.prices import LotPrices
from parking.reads import Read, Vehicle
from parking.spans import STAY_MAX
from parking.stays import HISTORY_WINDOW, State, Stay
from payments import ids

# Of what is live nothing later is known, by clocks that differ a little.
_LIVE_WITHIN = 2 * CLOCK_OFF_MAX
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
    windows = {lot_id: window_of(tariffs[lot_id]) for lot_id in {vehicle.lot_id for vehicle in earliest}}
    since = {vehicle: at - windows[vehicle.lot_id] for vehicle, at in earliest.items()}
    first, last = ids_within(now, REPEATS_KEPT + max(windows.values()))
    # An identifier has the time of the entry; where a stay used something later, it matters however long it was.
    late = [ids.floor(at - STAY_MAX) for vehicle, at in since.items() if tariffs[vehicle.lot_id].remembers_late]
    # Of who is inside it is to be known whether anything was charged, however long ago it came.
    return Lookback(since, (min([first, *late, *(stay.id for stay in opened.values())]), last))


def further_lookback(
    new: Iterable[Read],
    near: Iterable[Read],
    known: Iterable[Stay],
    looked: Mapping[Vehicle, datetime],
    now: datetime,
    *,
    is_told: bool = True,
) -> Lookback | None:
    """How far back to look for vehicles of which it is not known what was between an arrival and a read: where the read
    may have ended a visit that was going on then, or something later may be known of it.

    `near`: reads of what is known, which may be another vehicle's now. `known`: as stored, as far back as was `looked`.
    `is_told`: the new reads were not there before.
    """
    of: dict[Vehicle, list[Stay]] = {}
    for stay in known:
        of.setdefault(stay.vehicle, []).append(stay)
    since: dict[Vehicle, datetime] = {}
    for reads, are_new in ((new, True), (near, False)):
        for read in reads:
            vehicle = read.vehicle
            stays = of.get(vehicle, ())
            may_be_later = is_told and (
                read.at < now - _LIVE_WITHIN if are_new else any(stay.first_at == read.at for stay in stays)
            )
            if (may_be_later or _may_matter(read, stays)) and not _came_within(looked[vehicle], read, stays):
                at = read.at - STAY_MAX
                since[vehicle] = min(since.get(vehicle, at), at)
    return Lookback(since, ids_within(now, REPEATS_KEPT + STAY_MAX)) if since else None


def _may_matter(read: Read, known: Sequence[Stay]) -> bool:
    """Whether what was before a read may matter to it, or to what is known."""
    return read.direction is Direction.EXIT or any(stay.first_at > read.at or not _is_arrival(stay) for stay in known)


def _came_within(since: datetime, read: Read, known: Sequence[Stay]) -> bool:
    """Whether an arrival before a read is known, and all that was between them: then nothing matters before it."""
    return any(since <= stay.first_at < read.at and _is_arrival(stay) for stay in known)


def _is_arrival(stay: Stay) -> bool:
    """Whether with the beginning of a stay nothing matters any more that was before it, which is not so of an exit
    without an entry, nor of a doubtful entry of a vehicle that stayed inside.
    """
    return (stay.matched_half or stay.state) in (State.OPEN, State.CLOSED) or stay.seen_again_at is not None


def ids_within(now: datetime, within: timedelta) -> Range:
    """The identifiers of what was recorded within a time before now, by clocks that differ a little."""
    return ids.floor(now - within), ids.floor(now + CLOCK_OFF_MAX)


def recorded_since(at: datetime, kept: Range) -> Range:
    """The part of a range that can name what happened at an instant or later: nothing is recorded before it happens."""
    return max(kept[0], ids.floor(at - CLOCK_OFF_MAX)), kept[1]


def window_of(tariffs: LotPrices) -> timedelta:
    """How long before a read other visits may matter: halves that belong together, and what the price remembers."""
    return max(HISTORY_WINDOW, PAIR_MAX + tariffs.remembers)
