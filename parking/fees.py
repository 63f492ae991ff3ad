"""What a stay costs: its lot's tariff, and what the vehicle's earlier visits left of its free minutes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeAlias

from parking import tariffs
from parking.plates import VehicleClass
from parking.tariffs import Compiled, Fee
from payments.errors import OneLotError

QUOTA_WINDOW = timedelta(hours=24)

# An earlier stay of the same vehicle in the same lot: entered, left, minutes of the quota it used.
Visit: TypeAlias = tuple[datetime, datetime, int]


class NoTariff(OneLotError):
    """No tariff holds at the lot, so nothing can be charged there."""


def quota_left(quota_min: int, *, entered_at: datetime, visits: Iterable[Visit]) -> int:
    """The free minutes a vehicle has left when it enters.

    A visit's use counts for 24 hours from its own entry: the day of the quota begins when it is first used. Visits that
    began later are ignored: they are charged with what this one leaves.
    """
    earliest = entered_at - QUOTA_WINDOW
    used = sum(used_min for began_at, _, used_min in visits if earliest < began_at < entered_at)
    return max(quota_min - used, 0)


def price(
    tariff: Compiled | None,
    entered_at: datetime,
    left_at: datetime,
    *,
    large: bool,
    new_energy: bool,
    visits: Iterable[Visit],
) -> Fee:
    """The fee of a stay by its lot's tariff; `visits` are the vehicle's other stays there, in any order.

    Raises:
        NoTariff: the lot has none.
        tariffs.StayNotPriceable: the stay ends before it begins or is longer than any stay can be.
    """
    if tariff is None:
        raise NoTariff("No tariff holds at this lot.")
    quota_min = tariff.tariff.nev_quota_min
    left_min = quota_left(quota_min, entered_at=entered_at, visits=visits) if new_energy and quota_min else 0
    return tariffs.price(
        tariff,
        entered_at=entered_at,
        left_at=left_at,
        vehicle_class=VehicleClass.LARGE if large else VehicleClass.SMALL,
        new_energy=new_energy,
        quota_left_min=left_min,
    )
