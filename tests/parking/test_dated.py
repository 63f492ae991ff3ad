"""What holds from an instant on: which version holds when, and which change is taken, is nothing, or is refused."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import dated
from parking.dated import AHEAD_MAX, BeginsOtherwise, RewritesThePast, TooFarAhead, Version
from payments.errors import OneLotError
from tests.conftest import NOW

HOUR = timedelta(hours=1)
FIRST = "a"
# "a" from the beginning, "b" since two hours ago, "c" in two hours.
KNOWN = (Version(NOW - 2 * HOUR, "b"), Version(NOW + 2 * HOUR, "c"))


@pytest.mark.parametrize(
    ("hours", "holds", "next_hours"),
    [(-3, "a", -2), (-2, "b", 2), (0, "b", 2), (1.99, "b", 2), (2, "c", None), (900, "c", None)],
)
def test_what_holds(hours: float, holds: str, next_hours: int | None) -> None:
    at = NOW + hours * HOUR
    assert dated.at(FIRST, KNOWN, at) == holds
    assert dated.next_change(KNOWN, at) == (None if next_hours is None else NOW + next_hours * HOUR)


@pytest.mark.parametrize(
    ("value", "hours", "decided_hours", "begins"),
    [
        # Since when it is said to hold, until when something was decided, and when it begins or why not.
        ("d",     None, None,  0),
        ("b",     None, None,  None),
        ("d",     0,    None,  0),
        ("d",     1,    None,  1),
        ("d",     3,    None,  3),
        ("b",     1,    None,  None),
        ("c",     2,    None,  None),
        ("c",     5,    None,  None),
        # Said again once its instant is over: what was said first stands.
        ("b",     -2,   None,  None),
        ("b",     -1,   None,  None),
        ("a",     -3,   None,  None),
        # What has not begun is replaced, and by what holds until then as well.
        ("d",     2,    None,  2),
        ("b",     2,    None,  2),
        ("d",     2,    2,     RewritesThePast),
        ("d",     -2,   None,  BeginsOtherwise),
        ("d",     -1,   None,  RewritesThePast),
        ("a",     -1,   None,  RewritesThePast),
        # A car's clock may be ahead of ours: what was decided of it is not decided anew.
        ("d",     0,    0.01,  RewritesThePast),
        ("d",     0.02, 0.01,  0.02),
        ("d",     0,    -1,    0),
        ("b",     0,    0.01,  None),
        ("d",     24 * 366 * 3 + 1, None, TooFarAhead),
    ],
)  # fmt: skip
def test_what_may_begin(
    value: str, hours: float | None, decided_hours: float | None, begins: float | type[OneLotError] | None
) -> None:
    since = None if hours is None else NOW + hours * HOUR
    until = None if decided_hours is None else NOW + decided_hours * HOUR

    def begin() -> Version[str] | None:
        return dated.begin(FIRST, KNOWN, value, valid_from=since, now=NOW, decided_until=until)

    if isinstance(begins, type):
        with pytest.raises(begins) as refused:
            begin()
        assert refused.value.facts["field"] == "valid_from"
    else:
        assert begin() == (None if begins is None else Version(NOW + begins * HOUR, value))


def test_what_begins_as_soon_as_it_may_is_behind_what_was_decided() -> None:
    decided = NOW + timedelta(seconds=90)
    version = dated.begin(FIRST, KNOWN, "d", valid_from=None, now=NOW, decided_until=decided)
    assert version is not None
    assert decided < version.valid_from <= decided + timedelta(seconds=1)


SAID = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-3, 12), st.integers(0, 5)), max_size=12)


@given(SAID)
def test_nothing_that_is_taken_changes_what_held_before_it_was_said(said: list[tuple[str, int, int]]) -> None:
    versions: list[Version[str]] = []
    now = NOW
    for value, ahead, later in said:
        now += later * HOUR
        instants = [NOW + hours * HOUR for hours in range(-1, 80) if NOW + hours * HOUR < now]
        before = [dated.at(FIRST, versions, each) for each in instants]
        try:
            version = dated.begin(FIRST, versions, value, valid_from=now + ahead * HOUR, now=now)
        except OneLotError:
            continue
        if version is not None:
            others = [each for each in versions if each.valid_from != version.valid_from]
            versions = sorted([*others, version], key=_since)
            assert dated.begin(FIRST, versions, value, valid_from=version.valid_from, now=now) is None
        assert dated.at(FIRST, versions, now + ahead * HOUR) == value
        assert [dated.at(FIRST, versions, each) for each in instants] == before
        assert len({each.valid_from for each in versions}) == len(versions)
    assert all(each.valid_from <= now + AHEAD_MAX for each in versions)


def _since(version: Version[str]) -> datetime:
    return version.valid_from
