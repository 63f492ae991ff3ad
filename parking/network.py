"""One snapshot of what is registered and of the tariffs in force: what a gate event needs to know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from parking import prices, tariffs
from parking.lots import Gateway, GatewayKey, Lane, Lot
from parking.prices import (
    Dated,
    LotPrices,
    LotTariff,
    LotZone,
    Published,
    PublishedRow,
    TariffInForce,
    Zone,
    ZoneRow,
    ZoneTariff,
)
from payments.errors import OneLotError
from payments.settlement import Operator


class NoPlateText(Struct, frozen=True):
    """What cameras of an operator say when they read no plate, made comparable."""

    operator_id: int
    operator_code: str
    text: str


class Rows(Struct, frozen=True):
    """The network as the database has it, all of one instant.

    `next_change_at`: when the next tariff that is published for a later instant comes into force.
    """

    version: int
    next_change_at: datetime | None
    operators: Sequence[Operator]
    tariffs: Sequence[PublishedRow]
    zones: Sequence[ZoneRow]
    zone_tariffs: Sequence[ZoneTariff]
    lot_tariffs: Sequence[LotTariff]
    lot_zones: Sequence[LotZone]
    lots: Sequence[Lot]
    lanes: Sequence[Lane]
    gateways: Sequence[Gateway]
    keys: Sequence[GatewayKey]
    no_plate_texts: Sequence[NoPlateText] = ()


class Network(Struct, frozen=True):
    """The network, to be looked up. `tariffs` are all that are published, by number; `prices` those of lots, by lot.

    `unreadable`: published tariffs that cannot be computed, by number, with the reason. `no_plate_texts`: by operator.
    """

    version: int
    next_change_at: datetime | None
    operators: dict[int, Operator]
    tariffs: dict[int, Published]
    unreadable: dict[int, OneLotError]
    zones: dict[str, Zone]
    lots: dict[int, Lot]
    lots_by_code: dict[str, Lot]
    prices: dict[int, LotPrices]
    lanes: dict[str, Lane]
    gateways: dict[int, Gateway]
    keys: dict[str, GatewayKey]
    no_plate_texts: Mapping[int, Collection[str]] = {}


def assemble(rows: Rows, *, now: datetime, before: Network | None = None) -> Network:
    """The network at `now`. What is published never changes, so `before` lends the tariffs it has compiled."""
    published, unreadable = _published(rows.tariffs, before.tariffs if before else {})
    of_zones = _by_zone(rows.zone_tariffs)
    return Network(
        version=rows.version,
        next_change_at=rows.next_change_at,
        operators={row.id: row for row in rows.operators},
        tariffs=published,
        unreadable=unreadable,
        zones={row.code: _zone(row, of_zones.get(row.id, ()), published) for row in rows.zones},
        lots={row.id: row for row in rows.lots},
        lots_by_code={row.code: row for row in rows.lots},
        prices=_prices(rows, of_zones, published, now),
        lanes={row.code: row for row in rows.lanes},
        gateways={row.id: row for row in rows.gateways},
        keys={row.id: row for row in rows.keys},
        no_plate_texts=_by_operator(rows.no_plate_texts),
    )


def _by_operator(rows: Sequence[NoPlateText]) -> dict[int, frozenset[str]]:
    numbers = {row.operator_id for row in rows}
    return {number: frozenset(row.text for row in rows if row.operator_id == number) for number in numbers}


def _published(
    rows: Sequence[PublishedRow], known: Mapping[int, Published]
) -> tuple[dict[int, Published], dict[int, OneLotError]]:
    published: dict[int, Published] = {}
    unreadable: dict[int, OneLotError] = {}
    for row in rows:
        if row.id in known:
            published[row.id] = known[row.id]
            continue
        try:
            text = tariffs.from_json(row.document.encode())
        except OneLotError as e:
            # One tariff that cannot be read must not take the city's other lots with it.
            unreadable[row.id] = e
            continue
        published[row.id] = Published(row.id, row.version, row.published_at, text, tariffs.Compiled(text))
    return published, unreadable


def _by_zone(rows: Sequence[ZoneTariff]) -> dict[int, list[ZoneTariff]]:
    of_zones: dict[int, list[ZoneTariff]] = {}
    for row in rows:
        of_zones.setdefault(row.zone_id, []).append(row)
    return of_zones


def _zone(row: ZoneRow, own: Sequence[ZoneTariff], published: Mapping[int, Published]) -> Zone:
    dated = prices.without_repeats([Dated(each.valid_from, each.tariff_id) for each in own])
    return Zone(**structs.asdict(row), prices=_in_force(dated, published))


def _prices(
    rows: Rows, of_zones: Mapping[int, Sequence[ZoneTariff]], published: Mapping[int, Published], now: datetime
) -> dict[int, LotPrices]:
    own: dict[int, list[LotTariff]] = {}
    for row in rows.lot_tariffs:
        own.setdefault(row.lot_id, []).append(row)
    lies_in: dict[int, list[LotZone]] = {}
    for place in rows.lot_zones:
        lies_in.setdefault(place.lot_id, []).append(place)
    codes = {zone.id: zone.code for zone in rows.zones}
    prices_by_lot = {}
    for lot in rows.lots:
        places = lies_in.get(lot.id, [])
        here = next((each.zone_id for each in reversed(places) if each.valid_from <= now), None)
        dated = prices.of_lot(own.get(lot.id, []), places, of_zones)
        prices_by_lot[lot.id] = prices.lot_prices(_in_force(dated, published), None if here is None else codes[here])
    return prices_by_lot


def _in_force(dated: Sequence[Dated], published: Mapping[int, Published]) -> tuple[TariffInForce, ...]:
    """Tariffs in order of time, those that cannot be read in their places: the one before them has ended."""
    return tuple(
        TariffInForce(each.valid_from, each.number, None, None)
        if (tariff := published.get(each.number)) is None
        else TariffInForce(each.valid_from, tariff.id, tariff.tariff, tariff.compiled, tariff.version)
        for each in dated
    )
