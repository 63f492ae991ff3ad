"""A gateway that bills beyond its history: its cars go on, and no wallet pays before a person has looked."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import pytest

import sql
from parking import billings
from parking.live.network import LiveNetwork
from parking.live.redis import connect
from payments.channels import ChannelSettings, open_all
from payments.charges import ChargeNotDue, charge_id
from payments.flow import charges as charges_flow
from payments.flow import holds as holds_flow
from payments.holds import Filter
from payments.identity import Audience
from payments.store import holds as store
from sql import invariants
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, hand_in, token, visit
from tests.patience import PATIENCE_S
from tests.payments.city import City

MORNING = NOW - timedelta(hours=3)
FEE_FEN = 600
CARS = 5


@pytest.fixture(autouse=True)
async def small_limits(owner: sql.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of five stays are within the limit, and no hour has begun."""
    await owner.execute("delete from gateway_billing")
    monkeypatch.setattr(billings, "LIMIT_MIN_FEN", 2 * FEE_FEN)
    monkeypatch.setattr(billings, "LIMIT_PER_SPACE_FEN", 0)


async def held(district: District) -> list[UUID]:
    async with district.pool.acquire() as db:
        rows = await store.held_charges(db, Filter(), after=UUID(int=0), limit=200)
    return [row.charge_id for row in rows]


async def stays(district: District, name: str, lot: str) -> tuple[int, list[UUID]]:
    """An account with money whose five cars leave a lot at once, and their charges, those beyond the limit last."""
    plates = [f"鲁{name}{n:05}" for n in range(CARS)]
    account_id = await district.account(*plates)
    said = [each for n, plate in enumerate(plates) for each in visit(f"{name}{n}", plate, MORNING, NOW, lot=lot)]
    answers = await district.record(*said)
    assert [each.gate for each in answers] == ["open"] * 2 * CARS
    assert {each.payment for each in answers[1::2]} == {"will_be_charged"}
    charges = [charge_id(each.stay_id, account_id) for each in answers[1::2] if each.stay_id]
    # Of exits of one instant nobody can say which was first.
    beyond = await held(district)
    return account_id, sorted(charges, key=lambda charge: charge in beyond)


async def test_beyond_the_limit_charges_are_due_and_held(district: District) -> None:
    account_id, charges = await stays(district, "C", HOSPITAL)
    city = City(district.pool, district.owner, NOW, district.random_bits)
    city.channels = open_all(district.pool, lambda: NOW, ChannelSettings(local=True))
    assert await held(district) == sorted(charges[2:])
    assert {each.name for each in await invariants.check(district.owner, now=NOW) if each.rows} == {"charge_held"}
    # Money in the wallet wakes what waits for money, and not what waits for a person.
    await city.top_up(account_id, 10 * FEE_FEN)
    assert (await city.collect()).paid == 2
    assert await city.holds(account_id) == (8 * FEE_FEN, 3 * FEE_FEN)

    # The driver may pay all the same; a payment that fails frees nothing.
    await city.pay(charges[2], payer="decline")
    assert (await city.collect()).paid == 0
    await city.pay(charges[2])
    assert await city.state(charges[2]) == "paid"

    # Staff release or void what is left, and the audit log keeps both.
    async with district.pool.acquire() as db, db.transaction():
        for _ in range(2):
            await holds_flow.release_charge(db, charge_id=charges[3], reason="an outage", actor="li", now=NOW)
        await holds_flow.release_charge(db, charge_id=charges[2], reason="paid already", actor="li", now=NOW)
        await charges_flow.void_charge(db, charge_id=charges[4], reason="a stolen key", actor="li", now=NOW)
    assert (await city.collect()).paid == 1
    assert await city.holds(account_id) == (7 * FEE_FEN, 0)
    assert await held(district) == []
    said = await district.owner.fetch("select action, subject from audit where action like 'charge.%' order by action")
    assert {(row["action"], row["subject"]) for row in said} >= {
        ("charge.release", str(charges[3])),
        ("charge.void", str(charges[4])),
    }
    with pytest.raises(ChargeNotDue):
        await city.pay(charges[3])


async def test_other_gateways_and_the_next_hour_are_free(district: District) -> None:
    _, charges = await stays(district, "D", STATION)
    assert await held(district) == sorted(charges[2:])
    plate = "鲁E00001"
    account_id = await district.account(plate)
    later = NOW + timedelta(hours=1)
    came, went = visit("later", plate, MORNING, later, lot=STATION)
    await district.answer(came)
    await district.answer(went, received_at=later)
    assert await held(district) == sorted(charges[2:])
    async with district.pool.acquire() as db, db.transaction():
        for each in charges:
            await charges_flow.void_charge(db, charge_id=each, reason="test", actor="li", now=NOW)
    assert await district.count(
        "select count(*) from charge where account_id = $1 and collect_at <= $2", account_id, later
    )


