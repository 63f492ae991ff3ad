"""Random bits are fetched for many draws at once, and none comes twice; a demonstration's clock hurries for a while."""

import multiprocessing
from datetime import UTC, datetime, timedelta

import pytest

from parking import clock
from parking.clock import random_bits

MIDNIGHT = datetime(2026, 11, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("real_s", "shown_s"),
    [(-5, 0), (0, 0), (1, 60), (9.5, 570), (10, 600), (11, 601), (100, 690)],
    ids=["not started", "start", "in haste", "still", "until", "a second later", "much later"],
)
def test_a_hurried_clock_begins_late_and_calms_down(
    monkeypatch: pytest.MonkeyPatch, real_s: float, shown_s: float
) -> None:
    shown = clock.accelerated(MIDNIGHT, 60, started=1000.0, until=MIDNIGHT + timedelta(minutes=10))
    monkeypatch.setattr(clock, "time", lambda: 1000.0 + real_s)
    assert shown() == MIDNIGHT + timedelta(seconds=shown_s)


def test_without_an_end_it_hurries_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = clock.accelerated(MIDNIGHT, 3600, started=0.0)
    monkeypatch.setattr(clock, "time", lambda: 240.0)
    assert shown() == MIDNIGHT + timedelta(days=10)


def test_no_bits_come_twice() -> None:
    drawn = [random_bits() for _ in range(5_000)]
    assert len(set(drawn)) == len(drawn)
    assert max(bits.bit_length() for bits in drawn) == 64


def test_a_forked_process_draws_others() -> None:
    random_bits()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        of_child = pool.apply(random_bits)
    assert of_child not in {random_bits() for _ in range(512)}
