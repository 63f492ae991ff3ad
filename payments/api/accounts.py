"""Drivers' own accounts, and the staff who open them."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from payments import accounts, attempts, charges, ids
from payments.accounts import Account, Standing
from payments.adjustments import ChargeOfDriver
from payments.api.dependencies import Channels, Db, Now, Pool, Principal, RandomBits, VisitsOf, Wording
from payments.api.pages import Page
from payments.attempts import Attempt, AttemptState
from payments.flow import accounts as accounts_flow
from payments.flow import charges as charges_flow
from payments.identity import Audience


class ChargePage(Struct, frozen=True):
    """Charges, the newest stay first; `next` is null on the last page."""

    charges: list[ChargeOfDriver]
    next: UUID | None


class DebitLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """A limit in fen for each visit; 0: no visit becomes dearer than it was billed."""

    debit_max_fen: Annotated[int, Meta(ge=0, le=accounts.DEBIT_FEN_MAX)]


class NewTopUp(Struct, frozen=True, forbid_unknown_fields=True):
    """Money to put into the caller's wallet. `payer` is the token the channel knows the driver by."""

    amount_fen: Annotated[int, Meta(ge=accounts.TOP_UP_FEN_MIN, le=accounts.TOP_UP_FEN_MAX)]
    channel: Annotated[str, Meta(min_length=1, max_length=32)]
    payer: Annotated[str, Meta(min_length=1, max_length=64)]


class TopUpNow(Struct, frozen=True, omit_defaults=True):
    """How a top-up stands. accepted and unknown are not over: ask again.

    `next_action`: what the driver has to do first, if anything, such as to follow an address.
    """

    id: UUID
    amount_fen: int
    channel: str
    state: AttemptState
    code: str | None
    created_at: datetime
    updated_at: datetime
    next_action: dict[str, str] | None = None


class NewAccount(Struct, frozen=True, forbid_unknown_fields=True):
    """An account to open."""

    name: Annotated[str, Meta(max_length=accounts.NAME_CHARACTERS_MAX)] = ""


class BarReason(Struct, frozen=True, forbid_unknown_fields=True):
    """Why an account is suspended, or may act again."""

    reason: Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


AccountNumber: TypeAlias = FromPath[Annotated[int, Meta(ge=1, le=ids.SHARD_MAX)]]


@get(
    "/v1/account",
    operation_id="getAccount",
    summary="The caller's account: what the wallet holds and what is owed",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def get_account(principal: Principal, db: Db) -> Standing:
    """Amounts in fen, as they stand in the books now."""
    return await accounts_flow.standing(db, principal.id)


@get(
    "/v1/account/charges",
    operation_id="listAccountCharges",
    summary="What the caller was charged",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def list_account_charges(
    principal: Principal,
    db: Db,
    short_page: Page,
    wording: Wording,
    visits_of: VisitsOf,
) -> ChargePage:
    """The newest stay first."""
    found = await charges_flow.charges_of_driver(
        db, principal.id, before=short_page.after, limit=short_page.limit, wording=wording, visits_of=visits_of
    )
    return ChargePage(found, short_page.next([each.reference for each in found]))


@get(
    "/v1/account/charges/{reference:uuid}",
    operation_id="getAccountCharge",
    summary="What the caller was charged for a stay",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def get_account_charge(
    reference: FromPath[UUID], principal: Principal, db: Db, wording: Wording, visits_of: VisitsOf
) -> ChargeOfDriver:
    """With the lot, the plate and the times. Of the caller's account only (404)."""
    return await charges_flow.charge_of_driver(db, principal.id, reference, wording=wording, visits_of=visits_of)


@put(
    "/v1/account/debit-limit",
    operation_id="setDebitLimit",
    summary="Up to how much a visit may become dearer without the caller being asked",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def set_debit_limit(
    data: JSONBody[DebitLimit], principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> Standing:
    """A visit that was billed is corrected as more is known of it: lower always, and higher up to this limit, or up to
    what was billed or paid if that is more. What it would cost beyond that is waived.
    """
    return await accounts_flow.set_debit_max(
        db,
        account_id=principal.id,
        debit_max_fen=data.debit_max_fen,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


@post(
    "/v1/account/top-ups",
    operation_id="topUp",
    summary="Put money into the caller's wallet",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def top_up(
    *,
    data: JSONBody[NewTopUp],
    principal: Principal,
    pool: Pool,
    channels: Channels,
    now: Now,
    random_bits: RandomBits,
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=accounts.REQUEST_KEY_CHARACTERS_MAX,
            description="Chosen by the caller; the same key is the same top-up.",
        ),
    ],
) -> TopUpNow:
    """Repeating a request with its key returns the first top-up; a key with another body is refused (409)."""
    done = await accounts_flow.top_up(
        pool,
        channels,
        account_id=principal.id,
        amount_fen=data.amount_fen,
        request_key=idempotency_key,
        channel=data.channel,
        payer=data.payer,
        now=now,
        random_bits=random_bits,
    )
    return _now(done)


@get(
    "/v1/account/top-ups/{top_up_id:uuid}",
    operation_id="getTopUp",
    summary="How a top-up stands",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def get_top_up(top_up_id: FromPath[UUID], principal: Principal, db: Db) -> TopUpNow:
    """Of the caller's account only (404)."""
    return _now(await accounts_flow.top_up_by_id(db, account_id=principal.id, top_up_id=top_up_id))


@post(
    "/v1/accounts",
    operation_id="openAccount",
    summary="Open a driver's account",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def open_account(data: JSONBody[NewAccount], principal: Principal, db: Db, now: Now) -> Account:
    """With an empty wallet."""
    return await accounts_flow.open_account(db, name=data.name, now=now, actor=principal.subject)


@put(
    "/v1/accounts/{account_id:int}/debit-limit",
    operation_id="setDebitLimitOf",
    summary="The same for a driver who asked staff",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_debit_limit_of(
    account_id: AccountNumber,
    data: JSONBody[DebitLimit],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Standing:
    """Who set it is in the audit log, which its driver is shown."""
    return await accounts_flow.set_debit_max(
        db,
        account_id=account_id,
        debit_max_fen=data.debit_max_fen,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


@post(
    "/v1/accounts/{account_id:int}/suspend",
    operation_id="suspendAccount",
    summary="Suspend an account",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def suspend_account(
    account_id: AccountNumber,
    data: JSONBody[BarReason],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Account:
    """Its tokens are good for nothing within a second and nothing new is charged to it; what it owes is collected."""
    return await accounts_flow.bar_account(
        db,
        account_id=account_id,
        barred=True,
        reason=data.reason,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


@post(
    "/v1/accounts/{account_id:int}/resume",
    operation_id="resumeAccount",
    summary="Let a suspended account act again",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def resume_account(
    account_id: AccountNumber,
    data: JSONBody[BarReason],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Account:
    """Its tokens that have not ended are good again."""
    return await accounts_flow.bar_account(
        db,
        account_id=account_id,
        barred=False,
        reason=data.reason,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


def _now(attempt: Attempt) -> TopUpNow:
    return TopUpNow(
        id=attempt.payable_id,
        amount_fen=attempt.amount_fen,
        channel=attempt.channel,
        state=attempt.state,
        code=attempt.code,
        created_at=attempt.created_at,
        updated_at=attempt.updated_at,
        next_action=attempts.next_action(attempt),
    )


ROUTES: list[HTTPRouteHandler] = [
    get_account,
    list_account_charges,
    get_account_charge,
    set_debit_limit,
    set_debit_limit_of,
    top_up,
    get_top_up,
    suspend_account,
    resume_account,
    open_account,
]
