"""Making the pack by which a gateway decides while it is cut off: who may leave is priced as it will be at the exit,
and what begins or ends in the hours for which the pack holds stands in it with its time.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

import sql
from parking import grants, holders, offline, plates, tickets
from parking.bans import Ban
from parking.flow.departures import find_departures, find_leaving, may_be_inside
from parking.gateways import Gateway
from parking.grants import Grant, Visits, Window
from parking.holders import Sharing
from parking.lanes import Lane
from parking.lots import Lot
from parking.network import Network
from parking.offline import PACK_LIFE, Delta, Entries, PackKeys, Shared, Turns
from parking.plates import PlateColor
from parking.reads import NumberPlate
from parking.stays import Stay
from parking.store import offline as store


class Made(Struct, frozen=True):
    """A pack: whole, or by what it differs from the one of the version `since`. `cut`: the sections that would have
    had more vehicles than fit.
    """

    version: int
    since: int | None
    entries: Entries | Delta
    digest: str
    cut: tuple[str, ...] = ()


async def make_pack(
    db: sql.Connection,
    gateway: Gateway,
    keys: PackKeys,
    *,
    key_id: str,
    since: int | None,
    network: Network,
    now: datetime,
    lot: Lot | None = None,
) -> Made:
    """The pack of a gateway for a lot that it serves (None: its own) now, as a difference if it has the last one. Its
    version grows when it changes.
    """
    lot = lot or network.lots[gateway.lot_id]
    entries, cut = await _entries(db, gateway, lot, keys, network, now)
    last = await store.pack(db, lot.id, gateway.id)
    was = None if last is None or last.key_id != key_id else _decoded(last.entries)
    version = 1 if last is None else last.version if was == entries else last.version + 1
    if last is None or version != last.version:
        await store.keep_pack(db, lot.id, gateway.id, version, key_id, msgspec.json.encode(entries), now)
    digest = offline.digest(entries)
    if was is not None and last is not None and since == last.version:
        return Made(version, since, offline.difference(was, entries), digest, cut)
    return Made(version, None, entries, digest, cut)


def _decoded(entries: str) -> Entries | None:
    """The entries of the last pack; of one that another version of this program made, none."""
    try:
        return msgspec.json.decode(entries, type=Entries)
    except msgspec.ValidationError:
        return None


async def _entries(
    db: sql.Connection, gateway: Gateway, lot: Lot, keys: PackKeys, network: Network, now: datetime
) -> tuple[Entries, tuple[str, ...]]:
    """What is known now of the hours to come, and which sections were cut."""
    window = Window(now, now + PACK_LIFE)
    there = await may_be_inside(db, lot, now)
    inside = there.rows
    departures = await find_departures(db, inside, network, window)
    leaving = await find_leaving(db, lot, network, window)
    regulars = await store.linked_regulars(db, lot, now)
    exempt = await store.exempt_within(db, lot, window.since, window.until)
    sold = await store.passes_within(db, lot, *_days(window, lot, network))
    visits = Visits(network.prices[lot.id], window)
    registered = holders.by_plate(exempt.rows)

    def marked(found: Mapping[NumberPlate, Sequence[Grant]]) -> dict[str, tuple[Grant, ...]]:
        return {offline.mark(keys, *plate): tuple(granted) for plate, granted in found.items()}

    marks = await _marks_inside(db, lot, inside, keys, now)
    paying = [mark for stay in inside if stay.id in departures.paying for mark in marks[stay.id]]
    texts = network.no_plate_texts.get(lot.operator_id, ())
    entries = Entries(
        # Whoever an account pays for leaves at any time, and more need not be known.
        inside={
            mark: () if stay.id in departures.paying else departures.turns[stay.id]
            for stay in inside
            for mark in marks[stay.id]
        },
        leaving={offline.mark(keys, *plate): turns for plate, turns in leaving.turns.items()},
        linked=frozenset((*(offline.mark(keys, *plate) for plate in regulars.rows), *paying)),
        exempt=marked(holders.exempt(visits, registered)),
        passes=marked(holders.with_passes(visits, sold.rows, registered, lot)),
        shared=dict(_shared(keys, each) for each in holders.sharing(visits, sold.rows, lot)),
        kinds=grants.of_kinds(visits),
        free_min=visits.free_min,
        bans=_bans(keys, network, lot, window),
        closed=_closed(gateway, lot, network, window),
        unread=frozenset(offline.mark_of_text(keys, text) for text in texts),
    )
    cut = {
        "inside": there.is_cut,
        "leaving": leaving.is_cut,
        "linked": regulars.is_cut,
        "exempt": exempt.is_cut,
        "passes": sold.is_cut,
    }
    return entries, tuple(name for name, is_cut in cut.items() if is_cut)


async def _marks_inside(
    db: sql.Connection, lot: Lot, inside: Sequence[Stay], keys: PackKeys, now: datetime
) -> dict[UUID, list[str]]:
    """The marks by which vehicles inside may be told, by their stays: their plates, and the tickets that were merged
    with these.
    """
    vehicles = list({stay.vehicle.number_plate for stay in inside})
    held = await store.tickets(db, lot, vehicles, since=tickets.since(now)) if vehicles else {}
    marks = {}
    for stay in inside:
        marks[stay.id] = [offline.mark(keys, *stay.vehicle.number_plate)]
        if (number := held.get(stay.vehicle.number_plate)) is not None:
            text = plates.of_ticket(number)
            marks[stay.id].append(offline.mark(keys, text, plates.settle_color(text, PlateColor.UNKNOWN)))
    return marks


def _shared(keys: PackKeys, sharing: Sharing) -> tuple[str, Shared]:
    marks = sorted(offline.mark(keys, *plate) for plate in sharing.vehicles)
    return offline.mark_of(keys, f"pass {sharing.pass_id}"), Shared(sharing.bays, tuple(marks), sharing.granted)


def _days(window: Window, lot: Lot, network: Network) -> tuple[date, date]:
    """On which days, by the lot's clock, passes have to hold that bear on visits within the window."""
    zone = ZoneInfo(lot.time_zone)
    texts = [each.text for each in network.prices[lot.id].tariffs if each.text is not None]
    grace = max((each.grace_days for text in texts for each in text.passes), default=0)
    first, last = (at.astimezone(zone).date() for at in window)
    return first - timedelta(days=grace + 1), last


def _bans(keys: PackKeys, network: Network, lot: Lot, window: Window) -> dict[str, Turns]:
    """When vehicles are not let in."""

    def held(bans: Sequence[Ban]) -> Turns:
        changes = [at for ban in bans for at in (ban.valid_from, ban.valid_until) if at is not None]
        return offline.turns(window, changes, lambda at: any(ban.holds(lot, at) for ban in bans))

    found = {plate: held(bans) for plate, bans in network.bans.items()}
    return {offline.mark(keys, *plate): turns for plate, turns in found.items() if turns}


def _closed(gateway: Gateway, lot: Lot, network: Network, window: Window) -> dict[str, Turns]:
    """When the lanes of a lot that a gateway moves are closed, or the lot is."""

    def closed(lane: Lane) -> Turns:
        changes = [each.valid_from for each in (*lot.closures, *lane.closures)]
        return offline.turns(window, changes, lambda at: lot.is_closed_at(at) or lane.is_closed_at(at))

    found = {
        code: closed(lane)
        for code, lane in network.lanes.items()
        if (lane.lot_id, lane.gateway_id) == (lot.id, gateway.id)
    }
    return {code: turns for code, turns in found.items() if turns}
