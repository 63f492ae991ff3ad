"""What is published of a lot: in the list, in full, and as it changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from parking import facilities as facilities_
from parking.facilities import Entrance, Facilities, Income, Picture, SpaceKind, Spaces
from parking.fares import Fare, StayAsked
from parking.forecast import Usual
from parking.lanes import Lane
from parking.lots import Direction, Lot, LotKind
from parking.network import Network
from parking.occupancy import Confidence, Count, LotStatus, Published, publish
from parking.places import Place, PlaceKind
from parking.positions import Crs, Point, shown
from parking.prices import LotPrices, TariffInForce, in_force_at
from parking.tariffs.notice import Notice, notice
from parking.texts.bills import not_counted_inside
from parking.texts.methods import method


class TariffName(Struct, frozen=True):
    """The tariff in force at a lot."""

    code: str
    name_zh: str
    name_en: str


class TariffText(TariffName, frozen=True, kw_only=True):
    """The tariff in force at a lot, with its notice; `/v1/tariffs/{code}` has it in full.

    `since`: when it came into force there.
    """

    version: int
    since: datetime
    board: Notice
    free_min: int


class LotFacts(Struct, frozen=True, kw_only=True):
    """What every answer about a lot has. Coordinates are degrees in the `crs` of the answer.

    `free`: null where nobody knows. `updated_at`: when the count last moved; `counted_at`: when the lot itself last
    reported its free spaces; `heard_at`: when it last sent anything.
    """

    code: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    kind: LotKind
    operator: str
    longitude: float
    latitude: float
    capacity: int
    free: int | None
    status: LotStatus
    confidence: Confidence
    updated_at: datetime | None
    counted_at: datetime | None
    heard_at: datetime | None
    age_min: int | None


class LotSummary(LotFacts, frozen=True, kw_only=True):
    """A lot in the list. `distance_m` and `walk_min` are there when a place was asked for, `fee_fen` and `currency`
    when a stay was, `usual` when an arrival was. `is_open`: now; null: the lot does not say so. `ev_spaces`,
    `disabled_spaces`: how many there are, not how many are free.
    """

    tariff: TariffName | None
    is_open: bool | None
    ev_spaces: int
    disabled_spaces: int
    height_max_cm: int | None
    distance_m: int | UnsetType = UNSET
    walk_min: int | UnsetType = UNSET
    fee_fen: int | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    usual: Usual | UnsetType | None = UNSET


class PlaceShown(Struct, frozen=True):
    """A place that people go to."""

    code: str
    kind: PlaceKind
    name_zh: str
    name_en: str
    longitude: float
    latitude: float


class MethodShown(Struct, frozen=True):
    """A way to pay, and what it is called."""

    code: str
    name_zh: str
    name_en: str


class FacilitiesShown(Struct, frozen=True):
    """What a lot offers. `is_open`: now, and until `changes_at`; null: the lot does not say so."""

    spaces: Sequence[Spaces]
    height_max_cm: int | None
    width_max_cm: int | None
    length_max_cm: int | None
    weight_max_kg: int | None
    opening_hours: str | None
    is_open: bool | None
    changes_at: datetime | None
    entrances: Sequence[Entrance]
    address_en: str
    pictures: Sequence[Picture]
    phone: str | None
    income: Income | None
    payment_methods: Sequence[MethodShown]


class LotDetail(LotFacts, frozen=True, kw_only=True):
    """A lot in full. `raw_inside` counts open stays; `drift` is what the lot's own last report adds to it.

    `booked`: spaces that are kept for who has not come, neither free nor occupied. `crs`: of all positions.
    """

    crs: Crs
    time_zone: str
    occupied: int
    booked: int
    raw_inside: int
    drift: int
    lanes_entry: int
    lanes_exit: int
    zone: str | None
    tariff: TariffText | None
    facilities: FacilitiesShown | None


class LotPage(Struct, frozen=True):
    """A page of lots; `total` counts all that match, `free` and `capacity` add them up. `crs`: of all positions.
    `place`: what the words were taken for, around which lots were looked for as well.
    """

    crs: Crs
    place: PlaceShown | None
    lots: list[LotSummary]
    total: int
    free: int
    capacity: int
    limit: int
    offset: int


class LiveLot(Struct, frozen=True):
    """What changes about a lot."""

    code: str
    free: int | None
    capacity: int
    status: LotStatus
    confidence: Confidence
    updated_at: datetime | None
    counted_at: datetime | None
    heard_at: datetime | None


class LiveLots(Struct, frozen=True):
    """The data of one event of the stream; `as_of` is the service's own time, by which ages are counted."""

    as_of: datetime
    lots: list[LiveLot]


def _facts(lot: Lot, published: Published, crs: Crs, now: datetime) -> dict[str, Any]:
    place = shown(Point(lot.latitude, lot.longitude), crs)
    return {
        "code": lot.code,
        "name_zh": lot.name_zh,
        "name_en": lot.name_en,
        "district_zh": lot.district_zh,
        "district_en": lot.district_en,
        "address_zh": lot.address_zh,
        "kind": lot.kind,
        "operator": lot.operator_code,
        "longitude": place.longitude,
        "latitude": place.latitude,
        "capacity": published.capacity,
        "free": published.free,
        "status": published.status,
        "confidence": published.confidence,
        "updated_at": published.updated_at,
        "counted_at": published.counted_at,
        "heard_at": published.heard_at,
        "age_min": published.age_min(now),
    }


