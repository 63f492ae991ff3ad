"""Everything that is held of a driver, handed out to them, and the end of their account; and accounts as staff find
them.
"""

from typing import Annotated

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from parking.flow import accounts as flow
from parking.flow.accounts import AccountPage, AccountShown, Export
from parking.plates import PlateColor
from payments import ids
from payments.accounts import Account, AccountStatus
from payments.api.accounts import AccountNumber
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.identity import Audience

ACCOUNTS_PER_PAGE_MAX = 100
_READERS = {"audience": (Audience.ADMIN, Audience.AUDITOR)}


@get(
    "/v1/admin/accounts",
    operation_id="listAccounts",
    summary="Drivers' accounts",
    tags=["administration"],
    opt=_READERS,
)
async def list_accounts(
    *,
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    number: Annotated[int | None, QueryParameter(ge=1, le=ids.SHARD_MAX, description="The one of this number.")] = None,
    plate: Annotated[
        str | None, QueryParameter(min_length=1, max_length=32, description="Those that pay for this plate now.")
    ] = None,
    plate_color: Annotated[PlateColor | None, QueryParameter(description="The colour of `plate`.")] = None,
    of_status: Annotated[
        AccountStatus | None, QueryParameter(name="status", description="Those of this status.")
    ] = None,
    after: Annotated[int, QueryParameter(ge=0, le=ids.SHARD_MAX, description="The `next` of the page before.")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=ACCOUNTS_PER_PAGE_MAX, description="Accounts per page.")] = 50,
) -> AccountPage:
    """By their numbers. Who looked, for which plate, and whom they saw is kept: drivers are shown that."""
    return await flow.find_accounts(
        db,
        number=number,
        plate=plate,
        plate_color=plate_color,
        status=of_status,
        after=after,
        limit=limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )


@get(
    "/v1/admin/accounts/{account_id:int}",
    operation_id="showAccount",
    summary="A driver's account with its plates",
    tags=["administration"],
    opt=_READERS,
)
async def show_account(
    account_id: AccountNumber, principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> AccountShown:
    """Who looked is kept."""
    return await flow.show_account(db, account_id, reader=principal, now=now, random_bits=random_bits)


@get(
    "/v1/account/export",
    operation_id="exportAccount",
    summary="Everything that is held of the caller",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def export_account(principal: Principal, db: Db, now: Now, random_bits: RandomBits) -> Export:
    """Account, plates, stays, what else is held of the vehicles, charges, top-ups, tokens and the audit log about them,
    as one document.
    """
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


ROUTES: list[HTTPRouteHandler] = [list_accounts, show_account, export_account, close_account]
