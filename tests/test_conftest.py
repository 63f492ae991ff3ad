"""The fixtures of all tests: what a test leaves open is an error of this test, and not of the one after it."""

import asyncio
import os
import re
import sys
from pathlib import Path

from tests.conftest import DATABASE_VARIABLE, REDIS_VARIABLE

ROOT = Path(__file__).parent.parent
TESTS = """
import asyncpg
from parking.live.redis import connect

async def test_connection(database_url):
    db = await asyncpg.connect(database_url)
    await db.fetchval("select 1")

async def test_pool(database_url):
    await asyncpg.create_pool(database_url, min_size=1)

async def test_redis(redis_url):
    await connect(redis_url).ping()

async def test_subscription(redis_url):
    heard = connect(redis_url).pubsub()
    await heard.subscribe("x")

def test_file():
    held = [open(__file__)]
    held.append(held)

async def test_all_is_closed(database_url, redis_url):
    db, redis = await asyncpg.connect(database_url), connect(redis_url)
    await redis.ping()
    await redis.aclose()
    await db.close()
"""


async def test_what_a_test_leaves_open_is_its_own_error(server_url: str, redis_url: str, tmp_path: Path) -> None:
    names = set(re.findall(r"def (test_\w+)", TESTS))
    # Before each stands one that leaves nothing open.
    between = re.sub(r"^((?:async )?def test_)(\w+)", r"def test_before_\2(): pass\n\n\1\2", TESTS, flags=re.MULTILINE)
    (tmp_path / "test_left.py").write_text(between, "utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:randomly", "-q", "-rfE"),
        *("-c", str(ROOT / "pyproject.toml"), str(tmp_path / "test_left.py")),
        cwd=ROOT,
        env={**os.environ, DATABASE_VARIABLE: server_url, REDIS_VARIABLE: redis_url},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    wrong = set(re.findall(r"^(?:FAILED|ERROR) \S*::(\w+)", printed.decode(), re.MULTILINE))
    assert wrong == names - {"test_all_is_closed"}, printed.decode()
