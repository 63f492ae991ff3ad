"""Packs without a database: marks, what differs, the signature, the size, and what is decided by one."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from parking import offline
from parking.barrier import Command
from parking.grants import ANY, Window, second_of
from parking.lots import Direction
from parking.offline import ALWAYS, NEVER, Came, Entries, Shared
from parking.plates import PlateColor
from tests.conftest import NOW

KEYS, OTHERS = offline.keys_of(bytes(32)), offline.keys_of(b"1" * 32)
PACK_BYTES_MAX, DELTA_BYTES_MAX = 200_000, 2_000
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WINDOW = Window(NOW, NOW + offline.PACK_LIFE)
KEY = st.sampled_from("abcdefgh")
TURNS = st.dictionaries(KEY, st.sampled_from([ALWAYS, NEVER, (0, 1_763_258_400), (1_763_258_400,)]))
GRANTS = st.dictionaries(KEY, st.sampled_from([((),), ((0, 1_763_258_400),), ((), (5, 6))]))
ENTRIES = st.builds(
    Entries,
    inside=TURNS,
    leaving=TURNS,
    linked=st.frozensets(KEY),
    exempt=GRANTS,
    passes=GRANTS,
    shared=st.dictionaries(KEY, st.sampled_from([Shared(1, ("a", "b"), ((),)), Shared(2, ("a", "b", "c"), ((),))])),
    kinds=GRANTS,
    free_min=st.sampled_from([0, 30]),
    bans=TURNS,
    closed=TURNS,
    unread=st.frozensets(KEY),
)


def mark(plate: str = "鲁A12345") -> str:
    return offline.mark(KEYS, plate, PlateColor.BLUE)


def told(entries: Entries, plate: str = "鲁A12345", direction: Direction = Direction.EXIT, **more: Any) -> Command:
    return offline.decide(entries, KEYS, direction, plate, PlateColor.UNKNOWN, **{"at": NOW, **more})


@given(ENTRIES, ENTRIES)
def test_what_differs_makes_one_pack_of_the_other(was: Entries, now: Entries) -> None:
    delta = msgspec.json.decode(msgspec.json.encode(offline.difference(was, now)), type=offline.Delta)
    applied = offline.applied(was, delta)
    assert applied == now
    assert (offline.digest(applied) == offline.digest(was)) == (was == now)


def test_marks_tell_plates_to_nobody_without_the_key() -> None:
    assert len(mark()) == 11
    assert mark() == offline.mark(KEYS, "鲁A12345", PlateColor.BLUE)
    others = [
        offline.mark(OTHERS, "鲁A12345", PlateColor.BLUE),
        offline.mark(KEYS, "鲁A12345", PlateColor.YELLOW),
        offline.mark(KEYS, "鲁A12346", PlateColor.BLUE),
    ]
    assert len({mark(), *others}) == 4


def test_a_signature_is_of_one_key_and_one_body() -> None:
    signed = offline.sign(KEYS, b"{}")
    assert len({signed, offline.sign(KEYS, b"{ }"), offline.sign(OTHERS, b"{}")}) == 3


def test_a_pack_of_five_thousand_plates_is_small_and_so_is_what_differs() -> None:
    marks = [mark(f"鲁A{n:05}") for n in range(5_000)]
    ends = (0, second_of(NOW))
    paying = Entries(inside=dict.fromkeys(marks, NEVER), linked=frozenset(marks))
    packs = [Entries(inside=dict.fromkeys(marks, ends)), Entries(passes=dict.fromkeys(marks, (ends,))), paying]
    assert max(len(msgspec.json.encode(each)) for each in packs) <= PACK_BYTES_MAX
    came = {mark(f"苏A{n:05}"): ends for n in range(25)}
    now = Entries(inside={**dict.fromkeys(marks[25:], ends), **came})
    assert len(msgspec.json.encode(offline.difference(packs[0], now))) <= DELTA_BYTES_MAX


def test_what_is_no_plate_is_held_and_spelling_does_not_matter() -> None:
    entries = Entries(inside={mark(): (0, second_of(NOW + 5 * MINUTE))})
    assert told(entries, "鲁a·12345") is Command.OPEN
    assert told(entries, "鲁A12346") is Command.HOLD
    assert told(entries, "鲁A12346", Direction.ENTRY) is Command.OPEN
    assert {told(entries, "无牌车", direction) for direction in Direction} == {Command.HOLD}
    assert told(entries, at=NOW + 5 * MINUTE) is Command.HOLD


@pytest.mark.parametrize(("hours", "held"), [(0, False), (1, True), (2, True), (3, False)])
def test_bans_and_closed_lanes_hold_in_their_time(hours: int, held: bool) -> None:
    turns = offline.turns(
        WINDOW, [NOW + HOUR, NOW + 3 * HOUR, NOW - HOUR], lambda at: NOW + HOUR <= at < NOW + 3 * HOUR
    )
    for entries in (Entries(bans={mark(): turns}), Entries(closed={"in": turns})):
        gate = told(entries, direction=Direction.ENTRY, at=NOW + hours * HOUR, lane="in")
        assert (gate is Command.HOLD) == held
        # Nobody is trapped.
        assert told(entries, came=Came(NOW), at=NOW + hours * HOUR) is Command.HOLD
    let_out = Entries(bans={mark(): ALWAYS}, linked=frozenset({mark()}))
    assert told(let_out, came=Came(NOW)) is Command.OPEN


def test_what_turns_where_something_else_holds_before() -> None:
    end, later = NOW + HOUR, second_of(NOW + 2 * HOUR)
    for turns, merged in (
        (NEVER, (0, second_of(end))),
        (ALWAYS, ALWAYS),
        ((0, second_of(NOW)), (0, second_of(end))),
        ((later,), (0, second_of(end), later)),
        ((0, second_of(NOW), second_of(NOW) + 5, later), (0, later)),
    ):
        assert offline.until(turns, end) == merged


def test_who_came_meanwhile_leaves_by_what_it_is_granted() -> None:
    late, out = Came(NOW + 2 * HOUR), NOW + 5 * HOUR
    came, left = second_of(NOW + HOUR), second_of(NOW + 4 * HOUR)
    for grants, gate in (
        ([()], Command.OPEN),
        ([(came,)], Command.OPEN),
        ([(second_of(out),)], Command.HOLD),
        ([(0, left)], Command.HOLD),
        ([(0, left), (came,)], Command.OPEN),
        # Known for it from then on, or until then, wherever in the visit that was.
        ([(0, 0, left)], Command.OPEN),
        ([(0, 0, second_of(out) + 1)], Command.HOLD),
        ([(0, 0, 0, left)], Command.OPEN),
        ([(0, 0, 0, came)], Command.HOLD),
    ):
        for entries in (
            Entries(exempt={mark(): tuple(grants)}),
            Entries(passes={mark(): tuple(grants)}),
            Entries(kinds={"small/blue/small": tuple(grants)}),
            Entries(kinds={ANY: tuple(grants)}),
        ):
            assert told(entries, at=out, came=late) is gate
            assert told(entries, at=out) is Command.HOLD


def test_free_minutes_are_cut_at_both_ends() -> None:
    entries = Entries(free_min=30)
    came = Came(NOW + timedelta(seconds=59))
    assert told(entries, at=NOW + 30 * MINUTE + timedelta(seconds=59), came=came) is Command.OPEN
    assert told(entries, at=NOW + 31 * MINUTE, came=came) is Command.HOLD
    assert told(Entries(), at=NOW + MINUTE, came=came) is Command.HOLD


def test_of_cars_that_share_a_bay_those_leave_that_found_one() -> None:
    marks = (mark(), mark("鲁A12346"), mark("鲁A12347"))
    entries = Entries(shared={"p": Shared(2, marks, ((),))})
    for there, gate in (
        ((), Command.OPEN),
        (marks[:2], Command.OPEN),
        (marks, Command.HOLD),
        (["x", "y"], Command.OPEN),
    ):
        assert told(entries, came=Came(NOW, frozenset(there))) is gate


@pytest.mark.parametrize("direction", Direction)
def test_what_the_cameras_of_an_operator_say_instead_of_a_plate_is_held(direction: Direction) -> None:
    free = Entries(free_min=30)
    texts = structs.replace(free, unread=frozenset({offline.mark_of_text(KEYS, "鲁A00000")}))
    for entries, text, gate in ((free, "鲁A00000", "open"), (texts, "鲁a·00000", "hold"), (texts, "鲁A00001", "open")):
        assert told(entries, text, direction, at=NOW + MINUTE, came=Came(NOW)) is Command(gate)
