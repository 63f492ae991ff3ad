"""The small mistakes that a programmer makes, put into a module's syntax one at a time."""

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from types import CodeType
from typing import Any, TypeAlias

from msgspec import Struct

# What is done to a node, and how the place reads before and after.
Change: TypeAlias = Callable[[], None]

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
}  # fmt: skip
_EXTREMES = {"min": "max", "max": "min"}
_DROPPED = ast.Continue | ast.Break | ast.AugAssign


class Mistake(Struct, frozen=True):
    """One change: the `variant` of a node by its place in the walk, how its line is written, and how it reads."""

    module: str
    node: int
    variant: int
    line: int
    written: str
    text: str


def mistakes(module: str, source: str) -> list[Mistake]:
    """Every mistake that can be made in a module."""
    tree = ast.parse(source)
    lines = ["", *source.splitlines()]
    found: list[Mistake] = []
    line = 0
    for number, node in enumerate(_walk(tree)):
        line = getattr(node, "lineno", line)
        before = _shown(node)
        for variant, _ in enumerate(_changes(node)):
            again = deepcopy(node)
            list(_changes(again))[variant]()
            text = f"{before} -> {_shown(again)}"
            found.append(Mistake(module, number, variant, line, lines[line].strip(), text))
    return found


def made_in(source: str, mistake: Mistake) -> CodeType:
    """The module with the mistake in it."""
    tree = ast.parse(source)
    node = list(_walk(tree))[mistake.node]
    list(_changes(node))[mistake.variant]()
    return compile(ast.fix_missing_locations(tree), f"parking/tariffs/{mistake.module}.py", "exec")


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All of the code that runs: no docstrings, no types, no texts of errors."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "decorator_list", "type_params"} or isinstance(node, ast.Raise):
            continue
        if name == "keywords" and (isinstance(node, ast.ClassDef) or ast.unparse(node).startswith("zip(")):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_declaration(child):
                yield from _walk(child)


def _is_declaration(node: ast.AST) -> bool:
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias"
    named = [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
    return isinstance(node, ast.Assign) and "__slots__" in named


def _shown(node: ast.AST) -> str:
    if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef | ast.For):
        return "; ".join(ast.unparse(each) for each in node.body if isinstance(each, ast.Pass | _DROPPED)) or "…"
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        return f"if {ast.unparse(node.test)}"
    if isinstance(node, ast.comprehension):
        return ast.unparse(node).strip()
    text = ast.unparse(node)
    return text if len(text) <= 110 else f"{text[:50]} … {text[-50:]}"


def _changes(node: ast.AST) -> Iterator[Change]:
    """What may be done to a node, in place."""
    yield from _expressions(node)
    yield from _conditions(node)
    for name in ("body", "orelse"):
        statements = getattr(node, name, None)
        if isinstance(statements, list):
            for place, statement in enumerate(statements):
                if isinstance(statement, _DROPPED):
                    yield _put(statements, place, ast.Pass())


def _expressions(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for place, compared in enumerate(node.ops):
            yield _put(node.ops, place, _COMPARED[type(compared)]())
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _COMPUTED:
        yield _set(node, "op", _COMPUTED[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield _set(node, "op", ast.And() if isinstance(node.op, ast.Or) else ast.Or())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _set(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EXTREMES:
        yield _set(node.func, "id", _EXTREMES[node.func.id])
    elif isinstance(node, ast.Constant):
        yield from _constants(node)


def _constants(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield _set(node, "value", not node.value)
    elif isinstance(node.value, int):
        yield _set(node, "value", node.value + 1)
        yield _set(node, "value", node.value - 1)


def _conditions(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.IfExp):
        yield _set(node, "test", ast.Constant(True))
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield _set(node, "test", ast.Constant(False))
    if isinstance(node, ast.comprehension):
        for place in range(len(node.ifs)):
            yield _put(node.ifs, place, ast.Constant(True))


def _set(node: ast.AST, name: str, value: object) -> Change:
    return lambda: setattr(node, name, value)


def _put(values: list[Any], place: int, value: ast.AST) -> Change:
    return lambda: values.__setitem__(place, value)
