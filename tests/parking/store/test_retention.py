"""Retention: old months go, what refers to them still fits, and the books keep everything."""

from datetime import UTC, date, datetime, timedelta

import pytest

import sql
from parking.flow.network import read_network
from parking.store.retention import drop_expired, forget_ended_rights
from payments import ids
from tests.district import District, event, visit

# Long enough ago that the server's own clock is past all that is done here, and not so long that the books take it for
# a mistake: they take what is within ten years.
YEAR = datetime.now(UTC).year - 6
THEN = datetime(YEAR, 3, 10, 2, tzinfo=UTC)
MONTHS = tuple(f"{YEAR}_{month:02}" for month in range(1, 7))
GROWING = (
    "gate_event",
    "decision",
    "refused_event",
    "parking_case",
    "stay",
    "stay_revision",
    "charge",
    "journal",
    "transfer",
    "audit",
)
JANUARY, FEBRUARY, MARCH, *_, JUNE = MONTHS


def months_later(months: int) -> datetime:
    """The first instant of the month that is so many months after March of that year."""
    years, month = divmod(2 + months, 12)
    return datetime(YEAR + years, month + 1, 1, tzinfo=UTC)


@pytest.fixture
async def old(pool: sql.Pool, district: District) -> District:
    """The district with a visit, a charge, a case and a car inside, of years ago."""
    for table in GROWING:
        for month in MONTHS:
            first = date.fromisoformat(f"{month}-01".replace("_", "-"))
            await district.owner.execute("select create_month_partition($1, $2)", table, first)
    await district.owner.execute("update lot_tariff set valid_from = $1", THEN - timedelta(days=1))
    async with pool.acquire() as db:
        network = await read_network(db, THEN)
    district.network, district.now = network, THEN
    await district.record(
        *visit("a", "鲁A10001", THEN - timedelta(hours=3), THEN),
        event("b", "entry", THEN, "鲁A10002"),
        event("c", "entry", THEN, "无牌"),
    )
    return district


async def partitions(db: sql.Connection, table: str) -> set[str]:
    """The months a table has of that year."""
    found = await db.fetch("select relname from pg_class where relispartition and relname ~ $1", f"^{table}_{YEAR}_")
    return {str(row["relname"]).removeprefix(f"{table}_") for row in found}


async def drop(pool: sql.Pool, now: datetime) -> set[str]:
    """What a round drops, as the service calls it."""
    async with pool.acquire() as db:
        return set(await drop_expired(db, now))


async def test_old_months_go_and_nothing_breaks(pool: sql.Pool, old: District) -> None:
    lot = old.lot()
    assert await drop(pool, months_later(13)) == {
        f"{table}_{month}" for table in ("gate_event", "decision", "refused_event") for month in (JANUARY, FEBRUARY)
    }
    # Thirteen months after its last day, March is over.
    assert await drop(pool, months_later(14)) == {
        f"{table}_{MARCH}" for table in ("gate_event", "decision", "refused_event")
    }
    assert await drop(pool, months_later(14)) == set()
    assert MARCH in await partitions(old.owner, "parking_case")
    old.now = months_later(14)
    assert await old.broken() == {}

    gone = await drop(pool, months_later(38))
    assert {f"parking_case_{MARCH}", f"stay_{FEBRUARY}", f"gate_event_{JUNE}"} <= gone
    assert f"stay_{MARCH}" not in gone, "a car that came then is still inside"
    assert await old.broken() == {}

    # It leaves after three years: its stay is written where it began, and goes with the next round.
    old.now = months_later(38)
    await old.owner.execute("select create_partitions($1)", old.now)
    await old.record(event("d", "exit", old.now, "鲁A10002"))
    assert await old.count(f"select count(*) from stay_{MARCH} where plate = '鲁A10002'") == 1
    assert await old.count("select count(*) from stay_default") == 0
    assert await old.broken() == {}
    assert f"stay_{MARCH}" in await drop(pool, months_later(38))
    assert await old.count("select count(*) from stay where id < id_floor($1)", months_later(1)) == 0
    assert await old.count("select count(*) from gate_event") == 1
    assert await old.broken() == {}

    # The books and what stands behind them are whole.
    for table in ("charge", "journal", "transfer", "audit"):
        assert set(MONTHS) <= await partitions(old.owner, table)
    assert await old.count("select count(*) from charge where lot_id = $1", lot.id) >= 1
    assert await old.count("select count(*) from journal where kind = 'stay_billed'") >= 1


async def test_what_others_refer_to_is_kept_as_long(owner: sql.Connection) -> None:
    keep = {row["name"]: row["keep_months"] for row in await owner.fetch("select name, keep_months from growing_table")}
    assert keep["decision"] == keep["match"] == keep["gate_event"] <= keep["parking_case"] <= keep["stay"]
    assert {name for name, months in keep.items() if months} == {
        "booth_shift",
        "cash_taken",
        "charging_session",
        "coupon_use",
        "decision",
        "device_decision",
        "device_fact",
        "gate_event",
        "gateway_command",
        "match",
        "paid_by",
        "prepayment",
        "read_passage",
        "refused_event",
        "parking_case",
        "stay",
        "stay_revision",
        "stay_rights",
        "ticket",
    }


async def test_a_clock_that_runs_ahead_drops_nothing(pool: sql.Pool, owner: sql.Connection) -> None:
    await drop(pool, datetime.now(UTC))
    before = await owner.fetchval("select count(*) from pg_class where relispartition")
    assert await drop(pool, datetime.now(UTC) + timedelta(days=36_500)) == set()
    assert await owner.fetchval("select count(*) from pg_class where relispartition") == before


async def test_a_busy_table_is_left_for_later(pool: sql.Pool, owner: sql.Connection) -> None:
    await owner.execute("select create_month_partition('gate_event', '2019-01-01')")
    async with owner.transaction():
        await owner.execute("select from gate_event limit 1")
        assert await drop(pool, months_later(3)) == set()
    assert await drop(pool, months_later(3)) == {"gate_event_2019_01"}


async def test_coupons_that_no_stay_has_any_more_are_forgotten(pool: sql.Pool, district: District) -> None:
    lot, now = district.lot(), datetime.now(UTC)
    long_ago = now - timedelta(days=39 * 31)
    begins = long_ago - timedelta(days=30)
    made = (
        "insert into coupon (id, code, operator_id, lot_ids, discount, uses_max, valid_from, valid_until, note, "
        "added_by, added_at, used) values ($1, $2, $3, array[$4::int], 'x', 1, $5, $6, 'forgotten', 'li', $5, $7)"
    )
    for number, code, ends in ((1, "LAPSED", long_ago), (2, "USED", long_ago), (3, "RECENT", now)):
        id_ = ids.new(begins, lot.operator_id, number)
        await district.owner.execute(made, id_, code, lot.operator_id, lot.id, begins, ends, int(code == "USED"))
    await district.owner.execute(
        "insert into coupon_use (lot_id, fact_id, coupon_id, presented_at, presented_by) values ($1, $2, $3, $4, 'li')",
        lot.id, ids.new(now, lot.id, 1), ids.new(begins, lot.operator_id, 2), begins,
    )  # fmt: skip
    async with pool.acquire() as db:
        await forget_ended_rights(db, now)
    left = await district.owner.fetch("select code from coupon where note = 'forgotten' order by code")
    assert [row["code"] for row in left] == ["RECENT", "USED"]
