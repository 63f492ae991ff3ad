"""Lots as staff see them: what is registered of them, what began or will begin with its instant, and searching them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from parking import searches
from parking.dated import Version
from parking.lanes import Switch
from parking.lots import Around, Direction, InnerClock, Lot, LotKind, ProbableMatch
from parking.network import Network
from parking.prices import TariffInForce
from parking.searches import Search


class State(StrEnum):
    """Whether a lot takes vehicles in."""

    OPEN = "open"
    CLOSED = "closed"


class SpacesFrom(Struct, frozen=True):
    """How many spaces a lot has from an instant on."""

    valid_from: datetime
    capacity: int


class StateFrom(Struct, frozen=True):
    """Whether a lot is open from an instant on."""

    valid_from: datetime
    state: State


class ProbableMatchFrom(Struct, frozen=True):
    """What a lot does with probable matches from an instant on."""

    valid_from: datetime
    probable_match: ProbableMatch


class SurroundingsFrom(Struct, frozen=True):
    """In which lot a lot lies, and along which road, from an instant on."""

    valid_from: datetime
    inside_of: str | None
    inner_clock: InnerClock
    road: str | None
    road_within_min: int | None


class TariffFrom(Struct, frozen=True):
    """By which tariff a lot charges from an instant on; no code where that could not be read."""

    valid_from: datetime
    code: str | None
    version: int


class WayFrom(Struct, frozen=True):
    """Which way a lane leads from an instant on: a direction, or a week of them."""

    valid_from: datetime
    direction: Direction | None
    week: Sequence[Switch]


class GateShown(Struct, frozen=True):
    """A gate of a lot."""

    code: str
    name: str


class LaneShown(Struct, frozen=True):
    """A lane of a lot, as of now. `ways`, `states`: what began since it was registered, or will."""

    code: str
    gate: str
    direction: Direction
    state: State
    gateway: str
    ways: list[WayFrom]
    states: list[StateFrom]


class LotListed(Struct, frozen=True):
    """A lot in the list of staff, as of now. Coordinates are WGS-84 degrees."""

    code: str
    operator: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    address_zh: str
    kind: LotKind
    state: State
    capacity: int
    longitude: float
    latitude: float
    gateways: list[str]


class LotShown(LotListed, frozen=True, kw_only=True):
    """A lot as staff see it. `former_codes`: codes that it had and that lead to it as well. `capacities`, `states`,
    `surroundings`, `probable_matches`: what began since it was registered, or will.
    """

    former_codes: Sequence[str]
    time_zone: str
    confirms_passages_since: datetime | None
    leave_within_min: int
    inside_of: str | None
    inner_clock: InnerClock
    road: str | None
    road_within_min: int | None
    zone: str | None
    capacities: list[SpacesFrom]
    states: list[StateFrom]
    surroundings: list[SurroundingsFrom]
    probable_match: ProbableMatch
    probable_matches: list[ProbableMatchFrom]
    tariffs: list[TariffFrom]
    gates: list[GateShown]
    lanes: list[LaneShown]


class LotsPage(Struct, frozen=True):
    """Lots by their codes; `next` is the `after` of the next page, null on the last."""

    lots: list[LotListed]
    next: str | None


def page(
    network: Network,
    search: Search,
    *,
    lot_ids: Iterable[int] | None,
    state: State | None,
    after: str,
    limit: int,
) -> LotsPage:
    """The lots among `lot_ids` (None: all) that match, from the first code after `after` on."""
    among = network.lots.values() if lot_ids is None else [network.lots[id_] for id_ in lot_ids]
    found = sorted((each.lot for each in searches.find(among, search, network.facilities)), key=lambda lot: lot.code)
    wanted = [lot for lot in found if lot.code > after and state in (None, state_of(lot))]
    more = len(wanted) > limit
    return LotsPage([listed(lot, network) for lot in wanted[:limit]], wanted[limit - 1].code if more else None)


def state_of(lot: Lot) -> State:
    """Whether a lot takes vehicles in."""
    return _state(is_closed=lot.is_closed)


def listed(lot: Lot, network: Network) -> LotListed:
    """A lot for the list."""
    return LotListed(**_facts(lot, network))  # type: ignore[arg-type]


def shown(lot: Lot, network: Network, now: datetime) -> LotShown:
    """A lot in full."""
    lies, prices = _lies(Version(now, lot.around_at(now)), network), network.prices[lot.id]
    return LotShown(
        **_facts(lot, network),  # type: ignore[arg-type]
        former_codes=lot.former_codes,
        time_zone=lot.time_zone,
        confirms_passages_since=lot.confirms_passages_since,
        leave_within_min=lot.leave_within_min,
        inside_of=lies.inside_of,
        inner_clock=lies.inner_clock,
        road=lies.road,
        road_within_min=lies.road_within_min,
        zone=prices.zone,
        capacities=[SpacesFrom(each.valid_from, each.value) for each in lot.capacities],
        states=_states(lot.closures),
        surroundings=[_lies(each, network) for each in lot.surroundings],
        probable_match=lot.probable_match_at(now),
        probable_matches=[ProbableMatchFrom(each.valid_from, each.value) for each in lot.probable_matches],
        tariffs=_tariffs(prices.tariffs),
        gates=_gates(lot, network),
        lanes=_lanes(lot, network, now),
    )


def _lies(version: Version[Around], network: Network) -> SurroundingsFrom:
    lies = version.value
    outer = None if lies.inside_of is None else network.lots[lies.inside_of].code
    return SurroundingsFrom(version.valid_from, outer, lies.inner_clock, lies.road, lies.road_within_min)


def _facts(lot: Lot, network: Network) -> dict[str, object]:
    gateways = sorted(each.code for each in network.gateways.values() if lot.id in each.lots)
    own = ("code", "name_zh", "name_en", "district_zh", "district_en", "address_zh", "kind", "capacity")
    facts: dict[str, object] = {name: getattr(lot, name) for name in (*own, "longitude", "latitude")}
    return {**facts, "operator": lot.operator_code, "state": state_of(lot), "gateways": gateways}


def _tariffs(tariffs: Sequence[TariffInForce]) -> list[TariffFrom]:
    return [
        TariffFrom(each.valid_from, None if each.text is None else each.text.code, each.version) for each in tariffs
    ]


def _gates(lot: Lot, network: Network) -> list[GateShown]:
    gates = sorted((each for each in network.gates.values() if each.lot_id == lot.id), key=lambda each: each.code)
    return [GateShown(each.code, each.name) for each in gates]


def _lanes(lot: Lot, network: Network, now: datetime) -> list[LaneShown]:
    lanes = sorted((each for each in network.lanes.values() if each.lot_id == lot.id), key=lambda each: each.code)
    return [
        LaneShown(
            code=lane.code,
            gate=network.gates[lane.gate_id].code,
            direction=lane.direction_at(now),
            state=_state(is_closed=lane.is_closed_at(now)),
            gateway=network.gateways[lane.gateway_id].code,
            ways=[WayFrom(each.valid_from, each.value.direction, each.value.week) for each in lane.ways],
            states=_states(lane.closures),
        )
        for lane in lanes
    ]


def _states(closures: Sequence[Version[bool]]) -> list[StateFrom]:
    return [StateFrom(each.valid_from, _state(is_closed=each.value)) for each in closures]


def _state(*, is_closed: bool) -> State:
    return State.CLOSED if is_closed else State.OPEN
