"""Which lots a gateway speaks for, and when."""

from datetime import timedelta

import pytest

from parking.gateways import Gateway, GatewayLot, serving
from tests.conftest import NOW

HOUR = timedelta(hours=1)
OWN, WING, LATER, NEVER = 1, 2, 3, 4
ROWS = [
    GatewayLot(7, WING, NOW - 3 * HOUR, True),
    GatewayLot(7, WING, NOW + HOUR, False),
    GatewayLot(7, LATER, NOW + 2 * HOUR, True),
    GatewayLot(8, NEVER, NOW - HOUR, True),
]


@pytest.mark.parametrize(
    ("hours", "serves"),
    [(-4, {OWN}), (-3, {OWN, WING}), (0.99, {OWN, WING}), (1, {OWN}), (2, {OWN, LATER})],
)
def test_a_gateway_serves_its_own_lot_always_and_others_for_a_time(hours: float, serves: set[int]) -> None:
    gateway = serving([Gateway(7, "gw", OWN)], ROWS, NOW)[7]
    found = {lot_id for lot_id in (OWN, WING, LATER, NEVER) if gateway.serves(lot_id, NOW + hours * HOUR)}
    assert found == serves
    assert gateway.lots == (OWN, WING)
    assert serving([gateway], ROWS, NOW + 2 * HOUR)[7].lots == (OWN, LATER)
    # It is counted by, as of refusals.
    assert len({gateway, gateway}) == 1
