"""Stays: little stories of one vehicle and what they come to, in whatever order they are told."""

from datetime import datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from msgspec import structs

from parking import passings, stays
from parking.cases import Reason
from parking.exits import Exits
from parking.lots import LONGEST_USUAL, Direction, Lot, LotKind
from parking.plates import PlateColor, VehicleClass
from parking.reads import Read
from parking.stays import Doubt, State, Stay
from tests.parking.reads import MIDNIGHT, read, story, told
from tests.parking.remembered import Remembered

ROAD = LotKind.ROAD


def derive(reads: list[Read]) -> list[Stay]:
    return stays.derive(passings.group(reads))


def reasons(found: list[Stay], kind: LotKind = ROAD) -> str:
    return "  ".join(case.reason for stay in found for case in stays.cases_of(stay, kind))


@pytest.mark.parametrize(
    ("happened", "comes_to", "to_look_at"),
    [
        # Visits.
        ("in 09:00",                                    "09:00-",                       ""),
        ("in 09:00  out 12:00",                         "09:00-12:00",                  ""),
        ("in 09:00  out 09:00",                         "09:00-09:00",                  ""),
        ("in 09:00  out 12:00  in 14:00",               "09:00-12:00  14:00-",          ""),
        ("in 09:00  out 12:00  in 12:00  out 13:00",    "09:00-12:00  12:00-13:00",     ""),

        # A camera fires twice, or a car stands at a lane: one passing.
        ("in 09:00  in 09:01",                          "09:00-",                       ""),
        ("in 09:00  in 09:10  in 09:20  in 09:30",      "09:00-",                       ""),
        ("in 09:00  out 12:00  out 12:01",              "09:00-12:00",                  ""),
        ("in 09:00  out 12:00  out 12:10  out 12:20",   "09:00-12:00",                  ""),
        ("out 12:00  out 12:00:30",                     "?-12:00",                      "exit_without_entry"),
        # The entry camera sees a car again that has turned round at once.
        ("in 09:00  out 09:00:20  in 09:00:40",         "09:00-09:00:20",               ""),
        ("in 08:00  out 09:00:20  in 09:00:40",         "08:00-09:00:20  09:00:40-",    ""),
        ("in 09:00  out 09:00:20  in 09:00:40  in 12:00  out 12:00",
                                                        "09:00-09:00:20  12:00-12:00",  ""),

        # Something is missing.
        ("in 09:00  in 14:00  out 16:00",               "09:00-?  14:00-16:00",         "entry_while_inside"),
        ("in 09:00  in 14:00  out 12:00",               "09:00-12:00  14:00-",          ""),
        ("in 09:00  out 12:00  out +1/12:01",           "09:00-12:00  ?-+1/12:01",      "exit_without_entry"),
        ("out 12:00",                                   "?-12:00",                      "exit_without_entry"),
        ("in 09:00  out 16:00  in 11:00",               "09:00-?  11:00-16:00",         "entry_while_inside"),
        ("in 09:00  out +1/16:00  out 11:00",           "09:00-11:00  ?-+1/16:00",      "exit_without_entry"),

        # Held at the exit and read there again: it has not left, and nobody has to look.
        ("in 09:00  out 12:00  out 12:16",              "09:00-12:16",                  ""),
        ("in 09:00  out 12:00  out 16:00",              "09:00-16:00",                  ""),
        ("in 09:00  out 16:00  out 11:00",              "09:00-16:00",                  ""),
        ("in 09:00  out 12:00  out +1/11:59  out +2/11:00",
                                                        "09:00-+2/11:00",               "long_stay"),
        ("in 09:00  out 12:00  out 16:00  in 13:00",    "09:00-12:00  13:00-16:00",     ""),

        # Past the exit camera and not out: read there again, it leaves then.
        ("in 10:00  out 10:10  out 16:00",              "10:00-16:00",                  "turned_round"),
        ("in 10:00  out 10:10  out 10:20  out 16:00  out 16:01", "10:00-16:00",         "turned_round"),
        ("in 10:00  out 10:10  out +1/10:11",           "10:00-10:10  ?-+1/10:11",      "exit_without_entry"),
        ("in 10:00  out 10:10  in 12:00  out 16:00",    "10:00-10:10  12:00-16:00",     ""),

        # Kept out at the entry, it is not inside; read at the exit it had come in all the same.
        ("in! 10:00",                                   "10:00-?",                      ""),
        ("in! 10:00  in! 10:10  in! 13:00",             "10:00-?  13:00-?",             ""),
        ("in! 10:00  out 12:00",                        "10:00-12:00",                  ""),
        ("in! 10:00  in 10:10",                         "10:00-",                       ""),
        ("in! 10:00  in 13:00  out 14:00",              "10:00-?  13:00-14:00",         ""),
        ("in 08:00  in! 10:00",                         "08:00-?  10:00-?",             "entry_while_inside"),
        ("in! 10:00  out +3/10:00",                     "10:00-+3/10:00",               "long_stay"),
        ("in! 10:00  out +3/10:01",                     "10:00-?  ?-+3/10:01",          "exit_without_entry"),
        ("in 08:00  out 09:00  in! 10:00  in 11:00",    "08:00-09:00  10:00-?  11:00-", ""),

        # A doubtful read of another vehicle is taken for this one only as long as nothing surer contradicts it.
        ("in 10:00  out? 12:00",                        "10:00-12:00",                  "low_confidence"),
        ("in 10:00  out? 12:00  out 18:00",             "10:00-18:00  ?-12:00",         "exit_without_entry"),
        ("in 10:00  in? 12:00  out 18:00",              "10:00-18:00  12:00-?",         "low_confidence"),
        ("in? 10:00  in 12:00  out 18:00",              "10:00-?  12:00-18:00",         "entry_while_inside"),
        ("in? 10:00  out 12:00",                        "10:00-12:00",                  ""),

        # Longer than anybody stays at the roadside; and nobody parks that long at all.
        ("in 09:00  out +1/09:00",                      "09:00-+1/09:00",               ""),
        ("in 09:00  out +1/09:01",                      "09:00-+1/09:01",               "long_stay"),
        ("in 09:00  out +400/09:00",                    "09:00-+400/09:00",             "long_stay"),
        ("in 09:00  out +400/09:01",                    "09:00-?  ?-+400/09:01",
                                                                        "exit_without_entry"),
    ],
)  # fmt: skip
def test_stories(happened: str, comes_to: str, to_look_at: str) -> None:
    reads = story(happened)
    found = derive(reads)
    assert told(found) == "  ".join(comes_to.split())
    assert sorted(reasons(found).split()) == sorted(to_look_at.split())
    for order in list(permutations(reads))[:120]:
        lot = Remembered()
        for each in order:
            lot.add([each])
        assert told(lot.rows.values()) == told(found)


