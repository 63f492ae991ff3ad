"""The tool that puts mistakes into the engine: it makes those it says, and notices those that matter."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from loadtests.equivalent import changes_nothing, unfitting
from loadtests.mistakes import Mistake, made_in, mistakes
from loadtests.mutation import FOLDER, MODULES

ROOT = Path(__file__).parents[1]
SOURCE = '''
def held(paid, limit):
    """At most so much."""
    left = limit - paid
    return max(0, left) if left < 10 else 10
'''


def test_the_mistakes_of_a_few_lines() -> None:
    found = [(each.line, each.text) for each in mistakes("caps", SOURCE)]
    assert found == [
        (4, "limit - paid -> limit + paid"),
        (5, "if left < 10 -> if True"),
        (5, "if left < 10 -> if False"),
        (5, "left < 10 -> left <= 10"),
        (5, "10 -> 11"),
        (5, "10 -> 9"),
        (5, "max(0, left) -> min(0, left)"),
        (5, "0 -> 1"),
        (5, "0 -> -1"),
        (5, "10 -> 11"),
        (5, "10 -> 9"),
    ]


def test_a_mistake_is_made_where_it_says() -> None:
    came_to = {}
    for mistake in mistakes("caps", SOURCE):
        module: dict[str, Any] = {}
        exec(made_in(SOURCE, mistake), module)
        came_to[mistake.node, mistake.text] = [module["held"](paid, 12) for paid in (0, 1, 2, 3, 13)]
    sound = [10, 10, 10, 9, 0]
    assert [text for (_, text), values in came_to.items() if values == sound] == ["left < 10 -> left <= 10", "10 -> 11"]


def test_every_reason_why_a_mistake_changes_nothing_is_of_one_that_can_be_made() -> None:
    sources = {name: (FOLDER / f"{name}.py").read_text(encoding="utf-8") for name in MODULES}
    every = [mistake for name, source in sources.items() for mistake in mistakes(name, source)]
    assert unfitting(every) == []
    assert 0 < sum(map(changes_nothing, every)) < len(every) / 8
    assert not changes_nothing(Mistake("discounts", 0, 0, 1, "return half_up(fee_fen)", "0 -> 1"))


@pytest.mark.timeout(120)
def test_mistakes_in_rounding_and_discounts_are_noticed() -> None:
    words = ["--module", "discounts", "--sample", "6", "--cases", "60", "--least", "80"]
    command = [sys.executable, "-m", "loadtests.mutation", *words]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "6 mistakes: " in ended.stdout
