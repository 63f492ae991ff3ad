"""What a caller wants of lots beside where they are: a stay with its price, free spaces, the order and the page."""

from datetime import datetime
from typing import Annotated, TypeAlias

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from parking.api.dependencies import Clock, LiveUsual, Network
from parking.api.etags import unreadable
from parking.api.instants import YEARS, instant
from parking.api.search import Wanted
from parking.fares import STAY_MIN_MAX, StayAsked, stay_asked
from parking.lot_pages import Wishes
from parking.plates import VehicleClass
from parking.searches import Sort

LIMIT_MAX = 500
OFFSET_MAX = 1_000_000
FEE_FEN_MAX = 10_000_000


async def lot_wishes(
    *,
    wanted: Wanted,
    network: Network,
    usual: LiveUsual,
    clock: Clock,
    min_free: Annotated[int, QueryParameter(ge=0, le=100_000, description="At least this many free spaces.")] = 0,
    stay_min: Annotated[
        int | None, QueryParameter(ge=1, le=STAY_MIN_MAX, description="The price of a stay of so many minutes.")
    ] = None,
    arrive_at: Annotated[
        str, QueryParameter(max_length=64, description="When the stay begins, with its offset from UTC; else now.")
    ] = "",
    seen: Annotated[
        VehicleClass, QueryParameter(name="class", description="The class of the vehicle.")
    ] = VehicleClass.SMALL,
    new_energy: Annotated[bool, QueryParameter(description="Whether its plate is one for new energy.")] = False,
    max_fee_fen: Annotated[
        int | None, QueryParameter(ge=0, le=FEE_FEN_MAX, description="Where the stay costs no more than this.")
    ] = None,
    sort: Annotated[Sort | None, QueryParameter(description="The order; nearest first without it, or by code.")] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Lots per page.")] = 100,
    offset: Annotated[int, QueryParameter(ge=0, le=OFFSET_MAX, description="Lots to pass over.")] = 0,
) -> Wishes:
    """What is wanted.

    Raises:
        ValidationException: something cannot be read, or lacks what it needs; it names the parameter.
    """
    if stay_min is None and (max_fee_fen is not None or sort is Sort.FEE):
        named = "sort" if max_fee_fen is None else "max_fee_fen"
        raise unreadable(named, "A price needs a stay: give stay_min as well.")
    if sort in (Sort.DISTANCE, Sort.WALK) and wanted.near is None and not wanted.words:
        raise unreadable("sort", "A distance needs a place: give near=lat,lon or the name of a place as well.")
    begins = clock() if not arrive_at else _known(instant("arrive_at", arrive_at))
    stay: StayAsked | None = None
    if stay_min is not None:
        stay = stay_asked(begins, stay_min, seen, new_energy=new_energy)
    zones = {lot.time_zone for lot in network.atlas.lots}
    expected = await usual.at(begins, zones) if arrive_at else None
    return Wishes(min_free, stay, max_fee_fen, sort, limit, offset, expected)


Wished: TypeAlias = NamedDependency[SkipValidation[Wishes]]
WISHED = {"wished": Provide(lot_wishes)}


def _known(arrive_at: datetime) -> datetime:
    if arrive_at.year not in YEARS:
        raise unreadable("arrive_at", f"Stays are priced from {YEARS[0]} to {YEARS[-1]}.")
    return arrive_at
