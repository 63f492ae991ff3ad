"""Tariffs for staff: registered as drafts, checked and published."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking import tariffs
from parking.api.dependencies import Clock, Network, TariffLint
from parking.api.document import BODY, JSON
from parking.api.prices import Application, places_of
from parking.flow import tariffs as flow
from parking.limits import TARIFF_BODY_BYTES_MAX
from parking.prices import TariffState
from parking.store import tariffs as store
from parking.store.tariffs import TariffListed, TariffRow
from parking.tariffs.lint import Finding, acceptance
from parking.tariffs.lint.acceptance import Accepted
from payments import identity
from payments.api.dependencies import Db, Pool, Principal
from payments.identity import Audience

ROWS_PER_PAGE_MAX = 200
ID_MAX = (1 << 31) - 1


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

    tariffs: Sequence[TariffListed]
    next: int | None


class Acceptance(Struct, frozen=True, forbid_unknown_fields=True):
    """A finding to publish in spite of, and why: its kind and path, or its kind if it is the only one of it."""

    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
    path: Annotated[str, Meta(max_length=256)] = ""


class Publication(Application, frozen=True):
    """The warnings that are accepted, and where the tariff comes into force at once."""

    accept: Annotated[list[Acceptance], Meta(max_length=256)] = msgspec.field(default_factory=list)


# A document has a schema of its own, `/v1/schemas/tariff`, and is refused by sentences that say what to do.
_Document: TypeAlias = Annotated[
    dict[str, Any], Meta(description="A tariff document; its schema is at `/v1/schemas/tariff`.")
]
_Toml: TypeAlias = Annotated[str, Meta(description="The same document as TOML.")]


@post(
    "/v1/admin/tariffs",
    operation_id="registerTariff",
    summary="Register a draft of a tariff",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,), BODY: {JSON: _Document, "application/toml": _Toml}},
    request_max_body_size=TARIFF_BODY_BYTES_MAX,
    response_headers=[ResponseHeader(name="Location", description="The version.", documentation_only=True)],
    responses={
        200: ResponseSpec(RegisteredTariff, generate_examples=False, description="It is published already."),
        201: ResponseSpec(RegisteredTariff, generate_examples=False, description="The draft."),
    },
)
async def register_tariff(
    request: Request[Any, Any, Any], principal: Principal, pool: Pool, tariff_lint: TariffLint, clock: Clock
) -> Response[RegisteredTariff]:
    """A document as JSON, or as TOML with `Content-Type: application/toml`.

    It becomes a new version, or takes the place of the draft there is. A document equal to the newest published
    version is that version (200), and a draft stays as it is. Nothing is charged by a draft.
    """
    identity.may_act_for_all(principal)
    body = await request.body()
    is_toml = "toml" in request.headers.get("content-type", "").lower()
    tariff = tariffs.from_toml(body) if is_toml else tariffs.from_json(body)
    row, findings = await flow.register(pool, tariff, lint=tariff_lint.findings, by=principal.subject, clock=clock)
    location = {"Location": f"/v1/admin/tariffs/{row.code}/{row.version}"}
    registered = RegisteredTariff(row.code, row.version, row.state, findings)
    return Response(registered, headers=location, status_code=201 if row.state is TariffState.DRAFT else 200)


@get(
    "/v1/admin/tariffs",
    operation_id="listTariffVersions",
    summary="Versions of tariffs, drafts as well",
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
    rows = await store.versions(db, state=only, after=after, limit=limit)
    return TariffVersionPage(rows, rows[-1].id if len(rows) == limit else None)


@get(
    "/v1/admin/tariffs/{code:str}/{version:int}",
    operation_id="getTariffVersion",
    summary="A version of a tariff, with what the check found",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def get_version(code: FromPath[str], version: FromPath[int], db: Db) -> TariffVersion:
    """Drafts as well."""
    return _full(await flow.tariff_version(db, code=code, number=version))


@post(
    "/v1/admin/tariffs/{code:str}/{version:int}/publish",
    operation_id="publishTariff",
    summary="Publish a draft, and put it into force",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    request_max_body_size=TARIFF_BODY_BYTES_MAX,
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
    tariff_lint: TariffLint,
    clock: Clock,
) -> TariffVersion:
    """Checks the draft, which takes a second or two: errors refuse it, and every warning needs a reason.

    The reasons are kept. What is published never changes again, so publishing it again answers the same; where lots or
    areas are named, it is in force there from `valid_from` on. All of it is done or nothing.
    """
    identity.may_act_for_all(principal)
    row = await flow.publish(
        pool,
        code=code,
        number=version,
        reasons={acceptance.name_of(each.kind, each.path): each.reason for each in data.accept},
        places=places_of(data),
        lint=tariff_lint.findings,
        principal=principal,
        clock=clock,
    )
    await network.refresh()
    return _full(row)


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


ROUTES: list[HTTPRouteHandler] = [register_tariff, list_versions, get_version, publish_tariff]
