"""What a gateway may bill to accounts in an hour: examples with round numbers, and a key that is misused for weeks."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from parking.billings import (
    GROWTH_MAX,
    LIMIT_MIN_FEN,
    LIMIT_PER_SPACE_FEN,
    REASON,
    USUAL_TIMES,
    Billing,
    at_hour,
    watch,
)
from parking.lots import Lot, LotKind
from payments.charges import ChargeRequest
from tests.conftest import NOW

GATEWAY = 7
HOUR = NOW
SMALL = Lot(1, "a", 3, "o", "", "", "", "", "", LotKind.ROAD, 10, 117.0, 36.6, "Asia/Shanghai")
LARGE = replace(SMALL, capacity=1_000)


def request(n: int, amount_fen: int, account_id: int | None = 5) -> ChargeRequest:
    return ChargeRequest(1, UUID(int=n), 3, account_id, amount_fen, NOW.date(), b"[]", UUID(int=n))


def held(
    amounts: list[int], before: Billing | None = None, lot: Lot = SMALL, account_id: int | None = 5
) -> tuple[list[bool], Billing | None, int]:
    """Which charges of these amounts are held, the billing afterwards, and how many alarms were raised."""
    requests = [request(n, amount, account_id) for n, amount in enumerate(amounts)]
    gateways = {each.stay_id: GATEWAY for each in requests}
    watched = watch(requests, gateways, [before] if before else [], {1: lot}, NOW)
    assert [each.hold for each in watched.requests if each.hold] == [REASON] * sum(
        bool(e.hold) for e in watched.requests
    )
    after = watched.billings[0] if watched.billings else None
    return [each.hold is not None for each in watched.requests], after, len(watched.alarms)


def test_up_to_the_limit_nothing_is_held_and_beyond_it_everything() -> None:
    assert held([LIMIT_MIN_FEN])[0] == [False]
    marks, after, alarms = held([LIMIT_MIN_FEN, 1, 500])
    assert (marks, alarms) == ([False, True, True], 1)
    assert after is not None
    assert after.billed_fen == LIMIT_MIN_FEN + 501
    # The same hour goes on in the next batch, and is alarming once.
    assert held([1], after)[::2] == ([True], 0)


def test_the_floor_grows_with_the_lot_and_the_limit_with_the_history() -> None:
    assert held([1_000 * LIMIT_PER_SPACE_FEN], lot=LARGE)[0] == [False]
    usual = Billing(1, GATEWAY, HOUR, usual_fen=LIMIT_MIN_FEN)
    assert held([USUAL_TIMES * LIMIT_MIN_FEN], usual)[0] == [False]
    assert held([USUAL_TIMES * LIMIT_MIN_FEN + 1], usual)[0] == [True]


def test_casual_drivers_look_for_themselves() -> None:
    assert held([10 * LIMIT_MIN_FEN], account_id=None) == ([False], None, 0)


def test_a_stay_that_is_closed_twice_counts_once() -> None:
    requests = [request(1, LIMIT_MIN_FEN), request(1, LIMIT_MIN_FEN)]
    watched = watch(requests, {UUID(int=1): GATEWAY}, [], {1: SMALL}, NOW)
    assert [each.hold for each in watched.requests] == [None, None]
    assert watched.billings[0].billed_fen == LIMIT_MIN_FEN


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (timedelta(minutes=30), Billing(1, GATEWAY, HOUR, 300, 100, 50)),
        (timedelta(hours=1), Billing(1, GATEWAY, HOUR + timedelta(hours=1), 0, 300, 50)),
        (timedelta(days=1), Billing(1, GATEWAY, HOUR + timedelta(days=1), 0, 0, 300)),
        (timedelta(hours=-1), Billing(1, GATEWAY, HOUR, 300, 100, 50)),
    ],
)
def test_hours_and_days_that_are_over(later: timedelta, expected: Billing) -> None:
    assert at_hour(Billing(1, GATEWAY, HOUR, 300, 100, 50), LIMIT_MIN_FEN, NOW + later) == expected


def test_an_hour_beyond_its_limit_is_never_usual() -> None:
    beyond = Billing(1, GATEWAY, HOUR, LIMIT_MIN_FEN * 9, 100, 50)
    assert at_hour(beyond, LIMIT_MIN_FEN, NOW + timedelta(days=1)).usual_fen == 100


def test_nobody_works_their_way_up_within_hours() -> None:
    billing, day = Billing(1, GATEWAY, HOUR), 24
    limits = []
    for hour in range(5 * day):
        billing = at_hour(billing, LIMIT_MIN_FEN, NOW + timedelta(hours=hour))
        limits.append(max(LIMIT_MIN_FEN, USUAL_TIMES * billing.usual_fen))
        billing = replace(billing, billed_fen=limits[-1])
    assert len(set(limits[:14])) == 1, "the limit moved within a day"
    assert max(limits) <= LIMIT_MIN_FEN * GROWTH_MAX**5
