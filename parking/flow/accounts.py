"""An account across both contexts: everything that is held of its driver, and its end."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

import sql
from parking.contests import StayOfLink
from parking.exports import (
    BanHeld,
    BookingOfDriver,
    ChargingOfDriver,
    ExemptionOfDriver,
    PassOfDriver,
    SessionOfDriver,
    TicketOfDriver,
)
from parking.flow import appeals as appeals_flow
from parking.flow import plates as plates_flow
from parking.flow.appeals import AppealShown
from parking.flow.stays import visits_of
from parking.plates import LinkedPlate, PlateColor, PlateLink, normalise
from parking.store import accounts as store
from parking.store import contests as contest_store
from parking.store import exports as export_store
from parking.store import phone_codes as phone_store
from parking.store import plates as plate_store
from parking.store import sessions as session_store
from parking.store.events import lock_plates
from parking.texts.corrections import CAUSES
from payments import audit
from payments.accounts import Account, AccountStatus, Standing, TopUpMade
from payments.adjustments import ChargeOfDriver
from payments.audit import Filter, Line
from payments.flow import accounts as accounts_flow
from payments.flow import audit as audit_flow
from payments.flow import charges as charges_flow
from payments.identity import IssuedToken, Principal, may_act_for_all
from payments.store import accounts as account_store
from payments.store import audit as audit_store
from payments.store import identity as identity_store

# Of each kind; what an account has more of is named in `cut_off`.
ROWS_MAX = 10_000
# Of what is logged of plates: not which account had one before, nor what staff or strangers said.
_SHOWN_OF_PLATES = ("plate", "plate_color", "link_stands")


class Export(Struct, frozen=True):
    """Everything that is held of a driver. `plates` are those linked now or waited for, `links` the times in which the
    account paid for a plate or has waited for it, `stays` those of these times, and so what is held of the vehicles
    from `exempt` to `charging`; `cut_off` names what there was more of than ROWS_MAX.
    """

    account: Standing
    phone: str | None
    known_as: str | None
    sessions: Sequence[SessionOfDriver]
    plates: Sequence[LinkedPlate]
    links: Sequence[PlateLink]
    stays: Sequence[StayOfLink]
    exempt: Sequence[ExemptionOfDriver]
    bans: Sequence[BanHeld]
    passes: Sequence[PassOfDriver]
    bookings: Sequence[BookingOfDriver]
    tickets: Sequence[TicketOfDriver]
    charging: Sequence[ChargingOfDriver]
    charges: Sequence[ChargeOfDriver]
    appeals: Sequence[AppealShown]
    top_ups: Sequence[TopUpMade]
    tokens: Sequence[IssuedToken]
    audit: Sequence[Raw]
    cut_off: list[str]


class AccountPage(Struct, frozen=True):
    """Accounts by their numbers; `next` is null on the last page."""

    accounts: Sequence[Account]
    next: int | None


class AccountShown(Struct, frozen=True):
    """An account as staff see it, with the plates that it pays for or waits for."""

    account: Standing
    plates: Sequence[LinkedPlate]


async def find_accounts(
    db: sql.Connection,
    *,
    number: int | None = None,
    plate: str | None = None,
    plate_color: PlateColor | None = None,
    status: AccountStatus | None = None,
    after: int = 0,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> AccountPage:
    """A page of accounts by their numbers, for staff: one, those that pay for a plate now, or those of a status. Who
    looked, for which plate, and whom they saw stands in the audit log.

    Raises:
        NotYours: the reader is staff of one operator.
    """
    may_act_for_all(reader)
    wanted = None if plate is None else normalise(plate)
    found = await store.accounts(
        db, number=number, plate=wanted, plate_color=plate_color, status=status, after=after, limit=limit
    )
    await audit_flow.record_look(
        db, subject="accounts", rows=len(found), plate=wanted, reader=reader, now=now, random_bits=random_bits
    )
    await audit_store.record_all(db, [_seen(each.id, reader, now, random_bits()) for each in found])
    return AccountPage(found, found[-1].id if len(found) == limit else None)


async def show_account(
    db: sql.Connection, account_id: int, *, reader: Principal, now: datetime, random_bits: Callable[[], int]
) -> AccountShown:
    """An account for staff, with the plates that it pays for or waits for. Who looked stands in the audit log.

    Raises:
        NotYours: the reader is staff of one operator.
        NoSuchAccount: there is none of this number.
    """
    may_act_for_all(reader)
    standing = await accounts_flow.standing(db, account_id)
    plates = await plate_store.plates_of(db, account_id)
    await audit_store.record_all(db, [_seen(account_id, reader, now, random_bits())])
    return AccountShown(standing, plates)


def _seen(account_id: int, reader: Principal, now: datetime, random_bits: int) -> Line:
    subject = f"account:{account_id}"
    return audit.line(
        account_id,
        actor=reader.subject,
        action="account.look",
        subject=subject,
        detail={},
        now=now,
        random_bits=random_bits,
    )


async def export_account(
    db: sql.Connection, *, account_id: int, actor: str, now: datetime, random_bits: Callable[[], int]
) -> Export:
    """What is held of an account, for its holder. That it was given away stands in the audit log.

    Raises:
        NoSuchAccount: there is none of this number.
    """
    standing = await accounts_flow.standing(db, account_id)
    links = await plate_store.links_of(db, account_id)
    stays = [
        stay
        for each in links
        if not each.contested
        for stay in await contest_store.stays_of_link(
            db, each.plate, each.plate_color, account_id, since=each.linked_at, until=each.unlinked_at
        )
    ]
    paid = export_store.columns(await export_store.paid_links(db, account_id))
    of_vehicles: dict[str, Sequence[Any]] = {
        "exempt": await export_store.exempt(db, paid, limit=ROWS_MAX),
        "bans": await export_store.bans(db, paid, account_id, limit=ROWS_MAX),
        "passes": await export_store.passes(db, paid, limit=ROWS_MAX),
        "bookings": await export_store.bookings(db, paid, limit=ROWS_MAX),
        "tickets": await export_store.tickets(db, paid, limit=ROWS_MAX),
        "charging": await export_store.charging(db, paid, limit=ROWS_MAX),
    }
    charges = await charges_flow.charges_of_driver(
        db, account_id, before=None, limit=ROWS_MAX, wording=CAUSES, visits_of=visits_of
    )
    own_appeals = await appeals_flow.appeals_of(db, account_id, before=None, limit=ROWS_MAX)
    top_ups = await account_store.top_ups_of_account(db, account_id, limit=ROWS_MAX)
    tokens = await identity_store.tokens(db, account_id=account_id, limit=ROWS_MAX)
    lines = await audit_store.lines(db, Filter(owner_id=account_id), before=None, limit=ROWS_MAX)
    await audit_store.record_all(db, [_taken(account_id, actor, now, random_bits())])
    kinds: dict[str, Sequence[object]] = {
        "stays": stays,
        **of_vehicles,
        "charges": charges,
        "appeals": own_appeals,
        "top_ups": top_ups,
        "tokens": tokens,
        "audit": lines,
    }
    return Export(
        account=standing,
        phone=await phone_store.phone_of(db, account_id),
        sessions=await session_store.of_account(db, account_id),
        known_as=(await account_store.known_as(db, [account_id])).get(account_id),
        plates=await plate_store.plates_of(db, account_id),
        links=links,
        stays=stays,
        **of_vehicles,
        charges=charges,
        appeals=own_appeals,
        top_ups=top_ups,
        tokens=tokens,
        audit=[shown for line in lines if (shown := _line(line)) is not None],
        cut_off=[name for name, rows in kinds.items() if len(rows) >= ROWS_MAX],
    )


async def close_account(
    db: sql.Connection, *, account_id: int, actor: str, now: datetime, random_bits: Callable[[], int]
) -> Account:
    """Closes an account for ever: its plates, name, phone, sessions and tokens go, its money stays in the books.

    Raises:
        NoSuchAccount, AccountBarred, AccountNotSettled: see `payments.flow.accounts.close_account`.
    """
    # Plates are locked before the account (events.sql); another may have been linked while this waited for them.
    locked: set[tuple[str, PlateColor]] = set()
    while more := {(each.plate, each.plate_color) for each in await plate_store.plates_of(db, account_id)} - locked:
        await lock_plates(db, list(more))
        locked |= more
    closed = await accounts_flow.close_account(db, account_id=account_id, actor=actor, now=now, random_bits=random_bits)
    await phone_store.forget_phone(db, account_id)
    await session_store.end_of_account(db, account_id)
    for each in await plate_store.plates_of(db, account_id):
        if not await plate_store.drop_claim(db, each.plate, each.plate_color, account_id):
            await plates_flow.end_link(db, each.plate, each.plate_color, account_id, now=now, random_bits=random_bits)
    return closed


def _taken(account_id: int, actor: str, now: datetime, random_bits: int) -> Line:
    about = {"actor": actor, "action": "account.export", "subject": f"account:{account_id}"}
    return audit.line(account_id, **about, detail={}, now=now, random_bits=random_bits)


def _line(line: Line) -> Raw | None:
    """A line of the log as the driver may see it: it does not tell whether another account pays for a plate."""
    shown, detail = msgspec.to_builtins(line), msgspec.json.decode(line.detail)
    if line.action.startswith("plate."):
        if detail.get("waited"):
            return None  # The line of the claim stands for the link.
        detail = {name: detail[name] for name in _SHOWN_OF_PLATES if name in detail}
        if line.action == "plate.claim":
            shown["action"] = "plate.link"
    detail.pop("note", None)
    return Raw(msgspec.json.encode({**shown, "detail": detail}))
