"""Refunds, asked for by finance."""

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
from payments.refunds import Refund


class NewRefund(Struct, frozen=True, forbid_unknown_fields=True):
    """What to give back of a paid charge, and why."""

    amount_fen: Annotated[int, Meta(ge=1)]
    reason: Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


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
) -> Refund:
    """Money goes back the way it came: into the wallet, or through the channel. The identifier names it as well."""
    async with pool.acquire() as db:
        charge = await charges_flow.charge_named(db, reference, by_id=True)
    identity.may_act_for(principal, charge.operator_id)
    return await refunds_flow.refund_charge(
        pool,
        channels,
        charge_id=charge.id,
        amount_fen=data.amount_fen,
        reason=data.reason,
        request_key=idempotency_key,
        actor=principal.subject,
        now=now,
    )


ROUTES: list[HTTPRouteHandler] = [refund_charge]
