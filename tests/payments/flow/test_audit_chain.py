"""The chain of the audit log in PostgreSQL: who writes waits for nobody, and whatever hands do is found."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import pytest

import sql
from payments.audit_chain import Fault, Head
from payments.flow import audit_chain
from payments.store import audit as audit_store
from payments.store import audit_chain as store
from tests.conftest import NOW


async def write(db: sql.Connection, number: int, *, days: int = 0) -> None:
    await audit_store.record(
        db,
        1,
        actor="li",
        action="lot.change",
        subject=f"lot:{number}",
        detail={"plate": "鲁A10001", "n": number},
        now=NOW - timedelta(days=days) + timedelta(milliseconds=number),
    )


async def link_all(pool: sql.Pool) -> int:
    source = random.Random(7)
    return await audit_chain.link_waiting(pool, now=NOW, random_bits=lambda: source.getrandbits(64))


async def faults(pool: sql.Pool, *heads: Head) -> list[Fault]:
    return [each.fault for each in (await audit_chain.verify(pool, heads=heads, now=NOW)).found]


@pytest.fixture(autouse=True)
async def chained(pool: sql.Pool, owner: sql.Connection) -> Head:
    """Ten lines in a chain of their own."""
    await owner.execute("truncate audit, audit_link, audit_waiting")
    await owner.execute("update audit_head set position = 0, hash = decode(repeat('00', 32), 'hex')")
    async with pool.acquire() as db:
        for number in range(10):
            await write(db, number)
    assert await link_all(pool) == 10
    async with pool.acquire() as db:
        return await store.head(db)


async def test_every_line_has_its_place_once(pool: sql.Pool, chained: Head) -> None:
    assert chained.position == 10
    assert await link_all(pool) == 0
    async with pool.acquire() as db:
        await write(db, 3)
        assert await store.count_waiting(db) == 0, "the same line again is nothing"
    assert await faults(pool, chained) == []


async def test_who_commits_late_is_in_it_and_who_goes_back_is_not(pool: sql.Pool, chained: Head) -> None:
    async with pool.acquire() as late, pool.acquire() as other:
        held = late.transaction()
        await held.start()
        await write(late, 1, days=3)
        given_up = other.transaction()
        await given_up.start()
        await write(other, 77)
        async with pool.acquire() as db:
            await write(db, 11)
        assert await link_all(pool) == 1, "who writes keeps nobody waiting"
        await held.commit()
        await given_up.rollback()
    assert await link_all(pool) == 1
    assert await faults(pool, chained) == []


async def test_two_at_once_make_one_chain(pool: sql.Pool) -> None:
    async with pool.acquire() as db:
        for number in range(20, 40):
            await write(db, number)
    assert sum(await asyncio.gather(*[link_all(pool) for _ in range(4)])) == 20
    assert await faults(pool) == []


TAMPERED: dict[str, tuple[str, list[Fault]]] = {
    "a line is changed": ("update audit set actor = 'x' where subject = 'lot:4'", [Fault.CHANGED]),
    "a line is taken out": ("delete from audit where subject = 'lot:4'", [Fault.MISSING]),
    "a line and its place": (
        "delete from audit_link where position = 5; delete from audit where subject = 'lot:4'",
        [Fault.BROKEN],
    ),
    "a line is put in": (
        "insert into audit (owner_id, id, at, actor, action, subject) "
        "values (1, id_floor('2026-11-15'), now(), 'x', 'y', 'z'); delete from audit_waiting",
        [Fault.NOT_IN_IT],
    ),
    "a line is made to look forgotten": (
        "update audit_link set salt = null where position = 5; update audit set detail = '{}' where subject = 'lot:4'",
        [Fault.FORGOTTEN],
    ),
    "the end is cut off": ("delete from audit_link where position > 8", [Fault.CUT_OFF, Fault.CUT_OFF]),
    "the end and its head": (
        "delete from audit where subject in ('lot:8', 'lot:9'); delete from audit_link where position > 8; "
        "update audit_head set position = 8, hash = (select hash from audit_link where position = 8)",
        [Fault.CUT_OFF],
    ),
    "a place is changed": ("update audit_link set hash = sha256('x') where position = 5", [Fault.BROKEN]),
}


@pytest.mark.parametrize("done", TAMPERED)
async def test_what_hands_do_is_found(pool: sql.Pool, owner: sql.Connection, chained: Head, done: str) -> None:
    statements, expected = TAMPERED[done]
    for statement in statements.split("; "):
        await owner.execute(statement)
    found = await faults(pool, chained)
    assert [each for each in found if each is not Fault.NOT_IN_IT or each in expected] == expected


async def test_a_log_that_is_written_anew_is_found_by_a_head_that_was_kept(
    pool: sql.Pool, owner: sql.Connection, chained: Head
) -> None:
    await owner.execute("truncate audit_link")
    await owner.execute("update audit_head set position = 0, hash = decode(repeat('00', 32), 'hex')")
    await owner.execute("update audit set actor = 'x' where subject = 'lot:4'")
    await owner.execute("insert into audit_waiting select owner_id, id from audit")
    assert await link_all(pool) == 10
    assert await faults(pool) == []
    assert await faults(pool, chained) == [Fault.ANOTHER]


async def test_what_is_forgotten_by_the_law_is_no_fault(
    pool: sql.Pool, owner: sql.Connection, random_bits: Callable[[], int]
) -> None:
    async with pool.acquire() as db:
        await write(db, 50, days=60)
    await link_all(pool)
    await owner.execute("update forgetting set keep_months = 1 where what = 'audit'")
    try:
        while await owner.fetchval("select forget_a_day('audit', $1)", NOW):
            pass
        assert await owner.fetchval("select detail ? 'plate' from audit where subject = 'lot:50'") is False
        checked = await audit_chain.verify(pool, now=NOW)
        assert (checked.found, checked.forgotten) == ([], 1)
    finally:
        await owner.execute("update forgetting set keep_months = 37 where what = 'audit'")


async def test_the_service_itself_cannot_change_what_is_in_it(pool: sql.Pool) -> None:
    for statement in ("update audit_link set hash = leaf", "delete from audit_link", "truncate audit_link"):
        async with pool.acquire() as db:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement)
