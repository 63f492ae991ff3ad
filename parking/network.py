"""One snapshot of what is registered and of the tariffs in force: what a gate event needs to know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from parking import bans as bans_
from parking import dated, prices, surroundings, tariffs
from parking import facilities as facilities_
from parking import gateways as gateways_
from parking.bans import Ban, BansOf
from parking.dated import Version
from parking.facilities import Facilities
from parking.gateways import Gateway, GatewayKey, GatewayLot, RegisteredGateway
from parking.lanes import Gate, Lane, LaneClosure, LaneRow, LaneWay, Way
from parking.lots import Around, Lot, LotCapacity, LotClosure, LotRow, LotSurroundings, ProbableMatch
from parking.pauses import Nest, nests_of
from parking.places import Place
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


class FacilitiesRow(Struct, frozen=True):
    """What a lot offers, as the database has it; the document is JSON text."""

    lot_id: int
    document: str


class FormerCode(Struct, frozen=True):
    """A code that a lot had and that leads to it as well."""

    lot_id: int
    code: str


class LotProbableMatch(Struct, frozen=True):
    """What a lot does with probable matches from an instant on."""

    lot_id: int
    valid_from: datetime
    probable_match: ProbableMatch


class Rows(Struct, frozen=True):
    """The network as the database has it, all of one instant.

    `next_change_at`: when what is registered for a later instant begins to hold, a tariff or any other change.
    """

    version: int
    next_change_at: datetime | None
    operators: Sequence[Operator]
    tariffs: Sequence[PublishedRow]
    zones: Sequence[ZoneRow]
    zone_tariffs: Sequence[ZoneTariff]
    lot_tariffs: Sequence[LotTariff]
    lot_zones: Sequence[LotZone]
    lots: Sequence[LotRow]
    lanes: Sequence[LaneRow]
    gateways: Sequence[RegisteredGateway]
    keys: Sequence[GatewayKey]
    no_plate_texts: Sequence[NoPlateText] = ()
    bans: Sequence[Ban] = ()
    facilities: Sequence[FacilitiesRow] = ()
    capacities: Sequence[LotCapacity] = ()
    closures: Sequence[LotClosure] = ()
    bookable: Sequence[int] = ()
    gates: Sequence[Gate] = ()
    ways: Sequence[LaneWay] = ()
    lane_closures: Sequence[LaneClosure] = ()
    former_codes: Sequence[FormerCode] = ()
    surroundings: Sequence[LotSurroundings] = ()
    gateway_lots: Sequence[GatewayLot] = ()
    places: Sequence[Place] = ()
    probable_matches: Sequence[LotProbableMatch] = ()


class Network(Struct, frozen=True):
    """The network, to be looked up. `tariffs` are all that are published, by number; `prices` those of lots, by lot.

    `unreadable`: published tariffs that cannot be computed, by number, with the reason. `no_plate_texts`: by operator.
    `bans`: those that hold or will, by plate. `nests`: of the lots where clocks stop, and of those that stop them.
    `facilities`: of the lots that say what they offer.
    `bookable`: the lots that take bookings, or did. `lots_by_code`: also by codes that they had. `places`: that
    people go to.
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
    bans: BansOf = {}
    nests: Mapping[int, Nest] = {}
    gates: Mapping[int, Gate] = {}
    facilities: Mapping[int, Facilities] = {}
    bookable: frozenset[int] = frozenset()
    places: Sequence[Place] = ()

    def codes_of(self, lot_id: int | None, operator_id: int | None) -> tuple[str | None, str | None]:
        """The codes of a lot and of an operator, where they are given and known."""
        lot = None if lot_id is None else self.lots.get(lot_id)
        operator = None if operator_id is None else self.operators.get(operator_id)
        return None if lot is None else lot.code, None if operator is None else operator.code


