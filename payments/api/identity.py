"""Tokens for drivers and staff, signed for administrators."""

from datetime import datetime, timedelta
from typing import Annotated

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta, Struct

from payments import identity, ids
from payments.api.dependencies import Db, Now, Principal, RandomBits, TokenSecret
from payments.flow import identity as identity_flow
from payments.identity import Audience


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a token is: a driver by account, or staff by name. An operator limits a clerk or a finance officer."""

    audience: Audience
    subject: Annotated[str, Meta(min_length=1, max_length=100)]
    account_id: Annotated[int, Meta(ge=1, le=ids.SHARD_MAX)] | None = None
    operator_id: Annotated[int, Meta(ge=1, le=ids.SHARD_MAX)] | None = None
    days: Annotated[int, Meta(ge=1, le=identity.TOKEN_LIFE_MAX.days)] = 1


class NewToken(Struct, frozen=True):
    """A signed bearer token and when it ends."""

    token: str
    expires_at: datetime


@post(
    "/v1/tokens",
    operation_id="issueToken",
    summary="Sign a token for a driver or for staff",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def issue_token(
    *,
    data: JSONBody[TokenRequest],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    token_secret: TokenSecret,
) -> NewToken:
    """The token is not kept; that it was issued is. Staff of one operator issue tokens for that operator only."""
    holder = await identity_flow.token_holder(
        db,
        audience=data.audience,
        subject=data.subject,
        account_id=data.account_id,
        operator_id=data.operator_id,
        issuer=principal,
        now=now,
        random_bits=random_bits,
    )
    life = timedelta(days=data.days)
    return NewToken(identity.sign_token(holder, secret=token_secret, now=now, life=life), now + life)


ROUTES: list[HTTPRouteHandler] = [issue_token]
