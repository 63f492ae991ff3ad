"""Contested links of plates: by whoever was there with the vehicle, and for the city's staff."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking import contests
from parking.contests import Contest
from parking.flow import contests as flow
from parking.plates import PlateColor
from payments import accounts, identity
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience

_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}
_Note = Annotated[str, Meta(min_length=1, max_length=contests.NOTE_CHARACTERS_MAX)]


class Contested(Struct, frozen=True):
    """The account whose link is contested, by the end of its number; it pays for the vehicle no longer."""

    account_ending: str


class NewContest(Struct, frozen=True, forbid_unknown_fields=True):
    """A link that staff contest for somebody, and why."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor
    note: _Note


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """What staff found: whether the link stands, and why."""

    link_stands: bool
    note: _Note


class ContestPage(Struct, frozen=True):
    """Open contests, the oldest first; `next` is null on the last page."""

    contests: Sequence[Contest]
    next: UUID | None


@post(
    "/v1/charges/{reference:uuid}/contest",
    operation_id="contestCharge",
    summary="Say that the account which is charged is not the vehicle's",
    tags=["drivers"],
    opt={"audience": (Audience.PUBLIC,), "guessable": True},
    status_code=200,
)
async def contest_charge(reference: FromPath[UUID], db: Db, now: Now, random_bits: RandomBits) -> Contested:
    """For who was there with the vehicle, within 24 hours. Until staff have looked the account neither pays for the
    plate nor sees its stays; what was charged stays as it is.
    """
    made = await flow.contest_by_reference(db, reference, now=now, random_bits=random_bits)
    return Contested(accounts.ending(made.account_id))


@get(
    "/v1/admin/plate-contests",
    operation_id="listPlateContests",
    summary="Links of plates that are contested",
    tags=["administration"],
    opt=_STAFF,
)
async def list_contests(
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
) -> ContestPage:
    """The oldest first; who looks is kept in the audit log."""
    identity.may_act_for_all(principal)
    found = await flow.open_contests(
        db, after=page.above, limit=page.limit, reader=principal, now=now, random_bits=random_bits
    )
    return ContestPage(found, page.next([each.id for each in found]))


@post(
    "/v1/admin/plate-contests",
    operation_id="contestPlate",
    summary="Contest the link of a plate",
    tags=["administration"],
    opt=_STAFF,
)
async def contest_plate(
    data: JSONBody[NewContest], principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> Contest:
    """For somebody whose vehicle another account pays for."""
    identity.may_act_for_all(principal)
    return await flow.contest_by_staff(
        db,
        plate=data.plate,
        plate_color=data.plate_color,
        note=data.note,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


@post(
    "/v1/admin/plate-contests/{contest_id:uuid}/resolve",
    operation_id="resolvePlateContest",
    summary="Say whether a contested link stands",
    tags=["administration"],
    opt=_STAFF,
    status_code=200,
)
async def resolve_contest(
    contest_id: FromPath[UUID],
    data: JSONBody[Resolution],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Contest:
    """A link that does not stand ends, and the oldest account that waits for the plate has it from now on."""
    identity.may_act_for_all(principal)
    return await flow.resolve_contest(
        db,
        contest_id=contest_id,
        link_stands=data.link_stands,
        note=data.note,
        actor=principal.subject,
        now=now,
        random_bits=random_bits,
    )


ROUTES: list[HTTPRouteHandler] = [contest_charge, list_contests, contest_plate, resolve_contest]
