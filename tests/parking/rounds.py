"""Rounds of the worker, as stories over HTTP need them: what `onelot work` does beside the service."""

from contextlib import aclosing

from parking.jobs import jobs
from parking.live.commands import Bell
from parking.live.metrics import Verified
from parking.live.redis import LiveCounts, connect
from parking.report_runs import Room
from payments.jobs import Work
from tests.district import District


async def round_of(district: District, redis_url: str, *names: str) -> None:
    """Runs jobs of the worker once, one after the other, with the clock at `district.now`."""
    work = Work(district.pool, district.channels(district.now), lambda: district.now, district.random_bits)
    async with aclosing(connect(redis_url)) as redis:
        known = {job.name: job for job in jobs(work, LiveCounts(redis), Bell(redis), Verified(), Room())}
        for name in names:
            await known[name].run()
