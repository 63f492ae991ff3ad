"""Signing in and out: sessions of staff, passwords that are chosen, and tries in vain.

A try is counted before it is looked at, so that a hundred at once are a hundred; one that was good is taken back.
"""

import asyncio
from datetime import datetime, timedelta

from msgspec import Struct

import sql
from parking import sessions, staff
from parking.city_identity import Identity
from parking.flow.staff import RandomBytes, end_sessions
from parking.sessions import (
    FREE_OF_ADDRESS,
    FREE_OF_LOGIN,
    IdentityUnknown,
    SecondFactorMissing,
    Session,
    SignInPaused,
    SignInRefused,
)
from parking.staff import Staff
from parking.store import sessions as store
from parking.store import staff as staff_store
from payments import ledger
from payments.store import audit as audit_store
from payments.store import identity as identity_store

# Each takes a core and 19 MiB for a while, and gates have their cars waiting on the same cores.
_hashing = asyncio.Semaphore(1)


class Browser(Struct, frozen=True):
    """From where somebody asks: the address, and what the browser calls itself."""

    address: str
    agent: str


class Begun(Struct, frozen=True):
    """What the browser is given, and keeps for so long."""

    token: str
    ends_at: datetime


class Invitation(Struct, frozen=True):
    """Whose password is chosen; `totp_uri`: for their telephone, where they need one."""

    login: str
    name: str
    totp_secret: str | None
    totp_uri: str | None


