"""A line of a statement leads to the charges it is made of, and what each of them adds to it sums up to the line."""

from datetime import UTC, datetime

import pytest

from payments.charges import Settled
from payments.pages import Page
from payments.store import charges as charge_store
from payments.store import settlement as store
from tests.payments.city import City
from tests.payments.lived import lived


@pytest.fixture
def now() -> datetime:
    """A morning on which nothing was booked yet."""
    return datetime(2026, 11, 16, 2, tzinfo=UTC)


async def test_the_charges_of_a_line_sum_up_to_it(city: City) -> None:
    await lived(city)
    lines = 0
    async with city.pool.acquire() as db:
        statements = await city.owner.fetch("select operator_id, business_date from settlement where net_fen <> 0")
        for operator_id, day in statements:
            for line in await store.lines(db, operator_id, day):
                parts: list[Settled] = []
                page: Page | None = Page(None, 2)
                while page is not None:
                    found = await charge_store.settled_charges(db, operator_id, day, line.lot_id, page)
                    parts += found
                    after = page.next([each.id for each in found])
                    page = None if after is None else Page(after, 2)
                assert len({part.id for part in parts}) == len(parts)
                for column in ("charges", "gross_fen", "refunds_fen", "collected_fen", "cash_fen"):
                    assert sum(getattr(part, column) for part in parts) == getattr(line, column), (day, line, column)
                known = await charge_store.charges_by_id(db, [part.id for part in parts])
                assert {(each.lot_id, each.operator_id) for each in known.values()} == {(line.lot_id, operator_id)}
                assert len(known) == len(parts)
                lines += 1
    assert lines >= 3
    given_back = "select count(*) from settlement_line where refunds_fen > 0 and charges = 0 or refunds_fen > 300"
    assert await city.count(given_back) > 0
