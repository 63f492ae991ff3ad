"""What the demo reads of the ledger while it runs."""

import asyncio
from datetime import UTC, datetime

import httpx

from seeds.demo.ledger_figures import LedgerFigures, read_only


async def test_several_tasks_may_ask_at_once(database_url: str) -> None:
    async with read_only(database_url) as db, httpx.AsyncClient() as client:
        ledger = LedgerFigures(
            db, client, "a secret of thirty-two characters", lambda: datetime(2026, 11, 20, tzinfo=UTC)
        )
        asked = (ledger.charges(), ledger.unresolved(), ledger.first_paid(), ledger.charges())
        charges, unresolved, first, again = await asyncio.gather(*asked)
    assert charges == again
    assert (charges.paid, unresolved, first) == (0, 0, None)
