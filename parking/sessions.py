"""Sessions: browsers in which somebody is signed in, how long they last, and how often one may try to begin one."""

from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest

from msgspec import Struct

from payments.errors import OneLotError
from payments.identity import Audience, Principal

TOKEN_BYTES = 32
# Whoever leaves a desk comes back to it signed out; nobody's shift is longer.
STAFF_IDLE, STAFF_LIFE = timedelta(minutes=30), timedelta(hours=12)
DRIVER_IDLE, DRIVER_LIFE = timedelta(days=30), timedelta(days=90)
# How exactly it is known when somebody was here last.
SEEN_EVERY = timedelta(minutes=1)
AGENT_CHARACTERS_MAX, ADDRESS_CHARACTERS_MAX = 200, 64
# So many failures cost nothing but another try; then each pause is twice as long as the one before.
FREE_OF_LOGIN, FREE_OF_ADDRESS = 4, 20
PAUSE_MIN, PAUSE_MAX = timedelta(seconds=30), timedelta(minutes=15)
FAILURES_KEPT = timedelta(days=1)
# The name of the cookie. Behind TLS it begins so that a browser takes it for this host alone.
COOKIE, SECURE_COOKIE = "onelot", "__Host-onelot"
# What a page says in its `opt`: that whoever has a session is known by it.
PAGE = "page"


class SignInRefused(OneLotError):
    """The login, the password or the code of the telephone is wrong. Which, is not said."""


class IdentityUnknown(OneLotError):
    """No account of staff that may sign in is known by what the city's identity says."""


class SecondFactorMissing(OneLotError):
    """The city's identity asked for a password alone, and the account needs more."""


class SignInPaused(OneLotError):
    """It was tried in vain so often that the next try waits a while."""


class FormForged(OneLotError):
    """A form does not come from a page of this session."""


class Session(Struct, frozen=True):
    """Somebody signed in in a browser. `token_hash`: of what the browser holds."""

    token_hash: bytes
    principal: Principal
    name: str
    ends_at: datetime


class Stored(Struct, frozen=True):
    """A session as it is stored, with whose it is. Of staff `login`, of a driver `account_id`."""

    token_hash: bytes
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime
    address: str
    agent: str


def hashed(token: str) -> bytes:
    """What is kept of what a browser holds, which is random."""
    return sha256(token.encode()).digest()


def form_token(token: str) -> str:
    """What the forms of a session carry, so that no other site can make one. Nobody gets from it to the session."""
    return sha256(b"form " + token.encode()).hexdigest()


def is_form_of(said: str, token: str) -> bool:
    """Whether a form carries what those of the session carry."""
    return compare_digest(said.encode(), form_token(token).encode())


def life_of(audience: Audience) -> tuple[timedelta, timedelta]:
    """How long a session may be idle, and how long it may last."""
    return (DRIVER_IDLE, DRIVER_LIFE) if audience is Audience.DRIVER else (STAFF_IDLE, STAFF_LIFE)


class Failures(Struct, frozen=True):
    """How often somebody failed lately, and when last."""

    who: bytes
    failures: int
    last_at: datetime


def by_login(login: str) -> bytes:
    """Under what the failures of a login are counted."""
    return sha256(f"login {login}".encode()).digest()


def by_address(address: str) -> bytes:
    """Under what those of an address are."""
    return sha256(f"address {address}".encode()).digest()


def pause(failures: int, free: int) -> timedelta:
    """How long the next try waits after so many in vain."""
    if failures <= free:
        return timedelta(0)
    doubled = min(failures - free - 1, 16)
    return min(PAUSE_MIN * (1 << doubled), PAUSE_MAX)


def waits_until(known: Failures | None, free: int) -> datetime | None:
    """When the next try is taken; None: at once."""
    if known is None or not (length := pause(known.failures, free)):
        return None
    return known.last_at + length


def local_path(wanted: str | None, otherwise: str) -> str:
    """Where somebody goes after signing in: a path of this host, whatever was asked for."""
    path = wanted or ""
    if not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return otherwise
    return path


def cookie_name(*, is_secure: bool) -> str:
    """The cookie of a session."""
    return SECURE_COOKIE if is_secure else COOKIE
