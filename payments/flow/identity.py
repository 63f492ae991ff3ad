"""Tokens: for whom one may be issued, and how they are revoked."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from payments import identity, ids, ledger
from payments.accounts import AccountStatus, NoSuchAccount
from payments.identity import AccountBarred, Audience, IssuedToken, NoSuchToken, Principal, sign_token
from payments.settlement import NoSuchOperator
from payments.store import accounts as account_store
from payments.store import audit as audit_store
from payments.store import identity as store
from payments.store import settlement as settlement_store
from sql import Connection


class NewToken(msgspec.Struct, frozen=True):
    """A signed bearer token, by what it is revoked, and when it ends."""

    token: str
    id: UUID
    expires_at: datetime


async def issue_token(
    db: Connection,
    *,
    audience: Audience,
    subject: str,
    account_id: int | None,
    operator_id: int | None,
    lot_id: int | None = None,
    life: timedelta,
    issuer: Principal,
    secret: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> NewToken:
    """Signs a token. For whom, by whom and until when is kept, and stands in the audit log; the token is not kept.

    Raises:
        HolderUnclear: drivers have an account, booths a lot with its operator, clerks and finance officers perhaps an
            operator, nobody else either.
        TokenLifeTooLong: see `identity.life_max`.
        NotYours: the issuer is limited to an operator and the token would reach beyond it.
        NoSuchAccount, NoSuchOperator: there is none of this number.
        AccountBarred: the account is suspended or closed.
    """
    holder = identity.token_holder(
        audience, subject=subject, account_id=account_id, operator_id=operator_id, lot_id=lot_id
    )
    identity.check_life(audience, life)
    identity.may_issue(issuer, holder)
    if account_id is not None:
        await _check_account(db, account_id)
    operators = [] if operator_id is None else await settlement_store.operators(db)
    if operator_id is not None and all(operator.id != operator_id for operator in operators):
        raise NoSuchOperator("There is no such operator.", field="operator_id", operator_id=operator_id)
    owner = account_id or operator_id or ledger.PLATFORM
    issued = IssuedToken(
        *(ids.new(now, owner, random_bits()), audience, subject, account_id, operator_id, lot_id, issuer.subject),
        issued_at=now,
        expires_at=now + life,
    )
    await store.insert_token(db, issued)
    detail = {"token_id": issued.id, "audience": audience, "expires_at": issued.expires_at}
    await audit_store.record(
        db,
        owner,
        actor=issuer.subject,
        action="token.issue",
        subject=f"{audience}:{subject}",
        detail={**detail, "account_id": account_id, "operator_id": operator_id, "lot_id": lot_id},
        now=now,
        random_bits=random_bits(),
    )
    signed = sign_token(holder, token_id=issued.id, secret=secret, now=now, life=life)
    return NewToken(signed, issued.id, issued.expires_at)


async def revoke_tokens(
    db: Connection,
    *,
    token_id: UUID | None = None,
    account_id: int | None = None,
    subject: str | None = None,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> int:
    """Revokes one token, or all of an account or of a subject; how many. Every process refuses them within a second.

    Raises:
        HolderUnclear: not exactly one of the three was named.
        NoSuchToken: nothing is left to revoke.
    """
    named = [name for name in (token_id, account_id, subject) if name is not None]
    if len(named) != 1:
        raise identity.HolderUnclear("Name one token, one account or one subject.", field="token_id")
    revoked = await store.revoke_tokens(
        db, token_id=token_id, account_id=account_id, subject=subject, by=actor, now=now
    )
    if not revoked:
        raise NoSuchToken("There is no such token that could be revoked.")
    await store.bump_version(db)
    await audit_store.record(
        db,
        account_id or ledger.PLATFORM,
        actor=actor,
        action="token.revoke",
        subject=str(named[0]) if account_id is None else f"account:{account_id}",
        detail={"token_ids": revoked},
        now=now,
        random_bits=random_bits(),
    )
    return len(revoked)


async def _check_account(db: Connection, account_id: int) -> None:
    account = await account_store.account_by_id(db, account_id)
    if account is None:
        raise NoSuchAccount("There is no such account.", field="account_id", account_id=account_id)
    if account.status is not AccountStatus.ACTIVE:
        raise AccountBarred(f"This account is {account.status}.", field="account_id", account_id=account_id)
