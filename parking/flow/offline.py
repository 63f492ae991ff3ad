"""Making the pack by which a gateway decides while it is cut off: who may leave is priced as it will be at the exit."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

import sql
from parking import offline
from parking.bills import Believed
from parking.flow.derivation import believed
from parking.flow.inside import bills_if, reads_of
from parking.flow.prepayments import paid_inside
from parking.gateways import Gateway
from parking.lots import Lot
from parking.network import Network
from parking.offline import ALWAYS, NEVER, PACK_LIFE, Delta, Entries, PackKeys
from parking.plates import VehicleClass
from parking.reads import NumberPlate
from parking.spans import STAY_MAX
from parking.stays import State, Stay
from parking.store import events as event_store
from parking.store import offline as store
from payments import ids

_MOMENT = timedelta(milliseconds=1)
# Gates wait for the process while so many are priced.
PRICED_AT_ONCE = 250
# No vehicle that is inside has these numbers.
_MADE_UP = "pack"


class Made(Struct, frozen=True):
    """A pack: whole, or by what it differs from the one of the version `since`."""

    version: int
    since: int | None
    entries: Entries | Delta
    digest: str


async def make_pack(
    db: sql.Connection,
    gateway: Gateway,
    keys: PackKeys,
    *,
    key_id: str,
    since: int | None,
    network: Network,
    now: datetime,
) -> Made:
    """The pack of a gateway's lot now, as a difference if it has the last one. Its version grows when it changes."""
    lot = network.lots[gateway.lot_id]
    entries = await _entries(db, lot, keys, network, now)
    last = await store.pack(db, gateway)
    was = None if last is None or last.key_id != key_id else msgspec.json.decode(last.entries, type=Entries)
    version = 1 if last is None else last.version if was == entries else last.version + 1
    if last is None or version != last.version:
        await store.keep_pack(db, gateway, version, key_id, msgspec.json.encode(entries), now)
    digest = offline.digest(entries)
    if was is not None and last is not None and since == last.version:
        return Made(version, since, offline.difference(was, entries), digest)
    return Made(version, None, entries, digest)


async def _entries(db: sql.Connection, lot: Lot, keys: PackKeys, network: Network, now: datetime) -> Entries:
    inside = await event_store.open_halves(db, [(lot.id, now - STAY_MAX, now)])
    until: dict[UUID, int] = {}
    for at in range(0, len(inside), PRICED_AT_ONCE):
        until |= await _leave_until(db, inside[at : at + PRICED_AT_ONCE], network, now)
    here = {stay.vehicle.number_plate for stay in inside}
    exempt = await _free_visitors(db, lot, await store.exempt_at(db, lot, now), network, now)
    today = now.astimezone(ZoneInfo(lot.time_zone)).date()
    passes = await _free_visitors(db, lot, await store.holding_passes_at(db, lot, today), network, now)
    banned = [plate for plate, bans in network.bans.items() if any(ban.holds(lot, now) for ban in bans)]

    def marks(found: Collection[NumberPlate]) -> list[str]:
        return [offline.mark(keys, *plate) for plate in found]

    return offline.entries_of(
        {offline.mark(keys, *stay.vehicle.number_plate): until[stay.id] for stay in inside},
        linked=marks([plate for plate in await store.linked_regulars(db, lot, now) if plate not in here]),
        exempt=marks([plate for plate in exempt if plate not in here]),
        passes=marks([plate for plate in passes if plate not in here]),
        bans=marks(banned),
    )


async def _leave_until(db: sql.Connection, inside: Sequence[Stay], network: Network, now: datetime) -> dict[UUID, int]:
    """Until which minute each leaves without paying at the exit. Whoever may at the end of the pack always may; of who
    may now and not then the minute is looked for, for all of them at once.
    """
    until = dict.fromkeys((stay.id for stay in inside), NEVER)
    before = await believed(db, reads_of(inside), network, now)

    async def free(stays: Sequence[Stay], at: Mapping[UUID, datetime]) -> set[UUID]:
        """Which of these would be let out if they left then: nothing is due, or an account pays."""
        leaving = [structs.replace(stay, state=State.CLOSED, left_at=max(at[stay.id], stay.first_at)) for stay in stays]
        bills = await bills_if(db, leaving, before, network, now)
        return {id_ for id_, bill in bills.items() if bill.fee_fen == 0 or bill.account_id is not None}

    always = await free(inside, dict.fromkeys(until, now + PACK_LIFE))
    for_now = await free([stay for stay in inside if stay.id not in always], dict.fromkeys(until, now))
    begins, ends = offline.minute_of(now), offline.minute_of(now + PACK_LIFE)
    between = dict.fromkeys(for_now, (begins, ends))
    left = [stay for stay in inside if stay.id in for_now]
    while left:
        middle = {stay.id: sum(between[stay.id]) // 2 for stay in left}
        # To the last moment of that minute: who leaves in it is not asked for anything.
        then = await free(left, {id_: _last_moment(minute) for id_, minute in middle.items()})
        for id_, minute in middle.items():
            low, high = between[id_]
            between[id_] = (minute + 1, high) if id_ in then else (low, minute)
        left = [stay for stay in left if between[stay.id][0] < between[stay.id][1]]
    until |= {id_: low for id_, (low, _) in between.items()}
    for id_, end in (await paid_inside(db, inside, before, network, now)).items():
        until[id_] = max(until[id_], offline.minute_of(end))
    return until | dict.fromkeys(always, ALWAYS)


def _last_moment(minute: int) -> datetime:
    return offline.instant_of(minute + 1) - _MOMENT


async def _free_visitors(
    db: sql.Connection, lot: Lot, plates: Sequence[NumberPlate], network: Network, now: datetime
) -> list[NumberPlate]:
    """Those of the vehicles that would pay nothing for a visit from now on as long as the pack holds."""
    visits = [_visit(lot, plate, now) for plate in plates]
    bills = await bills_if(db, visits, Believed({}, {}), network, now) if visits else {}
    return [stay.vehicle.number_plate for stay in visits if bills[stay.id].fee_fen == 0]


def _visit(lot: Lot, plate: NumberPlate, now: datetime) -> Stay:
    number = ids.derive(ids.new(now, lot.id, 0), f"{_MADE_UP} {plate[0]} {plate[1]}")
    return Stay(
        lot_id=lot.id,
        id=number,
        plate=plate[0],
        plate_color=plate[1],
        vehicle_class=VehicleClass.UNKNOWN,
        state=State.CLOSED,
        entered_at=now,
        left_at=now + PACK_LIFE,
        entry_lane_id=0,
        exit_lane_id=0,
        entry_event_id=number,
        exit_event_id=number,
    )
