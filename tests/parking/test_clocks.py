"""How clocks are read, and what is shifted by what is known of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import clocks
from parking.clocks import CLOCK_OFF_MAX, READINGS_KEPT, READINGS_MIN, STEADY_WITHIN, Clock, Sample, Spell
from tests.conftest import NOW

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RIGHT, UNSTEADY = 0, None


def samples(*minutes: float | None) -> list[Sample]:
    """Readings a minute apart, each so many minutes ahead."""
    return [Sample(NOW + n * MINUTE, None if ahead is None else ahead * MINUTE) for n, ahead in enumerate(minutes)]


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ((), None),
        ((480, 480), None),
        ((480, 480, 480), Clock(True, 480 * MINUTE)),
        ((-480, -480.2, -480.1), Clock(True, -480.1 * MINUTE)),
        ((0.1, 0, -1.9), Clock(False, 0.1 * MINUTE)),
        # One that says nothing of the others.
        ((480, 0, 480, 480), Clock(True, 480 * MINUTE)),
        ((480, None, 480), Clock(True, 480 * MINUTE)),
        # As many right as wrong: the next one says.
        ((480, 480, 0, 0), None),
        ((480, 480, 0, 0, 0), Clock(False, 0 * MINUTE)),
        # A backlog that should have said it is one.
        ((-90, -80, -70), Clock(True, None)),
        ((None, None, None), Clock(True, None)),
        ((-90, 0, 0.1), Clock(False, 0.1 * MINUTE)),
    ],
)
def test_a_clock_is_read_by_most_of_its_last_readings(minutes: Sequence[float | None], found: Clock | None) -> None:
    assert clocks.read(samples(*minutes)) == found


@given(
    st.timedeltas(min_value=-400 * HOUR, max_value=400 * HOUR),
    st.lists(st.integers(0, 14), min_size=READINGS_MIN, max_size=READINGS_KEPT),
)
def test_a_constant_offset_is_found_within_the_way_of_a_message(ahead: timedelta, ways_s: list[int]) -> None:
    """A message is never there before it was sent, so the clock seems behind by its way."""
    found = clocks.read([Sample(NOW + n * MINUTE, ahead - way * SECOND) for n, way in enumerate(ways_s)])
    assert found is not None
    assert found.ahead is not None
    assert timedelta(0) <= ahead - found.ahead <= 14 * SECOND
    assert found.is_wrong == (abs(found.ahead) > CLOCK_OFF_MAX)


def spell(
    ahead: timedelta | None,
    since: datetime,
    *,
    right_until: datetime | None = None,
    ended_at: datetime | None = None,
) -> Spell:
    return Spell(1, UUID(int=1), 1, 1, ahead, since, right_until, ended_at)


OFFSETS = st.sampled_from([sign * each for sign in (-1, 1) for each in (10 * MINUTE, 8 * HOUR, 23 * HOUR)])


@given(OFFSETS, st.timedeltas(min_value=timedelta(0), max_value=30 * 24 * HOUR), st.booleans())
def test_a_clock_that_was_always_wrong_is_taken_off_everything(ahead: timedelta, ago: timedelta, replay: bool) -> None:
    happened = NOW - (ago if replay else min(ago, MINUTE))
    assert clocks.shift(happened + ahead, NOW, [spell(ahead, NOW - HOUR)], replay=replay) == ahead


@given(OFFSETS, st.timedeltas(min_value=timedelta(0), max_value=40 * HOUR))
def test_whatever_is_shifted_lies_in_its_spell(ahead: timedelta, ago: timedelta) -> None:
    """And what cannot lie in it is left as it is: it was stamped before the clock went wrong, or after."""
    right_until, ended_at = NOW - 20 * HOUR, NOW - 2 * HOUR
    known = [spell(ahead, right_until + HOUR, right_until=right_until, ended_at=ended_at)]
    said = NOW - ago
    shifted = clocks.shift(said, NOW, known, replay=True)
    if shifted is not None:
        assert shifted == ahead
        assert right_until < said - ahead <= ended_at
    if said >= ended_at:
        assert shifted is None


@pytest.mark.parametrize("ahead", [8 * HOUR, -8 * HOUR])
def test_a_replay_of_before_the_clock_went_wrong_stays_where_it_is(ahead: timedelta) -> None:
    known = [spell(ahead, NOW - HOUR, right_until=NOW - 2 * HOUR)]
    before = NOW - 15 * HOUR
    assert clocks.shift(before, NOW, known, replay=True) is None
    within = NOW - HOUR / 2
    assert clocks.shift(within + ahead, NOW, known, replay=True) == ahead


def test_a_live_event_shows_itself_that_the_clock_is_right_again() -> None:
    known = [spell(8 * HOUR, NOW - HOUR)]
    assert clocks.shift(NOW, NOW, known, replay=False) is None
    assert clocks.shift(NOW + 8 * HOUR, NOW, known, replay=False) == 8 * HOUR
    # Neither: the time of receipt is taken.
    assert clocks.shift(NOW + 3 * HOUR, NOW, known, replay=False) is None
    ended = [spell(8 * HOUR, NOW - HOUR, ended_at=NOW - MINUTE)]
    assert clocks.shift(NOW + 8 * HOUR, NOW, ended, replay=False) is None


def test_a_clock_that_is_wrong_in_no_steady_way_shifts_nothing() -> None:
    assert clocks.shift(NOW - HOUR, NOW, [spell(None, NOW - HOUR)], replay=True) is None
    assert clocks.shift(NOW - HOUR, NOW, [], replay=True) is None


@pytest.mark.parametrize(
    ("was", "found", "goes_on"),
    [
        (8 * HOUR, Clock(True, 8 * HOUR + STEADY_WITHIN), True),
        (8 * HOUR, Clock(True, 8 * HOUR + STEADY_WITHIN + SECOND), False),
        (8 * HOUR, Clock(False, 0 * SECOND), False),
        (8 * HOUR, Clock(True, None), False),
        (None, Clock(True, None), True),
        (None, Clock(True, 8 * HOUR), False),
    ],
)
def test_a_spell_lasts_while_the_clock_is_wrong_by_the_same(was: timedelta | None, found: Clock, goes_on: bool) -> None:
    assert clocks.goes_on(spell(was, NOW), found) is goes_on
