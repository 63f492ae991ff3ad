"""Everything that is held of a driver, handed out to them, and the end of their account."""

from litestar import get, post
from litestar.handlers import HTTPRouteHandler

from parking.flow import accounts as flow
from parking.flow.accounts import Export
from payments.accounts import Account
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience


@get(
    "/v1/account/export",
    operation_id="exportAccount",
    summary="Everything that is held of the caller",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def export_account(principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Export:
    """Account, plates, stays, charges, top-ups, tokens and the audit log about them, as one document."""
    return await flow.export_account(
        db, account_id=principal.id, actor=principal.subject, now=now, random_bits=random_bits
    )


@post(
    "/v1/account/close",
    operation_id="closeAccount",
    summary="Close the caller's account for ever",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
    status_code=200,
)
async def close_account(principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Account:
    """Refused (409) while anything is owed, the wallet holds money, or a payment is under way. Plates, name and tokens
    go at once, what is left of them in the audit log after six months; amounts stay in the books.
    """
    return await flow.close_account(
        db, account_id=principal.id, actor=principal.subject, now=now, random_bits=random_bits
    )


ROUTES: list[HTTPRouteHandler] = [export_account, close_account]
