"""Linking plates to the account that pays for them."""

from collections.abc import Callable
from datetime import datetime

import sql
from parking import plates
from parking.flow.lots import operator_of_code
from parking.flow.network import record_change
from parking.plates import LinkedPlate, PlateColor, PlateNotLinked, PlateRefused
from parking.store import plates as store
from parking.store.events import lock_plates
from payments.accounts import AccountStatus, NoSuchAccount
from payments.identity import AccountBarred
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
    """From now on the account pays for the plate, or as soon as the account that pays for it now lets it go; linking it
    again changes nothing.

    Raises:
        PlateRefused: the text is no plate (with the one that was meant, if that is clear), its colour is unknown, or
        the account has PLATES_PER_ACCOUNT_MAX already.
        NoSuchAccount: the account was never opened.
        AccountBarred: it was closed meanwhile.
    """
    if plate_color is PlateColor.UNKNOWN:
        raise PlateRefused("A plate is linked with its colour.", field="plate_color")
    text, plate_color = plates.identity(plate, plate_color)
    if not plates.is_plate(text):
        raise _no_plate(text)
    # Links of a plate take turns, and so do those of an account.
    await lock_plates(db, [(text, plate_color)])
    account = await account_store.lock_account(db, account_id)
    if account is None:
        raise NoSuchAccount("There is no such account.", account_id=account_id)
    if account.status is AccountStatus.CLOSED:
        raise AccountBarred("This account is closed.", account_id=account_id)
    linked = await store.plates_of(db, account_id)
    mine = next((each for each in linked if (each.plate, each.plate_color) == (text, plate_color)), None)
    if mine is None and len(linked) >= PLATES_PER_ACCOUNT_MAX:
        raise PlateRefused(
            f"An account has at most {PLATES_PER_ACCOUNT_MAX} plates.", plates_per_account_max=PLATES_PER_ACCOUNT_MAX
        )
    before = await store.plate_holder(db, text, plate_color)
    if mine is not None and before is not None and before.account_id == account_id:
        return mine
    linked_at, action = now, "plate.link"
    if before is None or before.status is not AccountStatus.ACTIVE:
        if before is not None:
            await store.unlink_plate(db, text, plate_color, before.account_id, now=now)
        linked_at = await store.link_plate(db, text, plate_color, account_id, now=now)
        await store.drop_claim(db, text, plate_color, account_id)
    elif mine is not None:
        return mine
    else:
        # The same answer as for a link: who asks about a stranger's plate does not learn whether it has an account.
        await store.add_claim(db, text, plate_color, account_id, now=now)
        action = "plate.claim"
    was = None if before is None else before.account_id
    detail: dict[str, object] = {"plate": text, "plate_color": plate_color, "before": was}
    await _record(db, account_id, random_bits(), actor, action, detail, now)
    return LinkedPlate(text, plate_color, linked_at)


def _no_plate(text: str) -> PlateRefused:
    meant = plates.issued(text)
    if meant is None:
        return PlateRefused("This is no number plate.", field="plate")
    sentence = f"No plate has the letter I or O: the digits 1 and 0 look alike. Did you mean {meant}?"
    return PlateRefused(sentence, field="plate", proposed=meant)


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
    """The account pays for the plate no longer; what it owes already it still owes, and so it will what is recorded
    late of the time when it did.

    Raises:
        PlateNotLinked: the plate is not linked to this account.
    """
    text, plate_color = plates.identity(plate, plate_color)
    await lock_plates(db, [(text, plate_color)])
    if not await store.drop_claim(db, text, plate_color, account_id):
        if not await store.unlink_plate(db, text, plate_color, account_id, now=now):
            raise PlateNotLinked("This plate is not linked to this account.", field="plate")
        await _pass_on(db, text, plate_color, now, random_bits)
    detail: dict[str, object] = {"plate": text, "plate_color": plate_color}
    await _record(db, account_id, random_bits(), actor, "plate.unlink", detail, now)


