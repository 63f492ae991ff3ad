"""What a provider does, whatever it is, becomes one of the answers: never an error of ours, never a guess."""

import asyncio
import logging

import pytest

from payments.attempts import Declined, NotFound, Outcome, PayRequest, Unknown
from payments.channels import (
    LocalChannel,
    NumberReused,
    RequestRefused,
    ask_of_payment,
    ask_of_refund,
    ask_to_pay,
    ask_to_refund,
)
from payments.refunds import RefundClosed, RefundOutcome, RefundPending, RefundRequest
from tests.payments.city import City

REQUEST = PayRequest("a-number", 500, "ok")
REFUND = RefundRequest("a-refund", "a-number", 500)


class Broken(LocalChannel):
    """A channel that raises whatever it is set to."""

    error: Exception

    async def pay(self, request: PayRequest) -> Outcome:
        raise self.error

    async def query(self, number: str) -> Outcome:
        raise self.error

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        raise self.error

    async def query_refund(self, number: str) -> RefundOutcome:
        raise self.error


def broken(city: City, error: Exception) -> Broken:
    channel = Broken(city.pool, city.clock)
    channel.error = error
    return channel


@pytest.mark.parametrize(
    "error", [TimeoutError(), ConnectionResetError(), ValueError("no JSON"), KeyError("state"), AssertionError()]
)
async def test_an_error_says_nothing_of_the_money(
    city: City, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    channel, name = broken(city, error), type(error).__name__
    with caplog.at_level(logging.ERROR):
        assert await ask_to_pay(channel, REQUEST) == Unknown(name)
        assert await ask_of_payment(channel, "n") == Unknown(name)
        assert await ask_to_refund(channel, REFUND) == RefundPending(name)
        assert await ask_of_refund(channel, "n") == RefundPending(name)
    # A defect of the adapter is in the log; an error on the way is the usual.
    assert bool(caplog.records) is not isinstance(error, OSError)


async def test_refused_outright_is_an_end_the_first_time_only(city: City) -> None:
    channel = broken(city, RequestRefused("too large", code="PARAM_ERROR"))
    assert await ask_to_pay(channel, REQUEST) == Declined("PARAM_ERROR")
    assert await ask_to_refund(channel, REFUND) == RefundClosed("PARAM_ERROR")
    # Sent again it may be the first one, which arrived, that is in the way.
    assert await ask_to_pay(channel, REQUEST, again=True) == Unknown("PARAM_ERROR")
    assert await ask_to_refund(channel, REFUND, again=True) == RefundPending("PARAM_ERROR")
    assert await ask_of_payment(channel, "n") == Unknown("PARAM_ERROR")
    assert await ask_of_refund(channel, "n") == RefundPending("PARAM_ERROR")


async def test_a_reused_number_is_never_an_end(city: City) -> None:
    channel = broken(city, NumberReused("other content", code="NUMBER_REUSED"))
    assert await ask_to_pay(channel, REQUEST) == Unknown("NUMBER_REUSED")
    assert await ask_to_refund(channel, REFUND) == RefundPending("NUMBER_REUSED")


async def test_who_is_stopped_is_stopped(city: City) -> None:
    with pytest.raises(asyncio.CancelledError):
        await ask_to_pay(broken(city, asyncio.CancelledError()), REQUEST)  # type: ignore[arg-type]


async def test_answers_come_through(city: City) -> None:
    assert await ask_of_payment(city.local, "never-sent") == NotFound()
