"""The audit log, for administrators."""

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
from payments.audit import LINES_PER_PAGE_MAX, Filter
from payments.flow import audit as flow
from payments.identity import Audience

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
    opt={"audience": (Audience.ADMIN,)},
)
async def read_audit(
    *,
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    actor: _Word = None,
    action: _Word = None,
    subject: _Word = None,
    owner_id: Annotated[int | None, QueryParameter(ge=0, le=ids.SHARD_MAX, description="Under this owner.")] = None,
    after: Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LINES_PER_PAGE_MAX, description="Lines per page.")] = 50,
) -> AuditPage:
    """Reading the log stands in the log."""
    identity.may_act_for_all(principal)
    wanted = Filter(owner_id, actor, action, subject)
    found = await flow.read_lines(
        db, wanted, before=after, limit=limit, reader=principal.subject, now=now, random_bits=random_bits
    )
    lines = [
        AuditLine(each.id, each.owner_id, each.at, each.actor, each.action, each.subject, Raw(each.detail.encode()))
        for each in found
    ]
    return AuditPage(lines, lines[-1].id if len(lines) == limit else None)


ROUTES: list[HTTPRouteHandler] = [read_audit]
