"""What is owed for stays that are derived anew: new charges, dearer or cheaper ones, and doubts that hold them back."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, structs

from parking import stays as rules
from parking.effects import Derived, unbilled
from parking.fees import Bill
from parking.lots import Lot
from parking.reads import By, Cause
from parking.stays import State, Stay
from payments import ids
from payments.adjustments import Adjustment
from payments.charges import Charge, ChargeRequest, charge_id


class Owed(Struct, frozen=True):
    """What is asked of payments: charges that are new, such that cost something else now, and doubts that came or went,
    by the charge.
    """

    requests: list[ChargeRequest]
    adjustments: list[Adjustment]
    doubted: dict[UUID, str]
    cleared: dict[UUID, str]


def owed(derived: Derived, lots: Mapping[int, Lot]) -> Owed:
    """What follows for money where a bill is another than before."""
    asked = Owed([], [], {}, {})
    before = derived.before
    for stay_id, bill in derived.after.bills.items():
        stay = derived.after.stays[stay_id]
        # Nearly all that is known of vehicles are earlier stays, of which nothing is otherwise.
        if before.bills.get(stay_id) is not bill or before.stays.get(stay_id) != stay:
            _bill(asked, derived, stay, bill, lots)
    for stay_id, was in before.bills.items():
        now = derived.after.bills.get(stay_id)
        stay = before.stays[stay_id]
        gone = now is None and derived.after.stays.get(stay_id) != stay
        if was.fee_fen and (gone or (now is not None and now.account_id != was.account_id)):
            _bill_no_more(asked, derived, stay, was, lots[stay.lot_id])
    if derived.charges:
        for stay in unbilled(before):
            _settle(asked, derived, stay, lots[stay.lot_id])
    return asked


def _bill(asked: Owed, derived: Derived, stay: Stay, bill: Bill, lots: Mapping[int, Lot]) -> None:
    """A stay costs what its bill says, by a new charge or by one that it had; and is in doubt, or no longer."""
    lot, was = lots[stay.lot_id], derived.before.bills.get(stay.id)
    hold = rules.doubt_of(stay, lot.kind)
    if was is None and not derived.charges:
        if bill.fee_fen:
            asked.requests.append(request(stay, bill, lot, derived.references[stay.id], hold))
        return
    key = charge_id(stay.id, bill.account_id)
    if was is not None and was.account_id == bill.account_id:
        doubted = rules.doubt_of(derived.before.stays[stay.id], lot.kind)
        if doubted is not hold and bill.account_id is not None:
            asked.cleared.update({} if doubted is None else {key: doubted})
            asked.doubted.update({} if hold is None else {key: hold})
        if was.fee_fen == bill.fee_fen:
            return
    if key in derived.charges or (was is not None and was.account_id == bill.account_id and was.fee_fen):
        asked.adjustments.append(adjustment(key, bill, stay, lot, _cause(derived, stay), hold))
    elif bill.fee_fen:
        asked.requests.append(request(stay, bill, lot, derived.references[stay.id], hold))


def _settle(asked: Owed, derived: Derived, was: Stay, lot: Lot) -> None:
    """What was charged of a stay beside its bill goes back if that is none any more, or another's to pay. If nobody saw
    how it ended, it cost what was paid of it until its vehicle came again: what was paid later was for that visit.
    """
    now, bill = derived.after.stays.get(was.id), derived.after.bills.get(was.id)
    if now is not None and now.state is State.OPEN:
        return
    for charge in [each for each in derived.charges.values() if each.stay_id == was.id]:
        if bill is not None and bill.account_id == charge.account_id:
            continue
        nothing = Bill(None, 0, charge.account_id)
        to_nothing = adjustment(charge.id, nothing, was, lot, derived.causes[lot.id], None)
        is_lost = now is not None and now.state is State.SUPERSEDED and _paid_before(charge, now.seen_again_at)
        asked.adjustments.append(structs.replace(to_nothing, keeps_paid=is_lost))


def _paid_before(charge: Charge, at: datetime | None) -> bool:
    return at is None or charge.paid_at is None or charge.paid_at <= at


def _cause(derived: Derived, stay: Stay) -> Cause:
    """Why a stay costs something else: what changed the stays of its lot, or that its vehicle is at the exit still."""
    was = derived.before.stays.get(stay.id)
    if was is not None and was.entered_at == stay.entered_at and _stands_there(was, stay):
        assert stay.exit_event_id is not None
        return Cause(By.AT_EXIT, stay.exit_event_id)
    return derived.causes[stay.lot_id]


def _stands_there(was: Stay, now: Stay) -> bool:
    """Whether a stay is otherwise since its vehicle, which has not left yet, was read at an exit again."""
    if was.at_exit:
        return now.at_exit
    if was.state is not State.CLOSED or was.left_at is None or now.left_at is None:
        return False
    return bool(now.exits) and was.left_at < now.left_at


def _bill_no_more(asked: Owed, derived: Derived, stay: Stay, was: Bill, lot: Lot) -> None:
    """A stay that is no more, or is another's to pay, costs its payer nothing."""
    key = charge_id(stay.id, was.account_id)
    nothing = Bill(None, 0, was.account_id)
    to_nothing = adjustment(key, nothing, stay, lot, derived.causes[lot.id], None)
    asked.adjustments.append(structs.replace(to_nothing, keeps_paid=_goes_on(derived, stay)))
    if (doubted := rules.doubt_of(stay, lot.kind)) is not None:
        asked.cleared[key] = doubted


