"""An identity provider as a city has one: OpenID Connect over HTTP, refusing whatever the standard lets it refuse."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus, urlencode

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from litestar import Litestar, Request, Response, get, post

from parking.city_identity import Provider
from parking.clock import system
from tests import running

CLIENT_ID, CLIENT_SECRET = "onelot jinan", "a secret with + and % in it"
NEEDED = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge")
Asked = Request[Any, Any, Any]


class CityProvider:
    """Who is signed in at it is set; so is what it says wrongly (`spoil`), and whether it answers."""

    def __init__(self, redirect_url: str) -> None:
        self.redirect_url = redirect_url
        self.issuer = ""
        self.signed_in: dict[str, Any] | None = None
        self.spoil: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.is_away = False
        self.asked_for_keys = 0
        self._codes: dict[str, dict[str, str]] = {}
        self._key: Any = None
        self.change_key()

    @property
    def provider(self) -> Provider:
        """What is set of it at the service."""
        return Provider(self.issuer, CLIENT_ID, CLIENT_SECRET, self.redirect_url)

    def change_key(self) -> None:
        """Signs with another key from now on, and has no other."""
        is_rsa = not isinstance(self._key, rsa.RSAPrivateKey)
        self._key = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if is_rsa
            else ec.generate_private_key(ec.SECP256R1())
        )
        self._number = secrets.token_hex(4)

    @property
    def _algorithm(self) -> str:
        return "RS256" if isinstance(self._key, rsa.RSAPrivateKey) else "ES256"

    def app(self) -> Litestar:
        """Its doors."""

        @get("/.well-known/openid-configuration", sync_to_thread=False)
        def description() -> Response[Any]:
            if self.is_away:
                return Response({"error": "maintenance"}, status_code=503)
            return Response(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256", "ES256"],
                    "code_challenge_methods_supported": ["S256"],
                }
            )

        @get("/authorize", sync_to_thread=False)
        def authorize(request: Asked) -> Response[Any]:
            said = dict(request.query_params)
            # Whoever is not known is not sent anywhere.
            if said.get("client_id") != CLIENT_ID or said.get("redirect_uri") != self.redirect_url:
                return Response({"error": "invalid_request"}, status_code=400)
            return Response(b"", status_code=302, headers={"Location": f"{self.redirect_url}?{self._answer(said)}"})

        @post("/token")
        async def token(request: Asked) -> Response[Any]:
            if request.headers.get("authorization", "") != basic():
                return Response({"error": "invalid_client"}, status_code=401)
            said = {name: str(value) for name, value in (await request.form()).multi_items()}
            # A code is good once, whatever comes of it.
            asked = self._codes.pop(said.get("code", ""), None)
            if asked is None or not _is_for(asked, said):
                return Response({"error": "invalid_grant"}, status_code=400)
            return Response(
                {
                    "access_token": secrets.token_urlsafe(16),
                    "token_type": "Bearer",
                    "expires_in": 300,
                    "id_token": self._token(asked, system()),
                },
                status_code=200,
                headers={"Cache-Control": "no-store"},
            )

        @get("/keys", sync_to_thread=False)
        def keys() -> Response[Any]:
            self.asked_for_keys += 1
            kind = RSAAlgorithm if isinstance(self._key, rsa.RSAPrivateKey) else ECAlgorithm
            key = kind.to_jwk(self._key.public_key(), as_dict=True)
            return Response({"keys": [{**key, "kid": self._number, "alg": self._algorithm, "use": "sig"}]})

        return Litestar([description, authorize, token, keys], openapi_config=None)

    def _answer(self, said: dict[str, str]) -> str:
        if any(not said.get(name) for name in NEEDED) or said["response_type"] != "code":
            return urlencode({"error": "invalid_request", "state": said.get("state", "")})
        if "openid" not in said["scope"].split() or said.get("code_challenge_method") != "S256":
            return urlencode({"error": "invalid_scope", "state": said["state"]})
        if self.signed_in is None:
            return urlencode({"error": "access_denied", "state": said["state"]})
        code = secrets.token_urlsafe(16)
        self._codes[code] = said
        return urlencode({"code": code, "state": said["state"], "iss": self.issuer})

    def _token(self, asked: dict[str, str], now: datetime) -> str:
        assert self.signed_in is not None
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + 300,
            "nonce": asked["nonce"],
            **self.signed_in,
        }
        return jwt.encode(self.spoil(claims), self._key, algorithm=self._algorithm, headers={"kid": self._number})


def basic() -> str:
    """Client and secret as RFC 6749 2.3.1 has them: each encoded as in a form, then together."""
    who = httpx.QueryParams({"i": CLIENT_ID, "s": CLIENT_SECRET})
    encoded = ":".join(part.partition("=")[2] for part in str(who).split("&"))
    assert [unquote_plus(part) for part in encoded.split(":")] == [CLIENT_ID, CLIENT_SECRET]
    return "Basic " + base64.b64encode(encoded.encode()).decode()


def _is_for(asked: dict[str, str], said: dict[str, str]) -> bool:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(said.get("code_verifier", "").encode()).digest())
    return (
        said.get("grant_type") == "authorization_code"
        and said.get("redirect_uri") == asked["redirect_uri"]
        and challenge.decode().rstrip("=") == asked["code_challenge"]
    )


@asynccontextmanager
async def city_provider(redirect_url: str) -> AsyncIterator[CityProvider]:
    """A provider on a free port."""
    made = CityProvider(redirect_url)
    async with running.listening(uvicorn.Config(made.app(), log_level="error")) as client:
        made.issuer = str(client.base_url).rstrip("/")
        yield made
