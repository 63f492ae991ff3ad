"""The rights of stays that are priced: gathered where a price asks for them, and kept beside the bill."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import sql
from parking import bookings, charging, entitlements, passes
from parking.bookings import Booking
from parking.charging import SESSION_MAX, ChargingSession
from parking.effects import Derived
from parking.entitlements import NOTHING, Booked, CouponUsed, Covered, Rights
from parking.facts import Fact
from parking.flow.pauses import pauses_of
from parking.lots import Direction
from parking.network import Network
from parking.passes import GRACE_MAX, Parked, Pass
from parking.reads import Vehicle
from parking.spans import STAY_MAX
from parking.stays import State, Stay
from parking.store import bookings as booking_store
from parking.store import charging as charging_store
from parking.store import coupons as coupon_store
from parking.store import entitlements as store
from parking.store import passes as pass_store
from parking.tariffs.language.sources import Source
from payments import ids


async def rights_of(
    db: sql.Connection,
    billed: Mapping[UUID, Stay],
    before: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
    network: Network,
) -> dict[UUID, Rights]:
    """What closed stays, as they are billed, have of what the prices of their lots ask for. Their plates are locked
    (`store.events.lock_plates`). `before`, `after`: the stays as they are stored, and as they will be.
    """

    def asking(source: Source) -> dict[UUID, Stay]:
        return {id_: stay for id_, stay in billed.items() if source in network.prices[stay.lot_id].asks}

    registered = await _registered(db, asking(Source.REGISTER), network)
    covered = await _covered(db, asking(Source.PASSES), before, after, network)
    used = await _coupons(db, asking(Source.COUPONS))
    methods = await _methods(db, asking(Source.PAYER))
    sessions = await _sessions(db, asking(Source.CHARGING))
    booked = await _booked(db, asking(Source.BOOKINGS))
    stood = await pauses_of(db, asking(Source.NEST), before, after, network)
    rights = {}
    for id_, stay in billed.items():
        tags, facts = registered.get(id_, ((), {}))
        rights[id_] = Rights(
            tags=tags,
            facts=facts,
            passes=covered.get(id_, ()),
            coupons=used.get(id_, ()),
            paid_by=methods.get(id_, ""),
            charging=charging.charged(stay, sessions.get(stay.vehicle, ())),
            booked=booked.get(id_, ()),
            paused=stood.get(id_, ()),
        )
    return rights


async def _registered(
    db: sql.Connection, billed: Mapping[UUID, Stay], network: Network
) -> dict[UUID, tuple[tuple[str, ...], dict[str, int]]]:
    """The tags and facts that are registered of stays."""
    if not billed:
        return {}
    known = await store.rights_of_vehicles(db, _plates(billed), min(stay.first_at for stay in billed.values()))
    return {
        id_: entitlements.registered_of(stay, network.lots[stay.lot_id], known)
        for id_, stay in billed.items()
        if stay.vehicle.number_plate in known
    }


async def _covered(
    db: sql.Connection,
    billed: Mapping[UUID, Stay],
    before: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
    network: Network,
) -> dict[UUID, tuple[Covered, ...]]:
    """When passes cover stays."""
    if not billed:
        return {}
    since = min(stay.first_at for stay in billed.values()) - GRACE_MAX - timedelta(days=1)
    sold = await pass_store.passes_of_vehicles(db, _plates(billed), since.date())
    parked = await _sharing(db, list(billed.values()), sold, before, after)
    of_plates: dict[passes.NumberPlate, list[Pass]] = {}
    for each in sold:
        for plate in each.vehicles:
            of_plates.setdefault(plate, []).append(each)
    return {
        id_: passes.covered(stay, network.lots[stay.lot_id], of_plates[plate], parked.get(stay.lot_id, ()))
        for id_, stay in billed.items()
        if (plate := stay.vehicle.number_plate) in of_plates
    }


def _plates(billed: Mapping[UUID, Stay]) -> list[passes.NumberPlate]:
    return list({stay.vehicle.number_plate for stay in billed.values()})


async def _sharing(
    db: sql.Connection,
    holding: Sequence[Stay],
    sold: Sequence[Pass],
    before: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
) -> dict[int, list[Parked]]:
    """When the vehicles that share bays with these were in the same lots, as it will be stored, by lot."""
    others = {
        Vehicle(stay.lot_id, *plate)
        for each in sold
        if each.is_shared
        for stay in holding
        if stay.lot_id in each.lot_ids and stay.vehicle.number_plate in each.vehicles
        for plate in each.vehicles
    }
    if not others:
        return {}
    since = min(stay.first_at for stay in holding)
    until = max(stay.last_at for stay in holding)
    id_range = (ids.floor(since - STAY_MAX), ids.LAST)
    stored = await pass_store.stays_of_vehicles(db, list(others), since, until, id_range)
    here = [
        Parked(stay.lot_id, stay.id, stay.plate, stay.plate_color, stay.entered_at, stay.left_at)
        for stay in after.values()
        if stay.entered_at is not None and stay.state in (State.OPEN, State.CLOSED) and stay.vehicle in others
    ]
    found: dict[int, list[Parked]] = {}
    for each in [*(one for one in stored if one.id not in before and one.id not in after), *here]:
        found.setdefault(each.lot_id, []).append(each)
    return found


async def _coupons(db: sql.Connection, billed: Mapping[UUID, Stay]) -> dict[UUID, tuple[CouponUsed, ...]]:
    """The coupons that were presented with events of stays, each once, in the order in which they were."""
    stay_of = {fact: id_ for id_, stay in billed.items() for fact in stay.facts}
    if not stay_of:
        return {}
    rows = await coupon_store.uses_of_facts(db, {fact: billed[id_].lot_id for fact, id_ in stay_of.items()})
    used: dict[UUID, dict[UUID, CouponUsed]] = {}
    for row in rows:
        used.setdefault(stay_of[row.fact_id], {}).setdefault(row.coupon_id, CouponUsed(row.coupon_id, row.discount))
    if rows:
        priced = [(row.lot_id, row.fact_id, row.coupon_id, stay_of[row.fact_id]) for row in rows]
        await coupon_store.set_stays(db, priced)
    return {id_: tuple(of_stay.values()) for id_, of_stay in used.items()}


async def _sessions(db: sql.Connection, billed: Mapping[UUID, Stay]) -> dict[Vehicle, list[ChargingSession]]:
    """When the vehicles of stays were charged about then."""
    if not billed:
        return {}
    since = min(stay.first_at for stay in billed.values()) - SESSION_MAX
    until = max(stay.last_at for stay in billed.values())
    vehicles = list({stay.vehicle for stay in billed.values()})
    found: dict[Vehicle, list[ChargingSession]] = {}
    for each in await charging_store.sessions(db, vehicles, since, until, ids.floor(since)):
        found.setdefault(Vehicle(each.lot_id, each.plate, each.plate_color), []).append(each)
    return found


async def _booked(db: sql.Connection, billed: Mapping[UUID, Stay]) -> dict[UUID, tuple[Booked, ...]]:
    """When stays are there by bookings."""
    if not billed:
        return {}
    since = min(stay.first_at for stay in billed.values())
    until = max(stay.last_at for stay in billed.values())
    found: dict[Vehicle, list[Booking]] = {}
    for each in await booking_store.bookings_of_vehicles(
        db, list({stay.vehicle for stay in billed.values()}), since, until
    ):
        found.setdefault(Vehicle(each.lot_id, each.plate, each.plate_color), []).append(each)
    return {id_: bookings.booked(stay, found[stay.vehicle]) for id_, stay in billed.items() if stay.vehicle in found}


async def _methods(db: sql.Connection, billed: Mapping[UUID, Stay]) -> dict[UUID, str]:
    """By which method the drivers of stays pay, as the gate said last."""
    facts = {fact: stay.lot_id for stay in billed.values() for fact in stay.facts}
    named = await store.methods_of_facts(db, facts) if facts else {}
    words = {id_: [named[fact] for fact in stay.facts if fact in named] for id_, stay in billed.items()}
    return {id_: of_stay[-1] for id_, of_stay in words.items() if of_stay}


async def keep_methods(db: sql.Connection, facts: Sequence[Fact]) -> None:
    """Keeps by which methods drivers pay, as gates say with exits that are new."""
    said = [
        (fact.lot_id, fact.id, fact.event.paid_by)
        for fact in facts
        if fact.event.paid_by is not None and fact.applies and fact.direction is Direction.EXIT
    ]
    if said:
        await store.add_methods(db, said)


async def keep_rights(db: sql.Connection, rights: Mapping[UUID, Rights]) -> None:
    """Keeps what stays were priced with, and nothing of those that had none."""
    some = {id_: each for id_, each in rights.items() if each != NOTHING}
    if some:
        await store.put_rights(db, some)
    if len(some) < len(rights):
        await store.drop_rights(db, [id_ for id_ in rights if id_ not in some])


async def ask_sharing(db: sql.Connection, derived: Derived, network: Network, now: datetime) -> None:
    """Whoever shares bays with a vehicle whose stays have changed is priced again, in lots whose price knows passes."""
    before, after = derived.before.stays, derived.after.stays
    asking = {lot_id for lot_id in derived.causes if Source.PASSES in network.prices[lot_id].asks}
    if not asking:
        return
    changed = [
        (*stay.vehicle, stay.first_at, stay.id)
        for one, other in ((before, after), (after, before))
        for stay in one.values()
        if stay.entered_at is not None and stay.lot_id in asking and other.get(stay.id) != stay
    ]
    if changed:
        since = min(at for *_, at, _ in changed)
        await pass_store.ask_sharing(db, changed, (ids.floor(since - STAY_MAX), ids.LAST), now=now)
