"""The chain of the audit log: whatever is changed, taken out, put in or turned round is found at its place."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from payments import audit, audit_chain
from payments.audit import Line
from payments.audit_chain import START, Fault, Head, Kept, Link
from tests.conftest import NOW


def line(number: int, **detail: object) -> Line:
    at = NOW + timedelta(microseconds=number)
    return audit.line(1, actor="li", action="a", subject=f"lot:{number}", detail={"n": number, **detail}, now=at)


LINES = [line(number, plate="鲁A1", ratio=1.5, nested={"b": [1, None], "a": True}) for number in range(5)]
SALTS = [bytes([number]) * 16 for number in range(5)]
LINKS = audit_chain.linked(START, LINES, SALTS)


def kept(links: Sequence[Link] = LINKS, lines: Sequence[Line | None] = LINES) -> list[Kept]:
    return [Kept(link, line, may_be_forgotten=False) for link, line in zip(links, lines, strict=True)]


def found(places: Sequence[Kept]) -> list[tuple[Fault, int]]:
    return [(each.fault, each.position) for each in audit_chain.faults(places, START)]


def test_what_was_not_touched_is_whole() -> None:
    assert found(kept()) == []
    assert [link.position for link in LINKS] == [1, 2, 3, 4, 5]


def test_a_line_is_the_same_however_it_comes_back() -> None:
    """As PostgreSQL gives it: keys in another order, the time in another zone."""
    text = '{"n": 3, "ratio": 1.5, "nested": {"a": true, "b": [1, null]}, "plate": "鲁A1"}'
    again = structs.replace(LINES[3], detail=text, at=LINES[3].at.astimezone())
    assert audit_chain.leaf_of(again, SALTS[3]) == LINKS[3].leaf


@pytest.mark.parametrize(
    "changes",
    [
        {"actor": "wang"},
        {"action": "b"},
        {"subject": "lot:9"},
        {"at": NOW + timedelta(days=1)},
        {"owner_id": 2},
        {"detail": '{"n": 2}'},
        {"id": UUID(int=7)},
    ],
)
def test_a_line_that_is_changed_is_found(changes: dict[str, object]) -> None:
    lines = [*LINES[:2], structs.replace(LINES[2], **changes), *LINES[3:]]
    assert found(kept(lines=lines)) == [(Fault.CHANGED, 3)]


@given(st.integers(0, 4), st.sampled_from(["gone", "leaf", "hash", "out", "swapped", "salt"]))
def test_whatever_hands_do_is_found_at_its_place(at: int, done: str) -> None:
    links, lines = list(LINKS), list[Line | None](LINES)
    place, expected = at + 1, {(Fault.BROKEN, at + 1)}
    if done == "gone":
        lines[at], expected = None, {(Fault.MISSING, place)}
    elif done == "leaf":
        links[at] = structs.replace(links[at], leaf=bytes(32))
    elif done == "hash":
        links[at] = structs.replace(links[at], hash=bytes(32))
    elif done == "out":
        del links[at], lines[at]
        expected = {(Fault.BROKEN, place)} if at < 4 else set()
    elif done == "swapped":
        lines[at], lines[at - 1] = lines[at - 1], lines[at]
        expected = {(Fault.CHANGED, place), (Fault.CHANGED, at or 5)}
    else:
        links[at] = structs.replace(links[at], salt=None)
        expected = {(Fault.FORGOTTEN, place)}
    assert set(found(kept(links, lines))) == expected


def test_a_chain_that_is_written_anew_is_whole_and_another() -> None:
    """Whoever can write everything can do this: only a head that is kept elsewhere tells."""
    forged = [LINES[0], structs.replace(LINES[1], actor="nobody"), *LINES[2:]]
    links = audit_chain.linked(START, forged, SALTS)
    assert found(kept(links, forged)) == []
    assert links[-1].hash != LINKS[-1].hash


def test_what_is_forgotten_by_its_time_is_no_fault() -> None:
    forgotten = structs.replace(LINKS[1], salt=None)
    less = structs.replace(LINES[1], detail='{"n": 1}')
    places = kept([LINKS[0], forgotten, *LINKS[2:]], [LINES[0], less, *LINES[2:]])
    places[1] = structs.replace(places[1], may_be_forgotten=True)
    assert found(places) == []


def test_a_head_as_it_is_written() -> None:
    head = Head(5, LINKS[-1].hash)
    assert audit_chain.head_of(f" {head}\n") == head
    for wrong in ("", "5", "x:00", "5:00", f"-1:{'00' * 32}", f"5:{'zz' * 32}"):
        with pytest.raises(ValueError):  # noqa: PT011
            audit_chain.head_of(wrong)
