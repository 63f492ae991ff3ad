"""The city's own identity: staff who have an account of the city sign in with that, by OpenID Connect.

It is the code flow with a state, a nonce and PKCE (RFC 7636). What the city's identity says is believed if it is signed
by one of its keys, and issuer, audience, nonce and times are right (OpenID Connect Core 1.0, 3.1.3.7). Times, random
bytes and all that was fetched are given.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import jwt
import msgspec
from jwt.types import Options
from msgspec import Meta, Struct

from payments.errors import OneLotError

SCOPE = "openid"
# Where the browser comes back to.
BACK = "/sign-in/city/back"
# How long somebody may take at the city's identity.
BEGUN_LIFE = timedelta(minutes=10)
RANDOM_BYTES = 32
# So far may the clocks of the city's identity be from ours, and so old may be what it says.
LEEWAY, SAID_AGE_MAX = timedelta(minutes=1), timedelta(minutes=10)
# Signatures by keys that only the city's identity has: none with a secret that is shared, and never "none".
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# By which it says that more than a password was asked for (RFC 8176).
STRONG = frozenset({"mfa", "otp", "hwk", "swk", "fpt", "face", "iris", "retina", "sc"})
IDENTITY_CHARACTERS_MAX = 200
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class IdentityRefused(OneLotError):
    """What the city's identity says is not believed, or it says that nobody signed in."""


class IdentityAway(OneLotError):
    """The city's identity does not answer, or not as the standard says. Signing in by password goes on."""


class Provider(Struct, frozen=True):
    """The city's identity, and what we are there. `claim`: which of its claims says who somebody is."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_url: str
    claim: str = "sub"


class Endpoints(Struct, frozen=True):
    """Where the city's identity is asked: by browsers, and by us for what it says and by which keys."""

    authorization: str
    token: str
    keys: str


class Begun(Struct, frozen=True):
    """What is known of a browser that was sent to the city's identity. `then`: the page that it wants in the end."""

    state: str
    nonce: str
    verifier: str
    then: str


class Identity(Struct, frozen=True):
    """Who signed in at the city's identity, and how (RFC 8176)."""

    value: str
    methods: frozenset[str]

    @property
    def is_strong(self) -> bool:
        """Whether more than a password was asked for."""
        return bool(self.methods & STRONG)


class _Discovered(Struct):
    """The part of a discovery document that is used here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    code_challenge_methods_supported: Sequence[str] = ()


class _Pending(Struct):
    begun: Begun
    until: datetime


class _Claims(Struct):
    """Claims of an ID token that are looked at beside the one that says who it is."""

    iss: str
    aud: str | list[str]
    exp: Annotated[float, Meta(gt=0, lt=1e11)]
    iat: Annotated[float, Meta(gt=0, lt=1e11)]
    nonce: str
    azp: str | None = None
    amr: Sequence[str] = ()


def provider(issuer: str, client: str, secret: str, redirect: str, claim: str) -> Provider | None:
    """The city's identity as it is set; None: there is none.

    Raises:
        ValueError: part of it is missing, or it is not asked through TLS; the text goes on after CITY_IDENTITY.
    """
    if not issuer:
        return None
    if not (client and secret and claim):
        raise ValueError(" needs CITY_IDENTITY_CLIENT and CITY_IDENTITY_CLIENT_SECRET beside it.")
    if not (is_safe(issuer) and is_safe(redirect)):
        raise ValueError(" and CITY_IDENTITY_REDIRECT must begin with https://.")
    if not redirect.endswith(BACK):
        raise ValueError(f"_REDIRECT must end with {BACK}: there the browser comes back.")
    return Provider(issuer, client, secret, redirect, claim)


def is_safe(url: str) -> bool:
    """Whether an address is asked through TLS, or is on this machine."""
    at = urlsplit(url)
    return at.scheme == "https" or (at.scheme == "http" and at.hostname in _LOOPBACK)


def discovery_url(issuer: str) -> str:
    """Where the city's identity describes itself."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def endpoints_of(document: bytes, provider: Provider) -> Endpoints:
    """What a discovery document says.

    Raises:
        IdentityAway: it is none, is another's, or leads elsewhere than through TLS.
    """
    try:
        said = msgspec.json.decode(document, type=_Discovered)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise IdentityAway("What the city's identity says of itself is no discovery document.") from None
    if said.issuer != provider.issuer:
        raise IdentityAway("The city's identity says that it is another issuer than the one that is set.")
    found = Endpoints(said.authorization_endpoint, said.token_endpoint, said.jwks_uri)
    if not all(map(is_safe, (found.authorization, found.token, found.keys))):
        raise IdentityAway("The city's identity has an address without TLS.")
    # Who says nothing of it may know it all the same; who says something and not this would not check it.
    if said.code_challenge_methods_supported and "S256" not in said.code_challenge_methods_supported:
        raise IdentityAway("The city's identity knows no PKCE by S256.")
    return found


def begin(then: str, random_bytes: Callable[[int], bytes]) -> Begun:
    """What a browser is sent to the city's identity with."""
    state, nonce, verifier = (_text(random_bytes(RANDOM_BYTES)) for _ in range(3))
    return Begun(state, nonce, verifier, then)


