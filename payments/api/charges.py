"""Charges: shown to and paid by whoever has their identifier, voided by staff."""

from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from payments import charges, identity
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
    opt={"audience": (Audience.PUBLIC,), "guessable": True},
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
    opt={"audience": (Audience.PUBLIC,), "guessable": True},
    status_code=200,
)
async def pay_charge(
    *,
    charge_id: FromPath[UUID],
    data: JSONBody[Payment],
    pool: Pool,
    channels: Channels,
    now: Now,
    random_bits: RandomBits,
) -> Paid:
    """Accepted and unknown are not over: look at the charge again. A second payment is refused until then (409)."""
    return await charges_flow.pay_charge(
        pool, channels, charge_id=charge_id, channel=data.channel, payer=data.payer, now=now, random_bits=random_bits
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
    """Its billing is reversed, so the operator is no longer owed it."""
    identity.may_act_for(principal, (await charges_flow.charge_by_id(db, charge_id)).operator_id)
    charge = await charges_flow.void_charge(
        db, charge_id=charge_id, reason=data.reason, actor=principal.subject, now=now
    )
    lines = charges.public_lines(charge)
    return ChargeShown(charge.id, charge.state, charge.amount_fen, charge.refunded_fen, lines)


ROUTES: list[HTTPRouteHandler] = [get_charge, pay_charge, void_charge]
