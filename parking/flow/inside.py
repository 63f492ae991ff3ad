"""Vehicles that are inside: who may look for them, and what they would cost if they left."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.barrier import Command, Payment, decide_fee
from parking.bills import Believed
from parking.exits import Exits
from parking.fees import Bill
from parking.flow.derivation import price_stays
from parking.flow.overstays import notices_of
from parking.flow.prepayments import paid_inside, stays_inside
from parking.lots import Lot
from parking.network import Network
from parking.overstays import OverstayNotice
from parking.plates import PlateColor, VehicleClass
from parking.stays import Stay, leaving_at
from parking.store import inside as store
from parking.tariffs import FeeLine
from payments.flow import audit as audit_flow
from payments.identity import Audience, Principal


class Inside(Struct, frozen=True):
    """A vehicle that is inside; what it would cost if it left now, and why; who would pay, and what the barrier did.
    `paid_until`: it was paid inside, and leaves until then without paying. `overstay`: it was charged, and staying on
    costs, or will.
    """

    stay_id: UUID
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    entered_at: datetime
    as_of: datetime
    fee_fen: int
    payment: Payment | None
    gate: Command
    lines: Sequence[FeeLine]
    paid_until: datetime | None = None
    overstay: OverstayNotice | None = None


async def find_inside(
    db: sql.Connection,
    lot: Lot,
    part: str,
    *,
    reader: Principal,
    network: Network,
    now: datetime,
    random_bits: Callable[[], int],
) -> list[Inside]:
    """The vehicles inside a lot that have a text (made comparable) in their plates, the latest entry first: of a driver
    those that the account pays for. Of staff is kept that they looked.
    """
    if reader.audience is Audience.DRIVER:
        found = await store.inside_of_account(db, lot.id, reader.id, part, now=now)
    else:
        found = await store.inside_like(db, lot.id, part, now=now)
        await audit_flow.record_look(
            db, subject="inside", rows=len(found), reader=reader, now=now, random_bits=random_bits
        )
    if not found:
        return []
    stays, before = await stays_inside(db, lot, found, network, now)
    exits = Exits(network.lots)
    bills = await bills_if(db, [leaving_at(stay, now, exits) for stay in stays], before, network, now)
    paid = await paid_inside(db, stays, before, network, now)
    overstays = await notices_of(db, lot, stays, network, now)
    stays.sort(key=lambda each: each.first_at, reverse=True)
    return [_shown(stay, bills[stay.id], paid.get(stay.id), overstays.get(stay.id), now) for stay in stays]


async def inside_of_driver(
    db: sql.Connection, driver: Principal, *, network: Network, now: datetime, random_bits: Callable[[], int]
) -> list[tuple[Lot, Inside]]:
    """The vehicles that are inside anywhere and that a driver's account pays for, the latest entry first."""
    found: list[tuple[Lot, Inside]] = []
    for lot_id in await store.lots_of_account(db, driver.id, now=now):
        lot = network.lots[lot_id]
        about = {"reader": driver, "network": network, "now": now, "random_bits": random_bits}
        found += [(lot, each) for each in await find_inside(db, lot, "", **about)]  # type: ignore[arg-type]
    return sorted(found, key=lambda each: each[1].entered_at, reverse=True)


def _shown(
    stay: Stay, bill: Bill, paid_until: datetime | None, overstay: OverstayNotice | None, now: datetime
) -> Inside:
    owed_fen = bill.fee_fen if paid_until is None else 0
    decision = decide_fee(bill.fee_fen, bill.account_id, owed_fen, let_out=False)
    return Inside(
        stay_id=stay.id,
        plate=stay.plate,
        plate_color=stay.plate_color,
        vehicle_class=stay.vehicle_class,
        entered_at=stay.first_at,
        as_of=now,
        fee_fen=bill.fee_fen,
        payment=decision.payment,
        gate=decision.gate,
        lines=bill.lines,
        paid_until=paid_until,
        overstay=overstay,
    )


async def bills_if(
    db: sql.Connection, leaving: Sequence[Stay], before: Believed, network: Network, now: datetime
) -> dict[UUID, Bill]:
    """What stays would cost that ended so, after what is believed; nothing is written."""
    if not leaving:
        return {}
    wanted = sorted(leaving, key=lambda stay: stay.first_at)
    after = before.stays | {stay.id: stay for stay in wanted}
    bills, _ = await price_stays(db, wanted, before, after, network, now, lock=False)
    return {stay.id: bills[stay.id] for stay in wanted}
