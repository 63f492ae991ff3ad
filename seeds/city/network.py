"""A network as it is to be registered: operators, the tariffs in use, and lots with their lanes and gateway."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, structs

from parking.facilities import Facilities
from parking.lots import Direction, LanePlan, LotKind, LotPlan
from parking.places import Place
from parking.tariffs import Tariff


class OperatorPlan(Struct, frozen=True):
    """An operator to register; `platform_fee_bps` in hundredths of a per cent."""

    code: str
    name_zh: str
    name_en: str
    platform_fee_bps: int


class CityLot(Struct, frozen=True):
    """A lot to register, the code of the tariff it charges by (None leaves it without one), and what it offers."""

    plan: LotPlan
    tariff: str | None = None
    offers: Facilities = Facilities()

    def lanes(self, direction: Direction) -> tuple[str, ...]:
        """The codes of the lanes that lead this way."""
        return tuple(lane.code for lane in self.plan.lanes if lane.direction is direction)


class City(Struct, frozen=True):
    """Everything there is to register before the first car comes; `tariffs` are those its lots charge by, by code."""

    operators: tuple[OperatorPlan, ...]
    tariffs: dict[str, Tariff]
    lots: tuple[CityLot, ...]
    places: tuple[Place, ...] = ()


def small_city(plans: Sequence[LotPlan], *, fees_bps: Mapping[str, int], tariff: Tariff | None = None) -> City:
    """These lots, each by the tariff if there is one, and their operators: platform fees by code."""
    return City(
        operators=tuple(OperatorPlan(code, code, code, fee_bps) for code, fee_bps in fees_bps.items()),
        tariffs={tariff.code: tariff} if tariff else {},
        lots=tuple(CityLot(plan, tariff.code if tariff else None) for plan in plans),
    )


def lot_plan(code: str, operator_code: str, **changes: Any) -> LotPlan:
    """A road lot in the middle of Jinan with 50 bays, a lane in, a lane out and a gateway, all named after its code.

    `changes` are fields of the plan that are to be otherwise.
    """
    plan = LotPlan(
        code=code,
        operator_code=operator_code,
        name_zh=f"{code}停车场",
        name_en=f"{code} lot",
        district_zh="历下区",
        district_en="Lixia",
        kind=LotKind.ROAD,
        capacity=50,
        longitude=117.02,
        latitude=36.67,
        gateway=f"{code}-gw",
        lanes=(LanePlan(f"{code}-in", "g1", Direction.ENTRY), LanePlan(f"{code}-out", "g1", Direction.EXIT)),
    )
    return structs.replace(plan, **changes)
