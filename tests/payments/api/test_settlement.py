"""What finance does over HTTP: refunds, voids, and the statement of a day."""

import csv
import io

from payments.identity import Audience
from tests.payments.api.conftest import Client
from tests.payments.city import DAY


async def test_finance_refunds_voids_and_settles(client: Client) -> None:
    city = client.city
    paid, due = await city.charge(None, 1_000), await city.charge(None, 400)
    await city.pay(paid)
    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    refund = {"amount_fen": 300, "reason": "gate was broken"}
    not_yours = (409, {"type": "NotYours"})
    assert await client.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r") == not_yours
    assert await client.ask("POST", f"/v1/charges/{due}/void", {"reason": "x"}) == not_yours
    assert await client.ask("POST", "/v1/settlements", {"business_date": str(DAY)}) == not_yours

    client.speaks_for(Audience.FINANCE)
    status, refunded = await client.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r")
    assert (status, refunded["state"]) == (201, "succeeded")
    assert await client.ask("POST", f"/v1/charges/{paid}/refunds", refund, idempotency_key="r") == (201, refunded)
    status, void = await client.ask("POST", f"/v1/charges/{due}/void", {"reason": "plate misread"})
    assert (status, void["state"]) == (200, "void")

    assert (await client.ask("POST", "/v1/settlements", {"business_date": str(DAY)}))[1] == {"type": "DayNotOver"}
    city.now = city.now.replace(day=17)
    status, settled = await client.ask("POST", "/v1/settlements", {"business_date": str(DAY)})
    [mine] = [s for s in settled if s["operator_id"] == city.operator_id]
    assert (status, mine["gross_fen"], mine["refunds_fen"], mine["net_fen"]) == (200, 1_400, 700, 696)

    code = mine["operator_code"]
    assert await client.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&operator={code}") == (
        200,
        {"settlements": [mine], "next": None},
    )
    status, text = await client.ask("GET", f"/v1/settlements/{code}/{DAY}.csv")
    assert status == 200
    headings, line = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert (line[3:5], line[headings.index("应付净额（元）")]) == (["lot", "停车场"], "6.96")
    _, english = await client.ask("GET", f"/v1/settlements/{code}/{DAY}.csv?lang=en")
    assert "Net (¥)" in english
    assert "Lot" in english
    assert (await client.ask("GET", f"/v1/settlements/{code}/{DAY}"))[1] == {"type": "NoSuchSettlement"}

    pages, after = [], ""
    while True:
        _, page = await client.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&limit=1{after}")
        pages += page["settlements"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pages == settled
    for wrong in ("nonsense", f"{DAY}", f"{DAY}.x", f"{DAY}.{1 << 64}"):
        refused = await client.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&after={wrong}")
        assert refused[1] == {"type": "CursorMalformed"}, wrong

    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    assert await client.ask("GET", f"/v1/settlements?from={DAY}&to={DAY}&operator={code}") == (
        200,
        {"settlements": [], "next": None},
    )
    assert await client.ask("GET", f"/v1/settlements/{code}/{DAY}.csv") == not_yours
