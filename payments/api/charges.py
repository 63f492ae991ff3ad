"""Charges: shown to and paid by whoever has their reference, voided by staff."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from payments import accounts, adjustments, charges, identity
from payments.adjustments import CorrectionShown
from payments.api.dependencies import Caller, Channels, Db, Now, Pool, Principal, RandomBits, Wording
from payments.attempts import AttemptState
from payments.charges import Charge, ChargeState, PublicLine
from payments.flow import charges as charges_flow
from payments.identity import STAFF, Audience
from payments.store import adjustments as adjustment_store
from sql import Connection

Reason = Annotated[str, Meta(min_length=1, max_length=charges.REASON_CHARACTERS_MAX)]


class ChargeShown(Struct, frozen=True):
    """What a charge costs and why, without where or when: what was paid of it, is owed of it, and goes back.

    `lines` explain what the stay costs by what is known of it now, `waived_fen` of which nobody is asked for;
    `corrections` say what it cost before, the oldest first.

    `account_ending`: the vehicle's plate is linked to the account whose number ends so, which is charged. If that is
    somebody else's, `POST /v1/charges/{reference}/contest` says so.
    """

    reference: UUID
    state: ChargeState
    amount_fen: int
    paid_fen: int
    owed_fen: int
    refunded_fen: int
    waived_fen: int
    lines: list[PublicLine]
    corrections: Sequence[CorrectionShown]
    account_ending: str | None = None


class PaidNow(Struct, frozen=True, omit_defaults=True):
    """How a payment stands after the channel was asked, and what the payer has to do, if anything."""

    charge_reference: UUID
    state: AttemptState
    code: str | None
    charge_state: ChargeState
    next_action: dict[str, str] | None = None


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """How to pay. `payer` is the token the channel knows the driver by."""

    channel: Annotated[str, Meta(min_length=1, max_length=32)]
    payer: Annotated[str, Meta(min_length=1, max_length=64)]


class Voiding(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a due charge becomes void."""

    reason: Reason


# Whoever calls these may say who they are: gateways and staff may then name a charge by its identifier as well.
_BY_REFERENCE = {"audience": (Audience.PUBLIC,), "recognises": (Audience.GATEWAY, *STAFF)}


@get(
    "/v1/charges/{reference:uuid}",
    operation_id="getCharge",
    summary="What a charge costs, and whether it is paid",
    tags=["drivers"],
    opt={**_BY_REFERENCE, "guessable": True},
)
async def get_charge(reference: FromPath[UUID], caller: Caller, db: Db, wording: Wording) -> ChargeShown:
    """Whoever has the reference may look and pay, as with a ticket. Gateways and staff may give the identifier."""
    return await shown(db, await charges_flow.charge_named(db, reference, by_id=caller is not None), wording)


@post(
    "/v1/charges/{reference:uuid}/pay",
    operation_id="payCharge",
    summary="Pay a charge through a channel",
    tags=["drivers"],
    opt={
        **_BY_REFERENCE,
        "recognises": (*_BY_REFERENCE["recognises"], Audience.DRIVER),
        "guessable": True,
    },
    status_code=200,
)
async def pay_charge(
    *,
    reference: FromPath[UUID],
    data: JSONBody[Payment],
    caller: Caller,
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
) -> PaidNow:
    """Accepted and unknown are not over: look at the charge again. Until then the same payer's next payment is refused
    (409), and another payer's for a short while (409 with `Retry-After`); a driver whose account owes the charge and
    who sends a token need not wait for strangers. Too many tries are refused with 429 and `Retry-After`. A key with
    another body is refused (409). Whoever's money comes second gets it back.
    """
    known = caller is not None and caller.audience is not Audience.DRIVER
    async with pool.acquire() as db:
        charge = await charges_flow.charge_named(db, reference, by_id=known)
    paid = await charges_flow.pay_charge(
        pool,
        channels,
        charge_id=charge.id,
        channel=data.channel,
        payer=data.payer,
        now=now,
        random_bits=random_bits,
        account_id=caller.id if caller is not None and caller.audience is Audience.DRIVER else None,
        request_key=idempotency_key,
    )
    return PaidNow(paid.charge_reference, paid.state, paid.code, paid.charge_state, paid.next_action)


@post(
    "/v1/charges/{reference:uuid}/void",
    operation_id="voidCharge",
    summary="Void a charge that is still due",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def void_charge(
    reference: FromPath[UUID], data: JSONBody[Voiding], principal: Principal, db: Db, now: Now, wording: Wording
) -> ChargeShown:
    """Its billing is reversed, so the operator is no longer owed it. One of which a part was paid owes no more than
    that. Again for another reason is refused (409). The identifier names it as well.
    """
    named = await charges_flow.charge_named(db, reference, by_id=True)
    identity.may_act_for(principal, named.operator_id)
    charge = await charges_flow.void_charge(
        db, charge_id=named.id, reason=data.reason, actor=principal.subject, now=now
    )
    return await shown(db, charge, wording)


async def shown(db: Connection, charge: Charge, wording: Wording) -> ChargeShown:
    """A charge as whoever has its reference sees it."""
    corrections = (await adjustment_store.corrections_of(db, [charge]))[charge.id]
    return ChargeShown(
        reference=charge.reference,
        state=charge.state,
        amount_fen=charge.amount_fen,
        paid_fen=charge.paid_fen,
        owed_fen=charge.owed_fen,
        refunded_fen=charge.refunded_fen,
        waived_fen=charge.waived_fen,
        lines=charges.public_lines(charge),
        corrections=adjustments.shown(charge, corrections, wording),
        account_ending=None if charge.account_id is None else accounts.ending(charge.account_id),
    )


ROUTES: list[HTTPRouteHandler] = [get_charge, pay_charge, void_charge]