def address(provider: Provider, endpoints: Endpoints, begun: Begun, language: str) -> str:
    """Where a browser is sent."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_url,
        "scope": SCOPE,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": _text(sha256(begun.verifier.encode()).digest()),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    mark = "&" if urlsplit(endpoints.authorization).query else "?"
    return f"{endpoints.authorization}{mark}{urlencode(asked)}"


def token_request(provider: Provider, begun: Begun, code: str) -> dict[str, str]:
    """The form by which a code is exchanged for what the city's identity says."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": provider.redirect_url,
        "code_verifier": begun.verifier,
    }


# -- between going there and coming back


def sealed(begun: Begun, secret: str, now: datetime) -> str:
    """What the browser keeps meanwhile. It cannot be made elsewhere, and is good for nothing later."""
    pending = msgspec.to_builtins(_Pending(begun, now + BEGUN_LIFE))
    return jwt.encode(pending, _key(secret), algorithm="HS256")


def opened(text: str, secrets: Sequence[str], now: datetime) -> Begun | None:
    """What the browser kept; None: it is not ours, or too old."""
    for secret in secrets:
        try:
            pending = msgspec.convert(jwt.decode(text, _key(secret), algorithms=["HS256"]), _Pending)
        except (jwt.InvalidTokenError, msgspec.ValidationError):
            continue
        return pending.begun if now < pending.until else None
    return None


def came_back(begun: Begun | None, state: str | None, code: str | None) -> tuple[Begun, str]:
    """The browser as it was sent there, and the code that it came back with.

    Raises:
        IdentityRefused: it was not sent from here, or nobody signed in.
    """
    if begun is None or not compare_digest((state or "").encode(), begun.state.encode()):
        raise IdentityRefused("This browser was not sent to the city's identity from here, or too long ago.")
    if not code:
        raise IdentityRefused("Nobody signed in at the city's identity.")
    return begun, code


def _key(secret: str) -> bytes:
    """A key that signs nothing else: no token of the API is taken for this, nor this for one."""
    return sha256(b"city identity " + secret.encode()).digest()


# -- what the city's identity says


def key_of(token: str) -> str | None:
    """By which key a token is signed, as it says itself; None: it does not say.

    Raises:
        IdentityRefused: it is no token, or signed otherwise than by a key that only the city's identity has.
    """
    try:
        head = jwt.get_unverified_header(token)
    except jwt.InvalidTokenError:
        raise IdentityRefused("The city's identity sent no token.") from None
    if head.get("alg") not in ALGORITHMS:
        raise IdentityRefused("The token of the city's identity is signed in a way that is not taken.")
    number = head.get("kid")
    return number if isinstance(number, str) else None


def keys_of(document: bytes) -> Sequence[jwt.PyJWK]:
    """The keys of a key set by which tokens may be signed; those that are of no use here are left out.

    Raises:
        IdentityAway: it is no key set.
    """
    try:
        return [key for key in jwt.PyJWKSet.from_json(document.decode()).keys if key.public_key_use in (None, "sig")]
    except (jwt.PyJWTError, ValueError, AttributeError, TypeError, KeyError):
        raise IdentityAway("The city's identity has no keys that can be read.") from None


def among(keys: Sequence[jwt.PyJWK], number: str | None) -> Sequence[jwt.PyJWK]:
    """The keys that a token may be signed by: the one that it names; without a name there may be but one."""
    if number is None:
        return keys if len(keys) == 1 else []
    return [key for key in keys if key.key_id == number]


def identity_of(token: str, keys: Sequence[jwt.PyJWK], provider: Provider, begun: Begun, now: datetime) -> Identity:
    """Who signed in.

    Raises:
        IdentityRefused: the token is not by one of the keys, not for us, not for this browser, or not of now.
    """
    raw = _signed(token, keys)
    try:
        said = msgspec.convert(raw, _Claims)
    except msgspec.ValidationError:
        raise IdentityRefused("The token of the city's identity lacks what it has to say.") from None
    for_whom = [said.aud] if isinstance(said.aud, str) else said.aud
    at, ends = datetime.fromtimestamp(said.iat, UTC), datetime.fromtimestamp(said.exp, UTC)
    if said.iss != provider.issuer or provider.client_id not in for_whom:
        raise IdentityRefused("The token of the city's identity is another's.")
    if (len(for_whom) > 1 or said.azp is not None) and said.azp != provider.client_id:
        raise IdentityRefused("The token of the city's identity was made for somebody else.")
    if said.nonce != begun.nonce:
        raise IdentityRefused("The token of the city's identity is of another browser.")
    if now >= ends + LEEWAY or at > now + LEEWAY or at < now - SAID_AGE_MAX:
        raise IdentityRefused("The token of the city's identity is not of now.")
    value = raw.get(provider.claim)
    if not isinstance(value, str) or not 0 < len(value) <= IDENTITY_CHARACTERS_MAX:
        raise IdentityRefused("The token of the city's identity does not say who signed in.")
    return Identity(value, frozenset(said.amr))


def _signed(token: str, keys: Sequence[jwt.PyJWK]) -> dict[str, Any]:
    # Times are looked at by the time that is given.
    unchecked: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    for key in keys:
        try:
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=list(ALGORITHMS), options=unchecked)
        except jwt.PyJWTError:
            continue
        return claims
    raise IdentityRefused("The token of the city's identity is signed by none of its keys.")


def _text(random: bytes) -> str:
    return urlsafe_b64encode(random).decode().rstrip("=")
