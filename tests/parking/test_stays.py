"""Stays: little stories of what arrives and what is known then, and the laws that hold whatever arrives when."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise, permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from parking import stays
from parking.cases import Reason
from parking.lots import Direction
from parking.plates import VehicleClass
from parking.stays import LATE_PAIR_MAX, History, State, Stay, Transition
from tests.parking.reads import MIDNIGHT, Read, passage

SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def arrive(reads: Iterable[Read], history: History | None = None) -> tuple[History, list[Transition]]:
    """What is known when these reads have arrived in this order, and the steps on the way."""
    history = history or History(None, ())
    transitions: list[Transition] = []
    for number, read in enumerate(reads, 1):
        new_id = UUID(int=1000 + number)
        transition = stays.follow(history, passage(read, number), new_id=new_id)
        transitions.append(transition)
        history = transition.history
    return history, transitions


def reasons(transitions: Iterable[Transition]) -> list[Reason | None]:
    return [transition.reason for transition in transitions]


# A story is written as `in 09:00  out 12:00:30  in +1/08:00` (+1: on the next day), and what is known as
# `09:00-12:00` a whole stay, `09:00-?` an entry whose exit never came, `?-12:00` an exit without an entry,
# `09:00-` a vehicle that is inside.


def reads(story: str) -> list[Read]:
    return [Read(Direction.ENTRY if way == "in" else Direction.EXIT, _at(at)) for way, at in _pairs(story)]


def _pairs(story: str) -> list[tuple[str, str]]:
    words = story.split()
    return list(zip(words[::2], words[1::2], strict=True))


def _at(text: str) -> timedelta:
    days, hours, minutes, seconds = re.fullmatch(r"(?:\+(\d+)/)?(\d\d):(\d\d)(?::(\d\d))?", text).groups()  # type: ignore[union-attr]
    return timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))


def known(history: History) -> str:
    """A history as a story tells it."""
    whole = [f"{_clock(stay.entered_at)}-{_clock(stay.left_at)}" for stay in history.finished]
    return "  ".join([*whole, *([f"{_clock(history.open.entered_at)}-"] if history.open else [])])


def _clock(at: datetime | None) -> str:
    if at is None:
        return "?"
    days, rest = divmod(at - MIDNIGHT, DAY)
    return (f"+{days}/" if days else "") + str(MIDNIGHT + rest)[11:19].removesuffix(":00")


NONE = "-"


@pytest.mark.parametrize(
    ("arrives", "known_then", "reasons_given"),
    [
        # In order.
        ("in 09:00",                                    "09:00-",                       "-"),
        ("in 09:00  out 12:00",                         "09:00-12:00",                  "-  -"),
        ("in 09:00  out 09:00",                         "09:00-09:00",                  "-  -"),
        ("in 09:00  out 12:00  in 14:00",               "09:00-12:00  14:00-",          "-  -  -"),
        ("in 09:00  out 12:00  in 12:00  out 13:00",    "09:00-12:00  12:00-13:00",     "-  -  -  -"),

        # A camera fires twice for one passing.
        ("in 09:00  in 09:01",                          "09:00-",                       "-  -"),
        ("in 09:01  in 09:00",                          "09:00-",                       "-  -"),
        ("in 09:00  in 09:01:01",                       "09:00-?  09:01:01-",           "-  entry_while_inside"),
        ("in 09:00  out 12:00  out 12:01",              "09:00-12:00",                  "-  -  -"),
        ("in 09:00  out 12:00  in 09:00:30",            "09:00-12:00",                  "-  -  -"),
        ("in 09:00  out 12:00  out 12:01:01",           "09:00-12:00  ?-12:01:01",      "-  -  exit_without_entry"),
        ("out 12:00  out 12:00:30",                     "?-12:00",       "exit_without_entry  exit_without_entry"),
        ("out 12:00  out 12:00:30  in 09:00",           "09:00-12:00",   "exit_without_entry  exit_without_entry  -"),

        # The exit arrives first.
        ("out 12:00  in 09:00",                         "09:00-12:00",                  "exit_without_entry  -"),
        ("out 12:00  in 14:00  in 09:00",               "09:00-12:00  14:00-",          "exit_without_entry  -  -"),
        ("out 12:00  out 16:00  in 14:00  in 09:00",    "09:00-12:00  14:00-16:00",
                                                                 "exit_without_entry  exit_without_entry  -  -"),
        ("out 12:00  out 16:00  in 09:00  in 14:00",    "09:00-12:00  14:00-16:00",
                                                                 "exit_without_entry  exit_without_entry  -  -"),
        ("out +4/09:00  in +1/09:00",                   "+1/09:00-+4/09:00",            "exit_without_entry  -"),
        ("out +4/09:01  in +1/09:00",                   "+1/09:00-?  ?-+4/09:01",
                                                                 "exit_without_entry  entry_out_of_order"),

        # A later visit arrives before an earlier one.
        ("in 14:00  in 09:00  out 12:00",               "09:00-12:00  14:00-",          "-  entry_out_of_order  -"),
        ("in 14:00  out 12:00  in 09:00",               "09:00-12:00  14:00-",          "-  exit_without_entry  -"),
        ("in 14:00  out 16:00  in 09:00  out 12:00",    "09:00-12:00  14:00-16:00",     "-  -  entry_out_of_order  -"),
        ("in 14:00  out 16:00  out 12:00  in 09:00",    "09:00-12:00  14:00-16:00",     "-  -  exit_without_entry  -"),
        ("in +3/14:00  in 09:00  out +3/09:01",         "09:00-?  ?-+3/09:01  +3/14:00-",
                                                                 "-  entry_out_of_order  exit_without_entry"),
        ("in 14:00  in 09:00  in 09:00:20",             "09:00-?  14:00-",              "-  entry_out_of_order  -"),

        # Something is missing.
        ("in 09:00  in 14:00  out 16:00",               "09:00-?  14:00-16:00",         "-  entry_while_inside  -"),
        ("in 09:00  out 12:00  out 16:00",              "09:00-12:00  ?-16:00",         "-  -  exit_without_entry"),
        ("in 09:00  in 14:00  out 12:00",               "09:00-12:00  14:00-",          "-  entry_while_inside  -"),

        # What contradicts a whole stay changes nothing and is looked at.
        ("in 09:00  out 16:00  in 11:00",               "09:00-16:00",                  "-  -  entry_during_stay"),
        ("in 09:00  out 16:00  out 11:00",              "09:00-16:00",                  "-  -  exit_during_stay"),
        ("in 09:00  out 16:00  in 11:00  out 10:00",    "09:00-16:00",
                                                                 "-  -  entry_during_stay  exit_during_stay"),
        ("in 08:00  out 09:00:20  in 09:00:40  in 09:00:00", "08:00-09:00:20  09:00:40-",
                                                                 "-  -  -  entry_during_stay"),
        ("out 09:00:20  in 09:00:40  in 09:00",         "09:00-09:00:20  09:00:40-",    "exit_without_entry  -  -"),

        # Nobody parks that long.
        ("in 09:00  out +7/09:00",                      "09:00-+7/09:00",               "-  -"),
        ("in 09:00  out +7/09:01",                      "09:00-+7/09:01",               "-  long_stay"),
        ("in 09:00  out +400/09:00",                    "09:00-+400/09:00",             "-  long_stay"),
        ("in 09:00  out +400/09:01",                    "09:00-?  ?-+400/09:01",        "-  exit_without_entry"),
    ],
)  # fmt: skip
def test_stories(arrives: str, known_then: str, reasons_given: str) -> None:
    history, transitions = arrive(reads(arrives))
    assert known(history) == known_then
    assert [reason or NONE for reason in reasons(transitions)] == reasons_given.split()


def test_a_long_stay_is_one_that_a_person_looks_at() -> None:
    _, transitions = arrive(reads("in 09:00  out +8/09:00"))
    closed = transitions[-1].closed
    assert closed is not None
    assert stays.is_long(closed)


def test_what_a_closed_stay_says() -> None:
    _, (entered, left) = arrive(reads("in 09:00  out 12:00"))
    assert entered.closed is None
    assert left.closed is not None
    stay = left.closed
    assert (stay.id, stay.state) == (entered.stay_id, State.CLOSED)
    assert (stay.entry_event_id, stay.exit_event_id) == (UUID(int=1), UUID(int=2))
    assert (stay.entry_lane_id, stay.exit_lane_id) == (1, 2)


def test_an_exit_repeated_names_the_stay_it_repeats() -> None:
    _, (_, left, again) = arrive(reads("in 09:00  out 12:00  out 12:00:30"))
    assert again.repeat_of == left.history.finished[0]
    assert again.closed is None


@pytest.mark.parametrize(
    ("at_entry", "at_exit", "priced_as"),
    [("small", "large", "small"), ("unknown", "large", "large"), ("large", "unknown", "large")],
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_class_is_the_one_read_at_the_entry(
    at_entry: str, at_exit: str, priced_as: str, order: tuple[int, int]
) -> None:
    story = reads("in 09:00  out 12:00")
    passages = [passage(story[0], 1, VehicleClass(at_entry)), passage(story[1], 2, VehicleClass(at_exit))]
    history = History(None, ())
    for turn in order:
        transition = stays.follow(history, passages[turn], new_id=UUID(int=9))
        history = transition.history
    assert history.finished[0].vehicle_class == priced_as


# -- laws


class Visit(Struct, frozen=True):
    """One visit, from when to when after midnight."""

    entered: timedelta
    left: timedelta

    def reads(self) -> list[Read]:
        return [Read(Direction.ENTRY, self.entered), Read(Direction.EXIT, self.left)]


def visits(*, visits_max: int) -> st.SearchStrategy[list[Visit]]:
    """Visits of one vehicle in order. Between two passings lies more than a camera needs to fire twice: what is closer
    cannot be told from a repeat by anybody.
    """
    pause = st.integers(61, 3 * 24 * 3600).map(lambda seconds: timedelta(seconds=seconds))

    def laid_out(pauses: list[tuple[timedelta, timedelta]]) -> list[Visit]:
        at = timedelta(0)
        found = []
        for away, inside in pauses:
            found.append(Visit(at + away, at + away + min(inside, LATE_PAIR_MAX)))
            at = found[-1].left
        return found

    return st.lists(st.tuples(pause, pause), min_size=1, max_size=visits_max).map(laid_out)


def anything() -> st.SearchStrategy[list[Read]]:
    """Reads nobody would expect, close enough together to meddle with each other."""
    at = st.integers(0, 12).map(lambda transition: transition * 20 * SECOND) | st.integers(0, 10 * 24 * 60).map(
        lambda m: m * MINUTE
    )
    return st.lists(st.builds(Read, st.sampled_from(Direction), at), max_size=12)


def facts(history: History) -> tuple[object, ...]:
    """What a history says without the numbers it gave."""
    finished = [(s.state, s.entered_at, s.left_at) for s in history.finished]
    return *finished, history.open and history.open.entered_at


def in_order(story: Sequence[Read]) -> list[Read]:
    return sorted(story, key=lambda read: (read.at, read.way is Direction.EXIT))


@given(visits(visits_max=1), st.booleans())
def test_a_vehicle_that_visits_once_may_be_told_of_in_any_order(visited: list[Visit], backwards: bool) -> None:
    story = visited[0].reads()
    history, _ = arrive(reversed(story) if backwards else story)
    assert facts(history) == facts(arrive(story)[0])
    assert [stay.state for stay in history.finished] == [State.CLOSED]


@settings(max_examples=300)
@given(visits(visits_max=4), st.randoms(use_true_random=False), st.data())
def test_no_difference_from_the_order_of_time_goes_unseen(visited: list[Visit], shuffler: object, data: object) -> None:
    story = [read for visit in visited for read in visit.reads()]
    told = list(story)
    shuffler.shuffle(told)  # type: ignore[attr-defined]
    history, transitions = arrive(told)
    if facts(history) != facts(arrive(story)[0]):
        assert any(reasons(transitions)), [(read.way, str(read.at)) for read in told]


def test_three_visits_in_each_of_their_720_orders() -> None:
    story = reads("in 08:00  out 09:00  in 10:00  out 11:00  in 12:00  out 13:00")
    wanted = arrive(story)[0]
    right = 0
    for told in permutations(story):
        history, transitions = arrive(told)
        if facts(history) == facts(wanted):
            right += 1
        else:
            assert any(reasons(transitions)), [(read.way, str(read.at)) for read in told]
        assert not overlaps(history)
    assert right >= 360  # most orders put themselves right; the rest is before a person


@given(visits(visits_max=4), st.integers(0, 60))
def test_a_repeat_changes_nothing(visited: list[Visit], later_s: int) -> None:
    story = [read for visit in visited for read in visit.reads()]
    stammered = [again for read in story for again in (read, Read(read.way, read.at + timedelta(seconds=later_s)))]
    history, transitions = arrive(stammered)
    assert facts(history) == facts(arrive(story)[0])
    assert not any(transition.reason for transition in transitions if transition.reason is not Reason.LONG_STAY)
    assert sum(transition.closed is not None for transition in transitions) == len(visited)


@settings(max_examples=500)
@given(anything())
def test_a_vehicle_is_in_a_lot_once_at_a_time(story: list[Read]) -> None:
    history, _ = arrive(story)
    assert not overlaps(history)


@settings(max_examples=300)
@given(anything())
def test_a_whole_stay_never_changes(story: list[Read]) -> None:
    history, transitions = arrive(story)
    billed = [transition.closed for transition in transitions if transition.closed]
    assert len({stay.id for stay in billed}) == len(billed)
    assert sorted(billed, key=lambda stay: stay.id) == sorted(
        (stay for stay in history.finished if stay.state is State.CLOSED), key=lambda stay: stay.id
    )


@settings(max_examples=300)
@given(anything())
def test_histories_are_in_order_and_pure(story: list[Read]) -> None:
    history, _ = arrive(story)
    assert all(stays.last_at(one) <= stays.last_at(two) for one, two in pairwise(history.finished))
    assert arrive(story)[0] == history


@given(st.integers(1, 400 * 24 * 60), st.booleans())
def test_a_long_gap_never_makes_a_months_bill(minutes: int, backwards: bool) -> None:
    story = Visit(timedelta(0), minutes * MINUTE).reads()
    history, transitions = arrive(reversed(story) if backwards else story)
    for transition in transitions:
        if transition.closed is None:
            continue
        if backwards:
            assert minutes * MINUTE <= LATE_PAIR_MAX
        if minutes * MINUTE > stays.LONG_STAY:
            assert transition.reason is Reason.LONG_STAY
            assert stays.is_long(transition.closed)
    assert not overlaps(history)


def overlaps(history: History) -> list[Stay]:
    whole = sorted((s for s in history.finished if s.state is State.CLOSED), key=lambda s: (s.entered_at, s.left_at))
    return [
        two
        for one, two in pairwise(whole)
        if one.left_at is not None and two.entered_at is not None and two.entered_at < one.left_at
    ]
