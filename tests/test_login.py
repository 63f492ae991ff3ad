"""The role that connects: never one that owns the books; and a database that is not ready is said in a sentence."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

import sql
from sql.pool import LoginTooPowerful, check_login, open_pool
from tests import running


def as_login(url: str, name: str, password: str) -> str:
    """The database at an URL, for another login."""
    place = urlsplit(url)
    return urlunsplit(place._replace(netloc=f"{name}:{password}@{place.hostname}:{place.port}"))


@pytest.fixture
async def login(owner: sql.Connection, database_url: str) -> AsyncIterator[str]:
    """The module's database for a login that is a member of the service's role and of nothing else."""
    name, password = f"login_{secrets.token_hex(4)}", secrets.token_hex(8)
    await owner.execute(f"create role {name} login password '{password}'")
    await owner.execute(f"grant onelot_service to {name}")
    try:
        yield as_login(database_url, name, password)
    finally:
        await owner.execute(f"drop role {name}")


async def test_a_login_of_the_service_owns_nothing_whatever_role_it_takes(login: str) -> None:
    async with await open_pool(login, connections_max=1) as pool:
        await check_login(pool)
        async with pool.acquire() as db:
            for leave in ("reset role", "set role none"):
                await db.execute(leave)
                for forbidden in (
                    "alter table journal disable trigger all",
                    "drop table transfer",
                    "update transfer set amount_fen = 1",
                    "delete from journal",
                    "truncate audit",
                    "set session_replication_role = replica",
                    "alter function post set search_path = public",
                ):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await db.execute(forbidden)


async def test_an_owner_is_refused(login: str, database_url: str, owner: sql.Connection) -> None:
    async with await open_pool(database_url, connections_max=1) as pool:
        with pytest.raises(LoginTooPowerful):
            await check_login(pool)
    name = str(urlsplit(login).username)
    owner_name = await owner.fetchval("select tableowner from pg_tables where tablename = 'journal'")
    for powerful, again in (("createrole", "nocreaterole"), ("superuser", "nosuperuser")):
        await owner.execute(f"alter role {name} {powerful}")
        async with await open_pool(login, connections_max=1) as pool:
            with pytest.raises(LoginTooPowerful):
                await check_login(pool)
        await owner.execute(f"alter role {name} {again}")
    await owner.execute(f'grant "{owner_name}" to {name}')
    async with await open_pool(login, connections_max=1) as pool:
        with pytest.raises(LoginTooPowerful):
            await check_login(pool)


async def test_serving_and_working_as_the_owner_is_refused_in_a_sentence(database_url: str, redis_url: str) -> None:
    env = running.environment(database_url, redis_url, ONELOT_ALLOW_OWNER="false")
    for command in ("serve", "work"):
        code, printed = await running.onelot(env, command)
        assert (code, printed.split(":")[0]) == (2, "LoginTooPowerful"), printed
        assert "Traceback" not in printed


async def test_a_login_of_the_service_serves(login: str, redis_url: str, tmp_path: Path) -> None:
    env = running.environment(login, redis_url, ONELOT_ALLOW_OWNER="false", ONELOT_LOG_FORMAT="json")
    async with running.serving(tmp_path / "serve.log", env):
        pass
    lines = (tmp_path / "serve.log").read_text().splitlines()
    assert lines
    assert all(line.startswith('{"at": "') for line in lines), lines


async def test_triggers_of_the_books_fire_always(owner: sql.Connection) -> None:
    await owner.execute("select create_month_partition('transfer', '2019-01-01')")
    await owner.execute("select create_month_partition('journal', '2019-01-01')")
    found = await owner.fetch(
        "select c.relname, t.tgname, t.tgenabled from pg_trigger t join pg_class c on c.oid = t.tgrelid "
        "where t.tgname in ('only_grows', 'never_truncated', 'same_transaction', 'guard_published')"
    )
    assert {"journal", "journal_2019_01", "journal_default", "transfer_2019_01"} <= {row["relname"] for row in found}
    assert not [tuple(row) for row in found if row["tgenabled"] != b"A"]


# -- not ready


@pytest.fixture
async def empty(server_url: str) -> AsyncIterator[str]:
    """A database in which nothing was made."""
    name = f"onelot_test_{secrets.token_hex(4)}"
    server = await asyncpg.connect(server_url)
    try:
        await server.execute(f'create database "{name}"')
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()


@pytest.mark.parametrize(
    "words",
    [
        ("serve",),
        ("work",),
        ("verify",),
        ("operators",),
        ("settle", "--date", "2026-11-16"),
        ("token", "--role", "admin", "--subject", "x"),
        ("tokens", "list"),
        ("account", "suspend", "1001", "--reason", "x"),
        ("audit",),
        ("rebuild-occupancy",),
        ("jobs",),
    ],
    ids=" ".join,
)
async def test_a_database_that_was_not_migrated(empty: str, redis_url: str, words: tuple[str, ...]) -> None:
    code, printed = await running.onelot(running.environment(empty, redis_url), *words)
    assert code == 2
    assert printed.startswith("DatabaseNotReady: "), printed
    assert "onelot migrate" in printed
    assert len(printed.splitlines()) == 1


async def test_the_doctor_says_that_a_database_was_not_migrated(empty: str, redis_url: str) -> None:
    code, printed = await running.onelot(running.environment(empty, redis_url), "doctor")
    assert (code, "wrong  schema" in printed, "onelot migrate" in printed) == (2, True, True), printed


async def test_a_database_that_lacks_a_migration(owner: sql.Connection, database_url: str, redis_url: str) -> None:
    last = await owner.fetchval("select max(number) from schema_migration")
    await owner.execute("update schema_migration set number = 9999 where number = $1", last)
    try:
        code, printed = await running.onelot(running.environment(database_url, redis_url), "serve")
        assert (code, f"lacks the migrations {last:04}." in printed) == (2, True), printed
    finally:
        await owner.execute("update schema_migration set number = $1 where number = 9999", last)


async def test_an_address_nobody_can_mean(database_url: str) -> None:
    for url in ("redis://localhost:99999/0", "redis://localhost:x/0"):
        code, printed = await running.onelot(running.environment(database_url, url), "serve")
        assert (code, printed.startswith("BadSetting: ONELOT_REDIS_URL")) == (2, True), printed
