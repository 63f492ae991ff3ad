"""A driver's appeals against charges, and how they ended."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking import appeals
from parking.flow import appeals as flow
from parking.flow.appeals import AppealShown
from payments.api.dependencies import Db, Now, Principal
from payments.api.pages import Page
from payments.identity import Audience

_DRIVER = {"audience": (Audience.DRIVER,)}


class Appeal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a driver finds a charge wrong."""

    reason: Annotated[str, Meta(min_length=1, max_length=appeals.APPEAL_CHARACTERS_MAX)]


class Appealed(Struct, frozen=True):
    """The case that staff look at."""

    case_id: UUID


class AppealPage(Struct, frozen=True):
    """Appeals, the latest charge first; `next` is null on the last page."""

    appeals: Sequence[AppealShown]
    next: UUID | None


@post(
    "/v1/account/charges/{reference:uuid}/appeal",
    operation_id="appealCharge",
    summary="Say that a charge to the caller's account is wrong",
    tags=["drivers"],
    opt=_DRIVER,
    status_code=200,
)
async def appeal_charge(
    reference: FromPath[UUID], data: JSONBody[Appeal], principal: Principal, db: Db, now: Now
) -> Appealed:
    """Within 30 days of the charge. Staff look at it, and what follows from what they decide is given back by itself.
    Again, while nobody has looked, is the same appeal.
    """
    return Appealed(await flow.appeal(db, reference=reference, account_id=principal.id, said=data.reason, now=now))


@get(
    "/v1/account/appeals",
    operation_id="listAppeals",
    summary="The caller's appeals, and how they ended",
    tags=["drivers"],
    opt=_DRIVER,
)
async def list_appeals(
    principal: Principal,
    db: Db,
    short_page: Page,
) -> AppealPage:
    """One whose charge was corrected before anybody looked has settled itself, and may be made anew."""
    found = await flow.appeals_of(db, principal.id, before=short_page.after, limit=short_page.limit)
    return AppealPage(found, short_page.next([each.case_id for each in found]))


ROUTES: list[HTTPRouteHandler] = [appeal_charge, list_appeals]
