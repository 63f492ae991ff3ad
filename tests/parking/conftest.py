"""What only the tests of parking need."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import sql
from seeds.servers.embedded import valkey_program
from tests.parking import network
from tests.parking.live.own_redis import Server


@pytest.fixture(scope="module")
async def lots(pool: sql.Pool) -> list[int]:
    """The numbers of the small network's lots, registered in the module's database."""
    async with pool.acquire() as db, db.transaction():
        return await network.register(db)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A Redis that the test may stop and start."""
    own = Server(tmp_path, str(valkey_program()))
    own.start()
    yield own
    own.stop()
