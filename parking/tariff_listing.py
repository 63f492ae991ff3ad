"""What is published of tariffs: the list, and a version in full with where and since when it is in force."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from parking import prices, tariffs
from parking.network import Network
from parking.prices import Published, TariffInForce, UnknownTariff
from parking.tariffs import Grade, PriceMode
from parking.tariffs.notice import Notice, notice

VERSION_MAX = (1 << 31) - 1


class Holding(Struct, frozen=True):
    """A lot or a price area at which a tariff is or will be in force; `until` is null until further notice."""

    code: str
    name_zh: str
    name_en: str
    since: datetime
    until: datetime | None


class VersionShown(Struct, frozen=True):
    """A published version of a tariff; `holds_from`: when it first came, or will come, into force anywhere."""

    version: int
    published_at: datetime
    holds_from: datetime | None


class TariffSummary(Struct, frozen=True):
    """The newest published version of a tariff. `lots` and `zones`: where a version of it is in force now, by code."""

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
    """A published version of a tariff: its notice with the facts that the law asks for, and the document it prices by.

    `lots` and `zones`: where this version is in force now or later; `versions`: all that are published, newest first.
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


def page(network: Network, *, now: datetime, limit: int, offset: int) -> TariffPage:
    """Each tariff once, by its newest published version."""
    newest = list({published.tariff.code: published for published in _in_order(network)}.values())
    lots, zones = _in_force(_lots(network), now), _in_force(_zones(network), now)
    summaries = [
        TariffSummary(
            code=published.tariff.code,
            version=published.version,
            name_zh=published.tariff.name_zh,
            name_en=published.tariff.name_en,
            price_mode=published.tariff.price_mode,
            grade=published.tariff.grade,
            currency=published.tariff.currency,
            time_zone=published.tariff.time_zone,
            published_at=published.published_at,
            lots=lots.get(published.tariff.code, []),
            zones=zones.get(published.tariff.code, []),
        )
        for published in newest[offset : offset + limit]
    ]
    return TariffPage(summaries, len(newest), limit, offset)


def shown(network: Network, code: str, version: int | None, *, now: datetime) -> TariffShown:
    """A published version of a tariff (None: the newest) in full.

    Raises:
        UnknownTariff: no such version is published.
    """
    versions = [published for published in reversed(_in_order(network)) if published.tariff.code == code]
    chosen = next((published for published in versions if version in (None, published.version)), None)
    if chosen is None:
        raise UnknownTariff("No such tariff is published.", code=code, version=version)
    tariff = chosen.tariff
    return TariffShown(
        code=tariff.code,
        version=chosen.version,
        name_zh=tariff.name_zh,
        name_en=tariff.name_en,
        time_zone=tariff.time_zone,
        published_at=chosen.published_at,
        supersedes=tariff.supersedes,
        board=notice(tariff),
        document=msgspec.json.decode(tariffs.to_json(tariff)),
        lots=_holdings(_lots(network), chosen.id, now),
        zones=_holdings(_zones(network), chosen.id, now),
        versions=[
            VersionShown(published.version, published.published_at, _first_in_force(network, published.id))
            for published in versions
        ],
    )


def _in_order(network: Network) -> list[Published]:
    return sorted(network.tariffs.values(), key=lambda published: (published.tariff.code, published.version))


class Place(Struct, frozen=True):
    """A lot or a price area with its tariffs in order of time."""

    code: str
    name_zh: str
    name_en: str
    tariffs: Sequence[TariffInForce]


def _lots(network: Network) -> list[Place]:
    return [Place(lot.code, lot.name_zh, lot.name_en, network.prices[lot.id].tariffs) for lot in network.lots.values()]


def _zones(network: Network) -> list[Place]:
    return [Place(zone.code, zone.name_zh, zone.name_en, zone.prices) for zone in network.zones.values()]


def _in_force(places: Iterable[Place], now: datetime) -> dict[str, list[str]]:
    """The codes of places by the code of the tariff in force there now."""
    codes: dict[str, list[str]] = {}
    for place in places:
        in_force = prices.in_force_at(place.tariffs, now)
        if in_force is not None and in_force.is_readable:
            codes.setdefault(in_force.tariff.code, []).append(place.code)
    return codes


def _holdings(places: Iterable[Place], tariff_id: int, now: datetime) -> list[Holding]:
    return [
        Holding(place.code, place.name_zh, place.name_en, period.since, period.until)
        for place in places
        for period in prices.periods(place.tariffs, tariff_id)
        if period.until is None or period.until > now
    ]


def _first_in_force(network: Network, tariff_id: int) -> datetime | None:
    places = [*_lots(network), *_zones(network)]
    begins = [period.since for place in places for period in prices.periods(place.tariffs, tariff_id)]
    return min(begins, default=None)
