"""Answers are given again within a second, and no more of them are kept than there is room for."""

import pytest

from parking.api import kept
from parking.api.etags import Tagged
from parking.api.kept import KEPT_S, Kept


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def asked(n: int) -> tuple[str, bytes]:
    return "/v1/lots", b"near=%d" % n


def answer(text: str) -> Tagged:
    return Tagged(text.encode(), f'W/"{text}"')


def test_the_same_question_has_its_answer_for_a_second() -> None:
    clock = Clock()
    answers = Kept(clock)
    answers.put(asked(1), answer("a"))
    assert answers.get(asked(1)) == answer("a")
    assert answers.get(asked(2)) is None
    assert answers.get(("/v1/places", b"near=1")) is None
    clock.at += KEPT_S
    assert answers.get(asked(1)) is None
    answers.put(asked(1), answer("b"))
    assert answers.get(asked(1)) == answer("b")


def test_the_oldest_go_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "ANSWERS_MAX", 3)
    monkeypatch.setattr(kept, "BYTES_MAX", 100)
    answers = Kept(Clock())
    for n in range(5):
        answers.put(asked(n), answer(str(n)))
    assert [n for n in range(5) if answers.get(asked(n))] == [2, 3, 4]
    answers.put(asked(9), answer("x" * 99))
    assert [n for n in range(10) if answers.get(asked(n))] == [4, 9]
    answers.put(asked(8), answer("y" * 99))
    assert [n for n in range(10) if answers.get(asked(n))] == [8]
