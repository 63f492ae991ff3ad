"""Every named query against the migrated database: its parameters, its columns, its rights, and who calls it.

What a query fills is read off the code that calls it: `sql.every(db, Stay, _SQL["open_stays"], lots, plates)` says the
Struct and the number of arguments, and a module may say more in `SHAPES = {"open_stays": Stay}`.
"""

import ast
import importlib
import re
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

import sql

ROOT = Path(__file__).parents[2]
# Run by the owner of the database; everything else runs in the service's role.
OWNERS = {"migrate"}
PYTHON_OF = {
    "bool": bool, "int2": int, "int4": int, "int8": int, "float4": float, "float8": float, "numeric": Decimal,
    "text": str, "varchar": str, "bpchar": str, "uuid": UUID, "date": date, "timestamptz": datetime, "bytea": bytes,
    "json": str, "interval": timedelta, "jsonb": str, "xid8": int,
}  # fmt: skip


class Use(Struct, frozen=True):
    """One place in the code that runs a named query: with how many arguments (None: not to be seen), into what."""

    where: str
    path: str
    name: str
    arguments: int | None
    shape: type | None


def queries() -> Iterator[tuple[str, str, str]]:
    for file in sorted(sql.FOLDER.rglob("*.sql")):
        path = file.relative_to(sql.FOLDER).with_suffix("").as_posix()
        if path != "schema" and not path.startswith("migrations/"):
            for name, text in sql.load(path).items():
                yield path, name, text


# What would still hold when the transaction has ended: connections go from one to the next as they are (`sql/pool.py`).
OUTLIVES = re.compile(
    r"\A\s*(set (?!local\b)|reset |listen |prepare |load |create temp)|pg_(try_)?advisory_(?!xact)\w+\(|with hold|"
    r"set_config\([^;]*, false\)",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("text", "outlives"),
    [
        ("set session timezone = 'UTC'", True),
        ("set role onelot", True),
        ("reset all", True),
        ("select pg_advisory_lock(1)", True),
        ("select pg_try_advisory_lock(1)", True),
        ("listen changes", True),
        ("create temporary table t ()", True),
        ("declare c cursor with hold for select 1", True),
        ("select set_config('a.b', $1, false)", True),
        ("select set_config('a.b', $1, true)", False),
        ("set local lock_timeout = '5s'", False),
        ("select pg_advisory_xact_lock(1)", False),
        ("update t\nset kind = 'x'", False),
    ],
)
def test_what_would_outlive_a_transaction_is_recognised(text: str, outlives: bool) -> None:
    assert bool(OUTLIVES.search(text)) is outlives


def test_no_query_of_the_service_outlives_its_transaction() -> None:
    serving = [(path, name, re.sub("--.*", "", text)) for path, name, text in queries() if path not in OWNERS]
    assert serving
    assert not [(path, name) for path, name, text in serving if OUTLIVES.search(text)]


