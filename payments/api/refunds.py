"""Refunds, asked for by finance."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from payments import accounts, charges, identity
from payments.api.dependencies import Channels, Now, Pool, Principal
from payments.flow import charges as charges_flow
from payments.flow import refunds as refunds_flow
from payments.identity import Audience
from payments.refunds import Refund, RefundState


class NewRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """What to give back of a paid charge, and why."""

    amount_fen: Annotated[int, Meta(ge=1)]
    reason: Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


class RefundNow(Struct, frozen=True, omit_defaults=True):
    """How a refund stands. requested and unknown are not over; of a closed one no money moved, `code` says why.

    `attempt_id`: the payment it gives back. `dispute_id`: the dispute whose money in suspense it gives back.
    """

    id: UUID
    payable_id: UUID
    attempt_id: UUID
    amount_fen: int
    channel: str
    state: RefundState
    reason: str
    created_at: datetime
    updated_at: datetime
    code: str | None = None
    dispute_id: UUID | None = None


def shown(refund: Refund) -> RefundNow:
    """A refund as finance sees it."""
    return RefundNow(**{name: getattr(refund, name) for name in RefundNow.__struct_fields__})


@post(
    "/v1/charges/{reference:uuid}/refunds",
    operation_id="refundCharge",
    summary="Give back a part or all of a paid charge",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def refund_charge(
    *,
    reference: FromPath[UUID],
    data: JSONBody[NewRefund],
    principal: Principal,
    pool: Pool,
    channels: Channels,
    now: Now,
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=accounts.REQUEST_KEY_CHARACTERS_MAX,
            description="Chosen by the caller; the same key is the same refund.",
        ),
    ],
) -> RefundNow:
    """Money goes back the way it came: into the wallet, or through the channel to the payment that paid the charge. The
    identifier names the charge as well.
    """
    async with pool.acquire() as db:
        charge = await charges_flow.charge_named(db, reference, by_id=True)
    identity.may_act_for(principal, charge.operator_id)
    done = await refunds_flow.refund_charge(
        pool,
        channels,
        charge_id=charge.id,
        amount_fen=data.amount_fen,
        reason=data.reason,
        request_key=idempotency_key,
        actor=principal.subject,
        now=now,
    )
    return shown(done)


ROUTES: list[HTTPRouteHandler] = [refund_charge]
