"""Price areas (收费区域) as staff see them: what holds there, and which lots lie in them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, structs

from parking import prices
from parking.lots import Name, UnknownZone
from parking.network import Network
from parking.prices import TariffInForce, Zone


class ZoneChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What a price area is rightly called; what is left out stays as it is."""

    name_zh: Name | UnsetType = UNSET
    name_en: Name | UnsetType = UNSET


class ZoneNames(Struct, frozen=True):
    """A price area, and what it is called."""

    id: int
    name_zh: str
    name_en: str


class ZoneListed(Struct, frozen=True):
    """A price area; `tariff`: the code of that in force there now; `lots`: how many lie in it now."""

    code: str
    name_zh: str
    name_en: str
    tariff: str | None
    lots: int


class ZonePrice(Struct, frozen=True):
    """Which version of a tariff is in force in an area from an instant on; `tariff` is null where it cannot be read."""

    valid_from: datetime
    tariff: str | None
    version: int


class ZoneShown(ZoneListed, frozen=True, kw_only=True):
    """A price area in full. `prices`: what has been in force there, is, and will be."""

    prices: Sequence[ZonePrice]


class ZonePage(Struct, frozen=True):
    """Price areas by their codes; `next` is null on the last page."""

    zones: Sequence[ZoneListed]
    next: str | None


class ZoneLots(Struct, frozen=True):
    """The codes of lots that lie in a price area now; `next` is null on the last page."""

    lots: Sequence[str]
    next: str | None


def page(network: Network, *, after: str, limit: int, now: datetime) -> ZonePage:
    """A page of the price areas, those behind a code."""
    codes = sorted(code for code in network.zones if code > after)[:limit]
    found = [_listed(network.zones[code], network, now) for code in codes]
    return ZonePage(found, codes[-1] if len(codes) == limit else None)


def shown(network: Network, code: str, now: datetime) -> ZoneShown:
    """A price area in full.

    Raises:
        UnknownZone: there is none of this code.
    """
    zone = _zone(network, code)
    held = [ZonePrice(each.valid_from, _code(each), each.version) for each in zone.prices]
    return ZoneShown(**structs.asdict(_listed(zone, network, now)), prices=held)


def lots(network: Network, code: str, *, lot_ids: Collection[int] | None, after: str, limit: int) -> ZoneLots:
    """A page of the lots of a price area, those behind a code; `lot_ids`: of these alone (None: all).

    Raises:
        UnknownZone: there is none of this code.
    """
    _zone(network, code)
    may = network.lots if lot_ids is None else {id_: network.lots[id_] for id_ in lot_ids}
    inside = sorted(lot.code for id_, lot in may.items() if network.prices[id_].zone == code and lot.code > after)
    codes = inside[:limit]
    return ZoneLots(codes, codes[-1] if len(codes) == limit else None)


def changed(zone: ZoneNames, said: ZoneChange) -> dict[str, object]:
    """What becomes of what is said otherwise than it stands, by field."""
    wanted = {name: value for name, value in structs.asdict(said).items() if value is not UNSET}
    return {name: value for name, value in wanted.items() if getattr(zone, name) != value}


def _listed(zone: Zone, network: Network, now: datetime) -> ZoneListed:
    here = sum(each.zone == zone.code for each in network.prices.values())
    holds = prices.in_force_at(zone.prices, now)
    return ZoneListed(zone.code, zone.name_zh, zone.name_en, None if holds is None else _code(holds), here)


def _code(price: TariffInForce) -> str | None:
    return None if price.text is None else price.text.code


def _zone(network: Network, code: str) -> Zone:
    if code not in network.zones:
        raise UnknownZone(f"No price area has the code {code!r}.", code=code)
    return network.zones[code]