def uses() -> list[Use]:
    found: list[Use] = []
    for folder in ("parking", "payments", "sql", "seeds"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "sql.load(" in text:
                found += uses_in(file.relative_to(ROOT), ast.parse(text))
    return found


def uses_in(file: Path, tree: ast.Module) -> Iterator[Use]:
    loaded = {
        node.targets[0].id: str(node.value.args[0].value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func) == "sql.load"
        and isinstance(node.value.args[0], ast.Constant)
    }
    names = file.with_suffix("").parts
    module = importlib.import_module(".".join(names[:-1] if names[-1] == "__init__" else names))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for at, argument in enumerate(node.args):
            if not isinstance(argument, ast.Subscript) or ast.unparse(argument.value) not in loaded:
                continue
            if not isinstance(argument.slice, ast.Constant):
                continue
            rest = node.args[at + 1 :]
            plain = not any(isinstance(each, ast.Starred) for each in rest)
            called = ast.unparse(node.func)
            shape = evaluated(node.args[1], module) if called in ("sql.one", "sql.every") else None
            count = len(rest) if plain and called != "db.executemany" else None
            where = f"{file}:{node.lineno}"
            yield Use(where, loaded[ast.unparse(argument.value)], str(argument.slice.value), count, shape)
    shapes: dict[str, type] = getattr(module, "SHAPES", {})
    if shapes:
        assert len(loaded) == 1, f"{file}: SHAPES names queries of one file; this module loads {len(loaded)}."
    for name, shape in shapes.items():
        yield Use(str(file), next(iter(loaded.values())), name, None, shape)


def evaluated(shape: ast.expr, module: types.ModuleType) -> type | None:
    found = eval(ast.unparse(shape), vars(module))
    return found if isinstance(found, type) else None


QUERIES = {(path, name): text for path, name, text in queries()}
USES = uses()


def test_every_use_names_a_query() -> None:
    lost = [
        f"{use.where}: sql/{use.path}.sql has no query {use.name}"
        for use in USES
        if (use.path, use.name) not in QUERIES
    ]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize(("path", "name"), [pytest.param(*key, id="/".join(key)) for key in QUERIES])
async def test_query_fits_the_schema_and_its_callers(owner: sql.Connection, path: str, name: str) -> None:
    if path not in OWNERS:
        await owner.execute("set role onelot_service")
    prepared = await owner.prepare(QUERIES[path, name])
    parameters = prepared.get_parameters()
    columns = {column.name: column.type.name for column in prepared.get_attributes()}
    for use in (use for use in USES if (use.path, use.name) == (path, name)):
        assert use.arguments in (None, len(parameters)), (
            f"{use.where}: {use.arguments} arguments for {len(parameters)} parameters"
        )
        if use.shape is not None:
            assert not (wrong := misfits(columns, use.shape)), f"{use.where}: {use.shape.__name__}: {'; '.join(wrong)}"
    if path not in OWNERS:
        await may_run(owner, QUERIES[path, name], [parameter.name for parameter in parameters])


async def may_run(db: sql.Connection, text: str, parameters: list[str]) -> None:
    """Rights are looked at when a plan starts, which EXPLAIN does without running it."""
    await db.execute(f"prepare looked_at as {text}")
    nothing = ", ".join("null" for _ in parameters)
    await db.execute("explain execute looked_at" + (f"({nothing})" if parameters else ""))
    await db.execute("deallocate looked_at")


def misfits(columns: dict[str, str], shape: type) -> list[str]:
    """What is wrong with filling `shape` (a Struct, or one value) from a row of these columns."""
    if not issubclass(shape, Struct):
        return [] if len(columns) == 1 else [f"one value, but {len(columns)} columns"]
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(shape)}
    wrong = [f"no column for {name}" for name in fields.keys() - columns.keys()]
    wrong += [f"no field for {name}" for name in columns.keys() - fields.keys()]
    for name in columns.keys() & fields.keys():
        if not fits(columns[name], fields[name]):
            wrong.append(f"{name} is {columns[name]} in the database and {fields[name]} here")
    return wrong


def fits(column: str, field: Any) -> bool:
    if column.endswith("[]") or column.startswith("_"):
        return any(typing.get_origin(each) in (list, tuple) or each in (list, tuple) for each in members(field))
    if column == "jsonb" and any(typing.get_origin(each) is tuple for each in members(field)):
        return True  # decoded by whoever reads it
    # An enum of the database comes as text, as does one that the query casts to it.
    wanted = PYTHON_OF.get(column, str)
    for each in members(field):
        if each in (Any, wanted, msgspec.Raw) or (wanted is int and each is float):
            return True
        if wanted is str and isinstance(each, type) and issubclass(each, Enum):
            return True
    return False


def members(field: Any) -> list[Any]:
    """The types a field may have, without Annotated and None."""
    origin = typing.get_origin(field)
    if origin is typing.Annotated:
        return members(typing.get_args(field)[0])
    if origin in (typing.Union, types.UnionType):
        return [member for each in typing.get_args(field) if each is not type(None) for member in members(each)]
    if origin is typing.Literal:
        return [type(value) for value in typing.get_args(field)]
    return [field]


# What a database of many nodes refuses or does slowly, and how it is written instead.
ELSEWHERE_REFUSED = {
    r"\(\s*select\s+from\b": "`exists (select 1 from …)`: a row of no columns cannot be planned",
    r"\bpg_(try_)?advisory": "a lock is a row, which lies where its data lies",
    r"\bas (not )?(materialized )?\(\s*(insert|update|delete)\b": "a statement changes rows alone, not within another",
}


async def test_statements_are_such_as_many_nodes_take(owner: sql.Connection) -> None:
    functions = await owner.fetch(
        "select proname, prosrc from pg_proc where pronamespace = to_regnamespace(quote_ident(current_schema()))"
    )
    texts = {f"{path}/{name}": text for (path, name), text in QUERIES.items() if path not in OWNERS}
    texts |= {f"{row['proname']}()": row["prosrc"] for row in functions}
    wrong = [
        f"{where}: {instead}"
        for where, text in texts.items()
        for pattern, instead in ELSEWHERE_REFUSED.items()
        if re.search(pattern, text)
    ]
    assert not wrong, "\n".join(wrong)
