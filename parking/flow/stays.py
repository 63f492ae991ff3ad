"""Stays as they stand, whether their vehicles may leave now, and as staff look them up."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Raw, Struct, structs

import sql
from parking.answers import StayNow
from parking.barrier import decide_stay, is_unsure
from parking.cases import Reason
from parking.flow.cases import DecisionShown, decision_shown
from parking.flow.derivation import RandomBits
from parking.flow.prepayments import stay_paid_until
from parking.lots import Direction, Lot
from parking.plates import PlateColor, VehicleClass
from parking.reads import LetOut
from parking.stay_listing import Filter, FoundStay, LookUpTooWide
from parking.stays import Doubt, State, UnknownStay
from parking.store import cases as case_store
from parking.store import decisions as decision_store
from parking.store import stays as store
from parking.store.stays import CaseRow, FactRow, RevisionRow, StayRow
from parking.texts.cases import REASONS
from payments import accounts, ids
from payments.charges import Charge, ChargeState, charge_id
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.pages import Place, cursor
from payments.store import charges as charge_store
from payments.visits import Visit


class ChargeOfStay(Struct, frozen=True):
    """What is owed for a stay. `account_ending`: of the account that is charged, if one is."""

    reference: UUID
    state: ChargeState
    amount_fen: int
    paid_fen: int
    owed_fen: int
    refunded_fen: int
    method: str | None
    account_ending: str | None


class CaseOfStay(Struct, frozen=True):
    """A case about an event of a stay."""

    id: UUID
    reason: Reason
    reason_zh: str
    reason_en: str
    resolved_at: datetime | None


class StayShown(Struct, frozen=True):
    """A stay with what belongs to it. Pictures are references, as the camera gave them."""

    id: UUID
    lot: str
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    state: State
    entered_at: datetime | None
    left_at: datetime | None
    entry_lane: str | None
    exit_lane: str | None
    fee_fen: int | None
    let_out: LetOut | None
    doubts: Sequence[Doubt]
    charge: ChargeOfStay | None
    cases: Sequence[CaseOfStay]
    entry_images: Raw | None
    exit_images: Raw | None


class FactOfStay(Struct, frozen=True):
    """An event that a stay stands on. `counts`: whether it is a read of a vehicle; `plate_now`: as a person decided."""

    id: UUID
    event_id: str
    kind: Direction
    lane: str | None
    at: datetime
    occurred_at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    images: Raw | None
    plate_now: str | None
    counts: bool


class Revision(Struct, frozen=True):
    """What was believed of a stay for a while, before a later fact changed it; `believed_from` is null where that was
    not kept. `charge`: what it cost whoever was to pay then, as that charge stands now.
    """

    stay_id: UUID
    believed_from: datetime | None
    believed_until: datetime
    plate: str
    plate_color: PlateColor
    state: State
    entered_at: datetime | None
    left_at: datetime | None
    facts: Sequence[UUID]
    doubts: Sequence[Doubt]
    fee_fen: int | None
    charge: ChargeOfStay | None


class StayInFull(StayShown, frozen=True, kw_only=True):
    """A stay with the events that it stands on, what people decided of these, and what was believed of it before, the
    oldest first.
    """

    facts: Sequence[FactOfStay]
    decisions: Sequence[DecisionShown]
    revisions: Sequence[Revision]


class StayPage(Struct, frozen=True):
    """Stays, what ended last first; `next` is null on the last page."""

    stays: Sequence[StayShown]
    next: str | None


async def stay_by_id(db: sql.Connection, lot: Lot, stay_id: UUID, *, now: datetime) -> StayNow:
    """A stay of the lot, by a number that it has or once had.

    Raises:
        UnknownStay: the lot has no stay of this id.
    """
    found = (await stays_now(db, [(lot.id, stay_id)], {lot.id: lot})).get(stay_id)
    if found is None:
        raise UnknownStay("This lot has no stay of this id.", stay_id=str(stay_id))
    if found.state != State.OPEN:
        return found
    return structs.replace(found, paid_until=await stay_paid_until(db, lot, found.stay_id, now=now))


async def stays_now(
    db: sql.Connection, wanted: Collection[tuple[int, UUID]], lots: Mapping[int, Lot]
) -> dict[UUID, StayNow]:
    """How stays stand and what their barriers may do now, each by the lot and the number it is asked by."""
    rows = await store.stays_now(db, *zip(*wanted, strict=True))
    keys = [charge_id(row.id, row.account_id) for row in rows if row.fee_fen]
    charges = await charge_store.charges_by_id(db, keys) if keys else {}
    return {row.asked_id: _now(row, charges.get(charge_id(row.id, row.account_id)), lots[row.lot_id]) for row in rows}


def _now(row: StayRow, charge: Charge | None, lot: Lot) -> StayNow:
    let_out = row.let_out is not None
    unsure = is_unsure(lot, row.doubts, row.left_at) and not let_out
    if unsure:
        charge = None
    owed_fen = 0 if charge is None else charge.owed_fen
    decision = decide_stay(row.state, row.fee_fen, row.account_id, owed_fen, let_out=let_out, unsure=unsure)
    return StayNow(
        stay_id=row.id,
        state=row.state,
        entered_at=row.entered_at,
        left_at=row.left_at,
        gate=decision.gate,
        fee_fen=decision.fee_fen,
        payment=decision.payment,
        charge_reference=None if charge is None else charge.reference,
        charge_state=None if charge is None else charge.state,
    )


async def visits_of(db: sql.Connection, stays: Sequence[tuple[int, UUID]]) -> dict[UUID, Visit]:
    """What charges are for that name these stays, each by its lot and number; those that are not kept are left out."""
    found = await store.found_stays(db, [stay_id for _, stay_id in stays]) if stays else {}
    fields = Visit.__struct_fields__
    return {stay.id: Visit(**{name: getattr(stay, name) for name in fields}) for stay in found.values()}


# -- as staff look them up


async def find_stays(
    db: sql.Connection,
    wanted: Filter,
    *,
    after: Place | None,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> StayPage:
    """The stays of a plate, or of one lot. They show plates: who read is kept, and the plate that was looked for.

    Raises:
        LookUpTooWide: neither is named.
    """
    if wanted.plate is not None:
        keys = await store.stays_of_vehicle(db, wanted, after=after, limit=limit)
    elif wanted.lot_ids is not None and len(wanted.lot_ids) == 1:
        keys = await store.stays_of_lot(db, wanted.lot_ids[0], wanted, after=after, limit=limit)
    else:
        raise LookUpTooWide("Name a plate, a lot or a lane.", field="lot")
    found = await store.found_stays(db, [key.id for key in keys])
    # Who has left meanwhile is found as well; what has become part of another stay is not.
    stays = [found[key.id] for key in keys if key.id in found and found[key.id].state is not State.MERGED]
    await audit_flow.record_look(
        db,
        subject="stays",
        rows=len(stays),
        reader=reader,
        now=now,
        random_bits=random_bits,
        plate=wanted.plate,
    )
    return StayPage(await _shown(db, stays), cursor(keys[-1].place) if len(keys) == limit else None)


async def stay_in_full(
    db: sql.Connection,
    *,
    stay_id: UUID,
    lot_ids: Sequence[int] | None,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> StayInFull:
    """A stay of the lots (None: of any), by a number that it has or once had. Who read it is kept.

    Raises:
        UnknownStay: there is none of this id among these lots.
    """
    lot_id = ids.shard_of(stay_id)
    may_see = ids.is_ours(stay_id) and (lot_ids is None or lot_id in lot_ids)
    named = {row.id for row in await store.stays_now(db, [lot_id], [stay_id])} if may_see else set()
    found = await store.found_stays(db, list(named))
    if not found:
        raise UnknownStay("No stay has this id.", stay_id=str(stay_id))
    ((now_id, stay),) = found.items()
    await audit_flow.record_look(
        db, subject=f"stay:{now_id}", rows=1, reader=reader, now=now, random_bits=random_bits, plate=stay.plate
    )
    (shown,) = await _shown(db, [stay])
    believed = await store.revisions_of_stay(db, lot_id, list({stay_id, now_id}))
    charges = await _charges(db, {(row.stay_id, row.account_id) for row in believed if row.fee_fen})
    fields = {name: getattr(shown, name) for name in StayShown.__struct_fields__}
    return StayInFull(
        **fields,
        facts=[_fact(row) for row in await store.facts_of_stay(db, lot_id, stay.facts)],
        decisions=[decision_shown(each) for each in await decision_store.decisions_around(db, stay.facts)],
        revisions=[_revision(row, charges) for row in believed],
    )


async def _shown(db: sql.Connection, stays: Sequence[FoundStay]) -> list[StayShown]:
    charges = await _charges(db, {(stay.id, stay.account_id) for stay in stays if stay.fee_fen is not None})
    cases = await store.cases_of_facts(db, {fact for stay in stays for fact in stay.facts})
    ends = {end for stay in stays for end in (stay.entry_event_id, stay.exit_event_id) if end is not None}
    images = await case_store.images_of(db, list(ends)) if ends else {}
    return [
        StayShown(
            id=stay.id,
            lot=stay.lot,
            plate=stay.plate,
            plate_color=stay.plate_color,
            vehicle_class=stay.vehicle_class,
            state=stay.state,
            entered_at=stay.entered_at,
            left_at=stay.left_at,
            entry_lane=stay.entry_lane,
            exit_lane=stay.exit_lane,
            fee_fen=stay.fee_fen,
            let_out=stay.let_out,
            doubts=stay.doubts,
            charge=_charge(charges.get(charge_id(stay.id, stay.account_id))),
            cases=[_case(row) for fact in stay.facts for row in cases.get(fact, ())],
            entry_images=_images(images, stay.entry_event_id),
            exit_images=_images(images, stay.exit_event_id),
        )
        for stay in stays
    ]


async def _charges(db: sql.Connection, owed: Collection[tuple[UUID, int | None]]) -> dict[UUID, Charge]:
    """The charges of stays to who pays, as far as there are any."""
    return await charge_store.charges_by_id(db, [charge_id(*each) for each in owed]) if owed else {}


def _charge(charge: Charge | None) -> ChargeOfStay | None:
    if charge is None:
        return None
    return ChargeOfStay(
        reference=charge.reference,
        state=charge.state,
        amount_fen=charge.amount_fen,
        paid_fen=charge.paid_fen,
        owed_fen=charge.owed_fen,
        refunded_fen=charge.refunded_fen,
        method=charge.method,
        account_ending=None if charge.account_id is None else accounts.ending(charge.account_id),
    )


def _case(row: CaseRow) -> CaseOfStay:
    return CaseOfStay(row.id, row.reason, *REASONS[row.reason], row.resolved_at)


def _images(images: Mapping[UUID, str], event_id: UUID | None) -> Raw | None:
    pictures = None if event_id is None else images.get(event_id)
    return None if pictures is None else Raw(pictures.encode())


def _fact(row: FactRow) -> FactOfStay:
    fields = {name: getattr(row, name) for name in FactRow.__struct_fields__}
    fields["images"] = None if row.images is None else Raw(row.images.encode())
    fields["confidence"] = round(row.confidence, 3)
    return FactOfStay(**fields)


def _revision(row: RevisionRow, charges: Mapping[UUID, Charge]) -> Revision:
    fields = {name: getattr(row, name) for name in Revision.__struct_fields__ if name != "charge"}
    return Revision(**fields, charge=_charge(charges.get(charge_id(row.stay_id, row.account_id))))
