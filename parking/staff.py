"""Accounts of staff: who may sign in, as whom, and what a password has to be.

Times, salts and random bytes are given; how often somebody may try stands in `sessions`.
"""

from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, TypeAlias

import pyotp
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from msgspec import Meta, Struct

from payments.errors import OneLotError
from payments.identity import READERS, Audience, Principal, token_holder

# Whose account moves money or makes accounts shows a second thing that is theirs.
NEED_TOTP = (Audience.FINANCE, Audience.ADMIN)
PASSWORD_CHARACTERS_MIN, PASSWORD_CHARACTERS_MAX = 12, 200
# Of which few are used again and again: what has fewer different characters is guessed.
PASSWORD_DIFFERENT_MIN = 6
CODE_BYTES, TOTP_SECRET_BYTES, SALT_BYTES = 10, 20, 16
CODE_LIFE = timedelta(days=3)
TOTP_STEP_S = 30
# A telephone's clock may be one step beside ours.
TOTP_STEPS_BESIDE = 1
ISSUER = "OneLot"
# What OWASP asks for at the least of Argon2id: 19 MiB, two rounds. A login takes a core some 30 ms.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, salt_len=SALT_BYTES, type=Type.ID)

Login: TypeAlias = Annotated[str, Meta(min_length=2, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$")]


class LoginTaken(OneLotError):
    """Somebody else has an account of this login."""


class NoSuchStaff(OneLotError):
    """No account of staff has this login, or it is not the caller's affair."""


class PasswordUnfit(OneLotError):
    """A password that would be guessed."""


class IdentityTaken(OneLotError):
    """Another account is known by this identity of the city."""


class LastAdministrator(OneLotError):
    """Nobody would be left who can make accounts."""


class Staff(Struct, frozen=True):
    """An account of staff. `code_hash`: of the code by which its password is chosen, if one is out. `identity`: what
    the city's identity calls its holder, if they may sign in by that.
    """

    id: int
    login: str
    name: str
    audience: Audience
    operator_id: int | None
    lot_id: int | None
    password_hash: str | None
    code_hash: bytes | None
    code_until: datetime | None
    totp_secret: str | None
    totp_confirmed: bool
    totp_step: int
    identity: str | None
    disabled_at: datetime | None
    disabled_by: str | None
    created_at: datetime
    created_by: str

    @property
    def principal(self) -> Principal:
        """Who its holder is to the rest of the service."""
        return principal(self.login, self.audience, self.operator_id, self.lot_id)

    @property
    def is_disabled(self) -> bool:
        """Whether nobody can sign in with it."""
        return self.disabled_at is not None


def subject_of(login: str) -> str:
    """How the audit log names who signed in."""
    return f"staff:{login}"


def principal(login: str, audience: Audience, operator_id: int | None, lot_id: int | None) -> Principal:
    """Who somebody with such an account is.

    Raises:
        HolderUnclear: see `identity.token_holder`: who may be limited to an operator or a lot, and who has to be.
    """
    if audience not in READERS:
        raise NoSuchStaff("Only staff have such accounts.", field="audience")
    return token_holder(audience, subject=subject_of(login), account_id=None, operator_id=operator_id, lot_id=lot_id)


def needs_totp(audience: Audience) -> bool:
    """Whether signing in takes a code of the telephone as well."""
    return audience in NEED_TOTP


# -- passwords


def check_password(password: str, login: str) -> None:
    """Refuses what would be guessed.

    Raises:
        PasswordUnfit: it is too short, too long, of too few characters, or has the login in it.
    """
    if not PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX:
        least = PASSWORD_CHARACTERS_MIN
        raise PasswordUnfit(f"A password has {least} characters at the least.", field="password", characters_min=least)
    if len(set(password)) < PASSWORD_DIFFERENT_MIN:
        raise PasswordUnfit("A password is not a few characters over and over.", field="password")
    if login in password.lower():
        raise PasswordUnfit("A password does not say who it is of.", field="password")


def hashed(password: str, salt: bytes) -> str:
    """What is kept of a password. Takes a core a while."""
    return _HASHER.hash(password, salt=salt)


# What the password of an account that is not there is compared with, so that it takes as long to be refused.
NOBODYS = _HASHER.hash("nobody's", salt=bytes(SALT_BYTES))


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one that is kept. Takes as long where none is."""
    try:
        _HASHER.verify(kept or NOBODYS, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return kept is not None


# -- codes that are used once


def code_text(random: bytes) -> str:
    """A code that somebody reads out or types: four groups of four letters and digits."""
    text = b32encode(random).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def code_hashed(code: str) -> bytes:
    """What is kept of a code, however it was typed. It is random, so that no slow hash is needed."""
    return sha256("".join(code.upper().split()).replace("-", "").encode()).digest()


def code_fits(code: str, staff: Staff, now: datetime) -> bool:
    """Whether this is the code that is out for an account, and holds still."""
    if staff.code_hash is None or staff.code_until is None or now >= staff.code_until:
        return False
    return compare_digest(code_hashed(code), staff.code_hash)


# -- codes of a telephone


def totp_secret(random: bytes) -> str:
    """A secret as authenticator apps take it."""
    return b32encode(random).decode()


def totp_uri(login: str, secret: str) -> str:
    """What an authenticator app reads from a picture."""
    return pyotp.TOTP(secret, name=login, issuer=ISSUER).provisioning_uri()


def totp_step(code: str, secret: str, now: datetime) -> int | None:
    """The step of time whose code this is, if it is one of now."""
    typed = "".join(code.split())
    here = int(now.timestamp()) // TOTP_STEP_S
    codes = pyotp.TOTP(secret)
    for step in range(here - TOTP_STEPS_BESIDE, here + TOTP_STEPS_BESIDE + 1):
        if compare_digest(codes.generate_otp(step).encode(), typed.encode()):
            return step
    return None
