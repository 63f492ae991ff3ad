"""Migrations run once, whole or not at all, and a database that is not what they made is refused."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

import sql
from sql.migrate import Migration, MigrationRefused, files, migrate
from tests.patience import PATIENCE_S


def copy_of(migrations: list[Migration], folder: Path) -> list[Path]:
    paths = [folder / f"{each.number:04}_{each.name}.sql" for each in migrations]
    for path, migration in zip(paths, migrations, strict=True):
        path.write_text(migration.text, encoding="utf-8")
    return paths


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


LEAF = """
create table leaf (id int primary key, word text) partition by range (id);
create table leaf_2026_11 partition of leaf for values from (0) to (10);
create table leaf_2026_12 partition of leaf for values from (10) to (20);
"""
PARTS = """
select i.indexrelid::regclass::text as part, i.indisvalid as is_valid, pg_get_indexdef(i.indexrelid, 1, true) as column
  from pg_index i join pg_class c on c.oid = i.indrelid
 where c.relname like 'leaf%' and not i.indisprimary order by 1
"""
BUILT = [("leaf_word", True, "word"), ("leaf_word_2026_11", True, "word"), ("leaf_word_2026_12", True, "word")]


@pytest.fixture
async def leaf(owner: sql.Connection, tmp_path: Path) -> AsyncIterator[Path]:
    """A table of two months, and the folder of a migration that makes an index on it alone."""
    known = files()
    copy_of(known, tmp_path)
    (tmp_path / f"{len(known) + 1:04}_leaf.sql").write_text("create index leaf_word on only leaf (word)", "utf-8")
    await owner.execute(LEAF)
    yield tmp_path
    await owner.execute("drop table leaf")
    await owner.execute("delete from schema_migration where number > $1", len(known))


async def test_an_index_is_built_beside_those_who_write(
    database_url: str, owner: sql.Connection, now: datetime, leaf: Path
) -> None:
    writer, other = [await asyncpg.connect(database_url) for _ in range(2)]
    try:
        held = writer.transaction()
        await held.start()
        await writer.execute("insert into leaf_2026_11 (id) values (1)")
        migrating = asyncio.create_task(migrate(database_url, now=now, folder=leaf))
        async with asyncio.timeout(PATIENCE_S):
            while await owner.fetchval("select to_regclass('leaf_word_2026_11')") is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        # The build waits for this writer, and nobody else waits for either.
        await other.execute("set lock_timeout = '5s'")
        await other.execute("insert into leaf (id) values (9), (19)")
        assert not migrating.done()
        await held.commit()
        assert [each.name for each in await migrating] == ["leaf"]
    finally:
        await writer.close()
        await other.close()
    assert [tuple(row) for row in await owner.fetch(PARTS)] == BUILT


async def test_an_index_that_was_left_half_built_is_built_anew(
    database_url: str, owner: sql.Connection, now: datetime, leaf: Path
) -> None:
    # What is left of a build that was stopped has the name, and is no part of the index.
    await owner.execute("create index leaf_word_2026_11 on leaf_2026_11 (id)")
    await migrate(database_url, now=now, folder=leaf)
    assert [tuple(row) for row in await owner.fetch(PARTS)] == BUILT
    assert await migrate(database_url, now=now, folder=leaf) == []


async def test_who_migrates_beside_a_build_does_not_wait_for_it(
    database_url: str, owner: sql.Connection, now: datetime, leaf: Path
) -> None:
    await owner.execute("select pg_advisory_lock(7412, hashtext('public'))")
    try:
        await migrate(database_url, now=now, folder=leaf)
        assert [tuple(row) for row in await owner.fetch(PARTS)] == [("leaf_word", False, "word")]
    finally:
        await owner.execute("select pg_advisory_unlock(7412, hashtext('public'))")
    assert await migrate(database_url, now=now, folder=leaf) == []
    assert [tuple(row) for row in await owner.fetch(PARTS)] == BUILT