async def sign_in(
    pool: sql.Pool,
    *,
    login: str,
    password: str,
    totp: str,
    browser: Browser,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Begun:
    """Begins a session of staff.

    Raises:
        SignInRefused: login, password or code are wrong, or the account is disabled.
        SignInPaused: too many tries failed.
    """
    known = await _tried(pool, login, browser, wall)
    fits = await _fits(password, None if known is None else known.password_hash)
    if known is None or not fits or known.is_disabled:
        raise await _refused(pool, known, browser, now, "password")
    step = None
    if known.totp_secret is not None:
        step = staff.totp_step(totp, known.totp_secret, wall)
        if step is None or not known.totp_confirmed:
            raise await _refused(pool, known, browser, now, "totp")
    async with pool.acquire() as db, db.transaction():
        if step is not None and not await staff_store.take_totp_step(db, known.id, step):
            await _note(db, known, browser, now, "staff.sign_in_refused", {"reason": "totp used before"})
            raise SignInRefused("The login, the password or the code is wrong.")
        return await begin(db, known, browser, now=now, wall=wall, random_bytes=random_bytes)


async def sign_in_by_identity(
    pool: sql.Pool, identity: Identity, *, browser: Browser, now: datetime, wall: datetime, random_bytes: RandomBytes
) -> Begun:
    """Begins a session of the staff whom the city's identity says to be so.

    Raises:
        IdentityUnknown: no account is known by this identity, or it is disabled.
        SecondFactorMissing: the city asked for a password alone, and the account needs more.
    """
    async with pool.acquire() as db:
        known = await staff_store.by_identity(db, identity.value)
    if known is None or known.is_disabled:
        await _refused(pool, known, browser, now, "disabled")
        raise IdentityUnknown("No account is known by this identity.")
    if staff.needs_totp(known.audience) and not identity.is_strong:
        await _refused(pool, known, browser, now, "second factor")
        raise SecondFactorMissing("This account signs in with a second factor, and the city's identity asked for none.")
    async with pool.acquire() as db, db.transaction():
        return await begin(db, known, browser, now=now, wall=wall, random_bytes=random_bytes, by="city identity")


async def begin(
    db: sql.Connection,
    known: Staff,
    browser: Browser,
    *,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
    by: str = "password",
) -> Begun:
    """Begins a session for an account whose holder has proved to be so."""
    token = random_bytes(sessions.TOKEN_BYTES).hex()
    _, life = sessions.life_of(known.audience)
    await store.begin(
        db,
        token,
        staff_id=known.id,
        account_id=None,
        ends_at=wall + life,
        address=browser.address[: sessions.ADDRESS_CHARACTERS_MAX],
        agent=browser.agent[: sessions.AGENT_CHARACTERS_MAX],
        now=wall,
    )
    await store.forgive(db, login=sessions.by_login(known.login), address=sessions.by_address(browser.address))
    await _note(db, known, browser, now, "staff.sign_in", {"by": by})
    return Begun(token, wall + life)


async def invitation(pool: sql.Pool, *, login: str, code: str, browser: Browser, wall: datetime) -> Invitation:
    """Whose password may be chosen by a code, and what their telephone has to know.

    Raises:
        SignInRefused: there is no such code out for this login.
        SignInPaused: too many tries failed.
    """
    known = await _invited(pool, login, code, browser, wall)
    async with pool.acquire() as db, db.transaction():
        await store.forgive(db, login=sessions.by_login(login), address=sessions.by_address(browser.address))
    uri = None if known.totp_secret is None else staff.totp_uri(known.login, known.totp_secret)
    return Invitation(known.login, known.name, known.totp_secret, uri)


async def choose_password(
    pool: sql.Pool,
    *,
    login: str,
    code: str,
    password: str,
    totp: str,
    browser: Browser,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Begun:
    """Keeps the password that somebody chose by a code, and signs them in.

    Raises:
        SignInRefused: there is no such code out for this login, or the telephone's code is wrong.
        SignInPaused: too many tries failed.
        PasswordUnfit: it would be guessed.
    """
    known = await _invited(pool, login, code, browser, wall)
    staff.check_password(password, login)
    step = None
    if known.totp_secret is not None and (step := staff.totp_step(totp, known.totp_secret, wall)) is None:
        raise await _refused(pool, known, browser, now, "totp")
    kept = await _hashed(password, random_bytes(staff.SALT_BYTES))
    async with pool.acquire() as db, db.transaction():
        await staff_store.lock(db, login)
        again = await staff_store.by_login(db, login)
        if again is None or not staff.code_fits(code, again, wall):
            raise SignInRefused("This code was used.")
        await staff_store.set_password(db, known.id, kept)
        if step is not None:
            await staff_store.confirm_totp(db, known.id)
            await staff_store.take_totp_step(db, known.id, step)
        await _note(db, known, browser, now, "staff.choose_password", {})
        return await begin(db, again, browser, now=now, wall=wall, random_bytes=random_bytes)


async def change_password(
    pool: sql.Pool,
    session: Session,
    *,
    password: str,
    another: str,
    browser: Browser,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> None:
    """Keeps another password of who is signed in; all their other sessions end.

    Raises:
        SignInRefused: the password is not theirs.
        SignInPaused: too many tries failed.
        PasswordUnfit: the other one would be guessed.
    """
    login = session.principal.subject.removeprefix(staff.subject_of(""))
    known = await _tried(pool, login, browser, wall)
    if known is None or not await _fits(password, known.password_hash):
        raise await _refused(pool, known, browser, now, "password")
    staff.check_password(another, login)
    kept = await _hashed(another, random_bytes(staff.SALT_BYTES))
    async with pool.acquire() as db, db.transaction():
        await staff_store.set_password(db, known.id, kept)
        ended = await end_sessions(db, known.id, but=session.token_hash)
        await store.forgive(db, login=sessions.by_login(login), address=sessions.by_address(browser.address))
        await _note(db, known, browser, now, "staff.change_password", {"sessions_ended": ended, "reason": "own wish"})


async def sign_out(db: sql.Connection, session: Session, *, now: datetime) -> None:
    """Ends a session; every process knows within a second. The same again is nothing."""
    if await store.end(db, session.token_hash):
        await identity_store.bump_version(db)
        detail: dict[str, object] = {"reason": "own wish"}
        owner = session.principal.operator_id or session.principal.id or ledger.PLATFORM
        subject = session.principal.subject
        await audit_store.record(
            db, owner, actor=subject, action="session.end", subject=subject, detail=detail, now=now
        )


async def sign_out_everywhere(db: sql.Connection, session: Session, *, now: datetime) -> int:
    """Ends all sessions of who is signed in, this one as well; how many there were."""
    login = session.principal.subject.removeprefix(staff.subject_of(""))
    known = await staff_store.by_login(db, login)
    if known is None:
        return 0
    ended = await end_sessions(db, known.id)
    detail: dict[str, object] = {"sessions_ended": ended, "reason": "own wish"}
    owner, subject = known.operator_id or ledger.PLATFORM, session.principal.subject
    await audit_store.record(
        db, owner, actor=subject, action="session.end_all", subject=subject, detail=detail, now=now
    )
    return ended


# -- tries


async def _tried(pool: sql.Pool, login: str, browser: Browser, wall: datetime) -> Staff | None:
    """Counts a try; the account of the login, if there is one.

    Raises:
        SignInPaused: the login's or the address's last tries failed so often that this one is not looked at.
    """
    of_login, of_address = sessions.by_login(login), sessions.by_address(browser.address)
    async with pool.acquire() as db, db.transaction():
        known = await store.failures(db, sorted((of_login, of_address)), wall)
        waits = [
            until
            for who, free in ((of_login, FREE_OF_LOGIN), (of_address, FREE_OF_ADDRESS))
            if (until := sessions.waits_until(known.get(who), free)) is not None and until > wall
        ]
        if waits:
            left = max(waits) - wall
            raise SignInPaused(
                "It was tried in vain too often; wait before the next try.",
                retry_after_s=-(-left // timedelta(seconds=1)),
            )
        await store.count_failures(db, (of_login, of_address), wall)
        return await staff_store.by_login(db, login)


async def _invited(pool: sql.Pool, login: str, code: str, browser: Browser, wall: datetime) -> Staff:
    known = await _tried(pool, login, browser, wall)
    if known is None or known.is_disabled or not staff.code_fits(code, known, wall):
        raise SignInRefused("No such code is out for this login.")
    return known


async def _refused(pool: sql.Pool, known: Staff | None, browser: Browser, now: datetime, why: str) -> SignInRefused:
    """The refusal, with its line in the audit log of an account that is there."""
    if known is not None:
        async with pool.acquire() as db, db.transaction():
            await _note(db, known, browser, now, "staff.sign_in_refused", {"reason": why})
    return SignInRefused("The login, the password or the code is wrong.")


async def _fits(password: str, kept: str | None) -> bool:
    async with _hashing:
        return await asyncio.to_thread(staff.fits, password, kept)


async def _hashed(password: str, salt: bytes) -> str:
    async with _hashing:
        return await asyncio.to_thread(staff.hashed, password, salt)


async def _note(
    db: sql.Connection, known: Staff, browser: Browser, now: datetime, action: str, detail: dict[str, object]
) -> None:
    subject = staff.subject_of(known.login)
    await audit_store.record(
        db,
        known.operator_id or ledger.PLATFORM,
        actor=subject,
        action=action,
        subject=subject,
        detail={**detail, "address": browser.address},
        now=now,
    )
