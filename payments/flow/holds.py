"""Held charges: held back while there is a doubt, released when it has gone or by a person. Voiding is that of any
charge (flow/charges.py).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from payments.charges import Charge, ChargeState
from payments.flow.charges import charge_by_id, lock_charge
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import charges as charge_store
from payments.store import holds as store
from sql import Connection


async def place_holds(db: Connection, held: Mapping[UUID, str], *, now: datetime) -> None:
    """Charges are not taken from their accounts by themselves from now on, each for a reason in the asker's word. Only
    what is due from an account is held, and nothing for a reason for which a person released it. Again is nothing.
    """
    await store.lock_held(db, list(held))
    await store.place_holds(db, held, now=now)


async def release_holds(db: Connection, held: Mapping[UUID, str], *, now: datetime) -> None:
    """The doubts for which these charges were held have gone, each by its reason. What is held for another as well
    stays held; the rest is taken from its account from now on. Again is nothing.
    """
    await store.lock_held(db, list(held))
    await store.release_holds(db, held, now=now)


async def change_holds(
    db: Connection, held: Collection[UUID], free: Collection[UUID], reason: str, *, now: datetime
) -> None:
    """Of these charges some are held back for a reason in the asker's word, and those that are `free` no longer."""
    waiting = await store.held_for(db, free, reason) if free else set()
    changing = [*held, *waiting]
    if not changing:
        return
    await store.lock_held(db, changing)
    if held:
        await store.place_holds(db, dict.fromkeys(held, reason), now=now)
    if waiting:
        await store.release_holds(db, dict.fromkeys(waiting, reason), now=now)


async def release_charge(db: Connection, *, charge_id: UUID, reason: str, actor: str, now: datetime) -> Charge:
    """A held charge is taken from its account from now on, or once a payment that is under way fails. One that is not
    held stays as it is.

    Raises:
        NoSuchCharge: there is none of this identifier.
    """
    charge = await lock_charge(db, charge_id)
    if not await store.release_hold(db, charge, by=actor, now=now):
        return charge
    # While a payment has not ended the wallet waits for it, and is tried when it fails.
    if charge.state is ChargeState.DUE and await attempt_store.live_attempt(db, charge.id) is None:
        await charge_store.set_collect_at(db, charge, now)
    await audit_store.record(
        db,
        charge.operator_id,
        actor=actor,
        action="charge.release",
        subject=str(charge.id),
        detail={"reason": reason},
        now=now,
    )
    return await charge_by_id(db, charge_id)
