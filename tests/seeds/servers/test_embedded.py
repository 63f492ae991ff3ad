"""The embedded servers: found wherever the folder is, and gone however the program ends."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from seeds.servers import embedded
from tests.seeds.leftovers import GONE_TIMEOUT_S, inside, left_in

PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let their background jobs ignore Ctrl-C
from seeds.servers import embedded
with embedded.postgres(fsync=False) as database, embedded.redis() as cache:
    print(database, cache, flush=True)
    if sys.argv[1] == "raise":
        raise LookupError
    while sys.argv[1] == "wait":
        time.sleep(1)
"""


async def test_both_work_in_any_folder(folder: Path) -> None:
    with embedded.postgres(settings={"work_mem": "5MB"}) as database, embedded.redis() as cache:
        assert len(inside(folder)) == 2
        db = await asyncpg.connect(database)
        assert await db.fetchval("show fsync") == "on"
        assert await db.fetchval("show work_mem") == "5MB"
        await db.close()
        async with Redis.from_url(cache) as client:
            assert await client.ping()
        async with Redis.from_url(cache.split(":", 1)[0] + "://" + cache.split("@")[1]) as stranger:
            with pytest.raises(Exception, match=r"(?i)authenticat"):
                await stranger.ping()
    assert inside(folder) == []


@pytest.mark.parametrize(("ending", "signal_"), [("end", None), ("raise", None), *[("wait", s) for s in (2, 9, 15)]])
def test_nothing_is_left(ending: str, signal_: int | None, folder: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, ending]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline().startswith(b"postgresql://"), program.stderr.read()
        if signal_ is not None:
            program.send_signal(signal_)
        program.wait(GONE_TIMEOUT_S)
    assert left_in(folder) == []