def assemble(rows: Rows, *, now: datetime, before: Network | None = None) -> Network:
    """The network at `now`. What is published never changes, so `before` lends the tariffs it has compiled."""
    published, unreadable = _published(rows.tariffs, before.tariffs if before else {})
    of_zones = _by_zone(rows.zone_tariffs)
    lots = _lots(rows, now)
    nests = nests_of(lots)
    of_lots = of_roads(lots.values(), prices.seen_by_others(_prices(rows, of_zones, published, now)))
    return Network(
        version=rows.version,
        next_change_at=rows.next_change_at,
        operators={row.id: row for row in rows.operators},
        tariffs=published,
        unreadable=unreadable,
        zones={row.code: _zone(row, of_zones.get(row.id, ()), published) for row in rows.zones},
        lots=lots,
        lots_by_code=_by_code(lots.values()),
        prices={id_: prices.pausing(each) if id_ in nests else each for id_, each in of_lots.items()},
        gates={row.id: row for row in rows.gates},
        lanes=_lanes(rows),
        gateways=gateways_.serving(rows.gateways, rows.gateway_lots, now),
        keys={row.id: row for row in rows.keys},
        no_plate_texts=_by_operator(rows.no_plate_texts),
        bans=bans_.by_plate(rows.bans),
        nests=nests,
        facilities={row.lot_id: facilities_.decode(row.document) for row in rows.facilities},
        bookable=frozenset(rows.bookable),
        places=rows.places,
    )


def _lots(rows: Rows, now: datetime) -> dict[int, Lot]:
    capacities: dict[int, list[Version[int]]] = {}
    for each in rows.capacities:
        capacities.setdefault(each.lot_id, []).append(Version(each.valid_from, each.capacity))
    closures: dict[int, list[Version[bool]]] = {}
    for one in rows.closures:
        closures.setdefault(one.lot_id, []).append(Version(one.valid_from, one.is_closed))
    places: dict[int, list[Version[Around]]] = {}
    for place in rows.surroundings:
        places.setdefault(place.lot_id, []).append(place.version)
    matches: dict[int, list[Version[ProbableMatch]]] = {}
    for said in rows.probable_matches:
        matches.setdefault(said.lot_id, []).append(Version(said.valid_from, said.probable_match))
    former: dict[int, list[str]] = {}
    for had in rows.former_codes:
        former.setdefault(had.lot_id, []).append(had.code)
    lots = {}
    for row in rows.lots:
        changes = tuple(closures.get(row.id, ()))
        lots[row.id] = Lot(
            **structs.asdict(row),
            is_closed=dated.at(False, changes, now),
            former_codes=tuple(former.get(row.id, ())),
            capacities=tuple(capacities.get(row.id, ())),
            closures=changes,
            surroundings=tuple(places.get(row.id, ())),
            probable_matches=tuple(matches.get(row.id, ())),
        )
    return lots


def _by_code(lots: Collection[Lot]) -> dict[str, Lot]:
    """Lots by all codes that lead to them; what one is called now goes before what another was."""
    former = {code: lot for lot in lots for code in lot.former_codes}
    return former | {lot.code: lot for lot in lots}


def _lanes(rows: Rows) -> dict[str, Lane]:
    ways: dict[int, list[Version[Way]]] = {}
    for each in rows.ways:
        way = msgspec.json.decode(each.way, type=Way)
        ways.setdefault(each.lane_id, []).append(Version(each.valid_from, way))
    closures: dict[int, list[Version[bool]]] = {}
    for one in rows.lane_closures:
        closures.setdefault(one.lane_id, []).append(Version(one.valid_from, one.is_closed))
    return {
        row.code: Lane(
            **structs.asdict(row), ways=tuple(ways.get(row.id, ())), closures=tuple(closures.get(row.id, ()))
        )
        for row in rows.lanes
    }


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


def of_roads(lots: Collection[Lot], of_lots: Mapping[int, LotPrices]) -> dict[int, LotPrices]:
    """The prices of all lots; those of the stretches of one road count on from one to the other while they are that."""
    compiled: dict[tuple[int, int], tariffs.Compiled] = {}
    counting_on = surroundings.counting_on(lots)
    return {
        lot.id: prices.of_road(of_lots[lot.id], counting_on[lot.id], compiled)
        if lot.id in counting_on
        else of_lots[lot.id]
        for lot in lots
    }


def _in_force(dated: Sequence[Dated], published: Mapping[int, Published]) -> tuple[TariffInForce, ...]:
    """Tariffs in order of time, those that cannot be read in their places: the one before them has ended."""
    return tuple(
        TariffInForce(each.valid_from, each.number, None, None)
        if (tariff := published.get(each.number)) is None
        else TariffInForce(each.valid_from, tariff.id, tariff.tariff, tariff.compiled, tariff.version)
        for each in dated
    )
