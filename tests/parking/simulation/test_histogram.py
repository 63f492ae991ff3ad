"""Histogram and quantiles of differences, and the names of classes of durations and shares."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from parking.simulation.histogram import QUANTILES, bars, quantile, quantiles
from parking.simulation.labels import duration, share
from parking.simulation.totals import DURATIONS
from parking.texts.durations import short_in_days


@given(st.lists(st.integers(-5_000, 5_000), max_size=60))
def test_every_difference_is_in_one_bar(values: list[int]) -> None:
    drawn = bars(Counter(values))
    assert sum(bar.count for bar in drawn) == len(values)
    assert len(drawn) <= 21
    for bar in drawn:
        if bar.above == bar.up_to:
            inside = [value for value in values if value == 0]
        elif bar.above is not None and bar.above >= 0:
            inside = [value for value in values if value > bar.above and (bar.up_to is None or value <= bar.up_to)]
        else:
            assert bar.up_to is not None
            inside = [value for value in values if value < bar.up_to and (bar.above is None or value >= bar.above)]
        assert bar.count == len(inside)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_quantiles_are_values_that_occurred(values: list[int]) -> None:
    counts = Counter(values)
    for percent, found in quantiles(counts).items():
        assert sum(value <= found for value in values) * 100 >= percent * len(values)
        assert sum(value < found for value in values) * 100 < percent * len(values)
    assert list(quantiles(counts)) == list(QUANTILES)
    assert quantile({}, 50) == 0


def test_shares() -> None:
    assert [share(1, 3), share(2, 3), share(-1, 8, signed=True), share(1, 1, signed=True), share(0, 0)] == [
        *("33.3 %", "66.7 %", "−12.5 %", "+100.0 %", "–")
    ]


def test_lengths_have_names() -> None:
    assert duration(0) == ("15 分钟以内", "up to 15 min")
    assert duration(len(DURATIONS)) == ("7 天以上", "over 7 d")
    assert [short_in_days(timedelta(minutes=minutes))[1] for minutes in (0, 59, 60, 1500)] == [
        "0 min",
        "59 min",
        "1 h",
        "1 d 1 h",
    ]
