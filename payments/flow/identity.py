"""For whom a token may be signed."""

from collections.abc import Callable
from datetime import datetime

from payments import identity, ledger
from payments.accounts import NoSuchAccount
from payments.identity import Audience, Principal
from payments.settlement import NoSuchOperator
from payments.store import accounts as account_store
from payments.store import audit as audit_store
from payments.store import settlement as settlement_store
from sql import Connection


async def token_holder(
    db: Connection,
    *,
    audience: Audience,
    subject: str,
    account_id: int | None,
    operator_id: int | None,
    issuer: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> Principal:
    """Whom a token is to speak for; that `issuer` asked for it goes into the audit log.

    Raises:
        HolderUnclear: drivers have an account, clerks and finance officers perhaps an operator, nobody else either.
        NotYours: the issuer is limited to an operator and the token would reach beyond it.
        NoSuchAccount, NoSuchOperator: there is none of this number.
    """
    holder = identity.token_holder(audience, subject=subject, account_id=account_id, operator_id=operator_id)
    identity.may_issue(issuer, holder)
    if account_id is not None and await account_store.account_by_id(db, account_id) is None:
        raise NoSuchAccount("There is no such account.", field="account_id", account_id=account_id)
    operators = [] if operator_id is None else await settlement_store.operators(db)
    if operator_id is not None and all(operator.id != operator_id for operator in operators):
        raise NoSuchOperator("There is no such operator.", field="operator_id", operator_id=operator_id)
    owner = account_id or operator_id or ledger.PLATFORM
    await audit_store.record(
        db,
        owner,
        actor=issuer.subject,
        action="token.issue",
        subject=f"{audience}:{subject}",
        detail={"account_id": account_id, "operator_id": operator_id},
        now=now,
        random_bits=random_bits(),
    )
    return holder
