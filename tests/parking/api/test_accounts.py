"""Staff look for the accounts of drivers, and who looked for whom is kept."""

from collections.abc import AsyncIterator

import httpx
import pytest

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import District, token
from tests.parking.api.problem import problem

ACCOUNTS = "/v1/admin/accounts"
ADMIN = running.bearer(token(Audience.ADMIN, now=NOW))


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


async def looks(district: District, account: int) -> int:
    return await district.count(
        "select count(*) from audit where owner_id = $1 and action = 'account.look' and actor = 'admin:test'", account
    )


async def test_an_account_is_found_by_plate_or_number_and_who_looked_is_kept(
    client: httpx.AsyncClient, district: District
) -> None:
    account, other = await district.account("鲁A77L01"), await district.account("鲁A77L02")

    async def numbers(**params: str | int) -> list[int]:
        answer = await client.get(ACCOUNTS, params=params, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["accounts"]]

    assert await numbers(plate="鲁a 77l01") == [account]
    assert await numbers(plate="鲁A77L01", plate_color="blue", status="active") == [account]
    assert await numbers(plate="鲁A77L01", plate_color="yellow") == []
    assert await numbers(plate="鲁A77L01", status="suspended") == []
    assert await numbers(number=other) == [other]
    assert await numbers(after=account - 1, limit=1) == [account]
    assert (await looks(district, account), await looks(district, other)) == (3, 1)
    asked = (
        "select count(*) from audit where action = 'personal.read' and subject = 'accounts' and detail->>'plate' = $1"
    )
    assert await district.count(asked, "鲁A77L01") == 4

    shown = (await client.get(f"{ACCOUNTS}/{account}", headers=ADMIN)).json()
    assert (shown["account"]["id"], [each["plate"] for each in shown["plates"]]) == (account, ["鲁A77L01"])
    assert await looks(district, account) == 4
    problem(await client.get(f"{ACCOUNTS}/999999999", headers=ADMIN), 404)
    # Its driver sees that staff looked, and not for what.
    driver = running.bearer(token(Audience.DRIVER, now=NOW, id=account))
    lines = (await client.get("/v1/account/export", headers=driver)).json()["audit"]
    assert [line["detail"] for line in lines if line["action"] == "account.look"] == [{}] * 4


async def test_the_same_at_the_command_line(database_url: str, redis_url: str, district: District) -> None:
    account = await district.account("鲁A77L03")
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    code, printed = await running.onelot(env, "account", "list", "--plate", "鲁A77L03")
    assert (code, str(account) in printed) == (0, True), printed
    code, printed = await running.onelot(env, "account", "show", str(account))
    assert (code, "鲁A77L03" in printed) == (0, True), printed
    looked = "select count(*) from audit where owner_id = $1 and action = 'account.look' and actor = $2"
    assert await district.count(looked, account, running.TYPED_BY) == 2
