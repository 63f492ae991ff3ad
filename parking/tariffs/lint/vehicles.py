"""Sample vehicles: a vehicle for every way in which a document distinguishes them."""

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import NamedTuple, TypeAlias

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.matching import matches
from parking.tariffs.engine.quote import Vehicle
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Tariff
from parking.texts.vehicles import KINDS

VEHICLES_MAX = 12
# More ways to combine the facts of a vehicle than this are not tried.
_CANDIDATES_MAX = 20_000
_Named: TypeAlias = tuple[tuple[Match, ...], str, str]


class SampleVehicle(NamedTuple):
    """A vehicle with its names; `place` identifies it."""

    place: int
    vehicle: Vehicle
    name_zh: str
    name_en: str


def sample_vehicles(tariff: Compiled) -> list[SampleVehicle]:
    """A plain vehicle first, then one of each class, each quota and each discount, and of classes with quotas."""
    text = tariff.tariff
    exempt = [exemption.who for exemption in text.exempt]
    samples: list[SampleVehicle] = []
    seen: set[tuple[int, tuple[bool, ...]]] = set()
    for whos, name_zh, name_en in _groups(text):
        of_class = next((at for at, rule in enumerate(text.classes) if rule.who in whos), len(text.classes))
        vehicle = witness(whos, [*exempt, *[rule.who for rule in text.classes[:of_class]]])
        if vehicle is None:
            continue
        asked = [rule.who for part in (text.quotas, text.caps, text.discounts) for rule in part]
        alike = (tariff.usual_class_of(vehicle), tuple(matches(who, vehicle) for who in asked))
        if alike not in seen and len(samples) < VEHICLES_MAX:
            seen.add(alike)
            samples.append(SampleVehicle(len(samples), vehicle, name_zh, name_en))
    return samples


def witness(whos: Sequence[Match], but_not: Sequence[Match]) -> Vehicle | None:
    """A vehicle that is meant by all of `whos` and by none of `but_not`; None if there is none."""
    for vehicle in islice(_candidates(whos, but_not), _CANDIDATES_MAX):
        if all(matches(who, vehicle) for who in whos) and not any(matches(who, vehicle) for who in but_not):
            return vehicle
    return None


def _groups(text: Tariff) -> Iterator[_Named]:
    yield (Match(kinds=(VehicleClass.SMALL,)),), KINDS[VehicleClass.SMALL].zh, KINDS[VehicleClass.SMALL].one_en
    for rule in text.classes:
        yield (rule.who,), rule.name_zh, rule.name_en
    for quota in text.quotas:
        yield (quota.who,), f"享受“{quota.name_zh}”的车辆", f"vehicle with “{quota.name_en}”"
    for each in text.classes:
        for quota in text.quotas:
            yield (
                (each.who, quota.who),
                f"{each.name_zh}（享受“{quota.name_zh}”）",
                f"{each.name_en} with “{quota.name_en}”",
            )
    yield (), "其他车辆", "other vehicle"
    for cap in text.caps:
        yield (cap.who,), f"适用“{cap.name_zh}”的车辆", f"vehicle with “{cap.name_en}”"
    for discount in text.discounts:
        yield (discount.who,), f"享受“{discount.name_zh}”的车辆", f"vehicle with “{discount.name_en}”"


def _candidates(whos: Sequence[Match], but_not: Sequence[Match]) -> Iterator[Vehicle]:
    """Vehicles that differ in everything the conditions name, the plainest first.

    What none of `whos` names is left unknown: an unknown tag or fact meets no condition.
    """
    colors = [PlateColor.UNKNOWN]
    if any(who.colors for who in (*whos, *but_not)):
        colors += [color for color in PlateColor if color is not PlateColor.UNKNOWN]
    tags = [who.tags for who in whos if who.tags]
    facts = sorted({fact for who in whos for fact in (*who.at_least, *who.at_most)})
    values = [_values(fact, whos, but_not) for fact in facts]
    kinds = [VehicleClass.SMALL, *[kind for kind in VehicleClass if kind is not VehicleClass.SMALL]]
    for kind, color, new_energy, own_tags, own_facts in product(
        kinds, colors, (False, True), product(*tags), product(*values)
    ):
        yield Vehicle(
            kind=kind,
            color=color,
            new_energy=new_energy,
            tags=frozenset(own_tags),
            facts=dict(zip(facts, own_facts, strict=True)),
        )


def _values(fact: str, whos: Sequence[Match], but_not: Sequence[Match]) -> list[int]:
    """Values of a fact that lie on either side of every bound, within what `whos` ask."""
    bounds = [side[fact] for who in (*whos, *but_not) for side in (who.at_least, who.at_most) if fact in side]
    least = max((who.at_least[fact] for who in whos if fact in who.at_least), default=None)
    most = min((who.at_most[fact] for who in whos if fact in who.at_most), default=None)
    near = sorted({value for bound in bounds for value in (bound - 1, bound, bound + 1)})
    return [value for value in near if (least is None or value >= least) and (most is None or value <= most)]
