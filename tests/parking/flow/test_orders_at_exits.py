"""As `test_orders`, in lots that tell passages: a read at the exit is no departure, in whatever order it is told."""

import pytest

import sql
from tests.district import District
from tests.parking.flow.test_orders import ANYHOW, IN_ORDER, told_anyhow_and_in_order
from tests.parking.flow.test_orders_inside import told_anyhow_of_who_paid


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """Both lots tell passages."""
    since = "update lot set confirms_passages_since = '2026-01-01' where code = any($1::text[])"
    await owner.execute(since, [IN_ORDER, ANYHOW])


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_told_anyhow_comes_out_as_what_is_told_in_order(district: District, seed: int) -> None:
    await told_anyhow_and_in_order(district, seed)


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_told_anyhow_of_who_paid_comes_out_as_in_order(district: District, seed: int) -> None:
    await told_anyhow_of_who_paid(district, seed)
