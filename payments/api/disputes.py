"""Disputes: what finance has to look at, and money in suspense that goes back."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Raw, Struct

from payments import disputes, identity, ids
from payments.api.dependencies import Channels, Db, Now, Pool, Principal
from payments.api.pages import Page
from payments.api.refunds import RefundNow, shown
from payments.attempts import PayableKind
from payments.disputes import Dispute, DisputeKind, DisputeState, Finding, Resolution
from payments.flow import disputes as flow
from payments.identity import Audience

Note = Annotated[str, Meta(min_length=1, max_length=disputes.NOTE_CHARACTERS_MAX)]


class DisputeShown(Struct, frozen=True):
    """A dispute. `asked_fen`: what the payment, or the refund, was over; `said`: what the channel said of it.

    `held_fen`: what of it lies in suspense until it is given back. `age_s`: how long it has been open, or was until it
    was resolved; it is to be looked at until `look_by`.
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
    age_s: int
    look_by: datetime
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
    amount_fen: Annotated[int, Meta(ge=1, le=disputes.AMOUNT_FEN_MAX)] | None = None


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
    *,
    principal: Principal,
    db: Db,
    now: Now,
    page: Page,
    operator_id: Annotated[
        int | None, QueryParameter(ge=1, le=ids.SHARD_MAX, description="Of charges of an operator, by its number.")
    ] = None,
    which: Annotated[DisputeState, QueryParameter(name="state", description="Which ones.")] = DisputeState.OPEN,
) -> DisputePage:
    """Evidence that contradicts a request, ends that were never learned, and money that came and was not owed. Staff of
    one operator see those of its charges.
    """
    if operator_id is not None:
        identity.may_act_for(principal, operator_id)
    of = principal.operator_id or operator_id
    rows = await flow.disputes_page(db, operator_id=of, state=which, after=page.above, limit=page.limit)
    return DisputePage([_dispute_shown(row, now) for row in rows], page.next([each.id for each in rows]))


@get(
    "/v1/disputes/{dispute_id:uuid}",
    operation_id="getDispute",
    summary="A dispute",
    tags=["finance"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def get_dispute(dispute_id: FromPath[UUID], principal: Principal, db: Db, now: Now) -> DisputeShown:
    """Open or resolved."""
    found = await flow.dispute_by_id(db, dispute_id)
    _check_theirs(principal, found)
    return _dispute_shown(found, now)


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
    return _dispute_shown(done, now)


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


def _dispute_shown(dispute: Dispute, now: datetime) -> DisputeShown:
    values: dict[str, Any] = {name: getattr(dispute, name, None) for name in DisputeShown.__struct_fields__}
    return DisputeShown(
        **{
            **values,
            "said": Raw(dispute.said.encode()),
            "payable": PayableKind(dispute.payable),
            "age_s": disputes.age(dispute, now) // timedelta(seconds=1),
            "look_by": dispute.opened_at + disputes.LOOK_WITHIN,
        }
    )


ROUTES: list[HTTPRouteHandler] = [list_disputes, get_dispute, resolve_dispute, return_money]
