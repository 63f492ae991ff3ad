"""The port to whoever moves the money: providers outside, and the wallet in our own books.

Each adapter stands in a file of its own and answers in closed sets of outcomes; `payments.attempts` and
`payments.refunds` say what each means. Whatever else an adapter does, by an error on the way or by a defect of its own,
says nothing of the money.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from payments.attempts import (
    CHANNEL_TIMEOUT_S,
    Declined,
    Outcome,
    PayerMalformed,
    PayRequest,
    Unknown,
    UnknownChannel,
)
from payments.channels.wallet import Wallet
from payments.errors import OneLotError
from payments.ledger import Funds
from payments.refunds import RefundClosed, RefundOutcome, RefundPending, RefundRequest

T = TypeVar("T")
PAYER_CHARACTERS_MAX = 64
_log = logging.getLogger(__name__)


class RequestRefused(OneLotError):
    """The channel will not read the request, which is malformed or against its rules, and has not used its number."""


class NumberReused(OneLotError):
    """The number came before with other content. That says nothing of what became of it."""


class Provider(Protocol):
    """A channel outside. It is asked over a network, so never inside a transaction."""

    @property
    def name(self) -> str: ...

    @property
    def takes_orders(self) -> bool:
        """Whether a driver may choose to pay through it."""

    def funds(self, account_id: int | None, operator_id: int | None = None) -> Funds:
        """The book that holds what it collected: its clearing book, whose owner has a number from 2 to 99, or one of
        the operator who is paid.
        """

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
    """The provider of a name: a driver's choice of how to pay, which neither the wallet nor cash is.

    Raises:
        UnknownChannel: there is none.
    """
    found = way_back_named(channels, name)
    if not found.takes_orders:
        raise _unknown(channels, name)
    return found


def way_back_named(channels: Channels, name: str) -> Provider:
    """The provider of a name through which money came.

    Raises:
        UnknownChannel: there is none.
    """
    found = channels.get(name)
    if found is None or isinstance(found, Wallet):
        raise _unknown(channels, name)
    return found


def _unknown(channels: Channels, name: str) -> UnknownChannel:
    providers = sorted(
        name for name, channel in channels.items() if not isinstance(channel, Wallet) and channel.takes_orders
    )
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


async def ask_to_pay(channel: Provider, request: PayRequest, *, again: bool = False) -> Outcome:
    """Sends a payment; what a provider refuses outright the first time it is sent was certainly not taken. Sent again,
    a refusal may be of what arrived the first time.
    """
    try:
        return await _asked(channel, channel.pay(request), Unknown)
    except RequestRefused as refused:
        return Unknown(_code(refused)) if again else Declined(_code(refused))


async def ask_of_payment(channel: Provider, number: str) -> Outcome:
    """What became of a payment."""
    try:
        return await _asked(channel, channel.query(number), Unknown)
    except RequestRefused as refused:
        return Unknown(_code(refused))


async def ask_to_refund(channel: Provider, request: RefundRequest, *, again: bool = False) -> RefundOutcome:
    """Sends a refund; a refusal is read as that of a payment."""
    try:
        return await _asked(channel, channel.refund(request), RefundPending)
    except RequestRefused as refused:
        return RefundPending(_code(refused)) if again else RefundClosed(_code(refused))


async def ask_of_refund(channel: Provider, number: str) -> RefundOutcome:
    """What became of a refund."""
    try:
        return await _asked(channel, channel.query_refund(number), RefundPending)
    except RequestRefused as refused:
        return RefundPending(_code(refused))


async def _asked(channel: Provider, answer: Awaitable[T], lost: Callable[[str], T]) -> T:
    try:
        async with asyncio.timeout(CHANNEL_TIMEOUT_S):
            return await answer
    except RequestRefused:
        raise
    except NumberReused as refused:
        return lost(_code(refused))
    except (OSError, TimeoutError) as e:
        return lost(type(e).__name__)
    except Exception as e:  # noqa: BLE001 - the money may be anywhere, and is asked for
        _log.exception("channel %s broke over an answer", channel.name)
        return lost(type(e).__name__)


def _code(refused: OneLotError) -> str:
    return str(refused.facts.get("code", "refused"))
