"""The port to whoever moves the money. Each adapter stands in a file of its own and answers in one closed set of
outcomes; `payments.attempts` says what each means.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Protocol, TypeAlias

from payments.attempts import CHANNEL_TIMEOUT_S, Outcome, PayerMalformed, PayRequest, Unknown, UnknownChannel
from payments.errors import OneLotError
from payments.refunds import RefundOutcome, RefundPending, RefundRequest

PAYER_CHARACTERS_MAX = 64


class RequestRefused(OneLotError):
    """The channel will not read the request: it is malformed, or its number came before with other content. It says
    nothing of what became of that number, so it is never read as a refusal of the payment.
    """


class Channel(Protocol):
    """A payment channel. `owner_id` (2 to 99) is whose clearing book holds what it collected."""

    @property
    def name(self) -> str: ...
    @property
    def owner_id(self) -> int: ...

    async def pay(self, request: PayRequest) -> Outcome:
        """Asks for money. Repeating a request never takes it twice."""

    async def query(self, number: str) -> Outcome:
        """What became of a number."""

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks to give money back. Repeating a request never gives it twice, so that is how one asks again."""


Channels: TypeAlias = Mapping[str, Channel]


def channel_named(channels: Channels, name: str) -> Channel:
    """The channel of a name.

    Raises:
        UnknownChannel: there is none.
    """
    if name not in channels:
        raise UnknownChannel("There is no such channel.", field="channel", channel=name, channels=sorted(channels))
    return channels[name]


def check_payer(payer: str) -> None:
    """Refuses what no channel takes as a payer's token.

    Raises:
        PayerMalformed: it is empty or too long.
    """
    if not 0 < len(payer) <= PAYER_CHARACTERS_MAX:
        raise PayerMalformed(
            "A payer's token has 1 to 64 characters.", field="payer", characters_max=PAYER_CHARACTERS_MAX
        )


async def answer(asked: Awaitable[Outcome]) -> Outcome:
    """A channel's answer about a payment, or that there was none: an error on the way says nothing of the money."""
    try:
        async with asyncio.timeout(CHANNEL_TIMEOUT_S):
            return await asked
    except (OSError, TimeoutError) as lost:
        return Unknown(type(lost).__name__)
    except RequestRefused as refused:
        return Unknown(str(refused.facts.get("code", "refused")))


async def refund_answer(asked: Awaitable[RefundOutcome]) -> RefundOutcome:
    """A channel's answer about a refund, or that there was none."""
    try:
        async with asyncio.timeout(CHANNEL_TIMEOUT_S):
            return await asked
    except (OSError, TimeoutError) as lost:
        return RefundPending(type(lost).__name__)
    except RequestRefused as refused:
        return RefundPending(str(refused.facts.get("code", "refused")))
