"""The books over HTTP."""

from payments.identity import Audience
from tests.payments.api.conftest import Client
from tests.payments.city import DAY


async def test_journals_by_pages(client: Client) -> None:
    for amount_fen in (100, 200, 300):
        await client.city.charge(None, amount_fen)
    client.speaks_for(Audience.FINANCE, operator_id=client.city.operator_id)
    seen: list[int] = []
    after = ""
    while True:
        status, page = await client.ask("GET", f"/v1/journals?date={DAY}&limit=2{after}")
        assert status == 200
        seen += [journal["transfers"][0]["amount_fen"] for journal in page["journals"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == [100, 200, 300]
    assert (await client.ask("GET", f"/v1/journals?date={DAY}&after=nonsense"))[1] == {"type": "CursorMalformed"}
