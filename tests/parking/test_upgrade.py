"""Plates of before stand under the colour of their form after the upgrade, for whoever held them first."""

import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest

import sql
from parking import plates
from parking.plates import PlateColor
from sql.migrate import MIGRATIONS, migrate
from tests.conftest import NOW

HOUR = timedelta(hours=1)
# One of each form, and such as have none.
TEXTS = (
    *("鲁A12345", "鲁A1234F", "鲁AD12345", "鲁A12345D", "鲁A1234挂", "鲁A1234学", "鲁A1234警", "鲁A1234应急"),
    *("粤Z1234港", "粤ZK123澳", "使123456", "鲁A1234使", "鲁A1234领", "鲁123456领", "WJ警1234A", "WJ鲁12345"),
    *("WJ1234X", "AB12345", "临鲁A12345", "鲁A1234临", "鲁AABCDE", "鲁A12O45", "鲁A1234567", "XY123", "鲁AD1234I"),
    "12345678",
)


@pytest.fixture
async def before(server_url: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database of just before, empty."""
    (last,) = MIGRATIONS.glob("*_plates_in_the_colour_of_their_form.sql")
    for file in MIGRATIONS.glob("*.sql"):
        if file.name < last.name:
            shutil.copy(file, tmp_path)
    name = f"onelot_test_{secrets.token_hex(4)}"
    url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    server = await asyncpg.connect(server_url)
    try:
        await server.execute(f'create database "{name}"')
        await migrate(url, now=NOW, folder=tmp_path)
        yield url
    finally:
        await server.execute(f'drop database if exists "{name}" with (force)')
        await server.close()


@pytest.fixture
async def old(before: str) -> AsyncIterator[sql.Connection]:
    """That database, as its owner, with four accounts (1, 2, 3, 4)."""
    db = await asyncpg.connect(before)
    await db.execute("insert into account (id, created_at) select n, $1 from generate_series(1, 4) n", NOW)
    yield db
    await db.close()


async def link(db: sql.Connection, plate: str, color: str, account_id: int, hours: float, until: float | None) -> None:
    """A link that began, and maybe ended, so many hours ago."""
    unlinked_at = None if until is None else NOW - until * HOUR
    await db.execute(
        "insert into account_plate values ($1, $2::plate_color, $3, $4, $5)",
        *(plate, color, account_id, NOW - hours * HOUR, unlinked_at),
    )


async def holders(db: sql.Connection) -> list[tuple[str, str, int]]:
    rows = await db.fetch(
        "select plate, plate_color::text, account_id from account_plate where unlinked_at is null order by 1, 2"
    )
    return [tuple(row) for row in rows]


async def claims(db: sql.Connection) -> list[tuple[str, str, int]]:
    return [tuple(row) for row in await db.fetch("select plate, plate_color::text, account_id from plate_claim")]


async def test_every_plate_gets_the_colour_that_reading_gives_it(before: str, old: sql.Connection) -> None:
    pairs = [(text, color) for text in TEXTS for color in PlateColor]
    for n, (text, color) in enumerate(pairs):
        # A plate a time, so that each has one holder.
        await link(old, text, color, 1, hours=3 * (n + 1), until=3 * (n + 1) - 1)
    await migrate(before, now=NOW)
    kept = {
        (row["plate"], (NOW - row["linked_at"]) // (3 * HOUR) - 1): row["plate_color"]
        for row in await old.fetch("select plate, linked_at, plate_color::text from account_plate")
    }
    wanted = {(text, n): str(plates.settle_color(text, color)) for n, (text, color) in enumerate(pairs)}
    assert kept == wanted


async def test_of_two_holders_the_first_keeps_it(before: str, old: sql.Connection) -> None:
    await link(old, "鲁AD10001", "blue", 1, 30, None)
    await link(old, "鲁AD10001", "white", 2, 20, None)
    await link(old, "鲁AD10002", "green", 1, 30, None)
    await link(old, "鲁AD10002", "blue", 2, 20, None)
    await link(old, "鲁AD10003", "green", 2, 20, None)
    await link(old, "鲁AD10003", "blue", 1, 30, None)
    await link(old, "鲁AD10004", "blue", 3, 30, None)
    await link(old, "鲁AD10004", "green", 3, 20, None)
    # Who paid for it in between goes on having paid.
    await link(old, "鲁AD10005", "green", 4, 25, 15)
    await link(old, "鲁AD10005", "blue", 1, 30, None)
    await link(old, "鲁A10006", "blue", 4, 30, None)
    await old.execute("insert into plate_claim values ('鲁AD10002', 'blue', 3, $1), ('鲁AD10001', 'blue', 1, $1)", NOW)
    await migrate(before, now=NOW)
    assert await holders(old) == [
        ("鲁A10006", "blue", 4),
        *[(f"鲁AD1000{n}", "green", 3 if n == 4 else 1) for n in range(1, 6)],
    ]
    assert sorted(await claims(old)) == [
        ("鲁AD10001", "green", 2),
        ("鲁AD10002", "green", 2),
        ("鲁AD10002", "green", 3),
        ("鲁AD10003", "green", 2),
    ]
    since = "select linked_at from account_plate where plate = $1 and plate_color = 'green' and unlinked_at is null"
    assert await old.fetchval(since, "鲁AD10001") == NOW - 30 * HOUR
    assert await old.fetchval(since, "鲁AD10005") == NOW - 15 * HOUR
    lines = await old.fetch("select owner_id, action, detail->>'plate' as plate from audit order by 2, 3, 1")
    assert [tuple(line) for line in lines] == [
        *[(1, "plate.link", f"鲁AD1000{n}") for n in (1, 3, 5)],
        *[(2, "plate.unlink", f"鲁AD1000{n}") for n in (1, 2, 3)],
    ]


async def test_what_staff_confirmed_stands(before: str, old: sql.Connection) -> None:
    await link(old, "鲁AD20001", "blue", 1, 30, None)
    await link(old, "鲁AD20001", "green", 2, 20, None)
    contest = (
        "insert into plate_contest (id, plate, plate_color, account_id, linked_at, contested_at, contested_by, "
        "resolved_at, resolved_by, link_stands) values (gen_random_uuid(), "
        "$1, $2::plate_color, $3, $4, $5, 'li', $6, $7, $8)"
    )
    await old.execute(contest, "鲁AD20001", "green", 2, NOW - 20 * HOUR, NOW - HOUR, NOW, "li", True)
    await link(old, "鲁AD20002", "blue", 3, 20, None)
    await old.execute(contest, "鲁AD20002", "blue", 3, NOW - 20 * HOUR, NOW - HOUR, None, None, None)
    await migrate(before, now=NOW)
    assert await holders(old) == [("鲁AD20001", "green", 2), ("鲁AD20002", "green", 3)]
    assert await claims(old) == [("鲁AD20001", "green", 1)]
    contested = await old.fetch("select plate_color::text from plate_contest where resolved_at is null")
    assert [row[0] for row in contested] == ["green"]


async def test_vehicles_that_are_inside_are_found_when_they_leave(before: str, old: sql.Connection) -> None:
    inside = (
        "insert into open_stay (lot_id, plate, plate_color, id, vehicle_class, entered_at, entry_lane_id, "
        "entry_event_id, facts) select 1, $1, $2::plate_color, i, 'small', $3, 1, i, array[i] from id_floor($3) i"
    )
    read = (
        "insert into gate_event (lot_id, id, gateway_id, event_id, lane_id, kind, occurred_at, received_at, "
        "effective_at, replay, plate, plate_read, plate_color, color_read, vehicle_class, confidence, content_hash, "
        "status, gate) select 1, id_floor($3), 1, $1 || $2, 1, 'entry', $3, $3, $3, false, $1, $1, $2::plate_color, "
        "$2::plate_color, 'small', 1, '', 'recorded', 'open'"
    )
    for n, (plate, color) in enumerate(
        (
            ("鲁AD30001", "blue"),
            ("鲁AD30001", "white"),
            ("鲁AD30002", "green"),
            ("鲁AD30002", "blue"),
            ("鲁A30003", "yellow"),
        )
    ):
        await old.execute(inside, plate, color, NOW + n * HOUR)
        await old.execute(read, plate, color, NOW + n * HOUR)
    await migrate(before, now=NOW)
    rows = await old.fetch(
        "select o.plate, o.plate_color::text as color, e.plate_color::text as compared, e.color_read::text as seen "
        "from open_stay o join gate_event e on e.id = o.entry_event_id order by o.entered_at"
    )
    assert [msgspec.convert(tuple(row), tuple[str, str, str, str]) for row in rows] == [
        ("鲁AD30001", "blue", "blue", "blue"),
        ("鲁AD30001", "green", "green", "white"),
        ("鲁AD30002", "green", "green", "green"),
        ("鲁AD30002", "blue", "blue", "blue"),
        ("鲁A30003", "yellow", "yellow", "yellow"),
    ]
