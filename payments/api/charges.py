"""Charges: shown to and paid by whoever has their identifier, voided by staff."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from payments import accounts, charges, identity
from payments.api.dependencies import Channels, Db, Now, Pool, Principal, RandomBits
from payments.charges import ChargeState, PublicLine
from payments.flow import charges as charges_flow
from payments.flow.charges import Paid
from payments.identity import Audience

Reason = Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


class ChargeShown(Struct, frozen=True):
    """What a charge costs and why, without where or when."""

    id: UUID
    state: ChargeState
    amount_fen: int
    refunded_fen: int
    lines: list[PublicLine]


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """How to pay. `payer` is the token the channel knows the driver by."""

    channel: Annotated[str, Meta(min_length=1, max_length=32)]
    payer: Annotated[str, Meta(min_length=1, max_length=64)]


class Voiding(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a due charge becomes void."""

    reason: Reason


@get(
    "/v1/charges/{charge_id:uuid}",
    operation_id="getCharge",
    summary="What a charge costs, and whether it is paid",
    tags=["drivers"],
    opt={"audience": (Audience.PUBLIC,)},
)
async def get_charge(charge_id: FromPath[UUID], db: Db) -> ChargeShown:
    """Whoever has the identifier may look and pay, as with a ticket."""
    charge = await charges_flow.charge_by_id(db, charge_id)
    lines = charges.public_lines(charge)
    return ChargeShown(charge.id, charge.state, charge.amount_fen, charge.refunded_fen, lines)


@post(
    "/v1/charges/{charge_id:uuid}/pay",
    operation_id="payCharge",
    summary="Pay a charge through a channel",
    tags=["drivers"],
    opt={"audience": (Audience.PUBLIC,), "caller": True, "limited": True},
    status_code=200,
)
async def pay_charge(
    *,
    charge_id: FromPath[UUID],
    data: JSONBody[Payment],
    principal: Principal,
    pool: Pool,
    channels: Channels,
    now: Now,
    random_bits: RandomBits,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=accounts.REQUEST_KEY_CHARACTERS_MAX,
            description="Chosen by the caller; the same key is the same payment and gets its answer as it stands.",
        ),
    ] = None,
) -> Paid:
    """Accepted and unknown are not over: look at the charge again. Until then the same payer's next payment is refused
    (409), and another payer's for a short while (409 with `Retry-After`); a driver whose account owes the charge and
    who sends a token need not wait for strangers. Too many tries are refused with 429 and `Retry-After`. A key with
    another body is refused (409). Whoever's money comes second gets it back.
    """
    return await charges_flow.pay_charge(
        pool,
        channels,
        charge_id=charge_id,
        channel=data.channel,
        payer=data.payer,
        now=now,
        random_bits=random_bits,
        account_id=principal.id if principal.audience is Audience.DRIVER else None,
        request_key=idempotency_key,
    )


@post(
    "/v1/charges/{charge_id:uuid}/void",
    operation_id="voidCharge",
    summary="Void a charge that is still due",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def void_charge(
    charge_id: FromPath[UUID], data: JSONBody[Voiding], principal: Principal, db: Db, now: Now
) -> ChargeShown:
    """Its billing is reversed, so the operator is no longer owed it. Again for another reason is refused (409)."""
    identity.may_act_for(principal, (await charges_flow.charge_by_id(db, charge_id)).operator_id)
    charge = await charges_flow.void_charge(
        db, charge_id=charge_id, reason=data.reason, actor=principal.subject, now=now
    )
    lines = charges.public_lines(charge)
    return ChargeShown(charge.id, charge.state, charge.amount_fen, charge.refunded_fen, lines)


ROUTES: list[HTTPRouteHandler] = [get_charge, pay_charge, void_charge]
