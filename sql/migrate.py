"""Brings a schema of a database to this version: numbered files, forward only, each in its own transaction. What an
index of a large table lacks is built after them, outside of any.

The schema is the one the connection's `search_path` names first, `public` if it says nothing. Several may live side by
side in one database; none knows of another.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import asyncpg
import msgspec

import sql
from sql.statements import statements

MIGRATIONS = sql.FOLDER / "migrations"
_MIGRATE = sql.load("migrate")
_FILE = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")


class MigrationRefused(Exception):
    """The files of sql/migrations do not continue the database's history, or there is no schema to put it in. Nothing
    was changed.
    """


class Migration(msgspec.Struct, frozen=True):
    """One file of sql/migrations: its number, its name, and the sha256 of its text in hexadecimal."""

    number: int
    name: str
    sha256: str
    text: str


class MissingPart(msgspec.Struct, frozen=True):
    """The part of an index that one partition lacks: the statements that make it."""

    drop_half: str
    build: str
    attach: str


class Applied(msgspec.Struct, frozen=True):
    """A migration as the database remembers it."""

    number: int
    name: str
    sha256: str


def files(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of a folder in order.

    Raises:
        MigrationRefused: a file name is not `0001_words_like_this.sql`, or the numbers have a gap or a double.
    """
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        name = _FILE.match(path.name)
        if name is None:
            raise MigrationRefused(f"{path.name}: a migration is named like 0012_add_permits.sql.")
        # Line ends are not content: the same file checked out elsewhere is the same migration.
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        migrations.append(Migration(int(name[1]), name[2], hashlib.sha256(text.encode()).hexdigest(), text))
    numbers = [migration.number for migration in migrations]
    if numbers != list(range(1, len(migrations) + 1)):
        raise MigrationRefused(f"Migrations are numbered from 0001 without gaps or doubles, not {numbers}.")
    return migrations


def pending(known: Sequence[Migration], applied: Sequence[Applied]) -> Sequence[Migration]:
    """What a database with the history `applied` still lacks.

    Raises:
        MigrationRefused: an applied file was edited or renamed, or the database is newer than these files.
    """
    for file, past in zip(known, applied, strict=False):
        if (file.number, file.name, file.sha256) != (past.number, past.name, past.sha256):
            raise MigrationRefused(
                f"{past.number:04}_{past.name}.sql was changed after it was applied to this database "
                f"(sha256 {past.sha256[:12]}… then, {file.sha256[:12]}… now). "
                "Put the file back as it was, and write the change as a new migration."
            )
    if len(applied) > len(known):
        newest = applied[-1]
        raise MigrationRefused(
            f"The database has {newest.number:04}_{newest.name}.sql, which this version does not know. "
            "Run the version that brought it, or a newer one."
        )
    return known[len(applied) :]


async def migrate(where: str | sql.Connection, *, now: datetime, folder: Path = MIGRATIONS) -> Sequence[Migration]:
    """Applies what is missing, then makes the partitions around `now` (aware); returns what was applied.

    `where` is an URL (`?search_path=name` for another schema than `public`) or a connection outside any transaction, of
    a role that owns the schema.

    Raises:
        MigrationRefused: see `files` and `pending`; or the schema does not exist.
        asyncpg.PostgresError: a migration failed; it left nothing behind, the ones before it stay applied.
    """
    if not isinstance(where, str):
        return await _migrate(where, now, folder)
    db = await asyncpg.connect(where)
    try:
        return await _migrate(db, now, folder)
    finally:
        await db.close()


async def _migrate(db: sql.Connection, now: datetime, folder: Path) -> Sequence[Migration]:
    known = files(folder)
    if await db.fetchval(_MIGRATE["schema"]) is None:
        raise MigrationRefused("The connection's search_path names no schema that exists; create it first.")
    await db.execute(_MIGRATE["one_at_a_time"])
    try:
        await db.execute(_MIGRATE["open_history"])
        missing = pending(known, await sql.every(db, Applied, _MIGRATE["applied"]))
        for migration in missing:
            async with db.transaction():
                await _apply(db, migration)
                await db.execute(_MIGRATE["remember"], migration.number, migration.name, migration.sha256, now)
        await db.execute(_MIGRATE["describe_history"])
        await db.execute(_MIGRATE["show_history"])
        await db.execute(_MIGRATE["create_partitions"], now)
    finally:
        await db.execute(_MIGRATE["next_please"])
    await _build_indexes(db)
    return missing


async def _build_indexes(db: sql.Connection) -> None:
    """Builds what indexes lack that were made on their tables alone: a month at a time, while everybody goes on
    writing. Stopped in between, the next `migrate` goes on.
    """
    if not await db.fetchval(_MIGRATE["build_alone"]):
        return
    try:
        for part in await sql.every(db, MissingPart, _MIGRATE["unfinished_indexes"]):
            await db.execute(part.drop_half)
            await db.execute(part.build)
            async with db.transaction():
                await db.execute(_MIGRATE["be_patient"])
                await db.execute(part.attach)
    finally:
        await db.execute(_MIGRATE["build_no_more"])


async def _apply(db: sql.Connection, migration: Migration) -> None:
    await db.execute(_MIGRATE["be_patient"])
    await db.execute(_MIGRATE["look_at_bodies_later"])
    await db.execute(_MIGRATE["name_one_schema"])
    # One statement a message: some servers and poolers take no more.
    for statement in statements(migration.text):
        await db.execute(statement)
    await db.execute(_MIGRATE["pin_functions"])
