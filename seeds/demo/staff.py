"""People who can sign in to a demonstration: one of each role, with one password."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

import pyotp
from msgspec import Struct

import sql
from parking import staff
from parking.clock import system
from parking.flow import sessions
from parking.flow import staff as flow
from parking.flow.network import read_network
from payments.identity import READERS, Audience, Principal

BY = Principal(Audience.ADMIN, "demonstration")
_BROWSER = sessions.Browser("demonstration", "demonstration")


class SignUps(Struct, frozen=True):
    """The password of all, and the secret of the telephone of those who need one, by their logins."""

    password: str
    totp_secrets: Mapping[str, str]


async def sign_up(pool: sql.Pool, lot: str, *, now: datetime) -> SignUps:
    """An account of each role, called as its role. The booth's is at a lot, by its code, and the clerk's is of the
    operator of that.
    """
    async with pool.acquire() as db:
        network = await read_network(db, now)
    place = network.lots_by_code[lot]
    password = staff.code_text(secrets.token_bytes(staff.CODE_BYTES)).lower()
    told: dict[str, str] = {}
    for role in READERS:
        limited = role in (Audience.BOOTH, Audience.CLERK)
        async with pool.acquire() as db, db.transaction():
            invited = await flow.add(
                db,
                login=str(role),
                name="",
                audience=role,
                operator_id=place.operator_id if limited else None,
                lot_id=place.id if role is Audience.BOOTH else None,
                network=network,
                by=BY,
                now=now,
                wall=system(),
                random_bytes=secrets.token_bytes,
            )
        about = await sessions.invitation(pool, login=invited.login, code=invited.code, browser=_BROWSER, wall=system())
        totp = ""
        if about.totp_secret is not None:
            told[invited.login] = about.totp_secret
            # Of the step before, so that the code that is shown now is still good.
            totp = pyotp.TOTP(about.totp_secret).at(system() - timedelta(seconds=staff.TOTP_STEP_S))
        await sessions.choose_password(
            pool,
            login=invited.login,
            code=invited.code,
            password=password,
            totp=totp,
            browser=_BROWSER,
            now=now,
            wall=system(),
            random_bytes=secrets.token_bytes,
        )
    return SignUps(password, told)
