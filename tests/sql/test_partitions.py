"""Months are made ahead of time, beside the traffic, and what keeps one from being made keeps none of the others."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import pytest

import sql
from parking.store import jobs as store
from tests.patience import PATIENCE_S

GROWING = "select name from growing_table order by name"


async def tables(owner: sql.Connection) -> list[str]:
    return [row["name"] for row in await owner.fetch(GROWING)]


async def have(owner: sql.Connection, month: str) -> set[str]:
    """The growing tables that have a partition of a month."""
    return {name for name in await tables(owner) if await owner.fetchval("select to_regclass($1)", f"{name}_{month}")}


async def made(db: sql.Connection, at: datetime) -> int:
    """What the service makes around an instant; returns how many could not be made."""
    return await store.create_partitions(db, at)


async def test_the_service_makes_as_many_months_as_it_is_told(owner: sql.Connection, pool: sql.Pool) -> None:
    everything = set(await tables(owner))
    asked = "update growing_table set months_before = $1, months_ahead = $2"
    before = await owner.fetchrow("select months_before, months_ahead from growing_table limit 1")
    assert before is not None
    try:
        await owner.execute(asked, 2, 3)
        await owner.execute("update growing_table set months_before = 4 where name = 'stay'")
        async with pool.acquire() as db:
            assert await made(db, datetime(2027, 8, 31, 23, tzinfo=UTC)) == 0
            assert await made(db, datetime(2027, 8, 31, 23, tzinfo=UTC)) == 0
    finally:
        await owner.execute(asked, *before)
    assert [len(await have(owner, f"2027_{month:02}")) for month in (5, 6, 8, 11, 12)] == [
        *(1, len(everything)),
        *(len(everything), len(everything), 0),
    ]
    assert await have(owner, "2027_04") == {"stay"}


async def test_a_month_made_beside_its_table_is_like_one_made_with_it(owner: sql.Connection, now: datetime) -> None:
    columns = """select attname, format_type(atttypid, atttypmod) as type, attnotnull, attgenerated,
                        pg_get_expr(adbin, adrelid) as filled
                   from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                  where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum"""
    rules = """select conname, pg_get_constraintdef(oid) as rule, coninhcount > 0 as handed_down from pg_constraint
                where conrelid = to_regclass($1) and contype in ('c', 'f') order by conname"""
    indexes = "select count(*) from pg_index where indrelid = to_regclass($1) and indisvalid"
    guards = """select tgname, tgtype from pg_trigger where tgrelid = to_regclass($1) and not tgisinternal
                order by tgname"""
    for table in await tables(owner):
        for query in (columns, rules, indexes, guards):
            month = await owner.fetch(query, f"{table}_{now:%Y_%m}")
            assert month == await owner.fetch(query, f"{table}_default"), table


async def test_a_row_that_came_too_early_keeps_one_month_from_being_made(owner: sql.Connection) -> None:
    try:
        await owner.execute(
            """insert into audit (owner_id, id, at, actor, action, subject)
               values (1, id_floor('2028-05-03'), now(), 'a', 'b', 'c')"""
        )
        warnings: list[str] = []
        owner.add_log_listener(lambda _, message: warnings.append(str(message)))
        assert await made(owner, datetime(2028, 5, 1, tzinfo=UTC)) == 1
        await asyncio.sleep(0)
        assert any("no partition of audit for 2028-05-01" in warning for warning in warnings)
        assert await have(owner, "2028_05") == set(await tables(owner)) - {"audit"}
        assert await have(owner, "2028_06") == set(await tables(owner))
    finally:
        await owner.execute("delete from audit_default")
    assert await made(owner, datetime(2028, 5, 1, tzinfo=UTC)) == 0


async def test_a_busy_table_is_left_for_later(owner: sql.Connection, pool: sql.Pool) -> None:
    at = datetime(2029, 5, 1, tzinfo=UTC)
    async with pool.acquire() as db, owner.transaction():
        await owner.execute("lock table parking_case_default in share mode")
        assert await made(db, at) == 1
    assert await have(owner, "2029_05") == set(await tables(owner)) - {"parking_case"}
    async with pool.acquire() as db:
        assert await made(db, at) == 0
        assert await db.fetchval("show lock_timeout") == "0"


async def test_who_waits_for_one_table_keeps_no_other(owner: sql.Connection, pool: sql.Pool) -> None:
    """Or two who ask the same two tables in two orders would wait for each other."""
    waits = "select count(*) from pg_locks where relation = 'parking_case_default'::regclass and not granted"
    async with pool.acquire() as maker, owner.transaction():
        await owner.execute("lock table parking_case_default in share mode")
        making = asyncio.create_task(made(maker, datetime(2031, 5, 1, tzinfo=UTC)))
        while not await owner.fetchval(waits):
            assert not making.done()
            await asyncio.sleep(0.01)
        await owner.execute("lock table audit_default in access share mode nowait")
        assert await making == 1


async def test_months_are_made_while_rows_are_written(owner: sql.Connection, pool: sql.Pool, now: datetime) -> None:
    write = """insert into audit (owner_id, id, at, actor, action, subject)
               values (1, id_floor($1::timestamptz + $2 * interval '1 s'), $1, 'a', 'b', 'c')"""
    async with pool.acquire() as writer, pool.acquire() as maker, writer.transaction():
        await writer.execute(write, now, 1)
        async with maker.transaction():
            assert await made(maker, datetime(2030, 5, 1, tzinfo=UTC)) == 0
            # Not committed yet, and the gates go on.
            await asyncio.wait_for(writer.execute(write, now, 2), PATIENCE_S)


@pytest.mark.parametrize("year", [1, 1999, 2099, 9999])
async def test_months_of_another_age_are_not_made(pool: sql.Pool, year: int) -> None:
    async with pool.acquire() as db:
        with pytest.raises(asyncpg.DatetimeFieldOverflowError):
            await made(db, datetime(year, 6, 1, tzinfo=UTC))


CHANGED = {
    "charge": {
        "state", "method", "paid_at", "collect_at", "collect_tries", "refunded_fen", "place_hidden", "paid_attempt_id",
        "void_reason", "amount_fen", "paid_fen", "owed_fen", "waived_fen", "kept_max_fen", "accepted_fen",
        "adjustments",
    },
    "charge_adjustment": set(),
    "attempt": {"state", "code", "tries", "updated_at", "query_at", "next_action", "channel_no", "paid_fen"},
    "refund": {"state", "code", "tries", "updated_at", "query_at"},
    "dispute": {"held_fen", "state", "resolved_at", "resolved_by", "resolution", "note"},
    "top_up": set(),
    "channel_local_payment": {"state", "code"},
    "channel_local_refund": set(),
}  # fmt: skip


@pytest.mark.parametrize("table", CHANGED)
async def test_what_was_agreed_is_not_rewritten(owner: sql.Connection, table: str) -> None:
    columns = """select attname from pg_attribute where attrelid = $1::text::regclass and attnum > 0
                    and has_column_privilege('onelot_service', attrelid, attnum, 'UPDATE')"""
    assert {row["attname"] for row in await owner.fetch(columns, table)} == CHANGED[table]