async def test_a_released_charge_waits_for_the_payment_under_way(district: District) -> None:
    _, charges = await stays(district, "H", STATION)
    city = City(district.pool, district.owner, NOW, district.random_bits)
    waits = charges[-1]
    assert waits in await held(district)
    assert (await city.pay(waits, payer="slow")).state == "accepted"
    async with district.pool.acquire() as db, db.transaction():
        await holds_flow.release_charge(db, charge_id=waits, reason="an outage", actor="li", now=NOW)
    assert waits not in await held(district)
    assert await district.owner.fetchval("select collect_at from charge where id = $1", waits) is None
    await city.resolve()
    assert await city.state(waits) == "paid"
    async with district.pool.acquire() as db, db.transaction():
        for each in charges[:-1]:
            await charges_flow.void_charge(db, charge_id=each, reason="test", actor="li", now=NOW)


async def test_the_alarm_is_raised_after_the_commit(
    district: District, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    redis = connect(redis_url)
    network = await LiveNetwork.open(district.pool, lambda: NOW)
    commit = district.group_commit(network, redis)
    plates = [f"鲁F{n:05}" for n in range(CARS)]
    await district.account(*plates)
    commit.start()
    try:
        said = [each for n, plate in enumerate(plates) for each in visit(f"F{n}", plate, MORNING, NOW)]
        await asyncio.wait_for(hand_in(commit, [district.passing(each) for each in said]), PATIENCE_S)
    finally:
        await commit.stop()
        await redis.aclose()
    (alarm,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert f"billed {3 * FEE_FEN} fen in this hour, its limit is {2 * FEE_FEN}" in alarm.getMessage()
    async with district.pool.acquire() as db, db.transaction():
        for each in await held(district):
            await holds_flow.release_charge(db, charge_id=each, reason="test", actor="li", now=NOW)


async def test_staff_see_and_release(district: District, redis_url: str) -> None:
    _, charges = await stays(district, "G", HOSPITAL)
    wanted = sorted(await held(district))
    assert wanted == sorted(charges[2:])
    operator_id = district.lot(HOSPITAL).operator_id
    own = running.bearer(token(Audience.FINANCE, now=NOW, operator_id=operator_id))
    other = running.bearer(token(Audience.FINANCE, now=NOW, operator_id=district.lot(STATION).operator_id))
    async with running.served(running.settings(district.database_url, redis_url, now=NOW)) as client:
        page = (await client.get("/v1/holds", params={"limit": 2}, headers=own)).raise_for_status().json()
        rest = (await client.get("/v1/holds", params={"after": page["next"]}, headers=own)).json()
        rows = page["holds"] + rest["holds"]
        assert [UUID(row["charge_id"]) for row in rows] == wanted
        assert {(row["amount_fen"], *row["reasons"], row["reasons_zh"], row["lot"]) for row in rows} == {
            (FEE_FEN, billings.REASON, "车场网关计费异常偏高", HOSPITAL)
        }
        assert {charge_id(UUID(row["stay_id"]), row["account_id"]) for row in rows} == set(wanted)
        assert all(0 <= row["age_s"] < 60 for row in rows)
        assert (await client.get("/v1/holds", headers=other)).json()["holds"] == []
        for query, found in (
            ({"lot": HOSPITAL, "reason": billings.REASON, "operator_id": str(operator_id)}, len(wanted)),
            ({"lot": QC}, 0),
            ({"lot": "nowhere"}, 0),
            ({"reason": "low_confidence"}, 0),
        ):
            answer = (await client.get("/v1/holds", params=query, headers=own)).raise_for_status()
            assert len(answer.json()["holds"]) == found
        assert (await client.get("/v1/holds", params={"operator_id": "1"}, headers=own)).status_code == 403
        clerk = running.bearer(token(Audience.CLERK, now=NOW, operator_id=operator_id))
        assert len((await client.get("/v1/holds", headers=clerk)).json()["holds"]) == len(wanted)
        path = f"/v1/charges/{wanted[0]}/release"
        assert (await client.post(path, json={"reason": "right"}, headers=other)).status_code == 403
        for _ in range(2):
            response = await client.post(path, json={"reason": "right"}, headers=own)
            assert (response.status_code, response.json()["state"]) == (200, "due")
        assert (await client.post(path, json={}, headers=own)).status_code == 400
    env = running.environment(district.database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), COLUMNS="250")
    code, printed = await running.onelot(env, "holds", "list", "--lot", HOSPITAL)
    assert (code, printed.count("车场网关计费异常偏高")) == (0, len(wanted) - 1), printed
    assert (await running.onelot(env, "holds", "release", "--reason", "x"))[0] == 2
    code, printed = await running.onelot(env, "holds", "release", "--lot", HOSPITAL, "--reason", "an outage")
    assert (code, printed.strip()) == (0, f"{len(wanted) - 1} charges are collected from now on")
    assert await held(district) == []
