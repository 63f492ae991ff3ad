"""Price texts for staff: registered, checked, published, and applied to lots and price areas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post, put
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

import sql
from parking import flow, publication, tariffs
from parking.api.dependencies import Checks, Clock, Network
from parking.api.openapi import RawBody, inlined
from parking.flow.publishing import TariffHead, TariffRow
from parking.lots import Code, Name
from parking.publication import Accepted, NowhereToHold, TariffState
from parking.tariffs import Tariff
from parking.tariffs.checking import Finding
from payments import identity
from payments.api.given import Db, Now, Pool, Principal
from payments.identity import Audience

ROWS_PER_PAGE_MAX = 200
ID_MAX = (1 << 31) - 1
Instant = Annotated[datetime, Meta(tz=True)]
PLACES_MAX = 500
Codes = Annotated[list[Code], Meta(max_length=PLACES_MAX)]


class RegisteredTariff(Struct, frozen=True):
    """What became of a document: its version, and what the publication check found."""

    code: str
    version: int
    state: TariffState
    findings: list[Finding]


class TariffVersion(Struct, frozen=True):
    """A version of a tariff in full. `accepted`: the findings it was published in spite of, why and by whom."""

    code: str
    version: int
    state: TariffState
    registered_at: datetime
    registered_by: str
    published_at: datetime | None
    published_by: str | None
    document: dict[str, Any]
    findings: list[dict[str, Any]]
    accepted: list[Accepted]


class TariffVersionPage(Struct, frozen=True):
    """Versions in the order in which they were first registered; `next` is null on the last page."""

    tariffs: Sequence[TariffHead]
    next: int | None


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of warning to publish in spite of, and why."""

    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