async def end_link(
    db: sql.Connection,
    plate: str,
    plate_color: PlateColor,
    account_id: int,
    *,
    now: datetime,
    random_bits: Callable[[], int],
) -> None:
    """An account pays for a plate no longer, whoever decided that; the oldest claim takes its place."""
    await lock_plates(db, [(plate, plate_color)])
    if await store.unlink_plate(db, plate, plate_color, account_id, now=now):
        await _pass_on(db, plate, plate_color, now, random_bits)


async def release_plate(
    db: sql.Connection,
    *,
    plate: str,
    plate_color: PlateColor,
    now: datetime,
    random_bits: Callable[[], int],
    actor: str,
) -> None:
    """Takes a plate from the account that pays for it, so that its driver can link it.

    What the account owes already stays with it.

    Raises:
        PlateNotLinked: no account pays for it.
    """
    text, plate_color = plates.identity(plate, plate_color)
    await lock_plates(db, [(text, plate_color)])
    holder = await store.plate_holder(db, text, plate_color)
    if holder is None:
        raise PlateNotLinked("No account pays for this plate.", field="plate")
    await end_link(db, text, plate_color, holder.account_id, now=now, random_bits=random_bits)
    detail: dict[str, object] = {"plate": text, "plate_color": plate_color}
    await _record(db, holder.account_id, random_bits(), actor, "plate.release", detail, now)


async def add_no_plate_text(db: sql.Connection, *, operator_code: str, text: str, by: str, now: datetime) -> str:
    """From now on cameras of this operator that send the text have read no plate; returns the text made comparable.

    Raises:
        UnknownOperator: no operator has this code.
        PlateRefused: every operator's cameras mean that by it, or nothing is left of it that could be compared.
    """
    operator_id = await operator_of_code(db, code=operator_code)
    words = plates.normalise(text)
    if not words:
        raise PlateRefused("This text is known as none of a plate already.", field="text")
    if await store.add_no_plate_text(db, operator_id, words, now=now):
        await _record_text(db, "no_plate_text.add", operator_code, words, by, now)
    return words


async def drop_no_plate_text(db: sql.Connection, *, operator_code: str, text: str, by: str, now: datetime) -> None:
    """The text is compared like every other again.

    Raises:
        UnknownOperator: no operator has this code.
        PlateRefused: the operator has no such text.
    """
    operator_id = await operator_of_code(db, code=operator_code)
    words = plates.normalise(text)
    if not await store.drop_no_plate_text(db, operator_id, words):
        raise PlateRefused("The operator has no such text.", field="text")
    await _record_text(db, "no_plate_text.drop", operator_code, words, by, now)


async def _record_text(db: sql.Connection, action: str, operator_code: str, text: str, by: str, now: datetime) -> None:
    subject = f"operator:{operator_code}"
    await record_change(db, by=by, action=action, subject=subject, detail={"text": text}, now=now)


async def _pass_on(
    db: sql.Connection, plate: str, plate_color: PlateColor, now: datetime, random_bits: Callable[[], int]
) -> None:
    """A plate that was let go is paid for by whoever has waited longest, from now on."""
    account_id = await store.oldest_claim(db, plate, plate_color)
    if account_id is None:
        return
    await store.drop_claim(db, plate, plate_color, account_id)
    await store.link_plate(db, plate, plate_color, account_id, now=now)
    detail: dict[str, object] = {"plate": plate, "plate_color": plate_color, "waited": True}
    await _record(db, account_id, random_bits(), f"account:{account_id}", "plate.link", detail, now)


async def _record(
    db: sql.Connection, account_id: int, bits: int, actor: str, action: str, detail: dict[str, object], now: datetime
) -> None:
    about = {"action": action, "subject": f"account:{account_id}", "actor": actor}
    await audit.record(db, account_id, **about, detail=detail, now=now, random_bits=bits)
