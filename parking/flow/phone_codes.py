"""Drivers sign in by a code that their phone is sent: asked for, sent by the worker, said.

A code is counted before it is looked at. Whether a phone has an account shows nowhere: one that has none gets it when
its holder signs in for the first time.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import httpx

import sql
from parking import phone_codes, sessions
from parking.flow.sessions import Begun, Browser
from parking.flow.staff import RandomBytes
from parking.phone_codes import (
    LIFE,
    OF_ADDRESS,
    OF_PHONE,
    SEED_BYTES,
    Code,
    CodeRefused,
    Gateway,
    TooManyCodes,
)
from parking.store import phone_codes as store
from parking.store import sessions as session_store
from parking.texts.languages import Language
from payments.accounts import AccountStatus
from payments.flow import accounts as accounts_flow
from payments.identity import AccountBarred
from payments.store import accounts as account_store
from payments.store import audit as audit_store

SEND_TIMEOUT_S = 5.0
SENT_PER_ROUND = 20
# What may be other the next time; what else a gateway refuses it refuses again.
AGAIN = frozenset({408, 425, 429})
_log = logging.getLogger(__name__)


async def ask(
    pool: sql.Pool,
    *,
    phone: str,
    holder: str,
    browser: Browser,
    language: Language,
    is_sent: bool,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Code:
    """Puts a code out for a phone, in the place of the one that was. `phone`: as `phone_codes.phone_of` has it;
    `holder`: what the browser holds, which alone may say the code; `is_sent`: whether the worker sends it.

    Raises:
        TooManyCodes: so many were asked for that this one waits.
    """
    code = Code(
        UUID(bytes=random_bytes(16), version=4),
        phone,
        sessions.hashed(holder),
        language,
        random_bytes(SEED_BYTES),
        wall + LIFE,
    )
    async with pool.acquire() as db, db.transaction():
        asked = await store.asked_lately(db, phone, browser.address, wall)
        waits = (
            phone_codes.waits_until(asked.of_phone, OF_PHONE, wall),
            phone_codes.waits_until(asked.of_address, OF_ADDRESS, wall),
        )
        if (until := max(filter(None, waits), default=None)) is not None:
            raise TooManyCodes(
                "So many codes were asked for that the next one waits.",
                retry_after_s=max(1, -(-(until - wall) // timedelta(seconds=1))),
            )
        await store.insert(db, code, address=browser.address, now=wall, send_at=wall if is_sent else None)
    return code


async def sign_in(
    pool: sql.Pool,
    *,
    phone: str,
    said: str,
    holder: str,
    secrets: Sequence[str],
    browser: Browser,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Begun:
    """Begins a session of the driver whose phone was sent this code; who has no account gets one.

    Raises:
        CodeRefused: no such code is out for this phone and browser.
        AccountBarred: the account is suspended.
    """
    refused = CodeRefused("The code is wrong, was used or has ended.")
    async with pool.acquire() as db, db.transaction():
        code = await store.open_code(db, phone)
        if code is None or not phone_codes.may_be_tried(code, sessions.hashed(holder), wall):
            raise refused
        await store.count_try(db, code.id)
    if not phone_codes.fits(said, code, secrets):
        raise refused
    async with pool.acquire() as db, db.transaction():
        if not await store.take(db, code.id, wall):
            raise refused
        account_id = await _account(db, phone, now=now, wall=wall)
        return await _begin(db, account_id, browser, now=now, wall=wall, random_bytes=random_bytes)


async def send(pool: sql.Pool, gateway: Gateway, secret: str, *, wall: Callable[[], datetime]) -> int:
    """Sends codes whose time it is; how many the gateway took. One that was tried is tried again only after a while,
    whatever becomes of this process.
    """
    now = wall()
    async with pool.acquire() as db, db.transaction():
        codes = await store.to_send(db, now, limit=SENT_PER_ROUND)
        for code in codes:
            await store.trying(db, code.id, phone_codes.send_again_at(code, now))
    if not codes:
        return 0
    async with httpx.AsyncClient(timeout=SEND_TIMEOUT_S, trust_env=False, follow_redirects=False) as client:
        taken = await asyncio.gather(*(_send(pool, client, gateway, code, secret, wall) for code in codes))
    return sum(taken)


async def _send(
    pool: sql.Pool, client: httpx.AsyncClient, gateway: Gateway, code: Code, secret: str, wall: Callable[[], datetime]
) -> bool:
    message = {
        "id": str(code.id),
        "phone": code.phone,
        "text": phone_codes.message(code, secret),
        "code": phone_codes.digits(code.seed, code.phone, secret),
        "language": code.language,
    }
    headers = {"Authorization": f"Bearer {gateway.key}", "Idempotency-Key": str(code.id)}
    error, never = "", False
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            answer = await client.post(gateway.url, json=message, headers=headers)
        if not answer.is_success:
            error = f"HTTP {answer.status_code}"
            never = answer.is_client_error and answer.status_code not in AGAIN
    except (httpx.HTTPError, TimeoutError) as e:
        error = type(e).__name__
    async with pool.acquire() as db:
        if not error:
            await store.sent(db, code.id, wall())
            return True
        await store.not_sent(db, code.id, error, never=never)
    # Neither whom it was for nor what it said.
    _log.warning("the gateway of text messages did not take a code: %s", error)
    return False


async def _account(db: sql.Connection, phone: str, *, now: datetime, wall: datetime) -> int:
    known = await store.account_of(db, phone)
    if known is not None:
        account = await account_store.account_by_id(db, known)
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise AccountBarred("This account is suspended.", account_id=known)
        return known
    opened = await accounts_flow.open_account(db, name="", now=now)
    await store.keep_phone(db, opened.id, phone, wall)
    await _note(db, opened.id, "account.open", {"by": "phone code"}, now)
    return opened.id


async def _begin(
    db: sql.Connection,
    account_id: int,
    browser: Browser,
    *,
    now: datetime,
    wall: datetime,
    random_bytes: RandomBytes,
) -> Begun:
    token = random_bytes(sessions.TOKEN_BYTES).hex()
    await session_store.begin(
        db,
        token,
        staff_id=None,
        account_id=account_id,
        ends_at=wall + sessions.DRIVER_LIFE,
        address=browser.address[: sessions.ADDRESS_CHARACTERS_MAX],
        agent=browser.agent[: sessions.AGENT_CHARACTERS_MAX],
        now=wall,
    )
    await _note(db, account_id, "driver.sign_in", {"by": "phone code", "address": browser.address}, now)
    return Begun(token, wall + sessions.DRIVER_LIFE)


async def _note(db: sql.Connection, account_id: int, action: str, detail: dict[str, object], now: datetime) -> None:
    await audit_store.record(
        db,
        account_id,
        actor=f"driver:{account_id}",
        action=action,
        subject=f"account:{account_id}",
        detail=detail,
        now=now,
    )
