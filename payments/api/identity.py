"""Tokens for drivers and staff: signed and revoked by administrators, and by drivers their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from payments import identity, ids
from payments.api.dependencies import Db, LotNames, Now, Principal, RandomBits, TokenSecret
from payments.api.pages import Page
from payments.flow import identity as flow
from payments.flow.identity import NewToken
from payments.identity import Audience, IssuedToken
from payments.store import identity as store

_HOURS_MAX = identity.DRIVER_TOKEN_LIFE_MAX // timedelta(hours=1)
_Subject = Annotated[str, Meta(min_length=1, max_length=identity.SUBJECT_CHARACTERS_MAX)]
_Number = Annotated[int, Meta(ge=1, le=ids.SHARD_MAX)]
_Code = Annotated[str, Meta(min_length=1, max_length=64)]


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """For whom a token is: a driver by account, or staff by name. An operator limits a clerk or a finance officer;
    a booth is at a `lot`, by its code, or `lot_id`, by its number.

    `hours` is its life: of staff at most 12, of drivers at most 2160.
    """

    audience: Audience
    subject: _Subject
    account_id: _Number | None = None
    operator_id: _Number | None = None
    lot: _Code | None = None
    lot_id: _Number | None = None
    hours: Annotated[int, Meta(ge=1, le=_HOURS_MAX)] = 12

    def __post_init__(self) -> None:
        if self.lot is not None and self.lot_id is not None:
            raise ValueError("a lot is named by its code or by its number")


class Revocation(Struct, frozen=True, forbid_unknown_fields=True):
    """Which tokens end: one by its identifier, or all of an account or of a subject."""

    token_id: UUID | None = None
    account_id: _Number | None = None
    subject: _Subject | None = None


class Revoked(Struct, frozen=True):
    """How many tokens were revoked."""

    revoked: int


class TokenPage(Struct, frozen=True):
    """Issued tokens, the newest first; `next` is null on the last page."""

    tokens: Sequence[IssuedToken]
    next: UUID | None


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
    lot_names: LotNames,
) -> NewToken:
    """The token is not kept; that it was issued is. Staff of one operator issue tokens for that operator only."""
    lot_id = data.lot_id if data.lot is None else _number_of(lot_names, data.lot)
    return await flow.issue_token(
        db,
        audience=data.audience,
        subject=data.subject,
        account_id=data.account_id,
        operator_id=data.operator_id if lot_id is None else _operator_of(lot_names, lot_id),
        lot_id=lot_id,
        life=timedelta(hours=data.hours),
        issuer=principal,
        secret=token_secret,
        now=now,
        random_bits=random_bits,
    )


def _number_of(lots: LotNames, code: str) -> int:
    found = next((number for number, lot in lots.items() if lot.code == code), None)
    if found is None:
        raise identity.NoSuchLot(f"No lot has the code {code!r}.", field="lot", code=code)
    return found


def _operator_of(lots: LotNames, lot_id: int) -> int:
    """Whose a lot is: a booth sees no other operator's affairs, should its lot change hands."""
    if lot_id not in lots:
        raise identity.NoSuchLot("There is no such lot.", field="lot_id", lot_id=lot_id)
    return lots[lot_id].operator_id


@get(
    "/v1/tokens",
    operation_id="listTokens",
    summary="Tokens that were issued",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_tokens(
    principal: Principal,
    db: Db,
    page: Page,
    account_id: Annotated[int | None, QueryParameter(ge=1, le=ids.SHARD_MAX, description="Of this account.")] = None,
    subject: Annotated[str | None, QueryParameter(min_length=1, max_length=100, description="Of this subject.")] = None,
) -> TokenPage:
    """For whom, by whom and until when; never the tokens themselves."""
    identity.may_act_for_all(principal)
    found = await store.tokens(db, account_id=account_id, subject=subject, before=page.after, limit=page.limit)
    return TokenPage(found, page.next([each.id for each in found]))


@post(
    "/v1/tokens/revoke",
    operation_id="revokeTokens",
    summary="Revoke a token, or all of an account or a subject",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def revoke_tokens(
    data: JSONBody[Revocation], principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> Revoked:
    """They are refused everywhere within a second."""
    identity.may_act_for_all(principal)
    revoked = await flow.revoke_tokens(
        db,
        token_id=data.token_id,
        account_id=data.account_id,
        subject=data.subject,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )
    return Revoked(revoked)


@delete(
    "/v1/account/tokens",
    operation_id="revokeOwnTokens",
    summary="Revoke all tokens of the caller's account",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
    status_code=200,
)
async def revoke_own_tokens(principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Revoked:
    """For a driver whose telephone was lost: the token of this request ends too."""
    revoked = await flow.revoke_tokens(
        db, account_id=principal.id, actor=principal.subject, now=now, random_bits=random_bits
    )
    return Revoked(revoked)


ROUTES: list[HTTPRouteHandler] = [issue_token, list_tokens, revoke_tokens, revoke_own_tokens]
