"""What is stored otherwise than it follows from facts is found and named, and what is right raises nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

import sql
from parking.decisions import Kind as Decided
from parking.discrepancies import Kind
from parking.flow import discrepancies as flow
from parking.flow.discrepancies import look_at_all, look_on
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, event, visit
from tests.parking.deciding import decide, fact

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PLATE, INSIDE, LEFT = "鲁B20311", "鲁C60477", "鲁D95866"
CAME, MISREAD = "鲁F10B77", "鲁F10877"
FOUND = "select kind::text as kind, says from discrepancy where subject_id = $1"
TABLES = ("stay", "open_stay", "parking_case", "charge", "charge_hold", "lot_occupancy", "match")
COLUMNS = """
select string_agg(quote_ident(attname), ', ') from pg_attribute
 where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
"""
SUBJECTS = {
    "stay": "select id from stay where plate = '鲁B20311' and state = 'closed'",
    "car inside": "select id from open_stay where plate = '鲁C60477'",
    "exit": "select id from stay where plate = '鲁D95866'",
    "exit of a stay": "select exit_event_id from stay where plate = '鲁B20311' and state = 'closed'",
    "misread exit": "select fact_id from match where outcome = 'probable' and believed_until is null",
    "case": "select id from parking_case where event_id = (select id from stay where plate = '鲁D95866')",
    "charge": "select c.id from charge c join stay s on s.id = c.stay_id where s.plate = '鲁B20311'",
}
# What is done behind the service's back, to what, and what is named.
PLANTS = {
    "a stay's time is changed": (
        "stay", "update stay set left_at = left_at - interval '1 min' where id = $1", Kind.STAY_OTHERWISE, "left_at",
    ),
    "a fact is dropped": (
        "stay", "update stay set facts = facts[1:1] where id = $1", Kind.STAY_OTHERWISE, "facts",
    ),
    "a stay is in doubt": (
        "stay", "update stay set doubts = '{turned_round}' where id = $1", Kind.STAY_OTHERWISE, "doubts",
    ),
    "a stay is another vehicle's": (
        "stay", "update stay set plate = '鲁E20999' where id = $1", Kind.STAY_MISSING, "it is closed",
    ),
    "a stay is gone": ("stay", "delete from stay where id = $1", Kind.STAY_MISSING, "it is closed"),
    "a car inside is gone": (
        "car inside", "delete from open_stay where id = $1", Kind.STAY_MISSING, "it is open",
    ),
    "a car inside is another": (
        "car inside", "update open_stay set plate = '鲁E20999' where id = $1",
        Kind.STAY_UNFOUNDED, "no fact leads to it",
    ),
    "a car inside counts no more": (
        "car inside", "update open_stay set counted = false where id = $1",
        Kind.COUNTED_WRONGLY, "it does not count and should",
    ),
    "a case is deleted": ("case", "delete from parking_case where id = $1", Kind.CASE_MISSING, "exit_without_entry"),
    "a case settled itself too early": (
        "case", "update parking_case set resolved_at = now(), resolved_by = 'facts' where id = $1",
        Kind.CASE_MISSING, "exit_without_entry",
    ),
    "a charge is over something else than the fee": (
        "charge", "update charge set amount_fen = amount_fen - 100 where id = $1",
        Kind.CHARGE_OTHERWISE, "the fee is 600",
    ),
    "a charge is deleted": (
        "charge", "delete from charge where id = $1", Kind.CHARGE_OTHERWISE, "there is none over 600",
    ),
    "a match is another": (
        "exit", "update match set outcome = 'ambiguous' where fact_id = $1", Kind.MATCH_OTHERWISE, "it is none",
    ),
    "a match is with another entry": (
        "misread exit", "update match set entry_id = fact_id where fact_id = $1", Kind.MATCH_OTHERWISE, "probable",
    ),
    "a match has other candidates": (
        "misread exit", "update match set candidates = candidates || candidates where fact_id = $1",
        Kind.MATCH_OTHERWISE, "probable",
    ),
    "a match was alike and is less so": (
        "misread exit",
        "update match set candidates = jsonb_set(candidates, '{0,likeness}', '1') where fact_id = $1",
        Kind.MATCH_OTHERWISE, "probable",
    ),
    "a match was ended": (
        "exit", "update match set believed_until = believed_from where fact_id = $1", Kind.MATCH_MISSING, "it is none",
    ),
    "a match is deleted": ("exit", "delete from match where fact_id = $1", Kind.MATCH_MISSING, "it is none"),
    "a match is made up": (
        "exit of a stay",
        "insert into match (lot_id, fact_id, n, outcome, candidates, believed_from) "
        "select lot_id, id, 1, 'none', '[]', now() from gate_event where id = $1",
        Kind.MATCH_OTHERWISE, "told by its stay",
    ),
}  # fmt: skip

# Where exits of the lot wait for an entry, the car is looked at beside them, and is seen to differ.
OR_NAMED = {"a car inside is another": (Kind.STAY_OTHERWISE, "plate")}


@asynccontextmanager
async def put_back(owner: sql.Connection) -> AsyncIterator[None]:
    """What is done to these tables inside of it is undone after it."""
    was = {table: await owner.fetch(f"select to_jsonb(t)::text as row from {table} t") for table in TABLES}
    await owner.execute("set session_replication_role = replica")
    try:
        yield
    finally:
        for table, rows in was.items():
            columns = await owner.fetchval(COLUMNS, table)
            await owner.execute(f"delete from {table}")
            await owner.execute(
                f"insert into {table} ({columns}) select {columns} "
                f"from unnest($1::text[]) row, jsonb_populate_record(null::{table}, row::jsonb)",
                [row["row"] for row in rows],
            )
        await owner.execute("reset session_replication_role")


async def look(district: District) -> int:
    return await look_at_all(district.pool, network=district.network, clock=lambda: district.now)


@pytest.fixture
async def lived_in(district: District) -> District:
    """A whole stay of a linked vehicle of which the fee is due, a car that is inside, an exit without an entry, and one
    that was read a little otherwise than its entry.
    """
    if not await district.count("select count(*) from gate_event"):
        await district.account(PLATE)
        await district.record(*visit("d", PLATE, NOW - 3 * HOUR, NOW))
        await district.record(event("i", "entry", NOW - HOUR, INSIDE, lot=HOSPITAL))
        for name, kind, plate in (("mi", "entry", CAME), ("mo", "exit", MISREAD)):
            at = NOW - (5 * HOUR if kind == "entry" else 4 * HOUR)
            await district.record(event(name, kind, at, plate), received_at=at)
        for name, hours, plate in (("k", 2, "鲁K77331"), ("l", 1, LEFT)):
            at = NOW - hours * HOUR
            await district.record(event(name, "exit", at, plate, lot=STATION), received_at=at)
    return district


@pytest.mark.parametrize("what", PLANTS)
async def test_what_does_not_follow_from_facts_is_named(lived_in: District, what: str) -> None:
    subject, statement, kind, says = PLANTS[what]
    owner = lived_in.owner
    number = await owner.fetchval(SUBJECTS[subject])
    assert await look(lived_in) == 0
    async with put_back(owner):
        assert (await owner.execute(statement, number)).endswith(" 1")
        await look(lived_in)
        named = [(row["kind"], row["says"]) for row in await owner.fetch(FOUND, number)]
        wanted = [(kind, says), *filter(None, [OR_NAMED.get(what)])]
        assert any(found == each and part in words for found, words in named for each, part in wanted), named
    assert await look(lived_in) == 0
    assert await owner.fetchval("select count(*) from discrepancy") == 0


async def test_a_stay_that_stands_on_nothing_is_named(lived_in: District) -> None:
    owner, lot = lived_in.owner, lived_in.lot(STATION).id
    number = await owner.fetchval("select id_floor($1)", NOW - MINUTE)
    async with put_back(owner):
        await owner.execute(
            "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at) "
            "values ($1, $2, '鲁K10233', 'blue', 'small', 'superseded', $3)",
            lot, number, NOW - HOUR,
        )  # fmt: skip
        assert await look(lived_in) == 1
        assert [row["kind"] for row in await owner.fetch(FOUND, number)] == [Kind.STAY_UNFOUNDED]


async def test_a_case_that_is_moot_and_a_hold_that_is_missing_are_named(lived_in: District) -> None:
    owner = lived_in.owner
    await lived_in.account("鲁F70822")
    await lived_in.record(event("a", "entry", NOW - 2 * HOUR, "鲁F70822"))
    await lived_in.record(event("b", "exit", NOW, "鲁F70822", confidence=0.3))
    assert await look(lived_in) == 0
    async with put_back(owner):
        await owner.execute("update charge_hold set released_at = now(), released_by = 'doubt_gone'")
        assert await look(lived_in) == 1
        assert [tuple(row) for row in await owner.fetch("select kind::text, says from discrepancy")] == [
            (Kind.HOLD_MISSING, "low_confidence")
        ]
    moot = (
        "insert into parking_case (lot_id, id, event_id, reason, opened_at) "
        "select lot_id, $1, $1, 'turned_round', now() from stay where plate = $2"
    )
    async with put_back(owner):
        await owner.execute(moot, await fact(lived_in, "do"), PLATE)
        assert await look(lived_in) == 1
        assert await owner.fetchval("select kind::text from discrepancy") == Kind.CASE_MOOT


async def test_what_people_decided_is_right(lived_in: District) -> None:
    await lived_in.record(event("x", "exit", NOW, "鲁G81533", lot=HOSPITAL))
    await decide(lived_in, Decided.MANUAL_ENTRY, about=await fact(lived_in, "x"), entered_at=NOW - HOUR)
    await lived_in.record(*visit("v", "鲁H33944", NOW - HOUR, NOW, lot=HOSPITAL))
    await decide(lived_in, Decided.PLATE, about=await fact(lived_in, "vo"), plate="鲁J12055")
    await decide(lived_in, Decided.VOID, about=await fact(lived_in, "vi"))
    assert await look(lived_in) == 0


async def test_a_look_goes_on_where_it_stopped(lived_in: District, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "FACTS_PER_SLICE_MAX", 2)
    owner, looks = lived_in.owner, 0
    number = await owner.fetchval(SUBJECTS["car inside"])
    await owner.execute("update sweep set lot_id = 0, whole_at = null")
    async with put_back(owner):
        await owner.execute("delete from open_stay where id = $1", number)
        while await owner.fetchval("select whole_at from sweep") is None:
            await look_on(lived_in.pool, network=lived_in.network, clock=lambda: NOW, limit_s=0)
            looks += 1
            assert looks < 100
        assert await owner.fetchval("select says from discrepancy where subject_id = $1", number) == "it is open"
    assert looks > len(lived_in.network.lots) + 1
    assert await look(lived_in) == 0
