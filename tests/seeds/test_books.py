"""What the demo reads of the books while its story goes on."""

import asyncio
from datetime import UTC, datetime

import httpx

from seeds import books
from seeds.books import Books


async def test_several_tasks_may_ask_at_once(database_url: str) -> None:
    async with books.reading(database_url) as db, httpx.AsyncClient() as client:
        read = Books(db, client, "a secret of thirty-two characters", lambda: datetime(2026, 11, 20, tzinfo=UTC))
        asked = (read.figures(), read.unresolved(), read.first_paid(), read.figures())
        figures, unresolved, first, again = await asyncio.gather(*asked)
    assert figures == again
    assert (figures.paid, unresolved, first) == (0, 0, None)
