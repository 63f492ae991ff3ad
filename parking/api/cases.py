"""Cases for staff: what a person should look at, and deciding it."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking import decisions, plates, verdicts
from parking.api.dependencies import Dialogue, LiveCounts, Network
from parking.cases import Filter, Reason, State
from parking.flow import cases as flow
from parking.flow.cases import CaseShown
from parking.flow.decisions import Decided
from parking.scope import lots_named, lots_of
from parking.verdicts import Verdict
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.errors import OneLotError
from payments.identity import STAFF, SUBJECT_CHARACTERS_MAX

LOOK_UP_DAYS_MAX = 7
Code = Annotated[str | None, QueryParameter(min_length=1, max_length=64, description="A lot's code.")]
RequestKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=verdicts.REQUEST_KEY_CHARACTERS_MAX,
        description="Chosen by the caller; the same key is the same decision, however often it comes.",
    ),
]
_STAFF = {"audience": STAFF}


class CasePage(Struct, frozen=True):
    """Cases, the oldest first; `next` is null on the last page."""

    cases: Sequence[CaseShown]
    next: UUID | None


class DecidedNow(Struct, frozen=True):
    """What was decided: the `n`-th decision about an event, and the stay that the event is part of since. It is null
    where it is part of none, and where this decision was made before.
    """

    event_id: UUID
    n: int
    kind: decisions.Kind
    stay_id: UUID | None
    stay_state: str | None


class BulkVerdict(Struct, frozen=True, forbid_unknown_fields=True):
    """What is decided of several cases alike."""

    case_ids: Annotated[list[UUID], Meta(min_length=1, max_length=verdicts.CASES_AT_ONCE_MAX)]
    decision: Verdict


class BulkAnswer(Struct, frozen=True, omit_defaults=True):
    """What became of one case: decided, or refused with its reason."""

    case_id: UUID
    decided: DecidedNow | None = None
    refused: str | None = None
    detail: str | None = None


class BulkAnswers(Struct, frozen=True):
    """An answer for each case, in their order."""

    answers: Sequence[BulkAnswer]


class Assignment(Struct, frozen=True, forbid_unknown_fields=True):
    """Who looks at a case, as their tokens name them; null: nobody yet."""

    assignee: Annotated[str, Meta(min_length=1, max_length=SUBJECT_CHARACTERS_MAX)] | None


@get("/v1/cases", operation_id="listCases", summary="What a person should look at", tags=["operators"], opt=_STAFF)
async def list_cases(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    short_page: Page,
    which: Annotated[State, QueryParameter(name="state", description="Resolved or not.")] = State.OPEN,
    lot: Code = None,
    reason: Annotated[Reason | None, QueryParameter(description="Why a person should look.")] = None,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="As it was read.")] = None,
    day: Annotated[date | None, QueryParameter(description="On which it happened, by the lot's clock.")] = None,
    assignee: Annotated[str | None, QueryParameter(min_length=1, max_length=100, description="Who looks.")] = None,
    shift: Annotated[UUID | None, QueryParameter(description="Open when this shift was handed over.")] = None,
) -> CasePage:
    """Of the caller's lots, the oldest first, with the vehicles that may be meant, pictures and the money at stake."""
    wanted = Filter(
        lot_ids=lots_named(principal, network.snapshot, lot),
        state=which,
        reason=reason,
        plate=plates.looked_for(plate),
        day=day,
        assignee=assignee,
        shift=shift,
    )
    found = await flow.find_cases(
        db,
        wanted,
        after=short_page.above,
        limit=short_page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return CasePage(found, short_page.next([each.id for each in found]))


@get("/v1/cases/{case_id:uuid}", operation_id="getCase", summary="A case", tags=["operators"], opt=_STAFF)
async def get_case(
    case_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> CaseShown:
    """With what was decided of it."""
    return await flow.case_by_id(
        db,
        case_id=case_id,
        lot_ids=lots_of(principal, network.snapshot),
        reader=principal,
        now=now,
        random_bits=random_bits,
    )


@post(
    "/v1/cases/{case_id:uuid}/decide",
    operation_id="decideCase",
    summary="Decide a case",
    tags=["operators"],
    opt=_STAFF,
    status_code=200,
)
async def decide_case(
    *,
    case_id: FromPath[UUID],
    data: JSONBody[Verdict],
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
    idempotency_key: RequestKey = None,
) -> DecidedNow:
    """Stays, fees, charges, the barrier and the count follow at once. A later decision takes the place of this one, and
    `undo` ends it.
    """
    decided = await flow.decide_case(
        pool,
        data,
        case_id=case_id,
        lot_ids=lots_of(principal, network.snapshot),
        by=principal,
        request_key=idempotency_key,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    live_counts.queue(decided.counts)
    dialogue.ring(decided.told)
    return decided_now(decided)


@post(
    "/v1/cases/decide",
    operation_id="decideCases",
    summary="Decide several cases alike",
    tags=["operators"],
    opt=_STAFF,
    status_code=200,
)
async def decide_cases(
    *,
    data: JSONBody[BulkVerdict],
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
    idempotency_key: RequestKey = None,
) -> BulkAnswers:
    """At most 100; each is decided and answered on its own, and what is refused keeps no other from being decided."""
    lot_ids = lots_of(principal, network.snapshot)
    answers = []
    for case_id in data.case_ids:
        try:
            decided = await flow.decide_case(
                pool,
                data.decision,
                case_id=case_id,
                lot_ids=lot_ids,
                by=principal,
                request_key=idempotency_key,
                network=network.snapshot,
                now=now,
                random_bits=random_bits,
            )
        except OneLotError as e:
            answers.append(BulkAnswer(case_id, refused=type(e).__name__, detail=e.sentence))
        else:
            live_counts.queue(decided.counts)
            dialogue.ring(decided.told)
            answers.append(BulkAnswer(case_id, decided=decided_now(decided)))
    return BulkAnswers(answers)


@post(
    "/v1/cases/{case_id:uuid}/assign",
    operation_id="assignCase",
    summary="Say who looks at a case",
    tags=["operators"],
    opt=_STAFF,
    status_code=204,
)
async def assign_case(
    case_id: FromPath[UUID], data: JSONBody[Assignment], principal: Principal, network: Network, db: Db, now: Now
) -> None:
    """It stays where it is; others may decide it all the same."""
    lot_ids = lots_of(principal, network.snapshot)
    await flow.assign_case(
        db, case_id=case_id, lot_ids=lot_ids, assignee=data.assignee, by=principal, network=network.snapshot, now=now
    )


def decided_now(decided: Decided) -> DecidedNow:
    made, stay = decided.decision, decided.stay
    return DecidedNow(
        made.fact_id, made.n, made.kind, None if stay is None else stay.id, None if stay is None else stay.state
    )


ROUTES: list[HTTPRouteHandler] = [list_cases, get_case, decide_case, decide_cases, assign_case]
