"""What the city's identity says is believed if all of it is right, and else not: each part of it made wrong."""

import json
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from parking import city_identity
from parking.city_identity import BEGUN_LIFE, Begun, IdentityAway, IdentityRefused, Provider
from tests.conftest import NOW

PROVIDER = Provider("https://id.example", "onelot", "secret", "https://parking.example/sign-in/city/back")
SENT = Begun("state", "nonce", "verifier", "/desk")
SECRET, OLDER = "s" * 32, "o" * 32
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = json.dumps(
    {
        "keys": [
            {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "r", "alg": "RS256", "use": "sig"},
            {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "e", "alg": "ES256"},
        ]
    }
).encode()
CLAIMS: dict[str, Any] = {
    "iss": "https://id.example",
    "aud": "onelot",
    "sub": "jinan-4711",
    "iat": NOW.timestamp(),
    "exp": NOW.timestamp() + 300,
    "nonce": "nonce",
    "amr": ["pwd", "otp"],
}


def token(changes: dict[str, Any] | None = None, *, gone: Sequence[str] = (), key: Any = RSA_KEY, **head: Any) -> str:
    said = {name: value for name, value in {**CLAIMS, **(changes or {})}.items() if name not in gone}
    algorithm = head.pop("alg", "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "RS256")
    return jwt.encode(said, key, algorithm=algorithm, headers={"kid": "r", **head})


def said_by(text: str) -> city_identity.Identity:
    keys = city_identity.among(city_identity.keys_of(KEYS), city_identity.key_of(text))
    return city_identity.identity_of(text, keys, PROVIDER, SENT, NOW)


def test_who_signed_in_and_how() -> None:
    found = said_by(token())
    assert (found.value, found.is_strong) == ("jinan-4711", True)
    assert not said_by(token({"amr": ["pwd"]})).is_strong
    assert not said_by(token(gone=["amr"])).is_strong
    assert said_by(token(key=EC_KEY, kid="e")).value == "jinan-4711"
    several = {"aud": ["onelot", "other"], "azp": "onelot"}
    assert said_by(token(several)).value == "jinan-4711"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.evil"},
        {"aud": "other"},
        {"aud": ["onelot", "other"]},
        {"aud": ["onelot", "other"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "another"},
        {"exp": NOW.timestamp() - 61},
        {"iat": NOW.timestamp() + 61},
        {"iat": NOW.timestamp() - 661},
        {"exp": "soon"},
        {"sub": ""},
        {"sub": 4711},
        {"sub": "x" * 201},
        {"amr": "otp"},
    ],
)
def test_what_is_not_right_is_not_believed(changes: dict[str, Any]) -> None:
    with pytest.raises(IdentityRefused):
        said_by(token(changes))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "iat", "exp", "nonce"])
def test_what_does_not_say_all_is_not_believed(name: str) -> None:
    with pytest.raises(IdentityRefused):
        said_by(token(gone=[name]))


def test_what_is_signed_otherwise_is_not_believed() -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    whole = token()
    for forged in (
        token(key=other),
        token(kid="unknown"),
        token(kid="e"),
        jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": "r"}),
        # With a key that everybody can read, as if it were a secret.
        jwt.encode(CLAIMS, b"k" * 32, algorithm="HS256", headers={"kid": "r"}),
        whole[:-4] + "AAAA",
        whole.rsplit(".", 1)[0] + ".",
        "no token",
        "",
    ):
        with pytest.raises(IdentityRefused):
            said_by(forged)


def test_a_key_without_a_name_is_taken_if_there_is_no_other() -> None:
    keys = city_identity.keys_of(KEYS)
    assert city_identity.among(keys, None) == []
    assert len(city_identity.among(keys[:1], None)) == 1


@pytest.mark.parametrize("document", [b"", b"{}", b'{"keys": 1}', b'{"keys": []}', b"[]", b"\xff", b'{"keys":[1]}'])
def test_what_is_no_key_set(document: bytes) -> None:
    with pytest.raises(IdentityAway):
        city_identity.keys_of(document)


DISCOVERED = {
    "issuer": "https://id.example",
    "authorization_endpoint": "https://id.example/authorize",
    "token_endpoint": "https://id.example/token",
    "jwks_uri": "https://id.example/keys",
    "code_challenge_methods_supported": ["S256"],
}


def test_where_it_is_asked() -> None:
    found = city_identity.endpoints_of(json.dumps(DISCOVERED).encode(), PROVIDER)
    assert (found.authorization, found.keys) == ("https://id.example/authorize", "https://id.example/keys")
    begun = city_identity.begin("/desk/cases", random.Random(1).randbytes)
    asked = urlsplit(city_identity.address(PROVIDER, found, begun, "zh"))
    said = {name: value for name, (value,) in parse_qs(asked.query).items()}
    assert (said["state"], said["nonce"], said["client_id"]) == (begun.state, begun.nonce, "onelot")
    assert said["redirect_uri"] == PROVIDER.redirect_url
    assert (said["code_challenge_method"], len(said["code_challenge"])) == ("S256", 43)
    assert begun.verifier not in asked.query
    assert len({begun.state, begun.nonce, begun.verifier}) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://id.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"code_challenge_methods_supported": ["plain"]},
    ],
)
def test_a_description_that_is_not_followed(changes: dict[str, Any]) -> None:
    with pytest.raises(IdentityAway):
        city_identity.endpoints_of(json.dumps({**DISCOVERED, **changes}).encode(), PROVIDER)


def test_what_the_browser_keeps_is_ours_and_of_now() -> None:
    kept = city_identity.sealed(SENT, OLDER, NOW)
    assert city_identity.opened(kept, [SECRET, OLDER], NOW) == SENT
    assert city_identity.opened(kept, [SECRET], NOW) is None
    assert city_identity.opened(kept, [OLDER], NOW + BEGUN_LIFE) is None
    assert city_identity.opened(kept, [OLDER], NOW + BEGUN_LIFE - timedelta(seconds=1)) == SENT
    for made_up in ("", "x", kept[:-2], jwt.encode({"begun": {}}, OLDER, algorithm="HS256")):
        assert city_identity.opened(made_up, [OLDER], NOW) is None


@pytest.mark.parametrize(("sent", "state", "code"), [(None, "state", "c"), (SENT, "other", "c"), (SENT, None, "c")])
def test_who_was_not_sent_from_here_does_not_come_back(sent: Begun | None, state: str | None, code: str) -> None:
    with pytest.raises(IdentityRefused):
        city_identity.came_back(sent, state, code)
    assert city_identity.came_back(SENT, "state", "c") == (SENT, "c")
