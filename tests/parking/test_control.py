"""The city at a glance, by its lots."""

import pytest
from msgspec import structs

from parking import control
from parking.control import LotNow
from parking.forecast import Usual
from parking.lots import Lot
from parking.occupancy import STALE_AFTER, Confidence, Count, LotStatus, publish
from tests.conftest import NOW
from tests.district import QC, STATION, District


def lot_now(lot: Lot, inside: int, *, ago: int = 0, free: int | None = None, is_closed: bool = False) -> LotNow:
    """A lot with cars inside that was heard of (-1: never) some STALE_AFTER ago and where so many are usual."""
    heard = None if ago < 0 else NOW - ago * STALE_AFTER
    published = publish(Count(lot.id, inside, heard_at=heard), lot.capacity, now=NOW, is_closed=is_closed)
    return LotNow(lot, published, None if free is None else Usual(free, free, free, 3))


async def test_lots_are_counted_by_state_and_by_confidence(district: District) -> None:
    lot = structs.replace(district.lot(QC), capacity=100)
    lots = [lot_now(lot, 10), lot_now(lot, 100), lot_now(lot, 5, ago=1), lot_now(lot, 0, ago=-1)]
    lots.append(lot_now(lot, 0, is_closed=True))
    states = control.states(lots)
    assert states == {each: int(each is not LotStatus.ALMOST_FULL) for each in LotStatus}
    assert control.qualities(lots) == {
        Confidence.HIGH: 0,
        Confidence.MEDIUM: 2,
        Confidence.LOW: 1,
        Confidence.NONE: 1,
    }
    assert [each.is_well for each in lots] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("inside", "ago", "usual", "found"),
    [
        ((50, 20), (0, 0), (50, 80), (35, 35, 35, 0)),
        # A lot that is silent is left out of what is now and of what is usual.
        ((50, 90), (0, 1), (75, 0), (50, 25, 50, 25)),
        # What is usual of one lot alone is held against that one.
        ((60, 20), (0, 0), (None, 70), (40, 30, 20, -10)),
        ((60, 20), (0, 0), (None, None), (40, None, None, None)),
        ((60, 20), (1, -1), (50, 50), (None, None, None, None)),
        # A lot that had more spaces once.
        ((0, 0), (0, 0), (300, 300), (0, 0, 0, 0)),
    ],
)
async def test_a_district_beside_what_is_usual(
    inside: tuple[int, int],
    ago: tuple[int, int],
    usual: tuple[int | None, int | None],
    found: tuple[int | None, ...],
    district: District,
) -> None:
    lot = structs.replace(district.lot(QC), capacity=100)
    elsewhere = structs.replace(district.lot(STATION), district_zh="天桥区", capacity=10_000)
    lots = [lot_now(lot, cars, ago=when, free=free) for cars, when, free in zip(inside, ago, usual, strict=True)]
    first, second = control.districts([*lots, lot_now(elsewhere, 1)])
    assert (first.name_zh, first.lots) == ("天桥区", 1)
    assert second.known == sum(each == 0 for each in ago)
    percents = (second.taken_percent, second.usual_percent, second.compared_percent, second.more_percent)
    assert percents == found
