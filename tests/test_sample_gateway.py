"""The sample gateway of the documents, against the service: a car is held, somebody pays, and it is let out."""

import asyncio
import os
import re
import sys
from datetime import timedelta
from pathlib import Path

from tests import running
from tests.conftest import NOW
from tests.district import QC, District
from tests.patience import PATIENCE_S

SAMPLE = Path(__file__).parent.parent / "docs" / "sample_gateway.py"
LINES_MAX = 60
HOUR = timedelta(hours=1)


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)).decode().rstrip("\n")


async def test_it_waits_for_its_car_to_pay_and_lets_it_out(district: District, redis_url: str) -> None:
    async with running.served(running.settings(district.database_url, redis_url, now=NOW)) as client:
        named = {
            "ONELOT": str(client.base_url).rstrip("/"),
            "GATEWAY_KEY": district.keys[QC],
            "LANE_IN": f"{QC}-in",
            "LANE_OUT": f"{QC}-out",
            "ENTERED_AT": (NOW - 4 * HOUR).isoformat(),
        }
        environment = {**os.environ, **named, "PYTHONUTF8": "1"}
        sample = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-X", "utf8", str(SAMPLE), env=environment, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert (await line_of(sample)).startswith("hold ")
            pays, body = await line_of(sample), await line_of(sample)
            address = re.findall(r"http\S+", pays)[0]
            said = re.findall(r"-d '(.*)'", body)[0]
            (await client.post(address, content=said, headers={"Content-Type": "application/json"})).raise_for_status()
            assert (await line_of(sample)).startswith("open paid ")
            assert await line_of(sample) == "passed"
            assert await asyncio.wait_for(sample.wait(), PATIENCE_S) == 0
        finally:
            if sample.returncode is None:
                sample.kill()
                await sample.wait()
        waiting = await client.get("/v1/gateway/commands", headers=running.bearer(district.keys[QC]))
        assert waiting.json()["commands"] == []


def test_it_is_short() -> None:
    assert len(SAMPLE.read_text("utf-8").splitlines()) <= LINES_MAX
