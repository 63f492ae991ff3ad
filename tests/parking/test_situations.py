"""The table of situations says what is: its numbers are those of the code, its stories exist and speak HTTP."""

import ast
import enum
from pathlib import Path

import pytest

from tests.parking.situations import DOCUMENT, ROOT, SITUATIONS, Parameter, Situation, document, in_the_code, meant


def test_there_are_24_and_each_is_told() -> None:
    assert len(SITUATIONS) == 24
    assert len({each.en for each in SITUATIONS} | {each.zh for each in SITUATIONS}) == 48
    assert all(each.decided and each.parameters and each.stories for each in SITUATIONS)


@pytest.mark.parametrize(
    "parameter", [each for situation in SITUATIONS for each in situation.parameters], ids=lambda each: each.source
)
def test_a_default_is_that_of_the_code(parameter: Parameter) -> None:
    value = in_the_code(parameter.source)
    if isinstance(value, str | int | float) and not isinstance(value, bool | enum.Enum):
        assert str(value) == parameter.default
    else:
        assert (None if value == () else value) == meant(parameter.default)


@pytest.mark.parametrize(
    ("situation", "story"), [(each, story) for each in SITUATIONS for story in each.stories], ids=str
)
def test_a_story_exists_and_speaks_http(situation: Situation, story: str) -> None:
    path, _, name = story.partition("::")
    test = functions(ROOT / "tests" / path).get(name)
    assert test is not None, f"{situation.en}: no {story}"
    arguments = {each.arg for each in test.args.args}
    nearby = functions(ROOT / "tests" / path) | functions((ROOT / "tests" / path).parent / "conftest.py")
    used = {each.id for each in ast.walk(test) if isinstance(each, ast.Name)}
    fixtures = [ast.unparse(nearby[each]) for each in arguments & used if each in nearby]
    assert any("running.served(" in each for each in fixtures), f"{story} asks no service"


def functions(file: Path) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module by their names; of one that is not there none."""
    if not file.exists():
        return {}
    body = ast.parse(file.read_text("utf-8")).body
    return {each.name: each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_document_is_this_table() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run `python -m tests.parking.situations`"
