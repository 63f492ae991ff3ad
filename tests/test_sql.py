"""Every named query against the migrated database, and the promises the schema itself makes.

What a query fills is read off the code that calls it: `sql.every(db, Stay, _SQL["open_stays"], lots, plates)` says the
Struct and the number of arguments, and a module may say more in `SHAPES = {"open_stays": Stay}`.
"""

import ast
import importlib
import os
import re
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec import Struct

import sql
from sql import dump
from sql.migrate import Migration, MigrationRefused, files, migrate
from tests.conftest import DATABASE_VARIABLE

ROOT = Path(__file__).parent.parent
# Run by the owner of the database; everything else runs in the service's role.
OWNERS = {"migrate"}
PYTHON_OF = {
    "bool": bool, "int2": int, "int4": int, "int8": int, "float4": float, "float8": float, "numeric": Decimal,
    "text": str, "varchar": str, "bpchar": str, "uuid": UUID, "date": date, "timestamptz": datetime, "bytea": bytes,
    "json": str, "jsonb": str, "xid8": int,
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


async def test_functions_that_run_queries_are_plpgsql(owner: sql.Connection) -> None:
    found = await owner.fetch(
        """select proname from pg_proc p join pg_language l on l.oid = p.prolang
            where pronamespace = to_regnamespace(quote_ident(current_schema())) and lanname <> 'plpgsql'"""
    )
    assert {row["proname"] for row in found} == {"id_floor", "id_instant", "id_first", "id_last", "fen_of"}


async def test_what_a_transaction_knows_is_passed_in(owner: sql.Connection) -> None:
    defaults = await owner.fetch(
        """select adrelid::regclass::text as table, attname, pg_get_expr(adbin, adrelid) as filled
             from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
            where pg_get_expr(adbin, adrelid) ~ 'xact|now\\(|timestamp\\(|CURRENT|random'"""
    )
    assert [dict(row) for row in defaults] == [], "let the statement name the value, not the table"


async def test_tables_say_what_they_are(owner: sql.Connection) -> None:
    silent = await owner.fetch(
        """select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition
              and obj_description(c.oid, 'pg_class') is null"""
    )
    tables = [row["relname"] for row in silent]
    assert not tables, f"add `comment on table … is '…'` in the migration that makes: {', '.join(tables)}"


async def test_growing_tables_have_partitions(owner: sql.Connection, now: datetime) -> None:
    partitioned = {
        row["relname"]
        for row in await owner.fetch("select relname from pg_class where relkind = 'p' and not relispartition")
    }
    registered = {row["name"] for row in await owner.fetch("select name from growing_table")}
    assert partitioned == registered, "a partitioned table is registered with `select grow('its name', months kept)`"
    children = {
        row["relname"]
        for row in await owner.fetch("select relname from pg_class where relispartition and relkind = 'r'")
    }
    for table in registered:
        wanted = {f"{table}_default", f"{table}_{now:%Y_%m}"}
        assert wanted <= children, f"{table} lacks {wanted - children}"


@pytest.mark.parametrize("change", ["update tariff set version = 7", "delete from tariff", "truncate tariff cascade"])
async def test_what_is_published_stays(owner: sql.Connection, registered: dict[str, str], change: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="stays as it is"):
        await owner.execute(change)
    async with owner.transaction():
        await owner.execute("set local role onelot_service")
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
            async with owner.transaction():
                await owner.execute(change)


@pytest.mark.parametrize("table", ["lot_tariff", "zone_tariff", "lot_zone"])
async def test_what_held_is_not_rewritten(owner: sql.Connection, table: str) -> None:
    for right in ("UPDATE", "DELETE", "TRUNCATE"):
        assert not await owner.fetchval("select has_table_privilege('onelot_service', $1, $2)", table, right)


@pytest.mark.parametrize("table", ["journal", "transfer"])
@pytest.mark.parametrize("change", ["delete from {}", "update {} set txid = txid", "truncate {}"])
async def test_the_ledger_only_grows(owner: sql.Connection, table: str, change: str) -> None:
    statement = change.format(table)
    async with owner.transaction():
        await owner.execute("set local role onelot_service")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with owner.transaction():
                await owner.execute(statement)
    if change.startswith("truncate"):
        with pytest.raises(asyncpg.CheckViolationError):
            await owner.execute(f"{statement} cascade")


@pytest.mark.parametrize("table", ["balance", "operator_day", "book", "journal", "transfer", "schema_migration"])
async def test_books_have_one_door(owner: sql.Connection, table: str) -> None:
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        assert not await owner.fetchval("select has_table_privilege('onelot_service', $1, $2)", table, right)


async def test_migrations_run_once(database_url: str, owner: sql.Connection, now: datetime) -> None:
    assert await migrate(database_url, now=now) == []
    recorded = await owner.fetch("select number, name, sha256 from schema_migration order by number")
    assert [tuple(row) for row in recorded] == [(each.number, each.name, each.sha256) for each in files()]


async def test_an_edited_migration_is_refused(database_url: str, now: datetime, tmp_path: Path) -> None:
    copied = copy_of(files(), tmp_path)
    edited = copied[2]
    edited.write_text(edited.read_text(encoding="utf-8") + "\n-- one more word\n", encoding="utf-8")
    with pytest.raises(MigrationRefused, match=r"0003_accounts\.sql was changed after it was applied"):
        await migrate(database_url, now=now, folder=tmp_path)


async def test_a_newer_database_is_refused(database_url: str, now: datetime, tmp_path: Path) -> None:
    copy_of(files()[:-1], tmp_path)
    with pytest.raises(MigrationRefused, match="which this version does not know"):
        await migrate(database_url, now=now, folder=tmp_path)


async def test_a_failing_migration_leaves_nothing(owner: sql.Connection, now: datetime, tmp_path: Path) -> None:
    known = files()
    copy_of(known, tmp_path)
    number = len(known) + 1
    (tmp_path / f"{number:04}_half.sql").write_text("create table half (a int); select 1 / 0;", encoding="utf-8")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(owner, now=now, folder=tmp_path)
    assert await owner.fetchval("select to_regclass('half')") is None
    assert await owner.fetchval("select max(number) from schema_migration") == len(known)
    assert await owner.fetchval("select count(*) from pg_locks where locktype = 'advisory' and classid = 7411") == 0


@pytest.mark.parametrize("name", ["12_short.sql", "0009_Gap.sql", "0002_first_is_missing.sql"])
def test_badly_named_migrations_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("select 1", encoding="utf-8")
    with pytest.raises(MigrationRefused):
        files(tmp_path)


@pytest.mark.skipif(
    DATABASE_VARIABLE in os.environ, reason="other versions of PostgreSQL write the same schema otherwise"
)
def test_schema_is_dumped(database_url: str) -> None:
    assert dump.SCHEMA.read_text(encoding="utf-8") == dump.dump(database_url), "run `make schema`"


def copy_of(migrations: list[Migration], folder: Path) -> list[Path]:
    paths = [folder / f"{each.number:04}_{each.name}.sql" for each in migrations]
    for path, migration in zip(paths, migrations, strict=True):
        path.write_text(migration.text, encoding="utf-8")
    return paths
