"""The city's identity as it is reached: what it says of itself and its keys, kept for a while, and codes exchanged."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from urllib.parse import quote_plus

import httpx
import jwt
import msgspec
from msgspec import Struct

from parking import city_identity
from parking.city_identity import Begun, Endpoints, Identity, IdentityAway, IdentityRefused, Provider
from parking.clock import Clock

TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 256 * 1024
KEPT_S = 3600.0
# A key that is not known is looked for again, but not with each token that somebody makes up.
KEYS_AGAIN_S = 10.0


@asynccontextmanager
async def reached(provider: Provider | None, *, wall: Clock) -> "AsyncIterator[LiveCityIdentity | None]":
    """The provider as it is asked, until the block ends; None: no identity of the city is set."""
    if provider is None:
        yield None
        return
    live = LiveCityIdentity(provider, wall=wall)
    try:
        yield live
    finally:
        await live.aclose()


class _Answer(Struct):
    """What a code is exchanged for; the rest of it is not used."""

    id_token: str


class LiveCityIdentity:
    """Asks one provider. Nothing is asked before somebody wants to sign in by it."""

    def __init__(self, provider: Provider, *, wall: Clock, monotonic: Callable[[], float] = monotonic) -> None:
        self.provider = provider
        self._wall = wall
        self._monotonic = monotonic
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)
        self._lock = asyncio.Lock()
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, Sequence[jwt.PyJWK]] | None = None

    async def aclose(self) -> None:
        """Lets its connections go."""
        await self._client.aclose()

    async def endpoints(self) -> Endpoints:
        """Where it is asked.

        Raises:
            IdentityAway: it does not say.
        """
        async with self._lock:
            if self._endpoints is None or self._endpoints[0] <= self._monotonic():
                document = await self._asked("GET", city_identity.discovery_url(self.provider.issuer))
                found = city_identity.endpoints_of(document, self.provider)
                self._endpoints = self._monotonic() + KEPT_S, found
            return self._endpoints[1]

    async def identity(self, begun: Begun, code: str) -> Identity:
        """Who signed in, for a code that a browser came back with.

        Raises:
            IdentityRefused: the code is not good, or what it is exchanged for is not believed.
            IdentityAway: it does not answer.
        """
        endpoints = await self.endpoints()
        # As a form has them: RFC 6749, 2.3.1.
        who = httpx.BasicAuth(quote_plus(self.provider.client_id), quote_plus(self.provider.client_secret))
        form = city_identity.token_request(self.provider, begun, code)
        answer = await self._asked("POST", endpoints.token, form=form, who=who)
        try:
            token = msgspec.json.decode(answer, type=_Answer).id_token
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise IdentityAway("The city's identity answered no token.") from None
        keys = await self._keys_for(city_identity.key_of(token), endpoints)
        return city_identity.identity_of(token, keys, self.provider, begun, self._wall())

    async def _keys_for(self, number: str | None, endpoints: Endpoints) -> Sequence[jwt.PyJWK]:
        async with self._lock:
            now = self._monotonic()
            found = [] if self._keys is None else city_identity.among(self._keys[1], number)
            is_old = self._keys is None or self._keys[0] <= now - KEPT_S
            may_ask = self._keys is None or self._keys[0] <= now - KEYS_AGAIN_S
            if is_old or (not found and may_ask):
                self._keys = now, city_identity.keys_of(await self._asked("GET", endpoints.keys))
                found = city_identity.among(self._keys[1], number)
            return found

    async def _asked(
        self, method: str, url: str, *, form: dict[str, str] | None = None, who: httpx.Auth | None = None
    ) -> bytes:
        """The body of an answer of 200; no redirect is followed: a secret goes where it was meant to."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                self._client.stream(method, url, data=form, auth=who, headers={"Accept": "application/json"}) as got,
            ):
                async for part in got.aiter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        raise IdentityAway("The city's identity answers more than it should.")
        except (httpx.HTTPError, TimeoutError):
            raise IdentityAway("The city's identity does not answer.") from None
        if got.status_code == httpx.codes.BAD_REQUEST and form is not None:
            raise IdentityRefused("The city's identity does not know this code.")
        if got.status_code != httpx.codes.OK:
            raise IdentityAway(f"The city's identity answers {got.status_code}.")
        return bytes(body)