def at(hour: int, minute: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute)


PAID = Exits(paid={UUID(int=1 << 80): [at(12, 5)]})
LINKED = Exits(linked={("鲁A12345", PlateColor.BLUE): [(at(0), None)]})
WAS_LINKED = Exits(linked={("鲁A12345", PlateColor.BLUE): [(at(0), at(11))]})
ALONG_A_ROAD = Exits({1: Lot(1, "a", 3, "o", "", "", "", "", "", ROAD, 10, 117.0, 36.6, "Asia/Shanghai")})


@pytest.mark.parametrize(
    ("opened", "happened", "comes_to", "to_look_at"),
    [
        # Within the minutes to leave there is nothing to look at.
        (PAID,         "in 09:00  out 12:00  out 12:20",            "09:00-12:20",          ""),
        # Soon after a barrier opened for it it had not driven out; later it came back unseen, more likely.
        (PAID,         "in 09:00  out 12:00  out 12:21",            "09:00-12:21",          "turned_round"),
        (PAID,         "in 09:00  out 12:00  out 15:05",            "09:00-15:05",          "turned_round"),
        (PAID,         "in 09:00  out 12:00  out 15:06",            "09:00-12:00  ?-15:06", "exit_without_entry"),
        (LINKED,       "in 09:00  out 12:00  out 12:16",            "09:00-12:16",          "turned_round"),
        (LINKED,       "in 09:00  out 12:00  out 15:01",            "09:00-12:00  ?-15:01", "exit_without_entry"),
        (WAS_LINKED,   "in 09:00  out 12:00  out 15:01",            "09:00-15:01",          ""),
        (ALONG_A_ROAD, "in 09:00  out 12:00  out 14:00",            "09:00-14:00",          "turned_round"),
        (ALONG_A_ROAD, "in 09:00  out 12:00  out 15:01",            "09:00-12:00  ?-15:01", "exit_without_entry"),
        # What is beyond was not paid: it is held again.
        (PAID,         "in 09:00  out 12:00  out 13:00  out 18:00", "09:00-18:00",          "turned_round"),
        # Another vehicle was read as the one that was let out, more likely.
        (LINKED,       "in 09:00  out 12:00  out? 13:00",           "09:00-12:00  ?-13:00", "exit_without_entry"),
    ],
)  # fmt: skip
def test_for_whom_a_barrier_opened(opened: Exits, happened: str, comes_to: str, to_look_at: str) -> None:
    reads = story(happened)
    found = stays.derive(passings.group(reads), opened)
    assert told(found) == "  ".join(comes_to.split())
    assert reasons(found, LotKind.STATION).split() == to_look_at.split()
    for order in permutations(reads):
        remembered = Remembered(opened)
        for each in order:
            remembered.add([each])
        assert told(remembered.rows.values()) == told(found)


