"""The books over HTTP."""

from typing import Any

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


async def test_journals_by_operator_lot_and_kind(client: Client) -> None:
    city = client.city
    charge_id = await city.charge(None, 700)
    await city.pay(charge_id)
    await city.refund(charge_id, 200)
    lowered = await city.charge(None, 900)
    await city.adjust((lowered, 600))
    operator = await city.owner.fetchval("select code from operator where id = $1", city.operator_id)
    client.speaks_for(Audience.AUDITOR)

    async def found(**wanted: str) -> list[dict[str, Any]]:
        query = "&".join(f"{name}={value}" for name, value in {"date": str(DAY), "limit": "200", **wanted}.items())
        status, page = await client.ask("GET", f"/v1/journals?{query}")
        assert status == 200, page
        rows: list[dict[str, Any]] = page["journals"]
        return rows

    reference = str(await city.reference_of(charge_id))
    ours = [row for row in await found(operator=operator, lot="lot") if row["charge_reference"] == reference]
    assert {row["kind"] for row in ours} == {
        "stay_billed", "charge_paid", "refund_requested", "refund_paid",
    }  # fmt: skip
    of_lowered = str(await city.reference_of(lowered))
    assert [row["kind"] for row in await found(kind="charge_lowered") if row["charge_reference"] == of_lowered] == [
        "charge_lowered"
    ]
    assert {(row["operator"], row["lot"]) for row in ours} == {(operator, "lot")}
    (billed,) = [row for row in await found(kind="stay_billed") if row["charge_reference"] == reference]
    assert billed["transfers"][0]["amount_fen"] == 700
    assert await found(operator="nobody") == []
    assert (await client.ask("GET", f"/v1/journals?date={DAY}&lot=nowhere"))[1] == {"type": "NoSuchLot"}
    assert (await client.ask("GET", f"/v1/journals?date={DAY}&kind=x"))[0] == 400
    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    assert (await client.ask("GET", f"/v1/journals?date={DAY}&lot=lot"))[1] == {"type": "NotYours"}
    assert await found(operator=operator) == []
