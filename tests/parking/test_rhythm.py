"""When the silence of a lot is not usual any more."""

from datetime import timedelta

import pytest

from parking import rhythm
from parking.rhythm import Rhythm
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)
# Quarters of an hour from three and a quarter hours ago on, the one that begins now with them.
FIRST = NOW - 195 * MINUTE
NIGHT, NOON = (0,) * 14, (12,) * 14
# Nothing moves until half an hour ago.
MORNING = (0,) * 11 + (12,) * 3


@pytest.mark.parametrize(
    ("moves", "heard_min", "moved_min", "expected"),
    [
        # Of what is usual nothing is known: half an hour, as everywhere.
        (None, 29, 29, False),
        (None, 30, 30, True),
        (None, 1, 170, False),
        # A busy lot, whose gateway beats and whose cameras do not.
        (NOON, 1, 9, False),
        (NOON, 1, 10, True),
        (NOON, 10, 10, True),
        # However busy, nothing is said of less than five minutes.
        ((200,) * 14, 4, 4, False),
        ((200,) * 14, 5, 5, True),
        # At night nothing is expected, up to a bound.
        (NIGHT, 1, 170, False),
        (NIGHT, 179, 179, False),
        (NIGHT, 180, 180, True),
        (NIGHT, 1, None, False),
        # Where little moves, half an hour is as much as without a past.
        ((1,) * 14, 29, 29, False),
        ((1,) * 14, 30, 30, True),
        ((1,) * 14, 1, 119, False),
        ((1,) * 14, 1, 120, True),
        # In the morning only what should have come since it began counts.
        ((*MORNING[1:], 12), 1, 170, True),
        ((*NIGHT[:12], 12, 12), 1, 170, True),
        ((*NIGHT[:12], 7, 7), 1, 170, False),
        # A quarter of which nothing is known is not nothing.
        ((None, *NIGHT[1:]), 1, 170, False),
        ((*NIGHT[:9], None, 0, 0, 0, 0), 31, 31, False),
        ((*NIGHT[:12], None, 0), 31, 31, True),
    ],
)
def test_silence_beside_what_is_usual(
    moves: tuple[int | None, ...] | None, heard_min: int, moved_min: int | None, expected: bool
) -> None:
    usual = rhythm.UNKNOWN if moves is None else Rhythm(FIRST, moves)
    moved = None if moved_min is None else NOW - moved_min * MINUTE
    assert rhythm.is_silent(NOW - heard_min * MINUTE, moved, usual, NOW) is expected


@pytest.mark.parametrize(
    ("heard_min", "moved_min", "expected"),
    [(None, None, False), (0, None, False), (4, 4, False), (5, None, True), (0, 5, True), (0, 4, False)],
)
def test_what_is_usual_is_asked_of_lots_that_may_be_silent(
    heard_min: int | None, moved_min: int | None, expected: bool
) -> None:
    heard, moved = (None if each is None else NOW - each * MINUTE for each in (heard_min, moved_min))
    assert rhythm.may_be_silent(heard, moved, NOW) is expected
