"""Codes that phones are sent, by which drivers sign in: how they are made, how long one is good, how many there are.

A code is kept nowhere. What is kept are random bytes; the code follows from them and the phone by a key that the
database does not have, so that whoever sends it and whoever is told it compute the same. Times and random bytes are
given.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from uuid import UUID

from msgspec import Struct

from parking.city_identity import is_safe
from parking.texts.languages import Language
from parking.texts.phone_codes import MESSAGE
from payments.errors import OneLotError

DIGITS = 6
SEED_BYTES = 32
LIFE = timedelta(minutes=5)
TRIES_MAX = 5
# How many codes are sent within which time: to a phone, for which somebody else may ask too, and for an address.
OF_PHONE = ((timedelta(minutes=1), 1), (timedelta(hours=1), 5), (timedelta(days=1), 10))
OF_ADDRESS = ((timedelta(hours=1), 60),)
KEPT = timedelta(days=1)
SEND_TRIES_MAX = 5
# After how long it is tried again, and from then on twice as long each time.
SEND_AGAIN = timedelta(seconds=2)
# What people put between digits.
_BETWEEN = re.compile(r"[\s()-]+")
_MOBILE = re.compile(r"(?:\+86|0086)?(1[3-9][0-9]{9})")
COUNTRY = "+86"


class PhoneUnfit(OneLotError):
    """This is no number of a mobile phone that codes are sent to."""


class CodeRefused(OneLotError):
    """The code is wrong, was used, or has ended. Which, is not said."""


class TooManyCodes(OneLotError):
    """So many codes were asked for, to this phone or from this address, that the next one waits."""


class Offer(StrEnum):
    """Whether drivers sign in by phone here. SHOWN: the message is shown on the page, for demonstrations alone."""

    NONE = "none"
    SENT = "sent"
    SHOWN = "shown"


class Gateway(Struct, frozen=True):
    """What sends text messages: it is told over HTTP, with a key."""

    url: str
    key: str


class Code(Struct, frozen=True):
    """A code that is out, for one phone and one browser. `browser`: hash of what that holds. `tries`: how often one
    was said; `sends`: how often it was tried to send it.
    """

    id: UUID
    phone: str
    browser: bytes
    language: str
    seed: bytes
    ends_at: datetime
    tries: int = 0
    sends: int = 0


def gateway(url: str, key: str) -> Gateway | None:
    """What sends text messages, as it is set; None: nothing does.

    Raises:
        ValueError: the key is missing, or it is not asked through TLS; the text goes on after TEXT_GATEWAY.
    """
    if not url:
        return None
    if not key:
        raise ValueError(" needs TEXT_GATEWAY_KEY beside it.")
    if not is_safe(url):
        raise ValueError(" must begin with https://.")
    return Gateway(url, key)


def offer(sends: Gateway | None, *, is_demonstration: bool) -> Offer:
    """Whether drivers sign in by phone."""
    if sends is not None:
        return Offer.SENT
    return Offer.SHOWN if is_demonstration else Offer.NONE


def phone_of(said: str) -> str:
    """A mobile phone of the mainland, as it is called from everywhere: "+8613800138000". No others are sent to: there
    are numbers that cost whoever calls them, and pay whoever has them called.

    Raises:
        PhoneUnfit: it is none.
    """
    found = _MOBILE.fullmatch(_typed(said))
    if found is None:
        raise PhoneUnfit("A mobile phone of the mainland has eleven digits and begins with 13 to 19.", field="phone")
    return COUNTRY + found[1]


def masked(phone: str) -> str:
    """Enough of a phone for its holder to know it: "138****8000"."""
    digits = phone.removeprefix(COUNTRY)
    return f"{digits[:3]}****{digits[-4:]}"


def by_phone(phone: str) -> bytes:
    """Under what those who ask for a phone take turns."""
    return sha256(f"phone {phone}".encode()).digest()


def by_address(address: str) -> bytes:
    """Under what codes are counted that were asked for from an address."""
    return sha256(f"phone codes {address}".encode()).digest()


def digits(seed: bytes, phone: str, secret: str) -> str:
    """The code that follows from what is kept."""
    key = sha256(b"phone code " + secret.encode()).digest()
    number = int.from_bytes(digest(key, seed + phone.encode(), "sha256"))
    return f"{number % 10**DIGITS:0{DIGITS}}"


def fits(said: str, code: Code, secrets: Sequence[str]) -> bool:
    """Whether this is the code. `secrets`: whoever sent it may have an older one."""
    typed = _typed(said).encode()
    return any(compare_digest(typed, digits(code.seed, code.phone, secret).encode()) for secret in secrets)


def may_be_tried(code: Code, browser: bytes, now: datetime) -> bool:
    """Whether a code may be said for it at all: by the browser that asked, in time, and not too often."""
    return code.browser == browser and now < code.ends_at and code.tries < TRIES_MAX


def waits_until(asked: Sequence[datetime], limits: Sequence[tuple[timedelta, int]], now: datetime) -> datetime | None:
    """When the next code may be asked for; None: at once. `asked`: when some were, in any order."""
    waits = []
    for within, codes_max in limits:
        counted = sorted((at for at in asked if at > now - within), reverse=True)
        if len(counted) >= codes_max:
            waits.append(counted[codes_max - 1] + within)
    return max(waits, default=None)


def message(code: Code, secret: str) -> str:
    """What the phone is sent."""
    language: Language = "en" if code.language == "en" else "zh"
    return MESSAGE[language].format(digits(code.seed, code.phone, secret), LIFE // timedelta(minutes=1))


def send_again_at(code: Code, now: datetime) -> datetime | None:
    """When it is tried again to send a code, should this time fail; None: no more. `code.sends`: without this time."""
    then = now + SEND_AGAIN * 2**code.sends
    return then if code.sends + 1 < SEND_TRIES_MAX and then < code.ends_at else None


def _typed(said: str) -> str:
    """Digits without what people put between them; keyboards for Chinese have wide ones."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", said))
