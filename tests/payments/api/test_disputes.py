"""Disputes over HTTP: listed for finance of their operator, resolved, and their money given back."""

from payments.attempts import Failed, Succeeded
from payments.flow import attempts as attempts_flow
from payments.identity import Audience
from payments.store import attempts as attempt_store
from tests.payments.api.conftest import Client
from tests.payments.city import City


async def paid_twice(city: City) -> None:
    """A charge whose first payment failed, and whose money came all the same."""
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "fail-later:zhang")
    await city.resolve()
    await city.pay(charge_id, "ok:li")
    async with city.pool.acquire() as db:
        zhang, li = await attempt_store.attempts_of(db, charge_id)
    await city.owner.execute("update channel_local_payment set state = 'succeeded' where number = $1", zhang.request_no)
    for attempt, told in ((zhang, Succeeded(zhang.request_no, 500)), (li, Failed("REVERSED"))):
        await attempts_flow.take_answer(city.pool, city.local, attempt, told, now=city.now)


async def test_finance_sees_and_resolves_disputes(client: Client) -> None:
    city = client.city
    await paid_twice(city)
    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    assert await client.ask("GET", "/v1/disputes") == (200, {"disputes": [], "next": None})

    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id)
    seen, after = [], ""
    while True:
        status, page = await client.ask("GET", f"/v1/disputes?limit=1{after}")
        assert status == 200
        seen += page["disputes"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    by_kind = {each["kind"]: each for each in seen}
    overpaid, denied = by_kind.pop("overpaid"), by_kind.pop("denied")
    assert not by_kind
    assert (overpaid["held_fen"], overpaid["asked_fen"], overpaid["state"]) == (500, 500, "open")
    assert denied["said"] == {"code": "REVERSED"}

    client.speaks_for(Audience.FINANCE, operator_id=city.operator_id + 1)
    not_yours = (409, {"type": "NotYours"})
    finding = {"finding": "dismissed", "note": "the bill says paid"}
    for path, body in ((f"{denied['id']}/resolve", finding), (f"{overpaid['id']}/return", {"note": "x"})):
        assert await client.ask("POST", f"/v1/disputes/{path}", body) == not_yours

    client.speaks_for(Audience.FINANCE)
    status, resolved = await client.ask("POST", f"/v1/disputes/{denied['id']}/resolve", finding)
    assert (status, resolved["resolution"], resolved["note"]) == (200, "dismissed", "the bill says paid")
    again = await client.ask("POST", f"/v1/disputes/{denied['id']}/resolve", finding)
    assert again == (409, {"type": "DisputeResolved"})
    unfit = await client.ask("POST", f"/v1/disputes/{overpaid['id']}/resolve", finding)
    assert unfit == (409, {"type": "FindingUnfit"})
    status, refund = await client.ask("POST", f"/v1/disputes/{overpaid['id']}/return", {"note": "paid twice"})
    assert (status, refund["state"], refund["amount_fen"]) == (200, "succeeded", 500)
    assert (refund["attempt_id"], refund["dispute_id"]) == (overpaid["attempt_id"], overpaid["id"])
    _, page = await client.ask("GET", "/v1/disputes?state=resolved&limit=200")
    mine = [each for each in page["disputes"] if each["operator_id"] == city.operator_id]
    assert {each["resolution"] for each in mine} == {"returned", "dismissed"}
