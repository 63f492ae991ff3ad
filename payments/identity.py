"""Who calls: gateways with keys, drivers and staff with signed tokens, and what each may ask for."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import jwt
import msgspec

from payments.errors import OneLotError

# No token lives longer, whoever signs it.
TOKEN_LIFE_MAX = timedelta(days=366)
# Longer than a shift is nobody's token who can see or move what is not theirs.
STAFF_TOKEN_LIFE_MAX = timedelta(hours=12)
DRIVER_TOKEN_LIFE_MAX = timedelta(days=90)
SUBJECT_CHARACTERS_MAX = 100
_ALGORITHM = "HS256"
_ISSUER = "onelot"


class Audience(StrEnum):
    """For whom a route is. Every route names at least one; PUBLIC is never combined."""

    PUBLIC = "public"
    GATEWAY = "gateway"
    DRIVER = "driver"
    BOOTH = "booth"
    CLERK = "clerk"
    FINANCE = "finance"
    ADMIN = "admin"
    AUDITOR = "auditor"


STAFF = (Audience.BOOTH, Audience.CLERK, Audience.FINANCE, Audience.ADMIN)
# Who may look things up: staff, and auditors, who change nothing.
READERS = (*STAFF, Audience.AUDITOR)


class Principal(msgspec.Struct, frozen=True):
    """Someone who proved who they are.

    `subject` names them in the audit log; `id` is the gateway's or the account's number (0 for staff);
    `operator_id` limits a clerk, finance officer or auditor to one operator (None: all of them), `lot_id` a booth to
    the lot at which it is.
    """

    audience: Audience
    subject: str
    id: int = 0
    operator_id: int | None = None
    lot_id: int | None = None


class Token(msgspec.Struct, frozen=True):
    """A bearer token that was read: its identifier, and whom it speaks for."""

    id: UUID
    principal: Principal


class IssuedToken(msgspec.Struct, frozen=True):
    """What is kept of a token: for whom, by whom, until when, and whether it was revoked. Never the token itself."""

    id: UUID
    audience: Audience
    subject: str
    account_id: int | None
    operator_id: int | None
    lot_id: int | None
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    revoked_by: str | None = None


class Barred(msgspec.Struct, frozen=True):
    """Tokens that were revoked and accounts that may do nothing; `version` moves with every change of either."""

    version: int
    tokens: frozenset[UUID]
    accounts: frozenset[int]

    def check(self, token: Token) -> None:
        """Refuses a token that speaks for nobody any more.

        Raises:
            TokenRefused: it was revoked.
            AccountBarred: its account is suspended or closed.
        """
        if token.id in self.tokens:
            raise TokenRefused("The token was revoked; ask for a new one.")
        if token.principal.audience is Audience.DRIVER and token.principal.id in self.accounts:
            raise AccountBarred("This account is suspended or closed.", account_id=token.principal.id)


class TokenRefused(OneLotError):
    """The bearer token is missing, expired, not signed by us, or of no known form."""


class NotYours(OneLotError):
    """Who asks is known, and this is not for them."""


class AccountBarred(OneLotError):
    """The account is suspended or closed: nothing can be done with its tokens, and it gets no new ones."""


class TokenLifeTooLong(OneLotError):
    """A token of this audience may not live so long."""


class NoSuchToken(OneLotError):
    """No token that could be revoked fits: it was never issued, has ended, or was revoked before."""


class HolderUnclear(OneLotError):
    """A token is for a driver with an account, or for staff without one."""


class NoSuchLot(OneLotError):
    """There is no lot of this number or code."""


def token_holder(
    audience: Audience,
    *,
    subject: str,
    account_id: int | None,
    operator_id: int | None,
    lot_id: int | None = None,
) -> Principal:
    """Whom a token speaks for.

    Raises:
        HolderUnclear: drivers have an account and no operator, staff no account, administrators no operator either,
            since who opens accounts and issues tokens is not limited to one; a booth has a lot and its operator, and
            nobody else a lot; nobody else has tokens.
    """
    if audience not in (Audience.DRIVER, *READERS):
        raise HolderUnclear("Tokens are for drivers and for staff.", field="audience", audience=audience)
    if (audience is Audience.DRIVER) != (account_id is not None):
        raise HolderUnclear("A driver's token names an account, staff's none.", field="account_id", audience=audience)
    if audience in (Audience.DRIVER, Audience.ADMIN) and operator_id is not None:
        raise HolderUnclear(
            "Only a clerk, a finance officer or an auditor is limited to an operator.",
            field="operator_id",
            audience=audience,
        )
    if (audience is Audience.BOOTH) != (lot_id is not None) or (lot_id is not None and operator_id is None):
        raise HolderUnclear("A booth names its lot, and nobody else does.", field="lot_id", audience=audience)
    return Principal(audience, subject, account_id or 0, operator_id, lot_id)


def may_issue(issuer: Principal, holder: Principal) -> None:
    """Refuses staff of one operator every token that would reach beyond it.

    Raises:
        NotYours: the issuer is limited to an operator and the holder is not limited to the same one.
    """
    if issuer.operator_id is not None and holder.operator_id != issuer.operator_id:
        raise NotYours("Staff of one operator issue tokens for that operator only.", operator_id=issuer.operator_id)


def life_max(audience: Audience) -> timedelta:
    """How long an issued token of this audience lives at most."""
    return DRIVER_TOKEN_LIFE_MAX if audience is Audience.DRIVER else STAFF_TOKEN_LIFE_MAX


def check_life(audience: Audience, life: timedelta) -> None:
    """Refuses a token that would outlive its purpose.

    Raises:
        TokenLifeTooLong: see the facts for how long it may live.
    """
    longest = life_max(audience)
    if life > longest:
        hours_max = longest // timedelta(hours=1)
        raise TokenLifeTooLong(
            f"A token of a {audience} lives at most {hours_max} hours.", field="hours", hours_max=hours_max
        )


def sign_token(principal: Principal, *, token_id: UUID, secret: str, now: datetime, life: timedelta) -> str:
    """A signed token that `read_token` turns back into `principal` until `life` is over.

    Raises:
        ValueError: the life is longer than TOKEN_LIFE_MAX, or the principal is one that has no tokens.
    """
    if principal.audience in (Audience.PUBLIC, Audience.GATEWAY) or not timedelta(0) < life <= TOKEN_LIFE_MAX:
        raise ValueError(f"no token for {principal.audience} with a life of {life}")
    claims: dict[str, Any] = {
        "iss": _ISSUER,
        "jti": str(token_id),
        "aud": principal.audience.value,
        "sub": principal.subject,
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
        "oid": principal.id,
    }
    if principal.operator_id is not None:
        claims["operator"] = principal.operator_id
    if principal.lot_id is not None:
        claims["lot"] = principal.lot_id
    return jwt.encode(claims, secret, algorithm=_ALGORITHM)


def read_token(token: str, *, secrets: tuple[str, ...], now: datetime) -> Token:
    """Whom a token speaks for. The newest secret comes first; older ones are read while they are rotated out.

    Raises:
        TokenRefused: no secret fits, the token has expired, or its claims are not ours. A token without an identifier
            could not be revoked and is refused too.
    """
    for secret in secrets:
        try:
            # The clock is ours, not the library's: expiry is compared below with the time we were given.
            claims = jwt.decode(
                token,
                secret,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "require": ["exp", "sub", "aud", "jti"],
                },
            )
            principal = Principal(
                *(Audience(claims["aud"]), claims["sub"], int(claims.get("oid", 0))),
                operator_id=claims.get("operator"),
                lot_id=claims.get("lot"),
            )
            token_id = UUID(claims["jti"])
        except (jwt.InvalidTokenError, ValueError):
            continue
        if now.timestamp() >= claims["exp"]:
            raise TokenRefused("The token has expired; ask for a new one.")
        return Token(token_id, principal)
    raise TokenRefused("The token was not signed by this service.")


def may_act_for_all(principal: Principal) -> None:
    """Refuses staff of one operator what concerns them all.

    Raises:
        NotYours: the principal is limited to an operator.
    """
    if principal.operator_id is not None:
        raise NotYours("This concerns all operators.")


def may_act_for(principal: Principal, operator_id: int) -> None:
    """Refuses staff of one operator the affairs of another.

    Raises:
        NotYours: the principal is limited to another operator.
    """
    if principal.operator_id is not None and principal.operator_id != operator_id:
        raise NotYours("This belongs to another operator.", operator_id=operator_id)


def key_text(key_id: str, secret: bytes) -> str:
    """The bearer key as it is handed over, once: `olk_<id>_<secret in hex>`."""
    return f"olk_{key_id}_{secret.hex()}"


def split_key(text: str) -> tuple[str, bytes] | None:
    """The id and the secret in a bearer key, or None if the text is not one."""
    head, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if head != "olk" or len(key_id) != 16 or len(secret) != 64:
        return None
    try:
        return key_id, bytes.fromhex(secret)
    except ValueError:
        return None
