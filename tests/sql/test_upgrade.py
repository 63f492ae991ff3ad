"""A database of the first release is brought to this one: what it remembers, and price texts in the old language."""

import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest

import sql
from parking import tariffs
from parking.flow.network import read_network
from parking.plates import VehicleClass
from parking.tariffs import Vehicle, Visit
from payments import charges, ids
from payments.accounts import key_digest
from payments.attempts import PayableKind
from payments.store import accounts, attempts
from sql import invariants
from sql.migrate import MIGRATIONS, migrate
from tests.conftest import NOW, new_database

JINAN, BERLIN = "Asia/Shanghai", "Europe/Berlin"
ROAD: dict[str, Any] = {
    "code": "road", "name_zh": "道路", "name_en": "Road", "free_min": 30, "large_percent": 200, "nev_quota_min": 120,
    "short_crossing_min": 60, "price_mode": "government", "grade": "hearsay", "source": "somewhere",
    "bands": [
        {"starts": "08:00", "ends": "20:00", "name_zh": "白天", "name_en": "Day", "unit_min": 60, "unit_fen": 200},
        {"starts": "20:00", "ends": "08:00", "name_zh": "夜间", "name_en": "Night", "unit_min": 60, "unit_fen": 200,
         "cap_fen": 500},
    ],
}  # fmt: skip
# A band that is the whole day begins anew every day: at midnight since the upgrade, whenever it did before.
HOSPITAL: dict[str, Any] = {
    "code": "hospital", "name_zh": "医院", "name_en": "Hospital", "large_percent": 100,
    "bands": [{"starts": "07:30", "ends": "07:30", "name_zh": "全天", "name_en": "All day", "unit_min": 45,
               "unit_fen": 300, "cap_fen": 1000}],
}  # fmt: skip

# How far the top-ups of the first release went: state, code, and when the channel is asked again.
TOP_UPS = (("declined", "PAYER_DECLINED", None), ("unknown", "TimeoutError", NOW), ("accepted", None, NOW))


