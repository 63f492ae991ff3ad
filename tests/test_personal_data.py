"""Personal data has an end: what is forgotten and when, that the books hold all the same, and export and closing."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest

import sql
from parking.flow import plates as plates_flow
from parking.flow.network import read_network
from parking.jobs import _forget
from parking.plates import PlateColor
from parking.store import retention
from payments.adjustments import Adjustment
from payments.channels import ChannelSettings, open_all
from payments.flow import accounts as accounts_flow
from payments.flow import charges as charges_flow
from payments.flow import collection
from payments.flow.adjustments import adjust_charges
from payments.identity import Audience
from payments.jobs import Work
from tests import running
from tests.conftest import NOW
from tests.district import District, token, visit

# Long enough ago that the server's own clock is past all that is done here.
THEN = datetime.fromisoformat("2020-03-10T10:00:00+08:00")
PLATE = "鲁A70001"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(autouse=True, scope="module")
async def march(database_url: str) -> None:
    """The month of which the tests tell."""
    db = await asyncpg.connect(database_url)
    try:
        for table in (
            "gate_event",
            "stay",
            "charge",
            "charge_adjustment",
            "attempt",
            "refund",
            "top_up",
            "journal",
            "transfer",
            "audit",
        ):
            await db.execute("select create_month_partition($1, $2)", table, date(2020, 3, 1))
    finally:
        await db.close()


def months_later(months: int) -> datetime:
    """The first instant of the month that is so many months after March 2020."""
    years, month = divmod(2 + months, 12)
    return datetime(2020 + years, month + 1, 1, tzinfo=UTC)


async def forget(district: District, now: datetime) -> None:
    """A round of the worker's job."""
    channels = open_all(district.pool, lambda: now, ChannelSettings(local=True))
    await _forget(Work(district.pool, channels, lambda: now, district.random_bits))


async def corrected_and_back(pool: sql.Pool, charge_id: UUID) -> None:
    """What a stay cost turns out lower, and then as it was."""
    async with pool.acquire() as db:
        was = (await charges_flow.charge_by_id(db, charge_id)).amount_fen
    for fen in (was - 1, was):
        lines = msgspec.json.encode([{"kind": "units", "amount_fen": fen, "starts_at": str(THEN)}])
        wanted = Adjustment(charge_id, fen, lines, charge_id, "passing", THEN.date())
        async with pool.acquire() as db, db.transaction():
            await adjust_charges(db, [wanted], now=THEN)


async def test_what_was_kept_long_enough_is_forgotten_and_the_books_hold(pool: sql.Pool, district: District) -> None:
    # Another test of the module may have been here with the clock of today.
    await district.owner.execute("update forgetting set through = '00000000-0000-0000-0000-000000000000'")
    await district.owner.execute("update lot_tariff set valid_from = $1", THEN - timedelta(days=40))
    async with pool.acquire() as db:
        district.network, district.now = await read_network(db, THEN), THEN
    account_id = await district.account(PLATE, linked_at=THEN - timedelta(hours=9))
    channels = open_all(pool, lambda: THEN, ChannelSettings(local=True))
    asked: dict[str, Any] = {"account_id": account_id, "amount_fen": 5000, "request_key": "k", "payer": "ok"}
    topped = await accounts_flow.top_up(pool, channels, **asked, now=THEN, random_bits=district.random_bits)
    await district.record(*visit("a", PLATE, THEN - timedelta(hours=3), THEN))
    await collection.collect_due(pool, now=THEN, random_bits=district.random_bits, limit=10)
    charge_id: UUID = await district.owner.fetchval("select id from charge where account_id = $1", account_id)
    await corrected_and_back(pool, charge_id)
    await collection.collect_due(pool, now=THEN, random_bits=district.random_bits, limit=10)
    charge = "select lines::text as lines, place_hidden, amount_fen, state from charge where account_id = $1"
    payer = "select request->>'payer' from attempt where payable_id = $1"
    linked = "select detail ? 'plate' from audit where owner_id = $1 and action = 'plate.link'"

    def held() -> Any:
        return district.owner.fetchrow(charge, account_id)

    before = await held()
    assert "starts_at" in before["lines"]

    # A round before the time forgets nothing; the payer's token goes first.
    await forget(district, months_later(13))
    assert await district.owner.fetchval(payer, topped.payable_id) == "ok"
    await forget(district, months_later(14))
    assert await district.owner.fetchval(payer, topped.payable_id) == ""
    assert await held() == before
    # The same key is the same top-up still.
    again = await accounts_flow.top_up(pool, channels, **asked, now=THEN, random_bits=district.random_bits)
    assert again.payable_id == topped.payable_id

    await forget(district, months_later(37))
    assert await held() == before
    assert await district.owner.fetchval(linked, account_id)
    await forget(district, months_later(38))
    after = await held()
    assert (after["amount_fen"], after["state"], after["place_hidden"]) == (before["amount_fen"], "paid", True)
    lines = msgspec.json.decode(after["lines"])
    assert sum(line["amount_fen"] for line in lines) == after["amount_fen"]
    corrections = await district.owner.fetch(
        "select lines::text as lines from charge_adjustment where charge_id = $1", charge_id
    )
    lines += [line for row in corrections for line in msgspec.json.decode(row["lines"])]
    assert len(corrections) == 2
    assert {name for line in lines for name in line} <= {
        "kind", "amount_fen", "units", "unit_fen", "label_zh", "label_en",
    }  # fmt: skip
    assert not await district.owner.fetchval(linked, account_id)
    assert await district.broken() == {}
    # Nothing is done twice.
    async with pool.acquire() as db:
        assert [await retention.forget_a_day(db, what, months_later(38)) for what in retention.THINGS_FORGOTTEN] == [
            False, False, False,
        ]  # fmt: skip


