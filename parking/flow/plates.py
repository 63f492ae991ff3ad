"""Linking plates to the account that pays for them."""

from collections.abc import Callable
from datetime import datetime

import sql
from parking import plates
from parking.plates import LinkedPlate, PlateColor, PlateForm, PlateHeld, PlateNotLinked, PlateRefused
from parking.store import plates as store
from parking.store.events import lock_plates
from payments.accounts import AccountStatus, NoSuchAccount
from payments.store import accounts as account_store
from payments.store import audit

PLATES_PER_ACCOUNT_MAX = 20


async def link_plate(
    db: sql.Connection,
    *,
    account_id: int,
    plate: str,
    plate_color: PlateColor,
    now: datetime,
    random_bits: Callable[[], int],
    actor: str,
) -> LinkedPlate:
    """From now on the account pays for the plate; linking it again changes nothing.

    Raises:
        PlateRefused: the text is no plate, its colour is unknown, or the account has PLATES_PER_ACCOUNT_MAX already.
        PlateHeld: another active account pays for it.
        NoSuchAccount: the account was never opened.
    """
    text = plates.normalise(plate)
    if plates.form(text) is PlateForm.UNKNOWN:
        raise PlateRefused("This is no number plate.", field="plate")
    if plate_color is PlateColor.UNKNOWN:
        raise PlateRefused("A plate is linked with its colour.", field="plate_color")
    # Links of a plate take turns, and so do those of an account.
    await lock_plates(db, [(text, plate_color)])
    if await account_store.lock_account(db, account_id) is None:
        raise NoSuchAccount("There is no such account.", account_id=account_id)
    linked = await store.plates_of(db, account_id)
    for each in linked:
        if (each.plate, each.plate_color) == (text, plate_color):
            return each
    if len(linked) >= PLATES_PER_ACCOUNT_MAX:
        raise PlateRefused(
            f"An account has at most {PLATES_PER_ACCOUNT_MAX} plates.", plates_per_account_max=PLATES_PER_ACCOUNT_MAX
        )
    before = await store.plate_holder(db, text, plate_color)
    if before is not None:
        if before.status is AccountStatus.ACTIVE:
            raise PlateHeld("Another account pays for this plate. It must let it go first.", field="plate")
        await store.unlink_plate(db, text, plate_color, before.account_id, now=now)
    linked_at = await store.link_plate(db, text, plate_color, account_id, now=now)
    await _record(
        db,
        account_id,
        random_bits(),
        actor,
        "plate.link",
        {"plate": text, "plate_color": plate_color, "before": before and before.account_id},
        now,
    )
    return LinkedPlate(text, plate_color, linked_at)


async def unlink_plate(
    db: sql.Connection,
    *,
    account_id: int,
    plate: str,
    plate_color: PlateColor,
    now: datetime,
    random_bits: Callable[[], int],
    actor: str,
) -> None:
    """The account pays for the plate no longer; what it owes already it still owes, and so it will what is told late of
    the time when it did.

    Raises:
        PlateNotLinked: the plate is not linked to this account.
    """
    text = plates.normalise(plate)
    await lock_plates(db, [(text, plate_color)])
    if not await store.unlink_plate(db, text, plate_color, account_id, now=now):
        raise PlateNotLinked("This plate is not linked to this account.", field="plate")
    await _record(
        db,
        account_id,
        random_bits(),
        actor,
        "plate.unlink",
        {"plate": text, "plate_color": plate_color},
        now,
    )


async def release_plate(
    db: sql.Connection,
    *,
    plate: str,
    plate_color: PlateColor,
    now: datetime,
    random_bits: Callable[[], int],
    actor: str,
) -> None:
    """Takes a plate from the account that pays for it, so that its driver can link it; owed is owed.

    Raises:
        PlateNotLinked: no account pays for it.
    """
    text = plates.normalise(plate)
    await lock_plates(db, [(text, plate_color)])
    holder = await store.plate_holder(db, text, plate_color)
    if holder is None:
        raise PlateNotLinked("No account pays for this plate.", field="plate")
    await store.unlink_plate(db, text, plate_color, holder.account_id, now=now)
    await _record(
        db,
        holder.account_id,
        random_bits(),
        actor,
        "plate.release",
        {"plate": text, "plate_color": plate_color},
        now,
    )


async def _record(
    db: sql.Connection, account_id: int, bits: int, actor: str, action: str, detail: dict[str, object], now: datetime
) -> None:
    about = {"action": action, "subject": f"account:{account_id}", "actor": actor}
    await audit.record(db, account_id, **about, detail=detail, now=now, random_bits=bits)
