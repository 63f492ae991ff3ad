"""What vehicles that are inside are told of staying on after charging."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import structs

import sql
from parking import overstays, prices
from parking.charging import SESSION_MAX, ChargingSession
from parking.lots import Lot
from parking.network import Network
from parking.overstays import OverstayNotice
from parking.reads import Vehicle
from parking.stays import State, Stay
from parking.store import charging as store
from parking.store import events as event_store
from parking.tariffs.language.sources import Source
from payments import ids


async def notices_of(
    db: sql.Connection, lot: Lot, inside: Sequence[Stay], network: Network, now: datetime
) -> dict[UUID, OverstayNotice]:
    """What is shown of those vehicles inside a lot for which staying on costs, or will."""
    if not inside or Source.CHARGING not in network.prices[lot.id].asks:
        return {}
    since = min(stay.first_at for stay in inside) - SESSION_MAX
    vehicles = list({stay.vehicle for stay in inside})
    told: dict[Vehicle, list[ChargingSession]] = {}
    for each in await store.sessions(db, vehicles, since, now, ids.floor(since)):
        told.setdefault(Vehicle(each.lot_id, each.plate, each.plate_color), []).append(each)
    found = {}
    for stay in inside:
        leaving = structs.replace(stay, state=State.CLOSED, left_at=max(now, stay.first_at))
        in_force = prices.of_stay(network.prices[lot.id].of(stay.first_at), stay.first_at, now)
        notice = overstays.notice(leaving, told.get(stay.vehicle, ()), in_force, ZoneInfo(lot.time_zone))
        if notice is not None:
            found[stay.id] = notice
    return found


async def notice_of(
    db: sql.Connection, session: ChargingSession, network: Network, now: datetime
) -> OverstayNotice | None:
    """What is shown where the vehicle of a session stands."""
    vehicle = Vehicle(session.lot_id, session.plate, session.plate_color)
    stays = [stay for stay in await event_store.open_stays(db, [vehicle]) if stay.entered_at is not None]
    notices = await notices_of(db, network.lots[session.lot_id], stays, network, now)
    return next(iter(notices.values()), None)
