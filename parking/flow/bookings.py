"""Bookings: made, changed and cancelled by staff or their system, told at gates, and the stays that they bear on priced
again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import bookings
from parking.bookings import Booking, BookingRule, BookingSeen, NotBookable, UnknownBooking, Wish
from parking.entitlements import RightUnfit
from parking.facts import Fact
from parking.flow import repricing
from parking.flow.derivation import RandomBits
from parking.flow.network import record_change
from parking.lots import Lot
from parking.network import Network
from parking.reads import By, Vehicle
from parking.repricing import Wanted
from parking.store import bookings as store
from parking.store import events as event_store
from parking.tariffs.language.sources import Source
from payments import identity, ids
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.store import audit as audit_store


async def set_rule(db: sql.Connection, lot: Lot, rule: BookingRule, *, principal: Principal, now: datetime) -> None:
    """How a lot takes bookings from now on. What is booked stays as it is.

    Raises:
        NotYours: the lot is another operator's.
        RightUnfit: it has not so many spaces.
    """
    identity.may_act_for(principal, lot.operator_id)
    if rule.spaces > lot.capacity:
        raise RightUnfit("The lot has not so many spaces.", field="spaces", capacity=lot.capacity)
    before = await store.rule(db, lot.id)
    await store.set_rule(db, lot.id, rule)
    detail: dict[str, object] = {"before": before, "after": rule}
    action, subject = "lot.booking_rule", f"lot:{lot.code}"
    await record_change(db, by=principal.subject, action=action, subject=subject, detail=detail, now=now)


async def book(
    pool: sql.Pool,
    lot: Lot,
    wish: Wish,
    *,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Booking:
    """A space is kept for a vehicle; said again otherwise, with the same reference, the booking is changed. What ended
    stays cost follows.

    Raises:
        NotYours: the lot is another operator's.
        NotBookable: it takes no bookings.
        Otherwise as `bookings.booking`, `changed` and `check_room`.
    """
    identity.may_act_for(principal, lot.operator_id)
    async with pool.acquire() as db, db.transaction():
        # In turn with the lot's events and its other bookings.
        await event_store.lock_lots(db, [lot.id])
        rule = await store.rule(db, lot.id)
        if rule is None:
            raise NotBookable("This lot takes no bookings.", lot=lot.code)
        known = await store.booking(db, lot.id, wish.reference)
        id_ = ids.new(now, lot.id, random_bits())
        new = bookings.booking(wish, lot, rule, id_=id_, by=principal.subject, now=now)
        if known is not None:
            again = bookings.changed(known, new)
            if again is None:
                return known
            new = again
        others = await store.bookings_within(db, lot.id, new.holds_from, new.ends_at)
        bookings.check_room(new, others, rule, now=now)
        if known is None:
            await store.add_booking(db, new)
        else:
            await store.change_booking(db, new)
        await _ask(db, [new] if known is None else [known, new], id_, network, now)
        if known is None:
            await _record(db, "booking.add", new, {}, lot, principal, now)
        else:
            detail: dict[str, object] = {"before": _times(known), "after": _times(new)}
            await _record(db, "booking.change", new, detail, lot, principal, now)
        made = await _known(db, lot, wish.reference)
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)
    return made


async def cancel(
    pool: sql.Pool,
    lot: Lot,
    reference: str,
    *,
    reason: str,
    principal: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> None:
    """A booking is one no more, also for a vehicle that has come by it. Cancelled again it stays as it is.

    Raises:
        NotYours: the lot is another operator's.
        UnknownBooking: it has none of this reference.
    """
    identity.may_act_for(principal, lot.operator_id)
    async with pool.acquire() as db, db.transaction():
        await event_store.lock_lots(db, [lot.id])
        known = await _known(db, lot, reference)
        if known.ended_at is not None:
            return
        await store.end_booking(db, known, by=principal.subject, now=now, reason=reason)
        await _ask(db, [known], ids.new(now, lot.id, random_bits()), network, now)
        await _record(db, "booking.cancel", known, {"reason": reason}, lot, principal, now)
    await repricing.catch_up(pool, network=network, now=now, random_bits=random_bits)


async def find_bookings(
    db: sql.Connection,
    lot: Lot,
    *,
    plate: str | None,
    holding: bool,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[Booking]:
    """A page of the bookings of a lot. They show plates: who read is kept.

    Raises:
        NotYours: the lot is another operator's.
    """
    identity.may_act_for(reader, lot.operator_id)
    found = await store.bookings(db, lot.id, plate=plate, holding_at=now if holding else None, after=after, limit=limit)
    about = {"subject": "bookings", "rows": len(found), "reader": reader}
    await audit_flow.record_look(db, **about, now=now, random_bits=random_bits)  # type: ignore[arg-type]
    return found


async def seen_at_gates(db: sql.Connection, facts: Sequence[Fact], network: Network) -> Mapping[UUID, BookingSeen]:
    """By which bookings vehicles come in, by event."""
    coming = bookings.coming(facts, network.bookable)
    if not coming:
        return {}
    vehicles = {Vehicle(fact.lot_id, fact.plate, fact.plate_color) for fact in coming}
    times = [fact.effective_at for fact in coming]
    known = await store.bookings_of_vehicles(db, list(vehicles), min(times), max(times))
    found = {fact.id: bookings.seen(fact, known) for fact in coming} if known else {}
    return {id_: each for id_, each in found.items() if each is not None}


async def _known(db: sql.Connection, lot: Lot, reference: str) -> Booking:
    known = await store.booking(db, lot.id, reference)
    if known is None:
        raise UnknownBooking("There is no booking of this reference.", reference=reference)
    return known


async def _ask(db: sql.Connection, each: Sequence[Booking], cause_id: UUID, network: Network, now: datetime) -> None:
    lot_id = each[0].lot_id
    if Source.BOOKINGS in network.prices[lot_id].asks:
        wanted = [Wanted(one.plate, one.plate_color, one.holds_from, cause_id) for one in each]
        await repricing.ask(db, wanted, [lot_id], cause=By.RIGHT, now=now)


def _times(one: Booking) -> dict[str, object]:
    return {"starts_at": one.starts_at, "ends_at": one.ends_at, "note": one.note}


async def _record(
    db: sql.Connection,
    action: str,
    one: Booking,
    detail: dict[str, object],
    lot: Lot,
    principal: Principal,
    now: datetime,
) -> None:
    detail = {
        "plate": one.plate,
        "plate_color": one.plate_color,
        "lot_id": one.lot_id,
        "reference": one.reference,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        **detail,
    }
    subject = str(one.id)
    await audit_store.record(
        db, lot.operator_id, actor=principal.subject, action=action, subject=subject, detail=detail, now=now
    )
