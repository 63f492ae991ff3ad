"""The port to whoever moves the money: providers outside, and the wallet in our own books.

Each adapter stands in a file of its own and answers in closed sets of outcomes; `payments.attempts` and
`payments.refunds` say what each means.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Protocol, TypeAlias

from payments.attempts import CHANNEL_TIMEOUT_S, Outcome, PayerMalformed, PayRequest, Unknown, UnknownChannel
from payments.channels.wallet import Wallet
from payments.errors import OneLotError
from payments.ledger import Funds
from payments.refunds import RefundOutcome, RefundPending, RefundRequest

PAYER_CHARACTERS_MAX = 64


class RequestRefused(OneLotError):
    """The channel will not read the request: it is malformed, or its number came before with other content. It says
    nothing of what became of that number, so it is never read as a refusal of the payment.
    """


class Provider(Protocol):
    """A channel outside. It is asked over a network, so never inside a transaction."""

    @property
    def name(self) -> str: ...

    def funds(self, account_id: int | None) -> Funds:
        """The clearing book that holds what it collected. Its owner has a number from 2 to 99."""

    async def pay(self, request: PayRequest) -> Outcome:
        """Asks for money. Repeating a request never takes it twice."""

    async def query(self, number: str) -> Outcome:
        """What became of a payment."""

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Asks to give money back. Repeating a request never gives it twice."""

    async def query_refund(self, number: str) -> RefundOutcome:
        """What became of a refund."""


Channel: TypeAlias = Wallet | Provider
Channels: TypeAlias = Mapping[str, Channel]


def channel_named(channels: Channels, name: str) -> Channel:
    """The channel of a name.

    Raises:
        UnknownChannel: there is none.
    """
    if name not in channels:
        raise _unknown(channels, name)
    return channels[name]


def provider_named(channels: Channels, name: str) -> Provider:
    """The provider of a name: a driver's choice of how to pay, which the wallet is not.

    Raises:
        UnknownChannel: there is none.
    """
    found = channels.get(name)
    if found is None or isinstance(found, Wallet):
        raise _unknown(channels, name)
    return found


def _unknown(channels: Channels, name: str) -> UnknownChannel:
    providers = sorted(name for name, channel in channels.items() if not isinstance(channel, Wallet))
    return UnknownChannel("There is no such channel.", field="channel", channel=name, channels=providers)


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
    """A provider's answer about a payment, or that there was none: an error on the way says nothing of the money."""
    try:
        async with asyncio.timeout(CHANNEL_TIMEOUT_S):
            return await asked
    except (OSError, TimeoutError) as lost:
        return Unknown(type(lost).__name__)
    except RequestRefused as refused:
        return Unknown(str(refused.facts.get("code", "refused")))


async def refund_answer(asked: Awaitable[RefundOutcome]) -> RefundOutcome:
    """A provider's answer about a refund, or that there was none."""
    try:
        async with asyncio.timeout(CHANNEL_TIMEOUT_S):
            return await asked
    except (OSError, TimeoutError) as lost:
        return RefundPending(type(lost).__name__)
    except RequestRefused as refused:
        return RefundPending(str(refused.facts.get("code", "refused")))
