"""Charges that staff look up: by plate, by lot and day, and those of which a line of a statement is made."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.charge_listing import Filter
from parking.flow.derivation import RandomBits
from parking.flow.stays import visits_of
from parking.lots import Lot
from parking.network import Network
from parking.stay_listing import LookUpTooWide
from parking.store import charges as store
from payments import accounts
from payments.charges import Charge, ChargeState, Settled
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.pages import Page, Place, cursor
from payments.store import charges as charge_store
from payments.visits import Visit


class ChargeFound(Struct, frozen=True):
    """A charge with the stay it is for. `settled`: what it adds to the line of the statement by which it was looked
    for.
    """

    reference: UUID
    stay_id: UUID
    lot: str | None
    operator: str | None
    visit: Visit | None
    state: ChargeState
    amount_fen: int
    paid_fen: int
    owed_fen: int
    refunded_fen: int
    waived_fen: int
    method: str | None
    created_at: datetime
    paid_at: datetime | None
    account_ending: str | None
    settled: Settled | None


class ChargesFound(Struct, frozen=True):
    """Charges, of what ended last first, those of a settled day by number; `next` is null on the last page."""

    charges: Sequence[ChargeFound]
    next: str | None


async def find_charges(
    db: sql.Connection,
    wanted: Filter,
    *,
    after: Place | None,
    limit: int,
    reader: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> ChargesFound:
    """The charges of a plate, or of a lot and a time. They show plates: who read is kept, and the plate that was looked
    for.

    Raises:
        LookUpTooWide: neither is named.
    """
    if wanted.plate is not None:
        keys = await store.charges_of_vehicle(db, wanted, after=after, limit=limit)
    elif wanted.lot_ids is None or len(wanted.lot_ids) != 1:
        raise LookUpTooWide("Name a plate, or a lot and a day.", field="lot")
    elif wanted.since is None or wanted.until is None:
        raise LookUpTooWide("Name a plate, or a lot and a day.", field="date")
    else:
        keys = await store.charges_of_lot(
            db, wanted.lot_ids[0], wanted.since, wanted.until, wanted, after=after, limit=limit
        )
    charges = await _shown(db, [key.id for key in keys], {}, network)
    await audit_flow.record_look(
        db,
        subject="charges",
        rows=len(charges),
        reader=reader,
        now=now,
        random_bits=random_bits,
        plate=wanted.plate,
    )
    return ChargesFound(charges, cursor(keys[-1].place) if len(keys) == limit else None)


async def charges_of_line(
    db: sql.Connection,
    lot: Lot,
    settled_on: date,
    page: Page,
    *,
    reader: Principal,
    network: Network,
    now: datetime,
    random_bits: RandomBits,
) -> ChargesFound:
    """The charges of which the line of a lot in a statement is made, by number: what they add to it sums up to it. The
    same of a day that is open adds up to what its line would be.
    """
    parts = await charge_store.settled_charges(db, lot.operator_id, settled_on, lot.id, page)
    charges = await _shown(db, [part.id for part in parts], {part.id: part for part in parts}, network)
    await audit_flow.record_look(
        db, subject="charges", rows=len(charges), reader=reader, now=now, random_bits=random_bits
    )
    last = page.next([part.id for part in parts])
    return ChargesFound(charges, None if last is None else str(last))


async def _shown(
    db: sql.Connection, charge_ids: Sequence[UUID], settled: Mapping[UUID, Settled], network: Network
) -> list[ChargeFound]:
    found = await charge_store.charges_by_id(db, charge_ids) if charge_ids else {}
    charges = [found[charge_id] for charge_id in charge_ids if charge_id in found]
    visits = await visits_of(db, [(charge.lot_id, charge.stay_id) for charge in charges])
    return [_found(charge, visits.get(charge.stay_id), settled.get(charge.id), network) for charge in charges]


def _found(charge: Charge, visit: Visit | None, settled: Settled | None, network: Network) -> ChargeFound:
    lot, operator = network.codes_of(charge.lot_id, charge.operator_id)
    return ChargeFound(
        reference=charge.reference,
        stay_id=charge.stay_id,
        lot=lot,
        operator=operator,
        visit=visit,
        state=charge.state,
        amount_fen=charge.amount_fen,
        paid_fen=charge.paid_fen,
        owed_fen=charge.owed_fen,
        refunded_fen=charge.refunded_fen,
        waived_fen=charge.waived_fen,
        method=charge.method,
        created_at=charge.created_at,
        paid_at=charge.paid_at,
        account_ending=None if charge.account_id is None else accounts.ending(charge.account_id),
        settled=settled,
    )
