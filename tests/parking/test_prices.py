"""Which price holds where and since when, and how far back and how far away a price text looks."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from parking import prices, tariffs
from parking.prices import Dated, HoldsAlready, LotTariff, LotZone, OtherTimeZone, Period, TariffInForce, ZoneTariff
from parking.tariffs import Tariff
from parking.tariffs.engine import memory
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Cap, Free, Memory, Quota
from seeds.city.jinan import TARIFFS
from tests.conftest import NOW

ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
CENTRE, WEST = 1, 2


def day(number: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number - 1)


def laid(
    own: dict[int, int], lies_in: dict[int, int | None], of_zones: dict[int, dict[int, int]]
) -> list[tuple[int, int]]:
    """The prices of a lot as (day, tariff); what is given by day: own prices, areas, and the prices of areas."""
    found = prices.of_lot(
        [LotTariff(1, day(at), tariff) for at, tariff in own.items()],
        [LotZone(1, day(at), zone) for at, zone in lies_in.items()],
        {zone: [ZoneTariff(zone, day(at), tariff) for at, tariff in dated.items()] for zone, dated in of_zones.items()},
    )
    return [(one.valid_from.day, one.number) for one in found]


@pytest.mark.parametrize(
    ("own", "lies_in", "of_zones", "expected"),
    [
        ({}, {}, {}, []),
        ({1: 10, 5: 11}, {}, {}, [(1, 10), (5, 11)]),
        # The area's prices hold since the lot came.
        ({}, {3: CENTRE}, {CENTRE: {1: 20, 5: 21}}, [(3, 20), (5, 21)]),
        ({}, {3: CENTRE}, {CENTRE: {1: 20, 2: 21}}, [(3, 21)]),
        ({}, {3: CENTRE}, {CENTRE: {4: 20}}, [(4, 20)]),
        # Its own goes before the area's, from its own beginning on.
        ({4: 10}, {1: CENTRE}, {CENTRE: {1: 20, 5: 21}}, [(1, 20), (4, 10)]),
        ({1: 10}, {2: CENTRE}, {CENTRE: {2: 20}}, [(1, 10)]),
        # From one area to another, and out of all of them.
        ({}, {1: CENTRE, 4: WEST}, {CENTRE: {1: 20, 5: 21}, WEST: {2: 30}}, [(1, 20), (4, 30)]),
        ({}, {1: CENTRE, 4: WEST}, {CENTRE: {1: 20}, WEST: {6: 30}}, [(1, 20), (6, 30)]),
        ({}, {1: CENTRE, 4: None}, {CENTRE: {1: 20, 5: 21}}, [(1, 20)]),
        # What holds already does not begin again.
        ({}, {1: CENTRE, 4: WEST}, {CENTRE: {1: 20}, WEST: {2: 20}}, [(1, 20)]),
        ({1: 10, 3: 10, 5: 11, 7: 10}, {}, {}, [(1, 10), (5, 11), (7, 10)]),
    ],
)
def test_a_lots_own_price_goes_before_its_areas(
    own: dict[int, int],
    lies_in: dict[int, int | None],
    of_zones: dict[int, dict[int, int]],
    expected: list[tuple[int, int]],
) -> None:
    assert laid(own, lies_in, of_zones) == expected


def dated(*numbers: tuple[int, int], tariff: Tariff = ROAD) -> list[TariffInForce]:
    compiled = tariffs.Compiled(tariff)
    return [TariffInForce(day(since), number, tariff, compiled) for since, number in numbers]


@pytest.mark.parametrize(
    ("entered", "left", "split", "at_entry"),
    [
        (2, 2, [7], [7]),
        (2, 3, [7], [7]),  # what begins when a stay ends does not concern it
        (2, 4, [7, 8], [7]),
        (3, 9, [8, 9], [8]),
        (0, 2, [7], [7]),  # a lot that had no tariff yet: the first that began during the stay
        (0, 4, [7, 8], [7]),
        (0, 1, [7], [7]),
        (0, 0, [], []),
    ],
)
def test_a_stay_is_priced_by_the_tariff_in_force_at_its_entry_and_those_that_split_it(
    entered: int, left: int, split: list[int], at_entry: list[int]
) -> None:
    for on_change, numbers in (("split", split), ("at_entry", at_entry)):
        tariff = structs.replace(ROAD, on_change=on_change)
        in_force = prices.of_stay(dated((1, 7), (3, 8), (5, 9), tariff=tariff), day(entered), day(left))
        assert [each.tariff_id for each in in_force] == numbers


def test_when_a_price_holds() -> None:
    held = dated((1, 7), (3, 8), (5, 7))
    assert prices.periods(held, 7) == [Period(day(1), day(3)), Period(day(5), None)]
    assert prices.periods(held, 9) == []
    assert [price and price.valid_from.day for price in (prices.in_force_at(held, day(at)) for at in (2, 3, 9))] == [
        1,
        3,
        5,
    ]
    assert prices.in_force_at(held, day(1) - timedelta(seconds=1)) is None
    assert prices.without_repeats([Dated(day(1), 1), Dated(day(2), 1), Dated(day(3), 2)]) == [
        Dated(day(1), 1),
        Dated(day(3), 2),
    ]


def quota(memory: Memory) -> Quota:
    return structs.replace(ROAD.quotas[0], memory=memory)


def cap(per: str, memory: str) -> Cap:
    return structs.replace(ROAD.caps[0], per=per, memory=memory, hours=72)


NOTHING = structs.replace(ROAD, quotas=(), caps=())
ROOT = ROAD.classes[0]


@pytest.mark.parametrize(
    ("tariff", "hours", "is_wide"),
    [
        (NOTHING, 0, False),
        (ROAD, 24, False),
        (structs.replace(NOTHING, quotas=(quota(Memory(hours=700, scope="operator")),)), 700, True),
        (structs.replace(NOTHING, quotas=(quota(Memory(per="day", scope="city")),)), 25, True),
        (structs.replace(NOTHING, quotas=(quota(Memory(per="visit")),)), 0, False),
        (structs.replace(NOTHING, caps=(cap("cycle", "lot"),)), 72, False),
        (structs.replace(NOTHING, caps=(cap("day", "city"),)), 25, True),
        (structs.replace(NOTHING, caps=(cap("cycle", "none"),)), 0, False),
        # A free period that every visit has is not remembered, wherever it says.
        (structs.replace(NOTHING, free=Free(minutes=30, memory=Memory(scope="city"))), 0, False),
        (structs.replace(NOTHING, free=Free(minutes=30, uses_max=1, memory=Memory(scope="city"))), 24, True),
        (
            structs.replace(
                NOTHING,
                classes=(
                    structs.replace(ROOT, who=Match(), free=Free(minutes=5, uses_max=2, memory=Memory(hours=48))),
                ),
            ),
            48,
            False,
        ),
    ],
)
def test_what_a_price_text_looks_back_at(tariff: Tariff, hours: int, *, is_wide: bool) -> None:
    assert (memory.memory_of(tariff), memory.is_wide(tariff)) == (timedelta(hours=hours), is_wide)


@pytest.mark.parametrize(
    ("code", "since", "until", "holds"),
    [
        ("jinan_road", 1, 3, False),
        ("jinan_road", 1, 4, True),
        ("jinan_road", 5, 6, True),
        # It ends as the next begins.
        ("jinan_road", 6, 9, False),
        ("other", 4, 6, False),
        ("other", 4, 7, True),
        ("other", 20, 21, True),
        ("unread", 1, 30, False),
    ],
)
def test_where_a_code_was_charged_by(code: str, since: int, until: int, *, holds: bool) -> None:
    other = structs.replace(ROAD, code="other")
    held = [
        TariffInForce(day(2), 1, None, None),
        TariffInForce(day(3), 2, ROAD, None),
        TariffInForce(day(6), 3, other, None),
    ]
    assert prices.holds_within(held, code, day(since), day(until)) is holds
    assert not prices.holds_within([], code, day(since), day(until))


def test_a_tariff_that_was_in_force_is_not_changed_afterwards() -> None:
    prices.check_since(NOW.replace(year=2025), now=NOW, is_priced=False, place="here")
    prices.check_since(NOW, now=NOW, is_priced=True, place="here")
    with pytest.raises(HoldsAlready, match=r"here .* at the earliest"):
        prices.check_since(NOW.replace(year=2025), now=NOW, is_priced=True, place="here")


def test_a_price_is_of_the_zone_of_its_lots() -> None:
    prices.check_time_zones("Asia/Shanghai", ["Asia/Shanghai"], place="here")
    with pytest.raises(OtherTimeZone) as refused:
        prices.check_time_zones("Asia/Shanghai", ["Asia/Shanghai", "Europe/Berlin"], place="here")
    assert (refused.value.facts["tariff_zone"], refused.value.facts["lot_zone"]) == ("Asia/Shanghai", "Europe/Berlin")
