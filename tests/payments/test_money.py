"""Amounts in whole fen."""

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sql
from payments.money import BPS_WHOLE, fen_of, yuan

EXACT = st.one_of(
    st.integers(-(10**15), 10**15),
    st.integers(-(10**6), 10**6).map(lambda halves: halves * BPS_WHOLE // 2),
)


@given(EXACT)
def test_whole_fen_are_the_nearest_and_of_two_the_even(exact: int) -> None:
    assert fen_of(exact) == int((Decimal(exact) / BPS_WHOLE).quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("amount", "bps", "fee"), [(25, 200, 0), (75, 200, 2), (125, 200, 2), (83, 60, 0), (84, 60, 1)]
)
def test_a_share_at_the_edge(amount: int, bps: int, fee: int) -> None:
    assert fen_of(amount * bps) == fee
    assert fen_of(-amount * bps) == -fee


async def test_the_database_brings_to_whole_fen_alike(db: sql.Connection) -> None:
    for exact in (*range(-25_000, 25_001, 2_500), -15_001, -14_999, 5_001, 4_999, 10**15 + 5_000):
        assert await db.fetchval("select fen_of($1)", exact) == fen_of(exact), exact


@pytest.mark.parametrize(("amount", "text"), [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (-101, "-1.01")])
def test_yuan(amount: int, text: str) -> None:
    assert yuan(amount) == text
