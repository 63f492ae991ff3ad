"""The audit log, for administrators and auditors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Raw, Struct

from payments import identity, ids
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.audit import Filter
from payments.flow import audit as flow
from payments.identity import Audience
from payments.pages import check_times
from payments.store import audit_chain as chain_store

_Word = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="Only lines with exactly this.")]


class AuditLine(Struct, frozen=True):
    """A line of the log: `actor` did `action` to `subject`; `detail` says how."""

    id: UUID
    owner_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Raw


class AuditPage(Struct, frozen=True):
    """Lines, the newest first; `next` is null on the last page."""

    lines: Sequence[AuditLine]
    next: UUID | None


@get(
    "/v1/admin/audit",
    operation_id="readAudit",
    summary="Who changed what, and who looked at personal data",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN, Audience.AUDITOR)},
)
async def read_audit(
    *,
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    actor: _Word = None,
    action: _Word = None,
    subject: _Word = None,
    owner_id: Annotated[int | None, QueryParameter(ge=0, le=ids.SHARD_MAX, description="Under this owner.")] = None,
    operator: Annotated[
        str | None, QueryParameter(max_length=64, description="Under the operator of this code.")
    ] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="Done at this instant or later.")] = None,
    until: Annotated[datetime | None, QueryParameter(description="And before this one.")] = None,
) -> AuditPage:
    """Reading the log stands in the log. Who is limited to an operator reads what stands under that one.

    Raises:
        NotYours: it is under another owner.
        TimesUnclear: a time says no instant, or there is none between the two.
    """
    check_times(since, until)
    if owner_id is not None:
        identity.may_act_for(principal, owner_id)
    owner = principal.operator_id if owner_id is None else owner_id
    wanted = Filter(owner, actor, action, subject, operator, since, until)
    found = await flow.read_lines(
        db, wanted, before=page.after, limit=page.limit, reader=principal.subject, now=now, random_bits=random_bits
    )
    lines = [
        AuditLine(each.id, each.owner_id, each.at, each.actor, each.action, each.subject, Raw(each.detail.encode()))
        for each in found
    ]
    return AuditPage(lines, page.next([each.id for each in lines]))


class AuditHead(Struct, frozen=True):
    """Where the chain of the log ends: so many lines are in it, the `hash` (SHA-256, hexadecimal) is over all of them,
    and so many wait for their place.
    """

    position: int
    hash: str
    waiting: int


@get(
    "/v1/admin/audit/head",
    operation_id="getAuditHead",
    summary="Where the chain of the audit log ends",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN, Audience.AUDITOR)},
)
async def get_head(*, db: Db) -> AuditHead:
    """Kept elsewhere as `position:hash`, it finds a log that was cut off or written anew: `onelot audit verify`."""
    head = await chain_store.head(db)
    return AuditHead(head.position, head.hash.hex(), await chain_store.count_waiting(db))


ROUTES: list[HTTPRouteHandler] = [read_audit, get_head]
