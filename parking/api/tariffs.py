"""Price texts for everybody: what is published, what it says, and where and since when it holds."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking import prices, tariffs
from parking.api.dependencies import Clock, Network
from parking.api.etags import UNCHANGED, tagged
from parking.network import Network as Snapshot
from parking.prices import Published, TariffInForce, UnknownTariff
from parking.tariffs import Grade, PriceMode
from parking.tariffs.notice import Notice, notice
from payments.identity import Audience

LIMIT_MAX = 500
OFFSET_MAX = 1_000_000
VERSION_MAX = (1 << 31) - 1


class Holding(Struct, frozen=True):
    """A lot or a price area at which a tariff holds, or will; `until` is null until further notice."""

    code: str
    name_zh: str
    name_en: str
    since: datetime
    until: datetime | None


class VersionShown(Struct, frozen=True):
    """A published version of a tariff; `holds_from`: when it first began, or will begin, to hold anywhere."""

    version: int
    published_at: datetime
    holds_from: datetime | None


class TariffSummary(Struct, frozen=True):
    """The newest published version of a tariff. `lots` and `zones`: where some version of it holds now, by code."""

    code: str
    version: int
    name_zh: str
    name_en: str
    price_mode: PriceMode
    grade: Grade
    currency: str
    time_zone: str
    published_at: datetime
    lots: list[str]
    zones: list[str]


class TariffPage(Struct, frozen=True):
    """Published tariffs by code; `total` counts them all."""

    tariffs: list[TariffSummary]
    total: int
    limit: int
    offset: int


class TariffShown(Struct, frozen=True):
    """A published version of a tariff: its board with the facts a board must show, and the document as it is priced by.

    `lots` and `zones`: where this version holds now or later; `versions`: all that are published, newest first.
    """

    code: str
    version: int
    name_zh: str
    name_en: str
    time_zone: str
    published_at: datetime
    supersedes: str | None
    board: Notice
    document: dict[str, Any]
    lots: list[Holding]
    zones: list[Holding]
    versions: list[VersionShown]


@get(
    "/v1/tariffs",
    operation_id="listTariffs",
    summary="Published price texts, and where they hold",
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
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX)] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX)] = 0,
) -> Response[bytes]:
    """Each tariff once, by its newest version."""
    snapshot, now = network.snapshot, clock()
    newest = list({one.tariff.code: one for one in _in_order(snapshot)}.values())
    lots, zones = _where(_lots(snapshot), now), _where(_zones(snapshot), now)
    page = [
        TariffSummary(
            code=one.tariff.code,
            version=one.version,
            name_zh=one.tariff.name_zh,
            name_en=one.tariff.name_en,
            price_mode=one.tariff.price_mode,
            grade=one.tariff.grade,
            currency=one.tariff.currency,
            time_zone=one.tariff.time_zone,
            published_at=one.published_at,
            lots=lots.get(one.tariff.code, []),
            zones=zones.get(one.tariff.code, []),
        )
        for one in newest[offset : offset + limit]
    ]
    return tagged(request, TariffPage(page, len(newest), limit, offset))


@get(
    "/v1/tariffs/{code:str}",
    operation_id="getTariff",
    summary="A published price text in full",
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
    """Its board in both languages, the document, where it holds and since when, and the versions there are.

    Raises:
        UnknownTariff: no such version is published.
    """
    return tagged(request, shown(network.snapshot, code, version, now=clock()))


def shown(network: Snapshot, code: str, version: int | None, *, now: datetime) -> TariffShown:
    """A published version of a tariff (None: the newest) in full.

    Raises:
        UnknownTariff: no such version is published.
    """
    versions = [one for one in reversed(_in_order(network)) if one.tariff.code == code]
    found = next((one for one in versions if version in (None, one.version)), None)
    if found is None:
        raise UnknownTariff("No such tariff is published.", code=code, version=version)
    text = found.tariff
    return TariffShown(
        code=text.code,
        version=found.version,
        name_zh=text.name_zh,
        name_en=text.name_en,
        time_zone=text.time_zone,
        published_at=found.published_at,
        supersedes=text.supersedes,
        board=notice(text),
        document=msgspec.json.decode(tariffs.to_json(text)),
        lots=_holdings(_lots(network), found.id, now),
        zones=_holdings(_zones(network), found.id, now),
        versions=[VersionShown(one.version, one.published_at, _holds_from(network, one.id)) for one in versions],
    )


def _in_order(network: Snapshot) -> list[Published]:
    return sorted(network.tariffs.values(), key=lambda one: (one.tariff.code, one.version))


class Place(Struct, frozen=True):
    """A lot or a price area with its tariffs in order of time."""

    code: str
    name_zh: str
    name_en: str
    tariffs: Sequence[TariffInForce]


def _lots(network: Snapshot) -> list[Place]:
    return [Place(lot.code, lot.name_zh, lot.name_en, network.prices[lot.id].tariffs) for lot in network.lots.values()]


def _zones(network: Snapshot) -> list[Place]:
    return [Place(zone.code, zone.name_zh, zone.name_en, zone.prices) for zone in network.zones.values()]


def _where(places: Iterable[Place], now: datetime) -> dict[str, list[str]]:
    """The codes of places by the code of the tariff that holds there now."""
    found: dict[str, list[str]] = {}
    for place in places:
        price = prices.in_force_at(place.tariffs, now)
        if price is not None and price.is_readable:
            found.setdefault(price.tariff.code, []).append(place.code)
    return found


def _holdings(places: Iterable[Place], tariff_id: int, now: datetime) -> list[Holding]:
    return [
        Holding(place.code, place.name_zh, place.name_en, period.since, period.until)
        for place in places
        for period in prices.periods(place.tariffs, tariff_id)
        if period.until is None or period.until > now
    ]


def _holds_from(network: Snapshot, tariff_id: int) -> datetime | None:
    places = [*_lots(network), *_zones(network)]
    begins = [period.since for place in places for period in prices.periods(place.tariffs, tariff_id)]
    return min(begins, default=None)


ROUTES: list[HTTPRouteHandler] = [list_tariffs, get_tariff]
