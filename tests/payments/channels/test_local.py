"""The test channel keeps a provider's promises: a number once, the same answer again, other content refused."""

from datetime import timedelta

import pytest

from payments.attempts import Accepted, Declined, Failed, NotFound, PayRequest, Succeeded
from payments.channels import NumberReused, RequestRefused
from payments.refunds import RefundClosed, Refunded, RefundNotFound, RefundRequest
from tests.payments.city import City


def number(city: City) -> str:
    return f"{city.random_bits():032x}"


async def test_a_number_pays_once(city: City) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, "ok:zhang")
    assert await channel.query(asked.number) == NotFound()
    for _ in range(3):
        assert await channel.pay(asked) == Succeeded(asked.number, 500)
    assert await channel.query(asked.number) == Succeeded(asked.number, 500)


@pytest.mark.parametrize(("amount_fen", "payer"), [(501, "ok"), (500, "ok:li"), (500, "decline")])
async def test_a_number_with_other_content_is_refused(city: City, amount_fen: int, payer: str) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, "ok")
    await channel.pay(asked)
    with pytest.raises(NumberReused):
        await channel.pay(PayRequest(asked.number, amount_fen, payer))
    assert await channel.query(asked.number) == Succeeded(asked.number, 500)


async def test_declines_for_certain(city: City) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, "decline")
    assert await channel.pay(asked) == Declined("PAYER_DECLINED")
    assert await channel.query(asked.number) == Declined("PAYER_DECLINED")
    assert await channel.pay(PayRequest(number(city), 500, "who?")) == Declined("PAYER_UNKNOWN")


async def test_a_lost_answer_was_executed(city: City) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, "lost-answer")
    with pytest.raises(TimeoutError):
        await channel.pay(asked)
    assert await channel.query(asked.number) == Succeeded(asked.number, 500)
    assert await channel.pay(asked) == Succeeded(asked.number, 500)


async def test_a_lost_request_was_not(city: City) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, "lost-request")
    with pytest.raises(TimeoutError):
        await channel.pay(asked)
    assert await channel.query(asked.number) == NotFound()
    assert await channel.pay(asked) == Succeeded(asked.number, 500)


async def test_sends_a_payer_to_an_address(city: City) -> None:
    asked = PayRequest(number(city), 500, "redirect")
    accepted = await city.local.pay(asked)
    assert accepted == Accepted({"redirect_url": f"https://pay.example/{asked.number}"})
    city.now += timedelta(seconds=3)
    assert await city.local.query(asked.number) == Succeeded(asked.number, 500)


@pytest.mark.parametrize("payer", ["slow", "fail-later"])
async def test_accepts_now_and_ends_later(city: City, payer: str) -> None:
    channel = city.local
    asked = PayRequest(number(city), 500, payer)
    assert await channel.pay(asked) == Accepted()
    assert await channel.query(asked.number) == Accepted()
    city.now += timedelta(seconds=3)
    ended = Succeeded(asked.number, 500) if payer == "slow" else Failed("PAYER_DECLINED")
    assert await channel.query(asked.number) == ended


@pytest.mark.parametrize(
    ("name", "amount_fen"), [("n" * 33, 1), ("short", 1), ("äöüäöü", 1), ("number", 0), ("number", 10**8)]
)
async def test_malformed_requests_are_refused(city: City, name: str, amount_fen: int) -> None:
    with pytest.raises(RequestRefused):
        await city.local.pay(PayRequest(name, amount_fen, "ok"))


async def test_refunds_in_parts_never_exceed_the_payment(city: City) -> None:
    channel = city.local
    paid = number(city)
    await channel.pay(PayRequest(paid, 500, "ok"))
    first = RefundRequest(number(city), paid, 300)
    for _ in range(2):
        assert await channel.refund(first) == Refunded(first.number, 300)
        assert await channel.query_refund(first.number) == Refunded(first.number, 300)
    with pytest.raises(NumberReused):
        await channel.refund(RefundRequest(first.number, paid, 200))
    too_much = RefundRequest(number(city), paid, 201)
    assert await channel.refund(too_much) == RefundClosed("REFUND_NOT_POSSIBLE")
    assert await channel.query_refund(too_much.number) == RefundNotFound()
    last = RefundRequest(number(city), paid, 200)
    assert await channel.refund(last) == Refunded(last.number, 200)
    with pytest.raises(RequestRefused):
        await channel.refund(RefundRequest(number(city), "never-paid", 1))