def _goes_on(derived: Derived, stay: Stay) -> bool:
    """Whether a vehicle that was seen to turn back at the exit is in the same stay again: what was paid of that, was
    paid of it.
    """
    now = derived.after.stays.get(stay.id)
    return now is not None and now.state is State.OPEN and any(fact in derived.turned_back for fact in stay.facts)


def told_by(requests: Iterable[ChargeRequest], derived: Derived, gateways: Mapping[UUID, int]) -> dict[UUID, int]:
    """Whose event ended a stay, by the stay's number; where that is no new one, whose event completed it."""
    by_lot = {ids.shard_of(event_id): gateway_id for event_id, gateway_id in gateways.items()}
    ended = {request.stay_id: derived.after.stays[request.stay_id].exit_event_id for request in requests}
    return {
        request.stay_id: gateways.get(ended[request.stay_id] or request.stay_id) or by_lot[request.lot_id]
        for request in requests
        if request.lot_id in by_lot
    }


def request(stay: Stay, bill: Bill, lot: Lot, reference: UUID, hold: str | None) -> ChargeRequest:
    """A charge of a stay over its bill."""
    return ChargeRequest(
        lot_id=lot.id,
        stay_id=stay.id,
        operator_id=lot.operator_id,
        account_id=bill.account_id,
        amount_fen=bill.fee_fen,
        business_date=_local_date(stay, lot),
        lines=msgspec.json.encode(bill.lines),
        reference=reference,
        place_hidden=bill.began_unlinked,
        hold=hold if bill.account_id is not None else None,
    )


def adjustment(key: UUID, bill: Bill, stay: Stay, lot: Lot, cause: Cause, hold: str | None) -> Adjustment:
    """What a charge of a stay costs by its bill."""
    return Adjustment(
        charge_id=key,
        wanted_fen=bill.fee_fen,
        lines=msgspec.json.encode(bill.lines),
        cause_id=cause.id,
        cause=cause.word,
        business_date=_local_date(stay, lot),
        hold=hold if bill.account_id is not None else None,
        asked_at=bill.until,
    )


def lapsed(key: UUID, lot: Lot, cause: Cause, now: datetime) -> Adjustment:
    """Nothing is owed of a charge of a vehicle that is inside still; what was paid of it stays paid."""
    today = now.astimezone(ZoneInfo(lot.time_zone)).date()
    return Adjustment(key, 0, b"[]", cause.id, cause.word, today, keeps_paid=True)


def _local_date(stay: Stay, lot: Lot) -> date:
    return (stay.left_at or stay.first_at).astimezone(ZoneInfo(lot.time_zone)).date()
