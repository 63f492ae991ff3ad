"""What the commands for bans, passes, coupons and bookings have in common: their options, and how lists are printed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.spoken import headings
from parking.flow.network import read_network
from parking.network import Network
from parking.settings import read
from payments import ids
from payments.pages import ROWS_PER_PAGE, ROWS_PER_PAGE_MAX
from sql.pool import open_pool

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
_out = Console(markup=False)


def listed(command: F) -> F:
    """The options of a list by pages."""
    for option in reversed(
        (
            click.option("--ended", is_flag=True, help="Also those that are over."),
            click.option("--after", type=click.UUID, default=ids.FIRST, help="The last id of the page before."),
            click.option(
                "--limit", type=click.IntRange(1, ROWS_PER_PAGE_MAX), default=ROWS_PER_PAGE, show_default=True
            ),
            click.option("--json", "as_json", is_flag=True, help="A line of JSON for each."),
        )
    ):
        command = option(command)
    return command


def with_pool(do: Callable[[sql.Pool, Network, datetime], Awaitable[T]]) -> T:
    """What a use case that makes its own transactions returns. It is given the network and the time."""
    settings = read()

    async def done() -> T:
        async with await open_pool(settings.database_url, connections_max=2) as pool:
            now = settings.clock()()
            async with pool.acquire() as db:
                network = await read_network(db, now)
            return await do(pool, network, now)

    return asyncio.run(done())


def show(rows: Sequence[Struct], columns: Sequence[str], *, as_json: bool) -> None:
    """Prints rows, as lines of JSON whole or as a table of some of their fields."""
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row))
        return
    table = Table(*headings(*columns))
    for row in rows:
        table.add_row(*[_text(getattr(row, name)) for name in columns])
    _out.print(table)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
