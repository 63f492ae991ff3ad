"""Migrations run once, whole or not at all, and a database that is not what they made is refused."""

from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

import sql
from sql.migrate import Migration, MigrationRefused, files, migrate


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