@pytest.fixture(scope="module")
async def first_release(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The name of a database of the first release, with three lots, their prices and two stays, to be copied."""
    folder = tmp_path_factory.mktemp("first_release")
    for file in sorted(MIGRATIONS.glob("000[1-7]_*.sql")):
        shutil.copy(file, folder)
    async with new_database(server_url) as url:
        await migrate(url, now=NOW, folder=folder)
        db = await asyncpg.connect(url)
        try:
            await fill(db)
        finally:
            await db.close()
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
async def old(server_url: str, first_release: str) -> AsyncIterator[str]:
    """A database of the first release."""
    async with new_database(server_url, template=first_release) as url:
        yield url


async def fill(db: sql.Connection) -> None:
    await db.execute("insert into operator (code, name_zh, name_en, platform_fee_bps) values ('o', 'o', 'o', 1)")
    for n, zone in enumerate((JINAN, JINAN, BERLIN), 1):
        await db.execute(
            "insert into lot (code, operator_id, name_zh, name_en, district_zh, district_en, kind, capacity, "
            "longitude, latitude, time_zone) select $1, id, 'l', 'l', 'd', 'd', 'road', 9, 117, 36, $2 from operator",
            f"lot{n}", zone,
        )  # fmt: skip
        await db.execute("insert into lot_occupancy (lot_id, updated_at) values ($1, $2)", n, NOW)
    for number, document in enumerate((ROAD, HOSPITAL), 1):
        text = msgspec.json.encode(document).decode()
        await db.execute(
            "insert into tariff (code, version, document) values ($1, 1, $2::jsonb)", document["code"], text
        )
        for lot_id in (1, 2, 3):
            since = datetime(2025, number, 1, tzinfo=UTC)
            await db.execute("insert into lot_tariff values ($1, $2, $3)", lot_id, since, number)
    for plate, used_min in (("鲁AD12345", 60), ("鲁AD12346", 0)):
        await db.execute(
            "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, tariff_id, "
            "fee_fen, quota_used_min) values (1, id_floor($1), $2, 'green', 'small', 'closed', $1, $3, 1, 0, $4)",
            NOW + timedelta(seconds=40 + used_min), plate, NOW + timedelta(hours=1), used_min,
        )  # fmt: skip
    await db.execute(
        "insert into review (lot_id, id, event_id, reason, opened_at, resolved_at, resolved_by, note) values "
        "(1, id_floor($1), id_floor($1), 'no_plate', $1, $1, 'staff', 'a bicycle')", NOW,
    )  # fmt: skip
    account_id = await db.fetchval("insert into account (created_at) values ($1) returning id", NOW)
    for n, (state, code, query_at) in enumerate(TOP_UPS, 1):
        await db.execute(
            "insert into top_up (account_id, id, request_no, channel, amount_fen, state, code, request, created_at, "
            "updated_at, query_at) values ($1, $2, $3, 'local', $4, $5, $6, $7::text::jsonb, $8, $8, $9)",
            account_id, ids.new(NOW, account_id, n), key_digest(account_id, f"key {n}"), n, state, code,
            f'{{"number": "number {n}", "amount_fen": {n}, "payer": "ok"}}', NOW, query_at,
        )  # fmt: skip


@pytest.fixture(scope="module")
async def upgraded_url(server_url: str, first_release: str) -> AsyncIterator[str]:
    """A database of the first release after the upgrade."""
    async with new_database(server_url, template=first_release) as url:
        await migrate(url, now=NOW)
        yield url


@pytest.fixture
async def upgraded(upgraded_url: str) -> AsyncIterator[sql.Connection]:
    """The upgraded database, as its owner, for tests that leave it as it is."""
    db = await asyncpg.connect(upgraded_url)
    try:
        yield db
    finally:
        await db.close()


async def test_what_was_used_is_still_remembered(upgraded: sql.Connection) -> None:
    kept = await upgraded.fetch("select plate, uses from stay order by plate")
    assert kept[1]["uses"] is None
    uses = msgspec.json.decode(kept[0]["uses"], type=list[tariffs.Use])
    assert uses == [tariffs.Use("quota.nev", NOW + timedelta(minutes=1), 60)]


async def test_what_was_before_a_person_is_a_case(upgraded: sql.Connection) -> None:
    kept = await upgraded.fetch(
        "select tableoid::regclass::text as part, reason::text as reason, note from parking_case"
    )
    assert [tuple(row) for row in kept] == [(f"parking_case_{NOW:%Y_%m}", "no_plate", "a bicycle")]
    assert await upgraded.fetchval("select keep_months from growing_table where name = 'parking_case'") == 37
    named = await upgraded.fetch(
        "select relname::text from pg_class union select conname from pg_constraint union select typname from pg_type"
    )
    # Of an event that is in review.
    assert [row[0] for row in named if "review" in row[0]] == ["review_has_reason"]


async def test_every_top_up_has_its_attempt(upgraded: sql.Connection) -> None:
    account_id = await upgraded.fetchval("select id from account")
    transaction = upgraded.transaction()
    await transaction.start()
    asked = await attempts.claim_attempts_to_query(
        upgraded, ["local"], now=NOW, again_at=NOW + timedelta(days=1), limit=9
    )
    await transaction.rollback()
    claimed = {attempt.payable_id for attempt in asked}
    for n, (state, code, query_at) in enumerate(TOP_UPS, 1):
        top_up = await accounts.top_up_by_key(upgraded, account_id, key_digest(account_id, f"key {n}"))
        assert top_up is not None
        [attempt] = await attempts.attempts_of(upgraded, top_up.id)
        assert (attempt.kind, attempt.shard, attempt.channel) == (PayableKind.TOP_UP, account_id, "local")
        assert (attempt.state, attempt.code, attempt.query_at) == (state, code, query_at)
        assert (attempt.amount_fen, top_up.amount_fen) == (n, n)
        assert (attempt.payable_id in claimed) is (query_at is not None)


async def test_every_price_is_published_and_of_its_lots_zone(upgraded: sql.Connection) -> None:
    network = await read_network(upgraded, NOW)
    assert [[price.tariff.code for price in network.prices[lot_id].tariffs] for lot_id in network.lots] == [
        ["road", "hospital"], ["road", "hospital"], ["road-europe-berlin", "hospital-europe-berlin"],
    ]  # fmt: skip
    assert all(
        price.tariff.time_zone == lot.time_zone
        for lot in network.lots.values()
        for price in network.prices[lot.id].tariffs
    )
    assert [found.name for found in await invariants.check(upgraded, now=NOW) if found.rows] == []
    left = await upgraded.fetch("select proname from pg_proc where pronamespace = pg_my_temp_schema()")
    assert list(left) == []


async def test_the_test_channels_books_come_along(old: str) -> None:
    db = await asyncpg.connect(old)
    try:
        await db.execute("insert into channel_local.payment values ('number-1', 500, 'ok', 'succeeded', null, $1)", NOW)
        await db.execute("insert into channel_local.refund values ('refund-1', 'number-1', 200, $1)", NOW)
        await migrate(old, now=NOW)
        kept = await db.fetch(
            "select p.amount_fen, p.payer, p.state, p.at, r.number, r.amount_fen as back_fen "
            "from channel_local_payment p join channel_local_refund r on r.payment_number = p.number"
        )
        assert [tuple(row) for row in kept] == [(500, "ok", "succeeded", NOW, "refund-1", 200)]
        assert await db.fetchval("select to_regnamespace('channel_local')") is None
    finally:
        await db.close()


async def test_statements_made_before_stand_and_journals_name_their_operator(old: str) -> None:
    db = await asyncpg.connect(old)
    try:
        operator = await db.fetchval("select id from operator")
        for n, (gross, refunds, fee) in enumerate(((101, 0, 1), (0, 150, 0), (202, 0, 2))):
            await db.execute(
                "insert into settlement values ($1, $2, gen_random_uuid(), 1, $3, $4, 60, $5, $6, $7)",
                operator, NOW.date() + timedelta(days=n), gross, refunds, fee, gross - refunds - fee, NOW,
            )  # fmt: skip
        charge, refund = ids.new(NOW, 1, 7), ids.derive(ids.new(NOW, 1, 7), "refund")
        await db.execute(
            "insert into charge (lot_id, id, stay_id, operator_id, amount_fen, lines, created_at, state, method, "
            "paid_at) values (1, $1, $1, $2, 500, '[]', $3, 'paid', 'local', $3)", charge, operator, NOW,
        )  # fmt: skip
        await db.execute(
            "insert into attempt (lot_id, charge_id, id, request_no, channel, amount_fen, state, created_at, "
            "updated_at) values (1, $1, $2, 'paid-1', 'local', 500, 'succeeded', $3, $3)",
            charge, ids.derive(charge, "paid"), NOW,
        )  # fmt: skip
        await db.execute(
            "insert into refund values (1, $1, $2, 500, 'local', 'succeeded', '', $3, $3)", charge, refund, NOW
        )
        for kind, ref in (("charge_paid", charge), ("refund_paid", refund)):
            key = ids.move(ref, operator, kind)
            async with db.transaction():
                await db.execute(
                    "insert into journal (owner_id, id, kind, ref, lot_id, business_date, recorded_at, fingerprint) "
                    "values ($1, $2, $3, $4, 1, $5, $6, '')", operator, key, kind, ref, NOW.date(), NOW,
                )  # fmt: skip
                await db.execute(
                    "insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, "
                    "credit_book, amount_fen) values ($1, $2, 1, 2, 'clearing', $1, 'casual_receivable', 500)",
                    operator, key,
                )  # fmt: skip
        await migrate(old, now=NOW)
        rows = await db.fetch(
            "select fee_exact, carried_fen, payout_fen, fee_by, collected_fen from settlement order by business_date"
        )
        assert [tuple(row) for row in rows] == [
            (10_000, 0, 100, "day", 500),
            (10_000, 0, 0, "day", 0),
            (30_000, -150, 50, "day", 0),
        ]
        assert await db.fetchval("select count(*) from journal where operator_id = $1", operator) == 2
        with pytest.raises(asyncpg.CheckViolationError, match="only grows"):
            await db.execute("update journal set operator_id = 7")
    finally:
        await db.close()


SMALL, LARGE = Vehicle(), Vehicle(kind=VehicleClass.LARGE)
NEV = Vehicle(new_energy=True)


@pytest.mark.parametrize(
    ("at", "entered", "left", "vehicle", "fee_fen"),
    [
        # What the first release charged, in local time, but for the band that began anew at half past seven.
        (0, "2026-11-16T09:00", "2026-11-16T09:30", SMALL, 0),
        (0, "2026-11-16T09:00", "2026-11-16T09:31", SMALL, 200),
        (0, "2026-11-16T09:00", "2026-11-16T12:00", NEV, 200),
        (0, "2026-11-16T18:00", "2026-11-17T09:00", SMALL, 1100),
        (0, "2026-11-16T18:00", "2026-11-17T09:00", LARGE, 2200),
        (0, "2026-11-16T19:40", "2026-11-16T20:30", SMALL, 200),
        (1, "2026-11-16T08:00", "2026-11-16T09:00", SMALL, 600),
        (1, "2026-11-16T08:00", "2026-11-16T20:00", SMALL, 1000),
        (1, "2026-11-16T07:00", "2026-11-16T08:00", SMALL, 600),
        (1, "2026-11-16T07:00", "2026-11-17T08:00", SMALL, 1000 + 1000),
        (1, "2026-11-20T08:00", "2026-11-24T07:30", LARGE, 5000),
    ],
)
async def test_prices_are_the_same(
    upgraded: sql.Connection, at: int, entered: str, left: str, vehicle: Vehicle, fee_fen: int
) -> None:
    network = await read_network(upgraded, NOW)
    for lot in network.lots.values():
        price = network.prices[lot.id].tariffs[at]
        zone = price.compiled.time_zone
        visit = Visit(
            datetime.fromisoformat(entered).replace(tzinfo=zone),
            datetime.fromisoformat(left).replace(tzinfo=zone),
            vehicle,
        )
        assert tariffs.calculate(price.compiled, visit).fee_fen == fee_fen, lot.code


async def test_charges_and_answers_that_stand_get_references(old: str) -> None:
    db = await asyncpg.connect(old)
    try:
        operator_id = await db.fetchval("select id from operator")
        stays = [ids.new(NOW, 1, n) for n in range(3)]
        for stay_id in stays:
            await db.execute(
                "insert into charge (lot_id, id, stay_id, operator_id, amount_fen, lines, created_at) "
                "values (1, $1, $2, $3, 500, '[]', $4)",
                ids.derive(stay_id, "charge"), stay_id, operator_id, NOW,
            )  # fmt: skip
        await migrate(db, now=NOW)
        found = [row["reference"] for row in await db.fetch("select reference from charge")]
        assert len(set(found)) == 3
        assert all(charges.is_reference(reference) for reference in found)
        assert not any(charges.is_reference(ids.derive(stay_id, "charge")) for stay_id in stays)
    finally:
        await db.close()


async def test_what_was_disputed_long_ago_lies_in_its_month(old: str) -> None:
    db = await asyncpg.connect(old)
    long_ago = NOW - timedelta(days=300)
    overpaid, mismatched = (ids.new(long_ago, 1, n) for n in (1, 2))
    try:
        operator_id = await db.fetchval("select id from operator")
        for table in ("charge", "attempt", "refund"):
            await db.execute("select create_month_partition($1, date_trunc('month', $2::date)::date)", table, long_ago)
        for charge_id, state in ((overpaid, "paid"), (mismatched, "due")):
            await db.execute(
                "insert into charge (lot_id, id, stay_id, operator_id, amount_fen, lines, created_at, state, method, "
                "paid_at) select 1, $1, $1, $2, 500, '[]', $3, $4::text::charge_state, x.method, x.at "
                "from (values ('paid', 'local', $3::timestamptz), ('due', null, null)) x (state, method, at) "
                "where x.state = $4",
                charge_id, operator_id, long_ago, state,
            )  # fmt: skip
        for n, (charge_id, state, code) in enumerate(
            ((overpaid, "succeeded", None), (overpaid, "succeeded", None), (mismatched, "unknown", "evidence_mismatch"))
        ):
            await db.execute(
                "insert into attempt (lot_id, charge_id, id, request_no, channel, amount_fen, state, code, created_at, "
                "updated_at) values (1, $1, $2, $3, 'local', 500, $4, $5, $6, $6)",
                charge_id, ids.new(long_ago, 1, 10 + n), f"old-{n}", state, code, long_ago,
            )  # fmt: skip
        await migrate(old, now=NOW)
        # And what is in dispute about a refund of an old charge, from now on.
        await db.execute(
            "insert into dispute (shard, id, kind, payable, payable_id, attempt_id, refund_id, channel, asked_fen, "
            "said, opened_at) values (1, $1, 'refund_denied', 'charge', $2, $2, $3, 'local', 500, '{}', $4)",
            ids.derive(ids.derive(overpaid, "refund k"), "dispute"), overpaid, ids.derive(overpaid, "refund k"), NOW,
        )  # fmt: skip
        rows = await db.fetch("select kind::text, tableoid::regclass::text as part from dispute order by dispute.kind")
        part = f"dispute_{long_ago:%Y_%m}"
        assert [tuple(row) for row in rows] == [("overpaid", part), ("other_amount", part), ("refund_denied", part)]
        missing = [found.rows for found in await invariants.check(db, now=NOW) if found.name == "month_is_missing"]
        assert missing == [0]
    finally:
        await db.close()
