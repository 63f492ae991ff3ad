"""When clocks of stays stood, found where these are priced; where that changes they are priced again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sql
from parking import pauses
from parking.clocks import CLOCK_OFF_MAX
from parking.effects import Derived
from parking.network import Network
from parking.pauses import Present
from parking.reads import NumberPlate, Vehicle
from parking.spans import STAY_MAX
from parking.stays import Stay
from parking.store import pauses as store
from payments import ids


async def pauses_of(
    db: sql.Connection,
    billed: Mapping[UUID, Stay],
    before: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
    network: Network,
) -> dict[UUID, tuple[tuple[datetime, datetime], ...]]:
    """When the clocks of closed stays stood. Their plates are locked (`store.events.lock_plates`). `before`, `after`:
    the stays as they are stored, and as they will be.
    """
    if not billed:
        return {}
    vehicles = {
        Vehicle(lot_id, *stay.vehicle.number_plate)
        for stay in billed.values()
        for lot_id in (stay.lot_id, *network.nests[stay.lot_id].lots)
    }
    since = min(_since(stay, network) for stay in billed.values())
    until = max(stay.last_at for stay in billed.values())
    # Whoever is in a lot inside may have come there, and left the lot around, long before.
    id_range = (ids.floor(since - 2 * STAY_MAX), ids.LAST)
    stored = await store.present(db, list(vehicles), since - STAY_MAX, until, id_range)
    here = pauses.present(stay for stay in after.values() if stay.vehicle in vehicles)
    known: dict[NumberPlate, list[Present]] = {}
    for each in [*(one for one in stored if one.id not in before and one.id not in after), *here]:
        known.setdefault((each.plate, each.plate_color), []).append(each)
    return {
        id_: pauses.paused(
            stay,
            network.nests[stay.lot_id],
            known.get(stay.vehicle.number_plate, ()),
            since=_since(stay, network),
        )
        for id_, stay in billed.items()
    }


def _since(stay: Stay, network: Network) -> datetime:
    """From when on the time of a stay may count: it may be counted on from earlier ones."""
    counts_on = any(
        each.text is not None and each.text.rejoin_min for each in network.prices[stay.lot_id].of(stay.first_at)
    )
    return stay.first_at - STAY_MAX if counts_on else stay.first_at


def changed_in_nests(before: Mapping[UUID, Stay], after: Mapping[UUID, Stay], network: Network) -> list[Stay]:
    """Stays in lots of nests that are otherwise than before, as they were and as they are."""
    return [
        stay
        for one, other in ((before, after), (after, before))
        for stay in one.values()
        if stay.lot_id in network.nests and other.get(stay.id) != stay
    ]


async def ask_nests(db: sql.Connection, derived: Derived, network: Network, now: datetime) -> None:
    """Stays of the same vehicles in lots inside and around are priced again where their clocks may stand otherwise. The
    plates are locked, so that none is closed unseen.
    """
    changed = changed_in_nests(derived.before.stays, derived.stays, network)
    affected = [each for stay in changed for each in pauses.affected(stay, network.nests[stay.lot_id])]
    if affected:
        since = min(each.since for each in affected) - CLOCK_OFF_MAX
        await store.ask(db, affected, (ids.floor(since - STAY_MAX), ids.LAST), now=now)
