"""Disputes: what finance has to look at, and money in suspense that goes back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Raw, Struct

from payments import disputes, identity
from payments.api.dependencies import Channels, Db, Now, Pool, Principal
from payments.api.refunds import RefundNow, shown
from payments.attempts import PayableKind
from payments.disputes import Dispute, DisputeKind, DisputeState, Finding, Resolution
from payments.flow import disputes as flow
from payments.identity import Audience

Note = Annotated[str, Meta(min_length=1, max_length=disputes.NOTE_CHARACTERS_MAX)]
AMOUNT_FEN_MAX = 1_000_000_000


class DisputeShown(Struct, frozen=True):
    """A dispute. `asked_fen`: what the payment, or the refund, was over; `said`: what the channel said of it.

    `held_fen`: what of it lies in suspense until it is given back.
    """

    id: UUID
    kind: DisputeKind
    payable: PayableKind
    payable_id: UUID
    attempt_id: UUID
    refund_id: UUID | None
    operator_id: int | None
    channel: str
    asked_fen: int
    said: Raw
    held_fen: int
    state: DisputeState
    opened_at: datetime
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: Resolution | None
    note: str | None


class DisputePage(Struct, frozen=True):
    """Disputes in the order of the payments they are about; `next` is null on the last page."""

    disputes: Sequence[DisputeShown]
    next: UUID | None


class DisputeFinding(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person found in the channel's bill. `amount_fen` goes with `received` alone."""

    finding: Finding
    note: Note
    amount_fen: Annotated[int, Meta(ge=1, le=AMOUNT_FEN_MAX)] | None = None


class Returning(Struct, frozen=True, forbid_unknown_fields=True):
    """Why money goes back."""

    note: Note


@get(
    "/v1/disputes",
    operation_id="listDisputes",
    summary="Payments and refunds a person has to look at",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def list_disputes(
    principal: Principal,
    db: Db,
    which: Annotated[DisputeState, QueryParameter(name="state", description="Which ones.")] = DisputeState.OPEN,
    after: Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")] = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=disputes.DISPUTES_PER_PAGE_MAX, description="Disputes per page.")
    ] = 50,
) -> DisputePage:
    """Evidence that contradicts a request, ends that were never learned, and money that came and was not owed. Staff of
    one operator see those of its charges.
    """
    rows = await flow.disputes_page(db, operator_id=principal.operator_id, state=which, after=after, limit=limit)
    return DisputePage([_shown(row) for row in rows], rows[-1].id if len(rows) == limit else None)


@post(
    "/v1/disputes/{dispute_id:uuid}/resolve",
    operation_id="resolveDispute",
    summary="Say what was found about a dispute",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def resolve_dispute(
    *,
    dispute_id: FromPath[UUID],
    data: JSONBody[DisputeFinding],
    principal: Principal,
    db: Db,
    channels: Channels,
    now: Now,
) -> DisputeShown:
    """`received`: the money came; it is booked into suspense, and the dispute stays open until it is given back.
    `paid`, `not_paid`: what became of a refund. `dismissed`: nothing is booked, and what is not over is asked for
    again. Which of them fits depends on the kind (422 says so).
    """
    _check_theirs(principal, await flow.dispute_by_id(db, dispute_id))
    done = await flow.resolve_dispute(
        db,
        channels,
        dispute_id=dispute_id,
        finding=data.finding,
        amount_fen=data.amount_fen,
        note=data.note,
        actor=principal.subject,
        now=now,
    )
    return _shown(done)


@post(
    "/v1/disputes/{dispute_id:uuid}/return",
    operation_id="returnMoney",
    summary="Give money in suspense back to whom it came from",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
    status_code=200,
)
async def return_money(
    *,
    dispute_id: FromPath[UUID],
    data: JSONBody[Returning],
    principal: Principal,
    pool: Pool,
    channels: Channels,
    now: Now,
) -> RefundNow:
    """Through the channel, to the payment it came with, whole and once. While that is under way the same again is the
    same; if the channel closes it, the dispute stays open and it can be started anew.
    """
    async with pool.acquire() as db:
        _check_theirs(principal, await flow.dispute_by_id(db, dispute_id))
    done = await flow.return_money(
        pool, channels, dispute_id=dispute_id, note=data.note, actor=principal.subject, now=now
    )
    return shown(done)


def _check_theirs(principal: Principal, dispute: Dispute) -> None:
    if dispute.operator_id is None:
        identity.may_act_for_all(principal)
    else:
        identity.may_act_for(principal, dispute.operator_id)


def _shown(dispute: Dispute) -> DisputeShown:
    values = {name: getattr(dispute, name) for name in DisputeShown.__struct_fields__}
    return DisputeShown(**{**values, "said": Raw(dispute.said.encode()), "payable": PayableKind(dispute.payable)})


ROUTES: list[HTTPRouteHandler] = [list_disputes, resolve_dispute, return_money]
