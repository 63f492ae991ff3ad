"""What becomes of an event that is read: its lane, its time, and what is odd about it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from parking import facts
from parking.cases import Reason
from parking.clocks import Spell
from parking.device_facts import is_at_gate
from parking.doubts import Doubt
from parking.events import NO_TIME, EventRejected
from parking.facts import Fact
from parking.gateways import Gateway
from parking.lanes import Lane
from parking.likeness import Likeness, likeness
from parking.lots import Direction
from parking.plates import PlateForm, form, normalise
from tests.conftest import NOW
from tests.parking.said import read, said

GATEWAY = Gateway(7, "qc-gw", 3)
ENTRY = Lane(11, "qc-in", 3, 7, Direction.ENTRY)
EXIT = Lane(12, "qc-out", 3, 7, Direction.EXIT)


def accepted(
    through: Lane | None = ENTRY, received_at: datetime = NOW, spells: Sequence[Spell] = (), **changes: object
) -> Fact:
    event = read(said(**changes))
    return facts.accept(event, lane=through, gateway=GATEWAY, received_at=received_at, id=UUID(int=1), spells=spells)


# -- reading


def test_a_lane_nobody_registered() -> None:
    with pytest.raises(EventRejected) as refused:
        accepted(None, lane="qc-9")
    assert (refused.value.reason, refused.value.field) == ("unknown_lane", "lane")


def test_a_lane_of_another_gateway() -> None:
    with pytest.raises(EventRejected) as refused:
        accepted(Lane(13, "other", 4, 8, Direction.ENTRY))
    assert (refused.value.reason, refused.value.field) == ("lane_not_yours", "lane")


@pytest.mark.parametrize("year", ["0001", "1899", "2201", "9999"])
@pytest.mark.parametrize("offset", ["+08:00", "-12:00", "Z"])
def test_a_year_that_is_none_is_no_time(year: str, offset: str) -> None:
    at = f"{year}-06-30T10:00:00{offset}"
    live, replayed = accepted(occurred_at=at), accepted(occurred_at=at, replay=True)
    assert (live.occurred_at, live.effective_at, live.applies) == (NO_TIME, NOW, True)
    assert (replayed.occurred_at, replayed.doubt, replayed.applies) == (NO_TIME, "clock_behind", False)


def test_the_epoch_in_another_zone_is_a_clock_that_was_never_set() -> None:
    assert accepted(occurred_at="1969-12-31T16:00:00Z").effective_at == NOW


SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    # The device's clock against ours       sent      doubt            the rules use    a stay follows
    ("off", "replay", "doubt", "uses", "applies"),
    [
        (0 * SECOND,                        False,    None,            "device",        True),
        (10 * SECOND,                       False,    None,            "device",        True),
        (90 * SECOND,                       False,    None,            "receipt",       True),
        (2 * MINUTE,                        False,    None,            "receipt",       True),
        (2 * MINUTE,                        True,     None,            "device",        True),
        (2 * MINUTE + SECOND,               False,    "clock_ahead",   "receipt",       True),
        (400 * DAY,                         False,    "clock_ahead",   "receipt",       True),
        (-2 * MINUTE,                       False,    None,            "device",        True),
        (-2 * MINUTE - SECOND,              False,    "clock_behind",  "receipt",       True),
        (-60 * MINUTE,                      False,    "clock_behind",  "receipt",       True),
        (-400 * DAY,                        False,    "clock_behind",  "receipt",       True),
        (-35 * DAY,                         True,     None,            "device",        True),
        (-35 * DAY - SECOND,                True,     "clock_behind",  "device",        False),
        (2 * MINUTE + SECOND,               True,     "clock_ahead",   "device",        False),
    ],
)  # fmt: skip
def test_a_clock_that_is_off(off: timedelta, replay: bool, doubt: str | None, uses: str, applies: bool) -> None:
    passage = accepted(occurred_at=(NOW + off).isoformat(), replay=replay)
    # Of a live car it says something of the device (`clocks`); what was handed in late is itself in doubt.
    assert passage.doubt == (doubt if replay else None)
    assert (passage.of_device, passage.clock_ahead) == ((), None)
    assert passage.occurred_at == NOW + off
    assert passage.effective_at == (NOW + off if uses == "device" else NOW)
    assert passage.applies is applies


def test_what_is_odd_about_a_device_is_said_of_one_car_a_day() -> None:
    def odd(**changes: Any) -> Fact:
        return structs.replace(accepted(**changes), of_device=(Reason.NUMBERS_RESTARTED,))

    low, first, second = odd(confidence=0.1), odd(), odd()
    tomorrow = structs.replace(first, received_at=NOW + DAY)
    assert [p.doubt for p in facts.once_a_day([low, first, second, tomorrow], ())] == [
        *(Reason.LOW_CONFIDENCE, Reason.NUMBERS_RESTARTED, None, Reason.NUMBERS_RESTARTED)
    ]
    said = {facts.OfDevice(first.lot_id, GATEWAY.id, Reason.NUMBERS_RESTARTED, NOW.date())}
    # A gateway may serve several lots: a person of each is told.
    there = structs.replace(first, lot_id=first.lot_id + 1)
    assert [p.doubt for p in facts.once_a_day([first, there, there], said)] == [None, Reason.NUMBERS_RESTARTED, None]
    assert [p.doubt for p in facts.once_a_day([first, tomorrow], said)] == [None, Reason.NUMBERS_RESTARTED]


@pytest.mark.parametrize("hours", [-23, -8, 8, 23])
@pytest.mark.parametrize("replay", [False, True])
def test_what_is_known_of_a_clock_is_taken_off(hours: int, replay: bool) -> None:
    ahead = timedelta(hours=hours)
    spell = Spell(1, UUID(int=1), GATEWAY.id, 1, ahead, NOW - DAY, None)
    happened = NOW - (40 * MINUTE if replay else SECOND)
    passage = accepted(occurred_at=(happened + ahead).isoformat(), replay=replay, spells=[spell])
    assert (passage.effective_at, passage.clock_ahead) == (happened, ahead)
    assert (passage.occurred_at, passage.doubt, passage.applies) == (happened + ahead, None, True)
    assert is_at_gate(passage) is not replay


@pytest.mark.parametrize(
    ("changes", "doubt", "applies"),
    [
        ({}, None, True),
        ({"plate": ""}, Reason.NO_PLATE, False),
        ({"plate": "无车牌"}, Reason.NO_PLATE, False),
        ({"kind": "exit"}, Reason.KIND_CONTRADICTS_LANE, False),
        ({"kind": "exit", "plate": ""}, Reason.KIND_CONTRADICTS_LANE, False),
        ({"confidence": 0.6}, None, True),
        ({"confidence": 0.59}, Reason.LOW_CONFIDENCE, True),
        ({"plate": "ABC1"}, Reason.UNKNOWN_PLATE_FORM, True),
        ({"plate": "ABC"}, Reason.NO_PLATE, False),
        ({"plate": "一路顺风"}, Reason.NO_PLATE, False),
        ({"plate": "鲁AI2345"}, Reason.UNKNOWN_PLATE_FORM, True),
        ({"occurred_at": "2026-11-17T10:00:00Z", "confidence": 0.1}, Reason.LOW_CONFIDENCE, True),
    ],
)
def test_doubts(changes: dict[str, Any], doubt: Reason | None, applies: bool) -> None:
    passage = accepted(**changes)
    assert (passage.doubt, passage.applies) == (doubt, applies)


def test_what_a_passage_knows() -> None:
    passage = accepted(EXIT, kind="exit", plate="蓝 鲁a·12345", occurred_at="2026-11-16T10:00:00.5+08:00")
    assert (passage.plate, passage.event.plate) == ("鲁A12345", "蓝 鲁a·12345")
    assert (passage.lot_id, passage.lane_id, passage.gateway_id, passage.direction) == (3, 12, 7, Direction.EXIT)
    assert passage.occurred_at == datetime(2026, 11, 16, 2, 0, 0, 500_000, tzinfo=UTC)


def test_words_of_an_operators_own_cameras_are_no_plate() -> None:
    words = frozenset(("京A88888",))
    event = read(said(plate="京A·88888"))
    about: dict[str, Any] = {"lane": ENTRY, "gateway": GATEWAY, "received_at": NOW, "id": UUID(int=1)}
    assert facts.accept(event, **about).plate == "京A88888"
    passing = facts.accept(event, **about, no_plate_texts=words)
    assert (passing.plate, passing.doubt, passing.applies) == ("", Reason.NO_PLATE, False)


def test_a_ticket_stands_in_the_place_of_a_plate() -> None:
    for plate in ("", "鲁A12345"):
        fact = accepted(plate=plate, plate_color="blue", confidence=0.1, ticket="7f3a-91")
        assert (fact.plate, fact.plate_color, fact.doubt, fact.applies) == ("票7F3A91", "unknown", None, True)
        assert fact.event.plate == plate
    assert likeness("票7F3A91", "票7F3A97") is Likeness.NONE
    assert likeness("票7F3A91", "票7F3A91") is Likeness.SAME


@pytest.mark.parametrize(
    "ticket", ["0000", "000000", "000-000", "0" * 24, "11111111", "NULL", "NOPLATE", "AAAAAA", "0-0-0-0"]
)
def test_whatever_number_a_ticket_has_it_is_one(ticket: str) -> None:
    fact = accepted(plate="", ticket=ticket)
    assert (fact.plate, fact.doubt, fact.applies) == (f"票{ticket.replace('-', '')}", None, True)
    assert (form(fact.plate), normalise(fact.plate)) == (PlateForm.TICKET, fact.plate)


def test_where_the_way_cannot_be_read_the_lane_says_it() -> None:
    event = read(said(kind=0))
    about: dict[str, Any] = {"gateway": GATEWAY, "received_at": NOW, "id": UUID(int=1)}
    passing = facts.accept(event, lane=EXIT, **about, doubts=(Doubt("kind", "0"),))
    assert (passing.event.kind, passing.doubt, passing.applies) == (Direction.EXIT, None, True)


def test_more_free_spaces_than_there_are_is_a_doubt() -> None:
    event = read(said(remaining_spaces=8259))
    about: dict[str, Any] = {"lane": ENTRY, "gateway": GATEWAY, "received_at": NOW, "id": UUID(int=1)}
    assert facts.accept(event, **about, capacity=140).doubts == (Doubt("remaining_spaces", "8259 of 140"),)
    assert facts.accept(event, **about, capacity=8259).doubts == ()
