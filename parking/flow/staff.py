"""Accounts of staff: made, given a code, ended. Who chooses a password stands in `sessions`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import staff
from parking.network import Network
from parking.staff import CODE_LIFE, IdentityTaken, LastAdministrator, LoginTaken, NoSuchStaff, Staff
from parking.store import sessions as session_store
from parking.store import staff as store
from payments import ledger
from payments.identity import Audience, NoSuchLot, NotYours, Principal, may_act_for_all, may_issue
from payments.settlement import NoSuchOperator
from payments.store import audit as audit_store
from payments.store import identity as identity_store

RandomBytes = Callable[[int], bytes]


class Invited(Struct, frozen=True):
    """Who may choose a password now, by which code, until when."""

    login: str
    code: str
    until: datetime


async def add(
    db: sql.Connection,
    *,
    login: str,
    name: str,
    audience: Audience,
    operator_id: int | None,
    lot_id: int | None,
    network: Network,
    by: Principal,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Invited:
    """Makes an account. The code that is answered is kept by nobody; by it its holder chooses a password, once.

    `wall`: the time by which people's codes end, which is not that of the city where that runs faster.

    Raises:
        LoginTaken: somebody else has this login.
        HolderUnclear, NoSuchOperator, NoSuchLot: as what they would sign in.
        NotYours: `by` may not make such an account.
    """
    holder = staff.principal(login, audience, operator_id, lot_id)
    may_issue(by, holder)
    if operator_id is not None and operator_id not in network.operators:
        raise NoSuchOperator("There is no such operator.", field="operator", operator_id=operator_id)
    lot = None if lot_id is None else network.lots.get(lot_id)
    if lot_id is not None and (lot is None or lot.operator_id != operator_id):
        raise NoSuchLot("The operator has no such lot.", field="lot", lot_id=lot_id)
    code = staff.code_text(random_bytes(staff.CODE_BYTES))
    until = wall + CODE_LIFE
    number = await store.insert(
        db,
        login=login,
        name=name,
        audience=audience,
        operator_id=operator_id,
        lot_id=lot_id,
        code_hash=staff.code_hashed(code),
        code_until=until,
        totp_secret=_secret(audience, random_bytes),
        by=by.subject,
        now=now,
    )
    if number is None:
        raise LoginTaken("This login is taken.", field="login", login=login)
    after = {"name": name, "audience": audience, "operator_id": operator_id, "lot_id": lot_id}
    await _audit(db, operator_id, by.subject, "staff.add", login, {"after": after}, now)
    return Invited(login, code, until)


async def reset(
    db: sql.Connection,
    login: str,
    *,
    reason: str,
    by: Principal,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Invited:
    """Takes a password away and lets another be chosen by a code, with another secret for the telephone; all sessions
    of the account end.

    Raises:
        NoSuchStaff: there is none of this login that is `by`'s affair.
    """
    known = await locked(db, login, by)
    code = staff.code_text(random_bytes(staff.CODE_BYTES))
    until = wall + CODE_LIFE
    await store.set_code(
        db,
        known.id,
        code_hash=staff.code_hashed(code),
        code_until=until,
        totp_secret=_secret(known.audience, random_bytes),
    )
    await end_sessions(db, known.id)
    await _audit(db, known.operator_id, by.subject, "staff.reset", login, {"reason": reason}, now)
    return Invited(login, code, until)


async def identify(db: sql.Connection, login: str, identity: str | None, *, by: Principal, now: datetime) -> None:
    """Lets the holder of an account sign in by an identity of the city; None: by none. Sessions that are open end with
    the identity that they were begun by. The same again is nothing.

    Raises:
        NoSuchStaff: there is none of this login that is `by`'s affair.
        IdentityTaken: another account is known by it.
    """
    known = await locked(db, login, by)
    if known.identity == identity:
        return
    if not await store.set_identity(db, known.id, identity):
        raise IdentityTaken("Another account is known by this identity.", field="identity")
    if known.identity is not None:
        await end_sessions(db, known.id)
    detail: dict[str, object] = {"before": known.identity, "after": identity}
    await _audit(db, known.operator_id, by.subject, "staff.identify", login, detail, now)


async def disable(db: sql.Connection, login: str, *, reason: str, by: Principal, now: datetime) -> None:
    """Lets nobody sign in with an account any more, and ends its sessions. The same again is nothing.

    Raises:
        NoSuchStaff: there is none of this login that is `by`'s affair.
        LastAdministrator: it is the last one that could make accounts.
    """
    known = await locked(db, login, by)
    if known.is_disabled:
        return
    if known.audience is Audience.ADMIN and list(await store.administrators(db)) == [known.id]:
        raise LastAdministrator("This is the last administrator: nobody could make accounts.")
    await store.disable(db, known.id, by=by.subject, now=now)
    await end_sessions(db, known.id)
    await _audit(db, known.operator_id, by.subject, "staff.disable", login, {"reason": reason}, now)


async def enable(db: sql.Connection, login: str, *, reason: str, by: Principal, now: datetime) -> None:
    """Lets an account be used again. The same again is nothing.

    Raises:
        NoSuchStaff: there is none of this login that is `by`'s affair.
    """
    known = await locked(db, login, by)
    if known.is_disabled:
        await store.enable(db, known.id)
        await _audit(db, known.operator_id, by.subject, "staff.enable", login, {"reason": reason}, now)


async def find(db: sql.Connection, by: Principal) -> Sequence[Staff]:
    """The accounts that are somebody's affair: of their operator, or all."""
    return await store.all_of(db, by.operator_id)


async def locked(db: sql.Connection, login: str, by: Principal) -> Staff:
    """An account that nobody else changes until the transaction ends.

    Raises:
        NoSuchStaff: there is none of this login that is `by`'s affair.
    """
    await store.lock(db, login)
    known = await store.by_login(db, login)
    if known is None:
        raise NoSuchStaff("No account has this login.", login=login)
    try:
        may_act_for_all(by) if known.operator_id is None else may_issue(by, known.principal)
    except NotYours:
        raise NoSuchStaff("No account has this login.", login=login) from None
    return known


async def end_sessions(db: sql.Connection, staff_id: int, *, but: bytes | None = None) -> int:
    """Ends the sessions of an account, but not one; every process knows within a second. How many there were."""
    ended = await session_store.end_of_staff(db, staff_id, but=but)
    await identity_store.bump_version(db)
    return len(ended)


def _secret(audience: Audience, random_bytes: RandomBytes) -> str | None:
    return staff.totp_secret(random_bytes(staff.TOTP_SECRET_BYTES)) if staff.needs_totp(audience) else None


async def _audit(
    db: sql.Connection,
    operator_id: int | None,
    actor: str,
    action: str,
    login: str,
    detail: dict[str, object],
    now: datetime,
) -> None:
    await audit_store.record(
        db,
        operator_id or ledger.PLATFORM,
        actor=actor,
        action=action,
        subject=staff.subject_of(login),
        detail=detail,
        now=now,
    )
