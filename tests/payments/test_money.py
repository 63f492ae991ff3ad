"""A share is within half a fen of what is exact, and never more than the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import bps_of, yuan

FEN = st.integers(0, 10**9)


@given(FEN, st.integers(0, 10_000))
def test_bps_round_half_up(amount: int, bps: int) -> None:
    assert abs(bps_of(amount, bps) * 10_000 - amount * bps) <= 5_000
    assert 0 <= bps_of(amount, bps) <= amount


@pytest.mark.parametrize(("amount", "bps", "fee"), [(0, 60, 0), (83, 60, 0), (84, 60, 1), (250, 20, 1), (249, 20, 0)])
def test_bps_at_the_edge(amount: int, bps: int, fee: int) -> None:
    assert bps_of(amount, bps) == fee


@pytest.mark.parametrize(("amount", "text"), [(0, "0.00"), (5, "0.05"), (1250, "12.50"), (-101, "-1.01")])
def test_yuan(amount: int, text: str) -> None:
    assert yuan(amount) == text


@pytest.mark.parametrize(("amount", "bps"), [(-1, 60), (1, -1), (1, 10_001)])
def test_a_share_of_what_is_not_there(amount: int, bps: int) -> None:
    with pytest.raises(ValueError, match="bps of"):
        bps_of(amount, bps)
