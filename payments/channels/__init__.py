"""Whoever moves the money: the port, and an adapter for each channel."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from payments.channels.cash import CASH
from payments.channels.local import LocalChannel
from payments.channels.port import (
    Channel,
    Channels,
    NumberReused,
    Provider,
    RequestRefused,
    ask_of_payment,
    ask_of_refund,
    ask_to_pay,
    ask_to_refund,
    channel_named,
    check_payer,
    provider_named,
    way_back_named,
)
from payments.channels.wallet import WALLET, Wallet
from sql import Pool

__all__ = [
    "CASH",
    "WALLET",
    "Channel",
    "ChannelSettings",
    "Channels",
    "LocalChannel",
    "NumberReused",
    "Provider",
    "RequestRefused",
    "Wallet",
    "ask_of_payment",
    "ask_of_refund",
    "ask_to_pay",
    "ask_to_refund",
    "channel_named",
    "check_payer",
    "open_all",
    "provider_named",
    "way_back_named",
]


class ChannelSettings(msgspec.Struct, frozen=True):
    """Which providers an installation has. `local` is the test channel, which moves no real money."""

    local: bool = False


def open_all(pool: Pool, clock: Callable[[], datetime], settings: ChannelSettings) -> dict[str, Channel]:
    """The channels of an installation by name: the wallet, cash, and the providers it is set up for."""
    channels: list[Channel] = [WALLET, CASH]
    if settings.local:
        channels.append(LocalChannel(pool, clock))
    return {channel.name: channel for channel in channels}