async def test_a_clock_that_runs_ahead_forgets_nothing(pool: sql.Pool, district: District) -> None:
    district.now = NOW
    await district.account(PLATE.replace("7", "8"), linked_at=NOW)
    await forget(district, datetime.now(UTC) + timedelta(days=36_500))
    kept = "select count(*) from audit where action = 'plate.link' and detail->>'plate' = $1"
    assert await district.count(kept, PLATE.replace("7", "8")) == 1


async def test_an_ended_link_goes_when_no_exit_of_its_time_can_be_recorded(district: District) -> None:
    district.now = THEN
    kept, account_id = (
        await district.account("鲁A72001", linked_at=THEN),
        await district.account("鲁A72002", linked_at=THEN),
    )
    async with district.pool.acquire() as db, db.transaction():
        await plates_flow.unlink_plate(
            db,
            account_id=account_id,
            plate="鲁A72002",
            plate_color=PlateColor.BLUE,
            now=THEN,
            random_bits=district.random_bits,
            actor="driver",
        )
    links = "select array_agg(account_id order by account_id) from account_plate where account_id = any($1)"
    await forget(district, THEN + timedelta(days=45))
    assert await district.owner.fetchval(links, [kept, account_id]) == [kept, account_id]
    await forget(district, THEN + timedelta(days=63))
    assert await district.owner.fetchval(links, [kept, account_id]) == [kept]


async def test_what_is_left_of_a_closed_account_goes_after_half_a_year(pool: sql.Pool, district: District) -> None:
    async with pool.acquire() as db, db.transaction():
        account = await accounts_flow.open_account(db, name="Wang F.", now=THEN, actor="admin", known_as="WANG-1")
        about = {"actor": "admin", "now": THEN, "random_bits": district.random_bits}
        await accounts_flow.describe_account(db, account.id, name="Wang Fang", known_as="WANG-2", **about)  # type: ignore[arg-type]
        await accounts_flow.close_account(
            db, account_id=account.id, actor="wang", now=THEN, random_bits=district.random_bits
        )
    left = "select string_agg(concat_ws(' ', actor, subject, detail::text), ' ') from audit where owner_id = $1"
    await forget(district, THEN + timedelta(days=170))
    assert "Wang Fang" in await district.owner.fetchval(left, account.id)
    await forget(district, THEN + timedelta(days=190))
    said = await district.owner.fetchval(left, account.id)
    assert "Wang" not in said
    assert "wang" not in said
    assert "WANG" not in said
    assert await district.count("select count(*) from audit where owner_id = $1", account.id) == 3
    assert await district.count("select count(*) from account_known_as where account_id = $1", account.id) == 0


# -- over HTTP


@pytest.fixture
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def test_a_driver_takes_everything_along_and_closes(client: httpx.AsyncClient, owner: sql.Connection) -> None:
    opened = (await client.post("/v1/accounts", json={"name": "Li Lei"}, headers=ADMIN)).json()
    body = {"audience": "driver", "subject": "driver:lilei", "account_id": opened["id"]}
    issued = (await client.post("/v1/tokens", json=body, headers=ADMIN)).json()
    mine = running.bearer(issued["token"])
    await client.post("/v1/account/plates", json={"plate": "鲁A71001", "plate_color": "blue"}, headers=mine)
    top_up = {"amount_fen": 300, "channel": "local", "payer": "ok"}
    await client.post("/v1/account/top-ups", json=top_up, headers={**mine, "Idempotency-Key": "k"})
    held = (await client.get("/v1/account/export", headers=mine)).json()
    assert (held["account"]["name"], held["account"]["wallet_fen"]) == ("Li Lei", 300)
    assert [each["plate"] for each in held["plates"]] == ["鲁A71001"]
    assert [(each["plate"], each["unlinked_at"]) for each in held["links"]] == [("鲁A71001", None)]
    assert [(each["amount_fen"], each["payer"]) for each in held["top_ups"]] == [(300, "ok")]
    assert [each["id"] for each in held["tokens"]] == [issued["id"]]
    assert {each["action"] for each in held["audit"]} == {"account.open", "token.issue", "plate.link"}
    assert held["cut_off"] == []

    refused = await client.post("/v1/account/close", headers=mine)
    assert (refused.status_code, refused.json()["facts"]["wallet_fen"]) == (409, 300)
    other = (await client.post("/v1/accounts", json={"name": "Han"}, headers=ADMIN)).json()
    theirs = running.bearer(token(Audience.DRIVER, now=NOW, id=other["id"]))
    closed = await client.post("/v1/account/close", headers=theirs)
    assert (closed.status_code, closed.json()["status"], closed.json()["name"]) == (200, "closed", "")
    # Closed is for ever.
    assert (await client.post("/v1/account/close", headers=theirs)).status_code == 403
    for path in ("suspend", "resume"):
        answer = await client.post(f"/v1/accounts/{other['id']}/{path}", json={"reason": "x"}, headers=ADMIN)
        assert answer.status_code == 403
    assert await owner.fetchval("select name from account where id = $1", other["id"]) == ""
