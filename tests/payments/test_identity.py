"""Tokens: they speak for whom they were signed, for as long as was said, and for nobody else."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import jwt
import pytest

from payments.identity import (
    TOKEN_LIFE_MAX,
    Audience,
    NotYours,
    Principal,
    Token,
    TokenRefused,
    may_act_for,
    read_token,
    sign_token,
)

NOW = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
ID = UUID("01a1e215-2900-813a-8000-00061fb02ccf")
OLD, NEW, OTHER = "o" * 32, "n" * 32, "x" * 32
DRIVER = Principal(Audience.DRIVER, "driver:1001", 1001)
CLERK = Principal(Audience.CLERK, "wang", operator_id=1002)


@pytest.mark.parametrize(
    "principal", [DRIVER, CLERK, Principal(Audience.FINANCE, "li"), Principal(Audience.ADMIN, "zhao")]
)
def test_a_token_speaks_for_its_caller(principal: Principal) -> None:
    token = sign_token(principal, token_id=ID, secret=NEW, now=NOW, life=timedelta(hours=1))
    assert read_token(token, secrets=(NEW,), now=NOW) == Token(ID, principal)


def test_a_token_of_the_secret_before_is_still_read() -> None:
    token = sign_token(DRIVER, token_id=ID, secret=OLD, now=NOW, life=timedelta(hours=1))
    assert read_token(token, secrets=(NEW, OLD), now=NOW) == Token(ID, DRIVER)


@pytest.mark.parametrize("late", [timedelta(hours=1), timedelta(days=400)])
def test_a_token_expires(late: timedelta) -> None:
    token = sign_token(DRIVER, token_id=ID, secret=NEW, now=NOW, life=timedelta(hours=1))
    with pytest.raises(TokenRefused, match="expired"):
        read_token(token, secrets=(NEW,), now=NOW + late)


def test_tokens_of_others_are_refused() -> None:
    foreign = sign_token(DRIVER, token_id=ID, secret=OTHER, now=NOW, life=timedelta(hours=1))
    claims = {"iss": "onelot", "aud": "admin", "sub": "me", "exp": int(NOW.timestamp()) + 60, "jti": str(ID)}
    unsigned = jwt.encode(claims, "", algorithm="none")
    elsewhere = jwt.encode({**claims, "iss": "other"}, NEW, algorithm="HS256")
    made_up = jwt.encode({**claims, "aud": "emperor"}, NEW, algorithm="HS256")
    endless = jwt.encode({k: v for k, v in claims.items() if k != "exp"}, NEW, algorithm="HS256")
    # Nobody could revoke it.
    nameless = jwt.encode({k: v for k, v in claims.items() if k != "jti"}, NEW, algorithm="HS256")
    misnamed = jwt.encode({**claims, "jti": "7"}, NEW, algorithm="HS256")
    for token in (foreign, unsigned, elsewhere, made_up, endless, nameless, misnamed, "", "a.b.c", foreign[:-2] + "xx"):
        with pytest.raises(TokenRefused):
            read_token(token, secrets=(NEW,), now=NOW)


@pytest.mark.parametrize(
    ("audience", "life"),
    [
        (Audience.GATEWAY, timedelta(hours=1)),
        (Audience.PUBLIC, timedelta(hours=1)),
        (Audience.ADMIN, timedelta(0)),
        (Audience.ADMIN, TOKEN_LIFE_MAX + timedelta(seconds=1)),
    ],
)
def test_some_tokens_are_never_signed(audience: Audience, life: timedelta) -> None:
    with pytest.raises(ValueError, match="no token"):
        sign_token(Principal(audience, "x"), token_id=ID, secret=NEW, now=NOW, life=life)


def test_staff_of_one_operator_stay_there() -> None:
    may_act_for(CLERK, 1002)
    may_act_for(Principal(Audience.ADMIN, "zhao"), 1003)
    with pytest.raises(NotYours):
        may_act_for(CLERK, 1003)