class Application(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a tariff is to hold, and since when: now, if nothing is said."""

    lots: Codes = []
    zones: Codes = []
    valid_from: Instant | None = None


class Publication(Application, frozen=True):
    """The warnings that are accepted, and where the tariff is to hold at once."""

    accept: Annotated[list[Acceptance], Meta(max_length=64)] = []


class NewZone(Struct, frozen=True, forbid_unknown_fields=True):
    """A price area to register."""

    code: Code
    name_zh: Name
    name_en: Name


class ZoneOfLot(Struct, frozen=True, forbid_unknown_fields=True):
    """In which price area a lot lies (null: in none), and since when: now, if nothing is said."""

    zone: Code | None
    valid_from: Instant | None = None


@dataclass
class _DocumentOperation(Operation):
    """Describes the body by hand: it may be JSON or TOML."""

    def __post_init__(self) -> None:
        toml = {"schema": {"type": "string", "description": "The same document as TOML."}}
        kinds = {"application/json": {"schema": inlined(Tariff)}, "application/toml": toml}
        self.request_body = RawBody(kinds)  # type: ignore[assignment]


@post(
    "/v1/admin/tariffs",
    operation_id="registerTariff",
    summary="Register a draft of a price text",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    operation_class=_DocumentOperation,
    response_headers=[ResponseHeader(name="Location", description="The version.", documentation_only=True)],
    responses={
        200: ResponseSpec(RegisteredTariff, generate_examples=False, description="It is published already."),
        201: ResponseSpec(RegisteredTariff, generate_examples=False, description="The draft."),
    },
)
async def register_tariff(
    request: Request[Any, Any, Any], principal: Principal, pool: Pool, checks: Checks, clock: Clock
) -> Response[RegisteredTariff]:
    """A document as JSON, or as TOML with `Content-Type: application/toml`.

    It becomes a new version, or takes the place of the draft there is. The very text of the newest published version is
    that version (200), and a draft stays as it is. Nothing is charged by a draft.
    """
    identity.may_act_for_all(principal)
    body = await request.body()
    is_toml = "toml" in request.headers.get("content-type", "").lower()
    tariff = tariffs.from_toml(body) if is_toml else tariffs.from_json(body)
    findings = await checks.findings(tariff, clock())
    async with pool.acquire() as db, db.transaction():
        row = await flow.register_draft(db, tariff, findings=findings, by=principal.subject, now=clock())
    location = {"Location": f"/v1/admin/tariffs/{row.code}/{row.version}"}
    said = RegisteredTariff(row.code, row.version, row.state, findings)
    return Response(said, headers=location, status_code=201 if row.state is TariffState.DRAFT else 200)


@get(
    "/v1/admin/tariffs",
    operation_id="listTariffVersions",
    summary="Versions of price texts, drafts as well",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_versions(
    db: Db,
    only: Annotated[TariffState | None, QueryParameter(name="state", description="Only those of this state.")] = None,
    after: Annotated[int, QueryParameter(ge=0, le=ID_MAX, description="The `next` of the page before.")] = 0,
    limit: Annotated[int, QueryParameter(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows per page.")] = 50,
) -> TariffVersionPage:
    """In the order in which they were first registered."""
    rows = await flow.tariff_versions(db, state=only, after=after, limit=limit)
    return TariffVersionPage(rows, rows[-1].id if len(rows) == limit else None)


@get(
    "/v1/admin/tariffs/{code:str}/{version:int}",
    operation_id="getTariffVersion",
    summary="A version of a price text, with what the check found",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def get_version(code: FromPath[str], version: FromPath[int], db: Db) -> TariffVersion:
    """Drafts as well."""
    return _full(await flow.tariff_version(db, code=code, version=version))


@post(
    "/v1/admin/tariffs/{code:str}/{version:int}/publish",
    operation_id="publishTariff",
    summary="Publish a draft, and let it hold",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def publish_tariff(
    *,
    code: FromPath[str],
    version: FromPath[int],
    data: JSONBody[Publication],
    principal: Principal,
    network: Network,
    pool: Pool,
    checks: Checks,
    clock: Clock,
) -> TariffVersion:
    """Checks the draft, which takes a second or two: errors refuse it, and each kind of warning needs a reason.

    The reasons are kept. What is published never changes again, so publishing it again answers the same; where lots or
    areas are named, it holds there from `valid_from` on. All of it is done or nothing.
    """
    identity.may_act_for_all(principal)
    async with pool.acquire() as db:
        draft = await flow.tariff_version(db, code=code, version=version)
    reasons = {one.kind: one.reason for one in data.accept}
    publication.check_reasons(reasons)
    findings = await checks.findings(draft.tariff, clock()) if draft.state is TariffState.DRAFT else []
    async with pool.acquire() as db, db.transaction():
        # The check took its time, and whoever was before us as well: what holds from now on holds from this instant on.
        await flow.take_turns(db)
        now = clock()
        row = await flow.publish_draft(db, draft, findings=findings, reasons=reasons, by=principal.subject, now=now)
        await _apply(db, row, data, principal, now)
    await network.refresh()
    return _full(row)


@post(
    "/v1/admin/tariffs/{code:str}/{version:int}/apply",
    operation_id="applyTariff",
    summary="Let a published price text hold at lots or in price areas",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def apply_tariff(
    *,
    code: FromPath[str],
    version: FromPath[int],
    data: JSONBody[Application],
    principal: Principal,
    network: Network,
    pool: Pool,
    clock: Clock,
) -> None:
    """At all of them or at none, from `valid_from` until another begins; staff of one operator apply to its lots.

    An instant of the past is refused (409) where a price holds, because stays were priced by it.
    The same again changes nothing.
    """
    if not (data.lots or data.zones):
        raise NowhereToHold("Name where it is to hold: lots, zones or both.", field="lots")
    async with pool.acquire() as db, db.transaction():
        await flow.take_turns(db)
        row = await flow.tariff_version(db, code=code, version=version)
        await _apply(db, row, data, principal, clock())
    await network.refresh()


@post(
    "/v1/admin/zones",
    operation_id="registerZone",
    summary="Register a price area",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def register_zone(data: JSONBody[NewZone], principal: Principal, db: Db, now: Now) -> NewZone:
    """Its lots that have no price of their own charge by its price."""
    identity.may_act_for_all(principal)
    await flow.register_zone(
        db, code=data.code, name_zh=data.name_zh, name_en=data.name_en, by=principal.subject, now=now
    )
    return data


@put(
    "/v1/admin/lots/{code:str}/zone",
    operation_id="moveLot",
    summary="Say in which price area a lot lies",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=204,
)
async def move_lot(
    *,
    code: FromPath[str],
    data: JSONBody[ZoneOfLot],
    principal: Principal,
    network: Network,
    pool: Pool,
    clock: Clock,
) -> None:
    """From `valid_from` on. A lot that leaves its area keeps the price it has until another begins."""
    identity.may_act_for_all(principal)
    async with pool.acquire() as db, db.transaction():
        await flow.take_turns(db)
        now = clock()
        await flow.move_lot(
            db, lot_code=code, zone_code=data.zone, valid_from=data.valid_from or now, by=principal.subject, now=now
        )
    await network.refresh()


async def _apply(db: sql.Connection, row: TariffRow, data: Application, principal: Principal, now: datetime) -> None:
    by, valid_from = principal.subject, data.valid_from or now
    if data.zones:
        identity.may_act_for_all(principal)
    for code in data.lots:
        identity.may_act_for(principal, (await flow.lot_to_price(db, code=code, now=now)).operator_id)
    for code in dict.fromkeys(data.lots):
        await flow.apply_tariff(db, lot_code=code, tariff_id=row.id, valid_from=valid_from, by=by, now=now)
    for code in dict.fromkeys(data.zones):
        await flow.apply_to_zone(db, zone_code=code, tariff_id=row.id, valid_from=valid_from, by=by, now=now)


def _full(row: TariffRow) -> TariffVersion:
    return TariffVersion(
        code=row.code,
        version=row.version,
        state=row.state,
        registered_at=row.registered_at,
        registered_by=row.registered_by,
        published_at=row.published_at,
        published_by=row.published_by,
        document=msgspec.json.decode(tariffs.to_json(row.tariff)),
        findings=msgspec.json.decode(row.findings),
        accepted=msgspec.json.decode(row.accepted, type=list[Accepted]),
    )


ROUTES: list[HTTPRouteHandler] = [
    register_tariff,
    list_versions,
    get_version,
    publish_tariff,
    apply_tariff,
    register_zone,
    move_lot,
]