def test_who_was_kept_out_is_inside_once_that_is_known() -> None:
    (kept_out,) = story("in! 10:00")
    for known in ({"passed_at": at(10, 1)}, {"looked_at": True}, {"kept_out": False}):
        (stay,) = derive([structs.replace(kept_out, **known)])
        assert stay.is_inside, known
    (stay,) = derive([kept_out])
    assert not stay.is_inside
    # One of its reads named another vehicle, for which the barrier opened.
    (stay,) = derive(
        [kept_out, read(Direction.ENTRY, at(10) + timedelta(seconds=1), 2, plate="鲁A1234", confidence=0.7)]
    )
    assert stay.is_inside


def test_of_one_instant_it_comes_before_it_leaves() -> None:
    """An array of live events that came late has one instant; who was here before did not turn round then."""
    at = MIDNIGHT + timedelta(hours=18)
    lanes = ((Direction.EXIT, 4), (Direction.EXIT, 2), (Direction.ENTRY, 1), (Direction.ENTRY, 3))
    late = [read(way, at, n, lane_id=lane) for n, (way, lane) in enumerate(lanes, 10)]
    before = story("in 09:00  out 09:20")
    for order in permutations(late):
        lot = Remembered()
        for batch in (before, order):
            lot.add(batch)
        assert told(lot.rows.values()) == told(derive([*before, *late])) == "09:00-09:20  18:00-18:00"


def test_how_long_is_long_depends_on_the_lot() -> None:
    (stay,) = derive(story("in 09:00  out +3/09:00"))
    assert reasons([stay], LotKind.ROAD) == "long_stay"
    assert reasons([stay], LotKind.HOSPITAL) == ""
    assert set(LONGEST_USUAL) == set(LotKind)


def test_what_a_closed_stay_says() -> None:
    came, left = story("in 09:00  out 12:00")
    (stay,) = derive([came, left])
    assert (stay.id, stay.state) == (came.id, State.CLOSED)
    assert (stay.entry_event_id, stay.exit_event_id) == (came.id, left.id)
    assert (stay.entry_lane_id, stay.exit_lane_id) == (1, 2)
    assert stay.facts == (came.id, left.id)


def test_its_number_is_that_of_the_read_that_was_recorded_first() -> None:
    first, earlier = story("in 09:00:30  in 09:00")
    (stay,) = derive([earlier, first])
    assert (stay.id, stay.entered_at) == (first.id, earlier.at)


@pytest.mark.parametrize(
    ("at_entry", "at_exit", "priced_as"),
    [("small", "large", "small"), ("unknown", "large", "large"), ("large", "unknown", "large")],
)
def test_the_class_is_the_one_read_at_the_entry(at_entry: str, at_exit: str, priced_as: str) -> None:
    came, left = story("in 09:00  out 12:00")
    came = read(came.direction, came.at, 1, vehicle_class=VehicleClass(at_entry))
    left = read(left.direction, left.at, 2, vehicle_class=VehicleClass(at_exit))
    (stay,) = derive([came, left])
    assert stay.vehicle_class == priced_as


def test_three_visits_in_each_of_their_720_orders() -> None:
    visits = story("in 08:00  out 09:00  in 10:00  out 11:00  in 12:00  out 13:00")
    for order in permutations(visits):
        lot = Remembered()
        for each in order:
            lot.add([each])
        assert told(lot.rows.values()) == "08:00-09:00  10:00-11:00  12:00-13:00"


def test_a_doubt_keeps_an_account_from_being_charged_by_itself() -> None:
    (stay,) = derive(story("in 10:00  out? 12:00"))
    assert stay.doubts == (Doubt.READ_DOUBTFUL,)
    assert stays.doubt_of(stay, ROAD) is Reason.LOW_CONFIDENCE
    (long,) = derive(story("in 09:00  out +1/10:00"))
    assert stays.doubt_of(long, ROAD) is Reason.LONG_STAY
    assert stays.doubt_of(long, LotKind.STATION) is None
    assert long.left_at is not None
    assert long.left_at - long.first_at == timedelta(hours=25)
