"""Sample vehicles: a vehicle for every way in which a document distinguishes them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any, NamedTuple, TypeAlias

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.matching import asks_visit, matches
from parking.tariffs.engine.quote import Vehicle
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Tariff
from parking.texts.vehicles import KINDS

VEHICLES_MAX = 12
# More ways to combine the facts of a vehicle than this are not tried.
_CANDIDATES_MAX = 20_000
_Named: TypeAlias = tuple[tuple[Match, ...], str, str]


class SampleVehicle(NamedTuple):
    """A vehicle with its names; `place` identifies it.

    bays: how many it takes. charged: it was charged, up to its entry. spent: it used up all quotas and free visits.
    coupons, paid_by: what comes with its visits, and how they are paid.
    """

    place: int
    vehicle: Vehicle
    name_zh: str
    name_en: str
    bays: int = 1
    charged: bool = False
    spent: bool = False
    coupons: tuple[str, ...] = ()
    paid_by: str = ""


def sample_vehicles(tariff: Compiled, most: int = VEHICLES_MAX) -> list[SampleVehicle]:
    """A plain vehicle first, then one of each class, each quota and each discount, and of classes with quotas."""
    text = tariff.tariff
    exempt = always(exemption.who for exemption in text.exempt)
    samples: list[SampleVehicle] = []
    seen: set[tuple[object, ...]] = set()
    for whos, name_zh, name_en in _groups(text):
        of_class = next((at for at, rule in enumerate(text.classes) if rule.who in whos), len(text.classes))
        vehicle = witness(whos, [*exempt, *always(rule.who for rule in text.classes[:of_class])])
        if vehicle is None:
            continue
        asked = [rule.who for part in (text.quotas, text.caps, text.discounts, text.surcharges) for rule in part]
        coupons = tuple(dict.fromkeys(who.coupons[0] for who in whos if who.coupons))
        paid_by = next((who.paid_by[0] for who in whos if who.paid_by), "")
        of = tuple(matches(who, vehicle) for who in asked)
        alike = (tariff.usual_class_of(vehicle), of, coupons, paid_by)
        if alike not in seen and len(samples) < most:
            seen.add(alike)
            samples.append(SampleVehicle(len(samples), vehicle, name_zh, name_en, coupons=coupons, paid_by=paid_by))
    return samples


def in_every_state(tariff: Tariff, samples: Sequence[SampleVehicle]) -> list[SampleVehicle]:
    """The same vehicles, and each as it pays more: on two bays, staying on when charged, with its quotas used up."""
    found = list(samples)

    def add(name_zh: str, name_en: str, **state: Any) -> None:
        for sample in samples:
            zh, en = f"{sample.name_zh}（{name_zh}）", f"{sample.name_en} {name_en}"
            found.append(sample._replace(place=len(found), name_zh=zh, name_en=en, **state))

    if any(rule.per_bay for rule in tariff.classes) or any(rule.per_bay for rule in tariff.surcharges):
        add("占用两个泊位", "on two bays", bays=2)
    if tariff.overstay is not None:
        add("充电已结束", "no longer charging", charged=True)
    if tariff.quotas or any(
        free.uses_max for free in (tariff.free, *[rule.free or tariff.free for rule in tariff.classes])
    ):
        add("免费额度已用完", "with nothing left that is free", spent=True)
    return found


def always(whos: Iterable[Match]) -> list[Match]:
    """Those that mean a vehicle whatever its visit is like."""
    return [who for who in whos if not asks_visit(who)]


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
    for surcharge in text.surcharges:
        yield (surcharge.who,), f"加收“{surcharge.name_zh}”的车辆", f"vehicle with “{surcharge.name_en}”"
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
