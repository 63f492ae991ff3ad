"""The small city every test of payments plays in."""

import random
from collections.abc import AsyncIterator
from datetime import datetime

import pytest

import sql
from tests.payments.city import City, city_in


@pytest.fixture
async def city(
    pool: sql.Pool, owner: sql.Connection, now: datetime, request: pytest.FixtureRequest
) -> AsyncIterator[City]:
    """An operator, a lot and a channel of the test's own; after it the invariants of the books hold."""
    # Tests of a module share its database, so each has random bits of its own.
    source = random.Random(request.node.name)
    async with city_in(pool, owner, now, lambda: source.getrandbits(64)) as city:
        yield city
