"""What is published of a lot, and which lots a driver means: by words, district, a rectangle of the map, distance."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from parking import facilities as facilities_
from parking.facilities import Entrance, Facilities, Income, Picture, SpaceKind, Spaces
from parking.lanes import Lane
from parking.lots import Direction, Lot, LotKind
from parking.occupancy import Confidence, Count, LotStatus, Published, publish
from parking.positions import Box, Crs, Point, distance_m, shown
from parking.prices import LotPrices, TariffInForce, in_force_at
from parking.tariffs.notice import Notice, notice
from parking.texts.bills import not_counted_inside
from parking.texts.methods import method


class Search(Struct, frozen=True):
    """Filters of a search; one that is None or empty does not filter. `crs`: in which coordinates `box` is; `near` is
    WGS-84.

    `ev`, `disabled`: with such spaces. `height_cm`: without those that are lower. `open_at`: without those closed then.
    """

    words: str = ""
    district: str = ""
    kind: LotKind | None = None
    operator_code: str = ""
    crs: Crs = Crs.WGS84
    box: Box | None = None
    near: Point | None = None
    radius_m: int | None = None
    ev: bool = False
    disabled: bool = False
    height_cm: int | None = None
    open_at: datetime | None = None


class LotFound(Struct, frozen=True):
    """A lot, and how far it is from the place asked for, if one was."""

    lot: Lot
    distance_m: int | None = None


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


class LotSummary(LotFacts, frozen=True, kw_only=True):
    """A lot in the list. `distance_m` is there when `near` was asked. `is_open`: now; null: the lot does not say so.
    `ev_spaces`, `disabled_spaces`: how many there are, not how many are free.
    """

    tariff: TariffName | None
    is_open: bool | None
    ev_spaces: int
    disabled_spaces: int
    height_max_cm: int | None
    distance_m: int | UnsetType = UNSET


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
    """A page of lots; `total` counts all that match, `free` and `capacity` add them up. `crs`: of all positions."""

    crs: Crs
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


def find(lots: Iterable[Lot], search: Search, facilities: Mapping[int, Facilities]) -> list[LotFound]:
    """The lots that match, nearest first if a place was asked for, else by code. `facilities`: by lot."""
    words = _plain(search.words).split()
    district = _plain(search.district)
    places = []
    for lot in lots:
        if not _matches(lot, search, words, district) or not _offers(facilities.get(lot.id), lot, search):
            continue
        distance = None if search.near is None else distance_m(search.near, Point(lot.latitude, lot.longitude))
        if distance is None or search.radius_m is None or distance <= search.radius_m:
            places.append(LotFound(lot, distance))
    return sorted(places, key=lambda place: (place.distance_m or 0, place.lot.code))


def _matches(lot: Lot, search: Search, words: list[str], district: str) -> bool:
    if search.kind is not None and lot.kind is not search.kind:
        return False
    if search.operator_code and lot.operator_code != search.operator_code:
        return False
    if district and district not in (_plain(lot.district_zh), _plain(lot.district_en)):
        return False
    place = shown(Point(lot.latitude, lot.longitude), search.crs)
    if search.box is not None and not search.box.holds(place.longitude, place.latitude):
        return False
    if words:
        text = _plain(f"{lot.name_zh} {lot.name_en} {lot.district_zh} {lot.district_en} {lot.address_zh} {lot.code}")
        return all(word in text for word in words)
    return True


def _offers(facilities: Facilities | None, lot: Lot, search: Search) -> bool:
    if search.ev and not facilities_.count(facilities, SpaceKind.EV):
        return False
    if search.disabled and not facilities_.count(facilities, SpaceKind.DISABLED):
        return False
    height_max_cm = None if facilities is None else facilities.height_max_cm
    if search.height_cm is not None and height_max_cm is not None and height_max_cm < search.height_cm:
        return False
    return search.open_at is None or facilities_.is_open(facilities, lot, search.open_at) is not False


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _facts(lot: Lot, published: Published, crs: Crs) -> dict[str, Any]:
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
    }


def summary(
    place: LotFound, published: Published, prices: LotPrices, facilities: Facilities | None, now: datetime, crs: Crs
) -> LotSummary:
    """A lot for the list."""
    tariff = _in_force(prices, now)
    return LotSummary(
        **_facts(place.lot, published, crs),
        tariff=None if tariff is None else _name(tariff),
        is_open=facilities_.is_open(facilities, place.lot, now),
        ev_spaces=facilities_.count(facilities, SpaceKind.EV),
        disabled_spaces=facilities_.count(facilities, SpaceKind.DISABLED),
        height_max_cm=None if facilities is None else facilities.height_max_cm,
        distance_m=UNSET if place.distance_m is None else place.distance_m,
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
        **_facts(lot, published, crs),
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
