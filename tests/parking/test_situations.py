"""The table of situations says what is: its numbers are those of the code, its stories exist and are told over HTTP."""

import ast
import enum
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypeVar

import pytest

from tests.parking.situations import DOCUMENT, ROOT, SITUATIONS, Parameter, Situation, document, in_the_code, meant

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)
HTTP = {"get", "post", "put", "patch", "delete"}
# What a district does without asking the service, and how the database is written to.
DIRECTLY = {"record", "answer", "passing", "execute", "executemany"}
INSIDE = re.compile(r"(parking|payments)\.(flow|store|ingest)\b")


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
def test_a_story_is_told_over_http(situation: Situation, story: str) -> None:
    path, _, name = story.partition("::")
    module = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    known = functions(module)
    assert name in known, f"{situation.en}: no {story}"
    arguments = {each.arg for each in known[name].args.args}
    served = [each for each in arguments if each in known and "running.served(" in ast.unparse(known[each])]
    assert served, f"{story} asks no service"
    told = told_in(known, name)
    calls = [each.func for each in nodes(told, ast.Call) if isinstance(each.func, ast.Attribute)]
    asked = [call for call in calls if call.attr in HTTP and ast.unparse(call.value).endswith("client")]
    assert asked, f"{story} asks nothing"
    beside = {ast.unparse(call) for call in calls if call.attr in DIRECTLY}
    names = {each.id for each in nodes(told, ast.Name)}
    beside |= {each for each, origin in imports(module).items() if each in names and INSIDE.match(origin)}
    assert not beside, f"{story} does behind the service what should be told over HTTP"


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.en)
def test_gateways_tell_of_a_situation(situation: Situation) -> None:
    said = ""
    for story in situation.stories:
        path, _, name = story.partition("::")
        module = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
        constants = {
            target.id: ast.unparse(each.value)
            for each in module.body
            if isinstance(each, ast.Assign)
            for target in each.targets
            if isinstance(target, ast.Name)
        }
        told = told_in(functions(module), name)
        said += "".join(map(ast.unparse, told))
        said += "".join(constants.get(each.id, "") for each in nodes(told, ast.Name))
    assert "/v1/gate-events" in said, f"no event is told of {situation.en}"


def told_in(known: Mapping[str, Function], name: str) -> list[Function]:
    """A function with those of its module that it calls, and so on: not its fixtures."""
    found: dict[str, Function] = {}
    wanted = [name]
    while wanted:
        each = wanted.pop()
        if each not in found:
            found[each] = known[each]
            called = [call.func for call in nodes([known[each]], ast.Call)]
            wanted += [func.id for func in called if isinstance(func, ast.Name) and func.id in known]
            wanted += [func.attr for func in called if isinstance(func, ast.Attribute) and func.attr in known]
    return list(found.values())


def nodes(told: Iterable[ast.AST], kind: type[Node]) -> list[Node]:
    return [each for function in told for each in ast.walk(function) if isinstance(each, kind)]


def imports(module: ast.Module) -> dict[str, str]:
    """Where the names of a module are from."""
    return {
        name.asname or name.name: f"{each.module}.{name.name}"
        for each in module.body
        if isinstance(each, ast.ImportFrom)
        for name in each.names
    }


def functions(module: ast.Module) -> dict[str, Function]:
    """The functions and methods of a module by their names."""
    whole = [each for each in ast.walk(module) if isinstance(each, ast.Module | ast.ClassDef)]
    return {
        each.name: each
        for part in whole
        for each in part.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_the_document_is_this_table() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run `python -m tests.parking.situations`"
