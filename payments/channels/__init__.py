"""Whoever moves the money: the port they answer through, and an adapter for each."""

from collections.abc import Callable
from datetime import datetime

from payments.channels.local import LocalChannel
from payments.channels.port import (
    Channel,
    Channels,
    RequestRefused,
    answer,
    channel_named,
    check_payer,
    refund_answer,
)
from sql import Pool

__all__ = [
    "Channel",
    "Channels",
    "LocalChannel",
    "RequestRefused",
    "answer",
    "channel_named",
    "check_payer",
    "open_all",
    "refund_answer",
]


def open_all(pool: Pool, clock: Callable[[], datetime], *, test_channel: bool) -> dict[str, Channel]:
    """The channels of this installation by name. The test channel moves no real money, so it has to be asked for."""
    channels: list[Channel] = [LocalChannel(pool, clock)] if test_channel else []
    return {channel.name: channel for channel in channels}
