"""Packs without a database: marks, what differs, the signature, the size."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from parking import offline
from parking.barrier import Command
from parking.lots import Direction
from parking.offline import ALWAYS, NEVER, Entries
from parking.plates import PlateColor
from tests.conftest import NOW

KEYS, OTHERS = offline.keys_of(bytes(32)), offline.keys_of(b"1" * 32)
PACK_BYTES_MAX = 200_000
MARKS = st.frozensets(st.sampled_from("abcdefgh"))
ENTRIES = st.builds(
    Entries,
    inside=st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([ALWAYS, NEVER, 29_000_000])),
    linked=MARKS,
    exempt=MARKS,
    passes=MARKS,
    bans=MARKS,
)


@given(ENTRIES, ENTRIES)
def test_what_differs_makes_one_pack_of_the_other(was: Entries, now: Entries) -> None:
    delta = msgspec.json.decode(msgspec.json.encode(offline.difference(was, now)), type=offline.Delta)
    applied = offline.applied(was, delta)
    assert applied == now
    assert (offline.digest(applied) == offline.digest(was)) == (was == now)


def test_marks_tell_plates_to_nobody_without_the_key() -> None:
    mark = offline.mark(KEYS, "鲁A12345", PlateColor.BLUE)
    assert len(mark) == 11
    assert mark == offline.mark(KEYS, "鲁A12345", PlateColor.BLUE)
    others = [
        offline.mark(OTHERS, "鲁A12345", PlateColor.BLUE),
        offline.mark(KEYS, "鲁A12345", PlateColor.YELLOW),
        offline.mark(KEYS, "鲁A12346", PlateColor.BLUE),
    ]
    assert len({mark, *others}) == 4


def test_a_signature_is_of_one_key_and_one_body() -> None:
    signed = offline.sign(KEYS, b"{}")
    assert len({signed, offline.sign(KEYS, b"{ }"), offline.sign(OTHERS, b"{}")}) == 3


def test_a_pack_of_five_thousand_plates_is_small() -> None:
    marks = [offline.mark(KEYS, f"鲁A{n:05}", PlateColor.BLUE) for n in range(5_000)]
    inside = offline.entries_of({mark: offline.minute_of(NOW) + n for n, mark in enumerate(marks)})
    linked = offline.entries_of({}, linked=marks)
    assert max(len(msgspec.json.encode(each)) for each in (inside, linked)) <= PACK_BYTES_MAX


def test_what_is_no_plate_is_held_and_spelling_does_not_matter() -> None:
    mark = offline.mark(KEYS, "鲁A12345", PlateColor.BLUE)
    entries = offline.entries_of({mark: offline.minute_of(NOW) + 5})

    def told(direction: Direction, plate: str) -> Command:
        return offline.decide(entries, KEYS, direction, plate, PlateColor.UNKNOWN, at=NOW)

    assert told(Direction.EXIT, "鲁a·12345") is Command.OPEN
    assert told(Direction.EXIT, "鲁A12346") is Command.HOLD
    assert told(Direction.ENTRY, "鲁A12346") is Command.OPEN
    assert {told(direction, "无牌车") for direction in Direction} == {Command.HOLD}
    later = NOW + 5 * (offline.instant_of(1) - offline.instant_of(0))
    assert offline.decide(entries, KEYS, Direction.EXIT, "鲁A12345", PlateColor.BLUE, at=later) is Command.HOLD
