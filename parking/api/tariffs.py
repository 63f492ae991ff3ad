"""Published tariffs for everybody: the list, and a tariff in full."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from parking import tariff_listing
from parking.api.dependencies import Clock, Network
from parking.api.etags import UNCHANGED, tagged
from parking.tariff_listing import VERSION_MAX, TariffPage, TariffShown
from parking.tariffs.language.schema import json_schema
from payments.identity import Audience

LIMIT_MAX = 500
TARIFF_SCHEMA = json_schema()
OFFSET_MAX = 1_000_000


@get(
    "/v1/tariffs",
    operation_id="listTariffs",
    summary="Published tariffs, and where they are in force",
    tags=["tariffs"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={
        200: ResponseSpec(TariffPage, generate_examples=False, description="A page of tariffs."),
        304: UNCHANGED,
    },
)
async def list_tariffs(
    request: Request[Any, Any, Any],
    network: Network,
    clock: Clock,
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Tariffs per page.")] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="Tariffs to pass over.")] = 0,
) -> Response[bytes]:
    """Each tariff once, by its newest version."""
    return tagged(request, tariff_listing.page(network.snapshot, now=clock(), limit=limit, offset=offset))


@get(
    "/v1/tariffs/{code:str}",
    operation_id="getTariff",
    summary="A published tariff in full",
    tags=["tariffs"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={200: ResponseSpec(TariffShown, generate_examples=False, description="The tariff."), 304: UNCHANGED},
)
async def get_tariff(
    request: Request[Any, Any, Any],
    network: Network,
    clock: Clock,
    code: FromPath[str],
    version: Annotated[
        int | None, QueryParameter(ge=1, le=VERSION_MAX, description="A version; without it the newest one.")
    ] = None,
) -> Response[bytes]:
    """Its notice in both languages, the document, where and since when it is in force, and its versions.

    Raises:
        UnknownTariff: no such version is published.
    """
    return tagged(request, tariff_listing.shown(network.snapshot, code, version, now=clock()))


@get(
    "/v1/schemas/tariff",
    operation_id="getTariffSchema",
    summary="The JSON Schema of a tariff document",
    tags=["tariffs"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={
        200: ResponseSpec(dict[str, Any], generate_examples=False, description="The schema, of draft 2020-12."),
        304: UNCHANGED,
    },
)
async def get_tariff_schema(request: Request[Any, Any, Any]) -> Response[bytes]:
    """For editors and programs that write tariffs. Whether a document can be priced by is what a check says."""
    return tagged(request, TARIFF_SCHEMA)


ROUTES: list[HTTPRouteHandler] = [list_tariffs, get_tariff, get_tariff_schema]
