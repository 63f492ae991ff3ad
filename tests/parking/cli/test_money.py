"""What finance and the city's staff do about money on a terminal: disputes, held charges, limits of accounts."""

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from payments.attempts import Succeeded
from payments.charges import charge_id
from payments.flow import attempts as attempts_flow
from payments.flow import holds as holds_flow
from payments.store import attempts as attempt_store
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District, visit
from tests.payments.city import City

MORNING = NOW - timedelta(hours=3)


@pytest.fixture
async def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the tests' day, and which has the test channel."""
    more = {"ONELOT_CLOCK_START": NOW.isoformat(), "ONELOT_TEST_CHANNEL": "1", "COLUMNS": "250"}
    return running.environment(database_url, redis_url, **more)


async def overpaid(district: District) -> UUID:
    """A charge that li paid after zhang's payment had failed; zhang's money came all the same: the dispute's number."""
    city = City(district.pool, district.owner, NOW, district.random_bits)
    _, left = await district.record(*visit("da", "鲁A31001", MORNING, NOW))
    assert left.stay_id is not None
    charge = charge_id(left.stay_id, None)
    await city.pay(charge, "fail-later:zhang")
    await city.resolve()
    await city.pay(charge, "ok:li")
    async with district.pool.acquire() as db:
        zhang, _ = await attempt_store.attempts_of(db, charge)
    await district.owner.execute(
        "update channel_local_payment set state = 'succeeded' where number = $1", zhang.request_no
    )
    await attempts_flow.take_answer(
        district.pool, city.local, zhang, Succeeded(zhang.request_no, zhang.amount_fen), now=NOW
    )
    await district.owner.execute("update dispute set opened_at = $1", NOW - timedelta(hours=50))
    number: UUID = await district.owner.fetchval("select id from dispute where attempt_id = $1", zhang.id)
    return number


async def test_a_dispute_is_found_and_its_money_given_back(env: dict[str, str], district: District) -> None:
    number = str(await overpaid(district))
    code, printed = await running.onelot(env, "disputes", "list", "--limit", "1")
    assert code == 0, printed
    for said in ("overpaid", "6.00", "2 d 2 h", "more: --after"):
        assert said in printed
    code, printed = await running.onelot(env, "disputes", "list", "--operator", "999999")
    assert (code, "overpaid" in printed) == (0, False)
    code, printed = await running.onelot(env, "disputes", "show", number)
    assert (code, msgspec.json.decode(printed)["held_fen"]) == (0, 600)
    code, printed = await running.onelot(env, "disputes", "resolve", number, "dismissed", "--note", "x")
    assert (code, "FindingUnfit" in printed) == (2, True), printed
    code, printed = await running.onelot(env, "disputes", "return", number, "--note", "not owed")
    assert (code, printed.split(" of ")[1].strip()) == (0, "¥6.00: succeeded"), printed
    code, printed = await running.onelot(env, "disputes", "list", "--state", "resolved")
    assert (code, "returned" in printed) == (0, True)
    code, printed = await running.onelot(env, "disputes", "return", number, "--note", "not owed")
    assert (code, "DisputeResolved" in printed) == (2, True), printed
    code, printed = await running.onelot(env, "disputes", "show", str(UUID(int=1)))
    assert (code, "NoSuchDispute" in printed) == (2, True), printed


async def test_what_is_held_is_listed_and_released(env: dict[str, str], district: District) -> None:
    account_id = await district.account("鲁A32001")
    _, left = await district.record(*visit("ha", "鲁A32001", MORNING, NOW, lot=HOSPITAL))
    assert left.stay_id is not None
    held = charge_id(left.stay_id, account_id)
    async with district.pool.acquire() as db, db.transaction():
        await holds_flow.place_holds(db, {held: "billed_beyond_history"}, now=NOW - timedelta(hours=30))
    code, printed = await running.onelot(env, "holds", "list", "--lot", HOSPITAL, "--reason", "billed_beyond_history")
    assert code == 0, printed
    for said in (str(held), str(left.stay_id), "1 d 6 h", "车场网关计费异常偏高", "The gateway billed"):
        assert said in printed
    for others in (("--lot", QC), ("--operator", "999999"), ("--reason", "low_confidence")):
        code, printed = await running.onelot(env, "holds", "list", *others)
        assert (code, str(held) in printed) == (0, False)
    code, printed = await running.onelot(env, "holds", "release", str(held), "--reason", "right")
    assert (code, printed.strip()) == (0, "1 charges are collected from now on")


async def test_a_limit_is_set_for_a_driver(env: dict[str, str], district: District) -> None:
    number = str(await district.account("鲁A33001"))
    code, printed = await running.onelot(env, "account", "debit-limit", number, "1200")
    assert (code, printed.strip()) == (0, f"account {number}: up to ¥12.00 a visit")
    code, printed = await running.onelot(env, "account", "show", number)
    assert (code, msgspec.json.decode(printed)["account"]["debit_max_fen"]) == (0, 1200)
    code, printed = await running.onelot(env, "account", "debit-limit", number, "-1")
    assert code == 2
