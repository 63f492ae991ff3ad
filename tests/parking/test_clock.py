"""Random bits are fetched for many draws at once, and none is handed out twice."""

import multiprocessing

from parking.clock import random_bits


def test_no_bits_come_twice() -> None:
    drawn = [random_bits() for _ in range(5_000)]
    assert len(set(drawn)) == len(drawn)
    assert max(bits.bit_length() for bits in drawn) == 64


def test_a_forked_process_draws_others() -> None:
    random_bits()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        of_child = pool.apply(random_bits)
    assert of_child not in {random_bits() for _ in range(512)}
