"""Paying inside, before going to the exit: the quote of a vehicle that is inside, and the end of those nobody paid."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import derivation, dues, effects, prepayments
from parking.barrier import Payment, decide_fee
from parking.bills import Believed
from parking.derivation import Scope
from parking.exits import Exits
from parking.fees import Bill
from parking.flow import repricing
from parking.flow.derivation import believed, price_stays
from parking.flow.exits import paid_without_account
from parking.flow.overstays import notices_of
from parking.lots import Lot
from parking.network import Network
from parking.overstays import OverstayNotice
from parking.plates import PlateColor
from parking.prepayments import LAPSED_PER_ROUND_MAX, NothingToPay, Prepayment
from parking.reads import By, Cause, Read
from parking.repricing import Wanted
from parking.spans import STAY_MAX
from parking.stays import State, Stay, leaving_at
from parking.store import events as event_store
from parking.store import inside as inside_store
from parking.store import prepayments as store
from parking.store import sweeps as sweep_store
from parking.store.inside import Found
from parking.store.prepayments import Waiting
from parking.store.sweeps import beginning
from payments import charges as charge_rules
from payments.adjustments import Adjustment, owed_after
from payments.charges import Charge, ChargeState, charge_id
from payments.flow import audit as audit_flow
from payments.flow import charges as charges_flow
from payments.flow.adjustments import adjust_charges
from payments.identity import Audience, Principal
from payments.store import attempts as attempt_store
from payments.store import charges as charge_store

LOTS_PER_ROUND_MAX = 50
ROUND = "prepayments"
RandomBits = Callable[[], int]


class Prepayable(Struct, frozen=True):
    """What is to be paid now for a vehicle that is inside, beyond what was paid, and by when; once it is paid it has
    `leave_within_min` to leave. `paid_until`: it was paid, and leaves until then without paying. `payment`: who would
    pay if it left now. `overstay`: what staff and its driver are told of staying on after charging.
    """

    charge_reference: UUID | None
    amount_fen: int
    paid_fen: int
    pay_by: datetime | None
    paid_until: datetime | None
    leave_within_min: int
    payment: Payment | None
    overstay: OverstayNotice | None = None


async def quote_inside(
    db: sql.Connection,
    lot: Lot,
    plate: str,
    color: PlateColor | None,
    *,
    asker: Principal | None,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> Prepayable:
    """What a vehicle inside a lot would cost if it left now, as a charge that whoever has its reference may pay. It
    takes the place of the one before that was not paid; soon asked again, it is the same. No account is debited by it.
    `db` is in a transaction. `plate`: normalised, all of it; a driver is only told of plates that the account pays for.

    Raises:
        NothingToPay: no such vehicle is inside; of who is no staff and no driver also if nothing is to be paid.
        TooManyQuotes: this visit was quoted too often.
    """
    if await _found(db, lot, plate, color, asker, now) is None:
        raise NothingToPay("No such vehicle is inside, or nothing is to be paid for it now.")
    # In turn with the lot's events: what is quoted is of a stay that is open still.
    await event_store.lock_lots(db, [lot.id])
    found = await _found(db, lot, plate, color, asker, now)
    if asker is not None and asker.audience is not Audience.DRIVER:
        rows = int(found is not None)
        await audit_flow.record_look(db, subject="inside", rows=rows, reader=asker, now=now, random_bits=random_bits)
    quote = None if found is None else await _quote(db, lot, found, network, now, random_bits)
    if quote is None or (asker is None and quote.charge_reference is None):
        raise NothingToPay("No such vehicle is inside, or nothing is to be paid for it now.")
    return quote if asker is None or found is None else await _noticed(db, lot, found, quote, network, now)


async def _found(
    db: sql.Connection, lot: Lot, plate: str, color: PlateColor | None, asker: Principal | None, now: datetime
) -> Found | None:
    found = await store.inside(db, lot.id, plate, color, now=now)
    if found is not None and asker is not None and asker.audience is Audience.DRIVER:
        own = await inside_store.inside_of_account(db, lot.id, asker.id, plate, now=now)
        return next((each for each in own if each.id == found.id), None)
    return found


async def _quote(
    db: sql.Connection, lot: Lot, found: Found, network: Network, now: datetime, random_bits: RandomBits
) -> Prepayable:
    (stay,), before = await stays_inside(db, lot, [found], network, now)
    leaving = leaving_at(stay, now, Exits(network.lots))
    bills, priced = await price_stays(db, [leaving], before, before.stays | {stay.id: leaving}, network, now)
    bill = bills[stay.id]
    charge = await charge_store.lock_charge(db, charge_id(stay.id, None))
    owed_fen = bill.fee_fen if charge is None else owed_after(charge, bill.fee_fen, asked_at=bill.until)
    payment = decide_fee(bill.fee_fen, bill.account_id, owed_fen, let_out=False).payment
    if bill.account_id is not None or owed_fen == 0:
        asked, paid = _quoted_at(stay, priced.exits.asked.get(stay.id, ())), priced.exits.paid.get(stay.id, ())
        until = prepayments.paid_until(asked, paid, within=timedelta(minutes=lot.leave_within_min), now=now)
        is_paid = until is not None and charge is not None and bill.account_id is None
        return _shown(lot, charge if is_paid else None, 0, None, until if is_paid else None, payment)
    last = (await store.asked(db, [stay.id])).get(stay.id, [None])[-1]
    if charge is not None and last is not None and await _holds(db, charge, last, now):
        return _shown(lot, charge, charge.owed_fen, last.pay_by, None, payment)
    made = prepayments.following(last, lot_id=lot.id, stay_id=stay.id, fee_fen=bill.fee_fen, now=now)
    charged = await _charge(db, lot, leaving, bill, charge, made, now, random_bits)
    await store.finish(db, [stay.id], now=now)
    await store.add(db, made)
    if stay.state is State.OPEN and stay.id not in before.reopened:
        # A sign that something was charged of it, so that its exit reads that.
        await event_store.put_stays(db, [(stay, None)], now=now)
    return _shown(lot, charged, charged.owed_fen, made.pay_by, None, payment)


async def _noticed(
    db: sql.Connection, lot: Lot, found: Found, quote: Prepayable, network: Network, now: datetime
) -> Prepayable:
    """A quote with what its driver is told of staying on."""
    stays, _ = await _present(db, lot, [found])
    notices = await notices_of(db, lot, stays, network, now)
    return structs.replace(quote, overstay=notices.get(found.id))


def _quoted_at(stay: Stay, asked: Iterable[datetime]) -> list[datetime]:
    """When a vehicle that is inside was quoted: when somebody asked, and when it was read at an exit."""
    read = () if stay.left_at is None else stay.exits or (stay.left_at,)
    return [*asked, *read]


async def _holds(db: sql.Connection, charge: Charge, last: Prepayment, now: datetime) -> bool:
    """Whether the last quote is the answer still: it is young, or somebody is paying it."""
    if charge.owed_fen == 0 or last.ended_at is not None:
        return False
    return last.is_same(now) or await attempt_store.live_attempt(db, charge.id) is not None


async def _charge(
    db: sql.Connection,
    lot: Lot,
    leaving: Stay,
    bill: Bill,
    charge: Charge | None,
    made: Prepayment,
    now: datetime,
    random_bits: RandomBits,
) -> Charge:
    """The charge of a stay over what it costs by now."""
    key = charge_id(leaving.id, None)
    if charge is None:
        reference = charge_rules.new_reference(random_bits(), random_bits())
        await charges_flow.request_charges(db, [dues.request(leaving, bill, lot, reference, None)], now=now)
    else:
        asked = dues.adjustment(key, bill, leaving, lot, Cause(By.INSIDE, made.id), None)
        await adjust_charges(db, [asked], now=now)
    return await charges_flow.charge_by_id(db, key)


def _shown(
    lot: Lot,
    charge: Charge | None,
    amount_fen: int,
    pay_by: datetime | None,
    until: datetime | None,
    payment: Payment | None,
) -> Prepayable:
    return Prepayable(
        charge_reference=None if charge is None else charge.reference,
        amount_fen=amount_fen,
        paid_fen=0 if charge is None else charge.paid_fen - charge.refunded_fen,
        pay_by=pay_by,
        paid_until=until,
        leave_within_min=lot.leave_within_min,
        payment=payment,
    )


# -- what is known of vehicles that are inside


async def stays_inside(
    db: sql.Connection, lot: Lot, found: Sequence[Found], network: Network, now: datetime
) -> tuple[list[Stay], Believed]:
    """The stays of vehicles that are inside a lot, also at an exit, and what is believed of these vehicles."""
    stays, at_exits = await _present(db, lot, found)
    before = await believed(db, reads_of(stays), network, now)
    effects.add(before, at_exits)
    return stays, before


async def _present(
    db: sql.Connection, lot: Lot, found: Sequence[Found]
) -> tuple[list[Stay], list[event_store.BilledStay]]:
    """The stays of vehicles that are inside a lot, and those of them at an exit with what they cost there."""
    wanted = {each.id for each in found}
    came = [each.entered_at for each in found]
    stays = [stay for stay in await event_store.open_halves(db, [(lot.id, min(came), max(came))]) if stay.id in wanted]
    rows = await event_store.stays_by_id(db, list(wanted - {stay.id for stay in stays}))
    # One that was found inside may have left since.
    at_exits = [(stay, bill) for stay, bill in rows if stay.state is State.CLOSED and stay.at_exit]
    return [*stays, *(stay for stay, _ in at_exits)], at_exits


def reads_of(inside: Sequence[Stay]) -> list[Read]:
    """The reads of entries."""
    return list(derivation.reads_of([Scope((stay,)) for stay in inside], {}))


# -- until when who has paid may leave


async def stay_paid_until(db: sql.Connection, lot: Lot, stay_id: UUID, *, now: datetime) -> datetime | None:
    """Until when the vehicle of an open stay leaves without paying since it has paid."""
    quotes = await store.asked(db, [stay_id])
    paid = await paid_without_account(db, quotes) if quotes else {}
    asked = [each.asked_at for each in quotes.get(stay_id, ())]
    within = timedelta(minutes=lot.leave_within_min)
    return prepayments.paid_until(asked, paid.get(stay_id, ()), within=within, now=now)


async def paid_inside(
    db: sql.Connection, inside: Sequence[Stay], before: Believed, network: Network, now: datetime
) -> dict[UUID, datetime]:
    """Until when vehicles that are inside leave without paying since they have paid. `before`: what is believed of
    them. Nothing is written.
    """
    billed = before.reopened | {stay.id for stay in inside if stay.state is State.CLOSED}
    quotes = await store.asked(db, billed) if billed else {}
    paid = await paid_without_account(db, billed) if billed else {}
    until = {}
    for stay in inside:
        asked = _quoted_at(stay, [each.asked_at for each in quotes.get(stay.id, ())])
        within = timedelta(minutes=network.lots[stay.lot_id].leave_within_min)
        end = prepayments.paid_until(asked, paid.get(stay.id, ()), within=within, now=now)
        if end is not None:
            until[stay.id] = min(end, stay.first_at + STAY_MAX)
    if not until:
        return {}
    wanted = [stay for stay in inside if stay.id in until]
    bills = await _bills_at(db, wanted, before, network, now, until)
    charges = await charge_store.charges_by_id(db, [charge_id(id_, None) for id_ in until])
    return {id_: end for id_, end in until.items() if _is_paid(bills[id_], charges.get(charge_id(id_, None)))}


def _is_paid(bill: Bill, charge: Charge | None) -> bool:
    return bill.account_id is None and charge is not None and owed_after(charge, bill.fee_fen, asked_at=bill.until) == 0


async def _bills_at(
    db: sql.Connection,
    inside: Sequence[Stay],
    before: Believed,
    network: Network,
    now: datetime,
    at: Mapping[UUID, datetime],
) -> dict[UUID, Bill]:
    leaving = [leaving_at(stay, at[stay.id], Exits(network.lots)) for stay in inside]
    leaving.sort(key=lambda stay: stay.first_at)
    after = before.stays | {stay.id: stay for stay in leaving}
    bills, _ = await price_stays(db, leaving, before, after, network, now, lock=False)
    return bills


# -- what nobody paid


async def lapse(pool: sql.Pool, *, network: Network, now: datetime) -> int:
    """Of quotes that were not paid in time nothing stays due until the vehicle leaves, or what it was quoted at an exit
    before; how many these were. Who was at an exit before and paid one is billed by it.
    """
    async with pool.acquire() as db:
        at = await sweep_store.position(db, ROUND) or beginning(now)
        lots = await store.lots_waiting(db, now=now, after=at.lot_id, limit=LOTS_PER_ROUND_MAX)
        if len(lots) == LOTS_PER_ROUND_MAX:
            await sweep_store.go_on_after(db, ROUND, at, lots)
    lapsed = 0
    for lot_id in lots:
        async with pool.acquire() as db, db.transaction():
            await event_store.lock_lots(db, [lot_id])
            lapsed += await _lapse(db, network, network.lots[lot_id], now)
    return lapsed


async def _lapse(db: sql.Connection, network: Network, lot: Lot, now: datetime) -> int:
    waiting = await store.waiting(db, lot.id, now=now, limit=LAPSED_PER_ROUND_MAX)
    ends = {charge_id(each.stay_id, None): each for each in waiting if each.is_open or each.is_billed}
    charges = await charge_store.charges_by_id(db, ends) if ends else {}
    unpaid = [charge for charge in charges.values() if charge.state is ChargeState.DUE]
    asked = [
        dues.lapsed(charge.id, lot, Cause(By.LAPSED, ends[charge.id].id), now)
        for charge in unpaid
        if ends[charge.id].is_open
    ]
    billed = {ends[key].stay_id: charge for key, charge in charges.items() if ends[key].is_billed}
    back, otherwise = await _back_to_bills(db, lot, billed, ends, network, now) if billed else ([], set())
    await adjust_charges(db, [*asked, *back], now=now)
    done = [each.stay_id for each in waiting if each.stay_id not in otherwise]
    if done:
        await store.finish(db, done, now=now)
    return len(done)


async def _back_to_bills(
    db: sql.Connection,
    lot: Lot,
    charges: Mapping[UUID, Charge],
    ends: Mapping[UUID, Waiting],
    network: Network,
    now: datetime,
) -> tuple[list[Adjustment], set[UUID]]:
    """Of stays that are billed since their vehicles were read at an exit, with their charges: what brings these back to
    the bills where nobody paid the quote; and those that somebody paid, which cost that and are priced again.
    """
    rows = await event_store.stays_by_id(db, list(charges))
    stays = sorted((stay for stay, _ in rows), key=lambda stay: stay.first_at)
    before = await believed(db, reads_of(stays), network, now)
    effects.add(before, rows)
    bills, _ = await price_stays(db, stays, before, before.stays, network, now, lock=False)
    back, again = [], []
    for stay, was in rows:
        charge, bill = charges[stay.id], bills[stay.id]
        if charge.state is ChargeState.VOID or was is None or bill.account_id is not None:
            continue
        if was.fee_fen != bill.fee_fen:
            again.append(stay)
        elif charge.amount_fen + charge.waived_fen != bill.fee_fen:
            cause = Cause(By.LAPSED, ends[charge.id].id)
            back.append(dues.adjustment(charge.id, bill, stay, lot, cause, None))
    wanted = [Wanted(stay.plate, stay.plate_color, stay.last_at, ends[charges[stay.id].id].id) for stay in again]
    await repricing.ask(db, wanted, [lot.id], cause=By.INSIDE, now=now)
    return back, {stay.id for stay in again}