def place_shown(place: Place, crs: Crs) -> PlaceShown:
    """A place, in the coordinates that were asked for."""
    there = shown(Point(place.latitude, place.longitude), crs)
    return PlaceShown(place.code, place.kind, place.name_zh, place.name_en, there.longitude, there.latitude)


def summary(
    lot: Lot, published: Published, network: Network, now: datetime, crs: Crs, stay: StayAsked | None, fare: Fare | None
) -> LotSummary:
    """A lot for the list, as far as it does not depend on where it is asked for."""
    tariff = _in_force(network.prices[lot.id], now)
    facilities = network.facilities.get(lot.id)
    return LotSummary(
        **_facts(lot, published, crs, now),
        tariff=None if tariff is None else _name(tariff),
        is_open=facilities_.is_open(facilities, lot, now),
        ev_spaces=facilities_.count(facilities, SpaceKind.EV),
        disabled_spaces=facilities_.count(facilities, SpaceKind.DISABLED),
        height_max_cm=None if facilities is None else facilities.height_max_cm,
        fee_fen=UNSET if stay is None else None if fare is None else fare.fee_fen,
        currency=UNSET if stay is None else None if fare is None else fare.currency,
    )


def detail(
    lot: Lot,
    published: Published,
    lanes: Iterable[Lane],
    prices: LotPrices,
    facilities: Facilities | None,
    now: datetime,
    crs: Crs,
    stopping: Sequence[Lot] = (),
) -> LotDetail:
    """A lot in full; `lanes` may be those of all lots. `stopping`: the lots inside that stop its clock."""
    ways = [lane.direction_at(now) for lane in lanes if lane.lot_id == lot.id and not lane.is_closed_at(now)]
    tariff = _in_force(prices, now)
    return LotDetail(
        **_facts(lot, published, crs, now),
        crs=crs,
        time_zone=lot.time_zone,
        occupied=published.occupied,
        booked=published.booked,
        raw_inside=published.raw_inside,
        drift=published.drift,
        lanes_entry=ways.count(Direction.ENTRY),
        lanes_exit=ways.count(Direction.EXIT),
        zone=prices.zone,
        tariff=None if tariff is None else _text(tariff, stopping),
        facilities=None if facilities is None else _shown(facilities, lot, now, crs),
    )


def _shown(facilities: Facilities, lot: Lot, now: datetime, crs: Crs) -> FacilitiesShown:
    opening = facilities_.opening(facilities, lot, now)
    return FacilitiesShown(
        spaces=facilities.spaces,
        height_max_cm=facilities.height_max_cm,
        width_max_cm=facilities.width_max_cm,
        length_max_cm=facilities.length_max_cm,
        weight_max_kg=facilities.weight_max_kg,
        opening_hours=facilities.opening_hours,
        is_open=opening.is_open,
        changes_at=opening.changes_at,
        entrances=[_entrance(each, crs) for each in facilities.entrances],
        address_en=facilities.address_en,
        pictures=facilities.pictures,
        phone=facilities.phone,
        income=facilities.income,
        payment_methods=[MethodShown(code, *method(code)) for code in facilities.payment_methods],
    )


def _entrance(entrance: Entrance, crs: Crs) -> Entrance:
    place = shown(Point(entrance.latitude, entrance.longitude), crs)
    return structs.replace(entrance, latitude=place.latitude, longitude=place.longitude)


def live(lot: Lot, count: Count, now: datetime) -> LiveLot:
    """What changes about a lot."""
    published = publish(count, lot.capacity, now=now, is_closed=lot.is_closed)
    return LiveLot(
        lot.code,
        published.free,
        published.capacity,
        published.status,
        published.confidence,
        published.updated_at,
        published.counted_at,
        published.heard_at,
    )


def _in_force(prices: LotPrices, now: datetime) -> TariffInForce | None:
    tariff = in_force_at(prices.of(now), now)
    return tariff if tariff is not None and tariff.is_readable else None


def _name(tariff: TariffInForce) -> TariffName:
    text = tariff.tariff
    return TariffName(text.code, text.name_zh, text.name_en)


def _text(in_force: TariffInForce, stopping: Sequence[Lot]) -> TariffText:
    text = in_force.tariff
    board = notice(text)
    not_counted = [not_counted_inside(lot.name_zh, lot.name_en) for lot in stopping]
    zh, en = [zh for zh, _ in not_counted], [en for _, en in not_counted]
    return TariffText(
        code=text.code,
        name_zh=text.name_zh,
        name_en=text.name_en,
        version=in_force.version,
        since=in_force.valid_from,
        board=structs.replace(board, zh=[*board.zh, *zh], en=[*board.en, *en]),
        free_min=text.free.minutes,
    )
