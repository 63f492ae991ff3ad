"""The promises the schema itself makes: who may write what, what is never rewritten, and that it says what it is."""

import os
from datetime import datetime

import asyncpg
import pytest

import sql
from sql import dump
from tests.conftest import DATABASE_VARIABLE


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


@pytest.mark.skipif(
    DATABASE_VARIABLE in os.environ, reason="other versions of PostgreSQL write the same schema otherwise"
)
def test_schema_is_dumped(database_url: str) -> None:
    assert dump.SCHEMA.read_text(encoding="utf-8") == dump.dump(database_url), "run `make schema`"
