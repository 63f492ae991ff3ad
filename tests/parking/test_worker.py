"""The worker's jobs: one leader at a time, however many workers there are and however they end."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta

import asyncpg
import pytest

import sql
from parking import worker
from parking.health import Round
from parking.jobs import Job, jobs
from parking.live.commands import Bell
from parking.live.metrics import Verified
from parking.live.redis import LiveCounts, connect
from parking.report_runs import Room
from parking.store.jobs import rounds
from parking.worker import Said, lead
from payments.identity import Audience
from payments.jobs import Done, Work
from tests import running
from tests.conftest import NOW
from tests.district import District, event, token
from tests.patience import PATIENCE_S

MORNING = NOW - timedelta(hours=3)


def job(run: Callable[[], Awaitable[Done]], number: int = 90) -> Job:
    return Job(f"job {number}", 1, run)


@pytest.fixture
async def other_pool(database_url: str) -> AsyncIterator[sql.Pool]:
    """The connections of another worker."""
    pool = await asyncpg.create_pool(
        database_url,
        min_size=0,
        max_size=2,
        server_settings={"role": "onelot_service", "application_name": "another worker"},
    )
    yield pool
    pool.terminate()


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that run out while a test waits."""
    monkeypatch.setattr(worker, "LEASE_S", 2.4)
    monkeypatch.setattr(worker, "RENEW_EVERY_S", 0.2)


class Rounds:
    """A job that can be watched and held up."""

    def __init__(self) -> None:
        self.begun = 0
        self.at_once = 0
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()

    async def run(self) -> Done:
        self.begun += 1
        self.at_once += 1
        self.began.set()
        assert self.at_once == 1
        await self.go_on.wait()
        self.at_once -= 1
        return {}


async def test_of_two_workers_one_leads(pool: sql.Pool, other_pool: sql.Pool) -> None:
    rounds = Rounds()
    first = asyncio.create_task(lead(pool, job(rounds.run)))
    await asyncio.wait_for(rounds.began.wait(), PATIENCE_S)
    assert await lead(other_pool, job(rounds.run)) is None
    assert await lead(other_pool, job(_nothing, number=91)) is not None  # another job has another leader
    rounds.go_on.set()
    assert await first == {}
    assert await lead(other_pool, job(rounds.run)) is not None
    assert rounds.begun == 2


async def _nothing() -> Done:
    return {}


async def test_when_a_leader_dies_another_leads(pool: sql.Pool, other_pool: sql.Pool, short_leases: None) -> None:
    rounds = Rounds()
    doomed = asyncio.create_task(lead(other_pool, job(rounds.run)))
    await asyncio.wait_for(rounds.began.wait(), PATIENCE_S)
    other_pool.terminate()  # as if its machine were gone
    second = Rounds()
    second.go_on.set()
    assert await lead(pool, job(second.run)) is None
    await asyncio.sleep(worker.LEASE_S)
    assert await lead(pool, job(second.run)) is not None
    assert await doomed is None


async def test_a_lease_is_renewed_while_its_job_runs(
    pool: sql.Pool, other_pool: sql.Pool, owner: sql.Connection, short_leases: None
) -> None:
    rounds = Rounds()
    leading = asyncio.create_task(lead(other_pool, job(rounds.run, number=93)))
    await asyncio.wait_for(rounds.began.wait(), PATIENCE_S)
    for _ in range(3):
        await asyncio.sleep(worker.LEASE_S / 2)
        # A connection that is cut is no reason to stop.
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'another worker' and datname = current_database()"
        )
        assert await lead(pool, job(_nothing, number=93)) is None
    rounds.go_on.set()
    assert await leading == {}


async def test_whoever_lost_the_lease_stops(pool: sql.Pool, owner: sql.Connection, short_leases: None) -> None:
    rounds = Rounds()
    first = asyncio.create_task(lead(pool, job(rounds.run, number=92)))
    await asyncio.wait_for(rounds.began.wait(), PATIENCE_S)
    await owner.execute(
        "update job set holder = 'another', leased_until = now() + interval '1 h' where name = 'job 92'"
    )
    assert await asyncio.wait_for(first, PATIENCE_S) is None
    assert not rounds.go_on.is_set()
    assert await owner.fetchval("select holder from job where name = 'job 92' and leased_until > now()") == "another"


@pytest.mark.parametrize("error", [ZeroDivisionError("ours"), OSError("away"), asyncpg.PostgresError("theirs")])
async def test_a_job_that_fails_is_logged_and_led_again(
    pool: sql.Pool, other_pool: sql.Pool, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> Done:
        raise error

    assert await lead(pool, job(fail)) is None
    assert "job 90" in caplog.text
    assert await lead(other_pool, job(_nothing)) is not None


async def test_a_round_leaves_when_it_was_done(pool: sql.Pool) -> None:
    async def fail() -> Done:
        raise OSError("鲁A12345 is away")

    async def seen() -> Round:
        async with pool.acquire() as db:
            return next(each for each in await rounds(db) if each.name == "job 94")

    assert await lead(pool, job(fail, number=94)) is None
    failed = await seen()
    assert (failed.done_s_ago, failed.done_at, failed.failures) == (None, None, 1)
    assert failed.error == "OSError: 鲁A•••45 is away"
    assert failed.begun_at is not None
    assert failed.failed_at is not None
    assert failed.took_s == pytest.approx((failed.failed_at - failed.begun_at).total_seconds())
    assert await lead(pool, job(_nothing, number=94)) is not None
    done = await seen()
    assert (done.failures, done.error, done.failed_at) == (0, failed.error, failed.failed_at)
    assert done.done_s_ago is not None
    assert done.done_s_ago < 5
    assert await lead(pool, job(fail, number=94)) is None
    again = await seen()
    assert again.done_at == done.done_at, "a round that failed was not done"
    assert again.failures == 1


async def test_staff_see_the_jobs(
    pool: sql.Pool, registered: dict[str, str], database_url: str, redis_url: str
) -> None:
    async def fail() -> Done:
        raise OSError("away")

    await lead(pool, job(_nothing, number=95))
    await lead(pool, job(fail, number=96))
    async with running.served(running.settings(database_url, redis_url, now=NOW)) as client:
        admin = running.bearer(token(Audience.ADMIN, now=NOW))
        listed = {each["name"]: each for each in (await client.get("/v1/admin/jobs", headers=admin)).json()}
    well, failed = listed["job 95"], listed["job 96"]
    assert (well["overdue"], well["running"], well["every_s"], well["error"]) == (False, False, 1.0, None)
    assert (failed["overdue"], failed["failures"], failed["error"]) == (True, 1, "OSError: away")
    assert re.fullmatch(r"\S+ \d+", failed["leader"])
    env = running.environment(database_url, redis_url)
    code, printed = await running.onelot(env, "jobs")
    assert code == 1
    assert re.search(r"job 95 .* 1 .* 20\d\d-\d\d-\d\d ", printed)
    assert "OSError: away" in printed
    assert "job 96" in (await running.onelot(env, "jobs", "--json"))[1]


def test_what_quick_jobs_did_is_said_together(caplog: pytest.LogCaptureFixture) -> None:
    said = Said()
    with caplog.at_level("INFO"):
        for at_s in range(12):
            said.add(job(_nothing), {"paid": 2, "declined": 0}, float(at_s))
        said.add(job(_nothing), {"paid": 0, "declined": 0}, 30.0)
        assert [vars(each)["fields"] for each in caplog.records] == [
            {"job": "job 90", "rounds": 1, "paid": 2},
            {"job": "job 90", "rounds": 10, "paid": 20},
            {"job": "job 90", "rounds": 1, "paid": 2},
        ]
        said.add(job(_nothing), {"paid": 0, "declined": 0}, 60.0)
        said.end()
    assert len(caplog.records) == 3


@pytest.fixture
async def work(district: District, redis_url: str) -> AsyncIterator[list[Job]]:
    """What a worker does, with the clock at `district.now`, on as few connections as a setting allows."""
    pool = await asyncpg.create_pool(
        str(district.database_url), min_size=0, max_size=2, server_settings={"role": "onelot_service"}
    )
    redis = connect(redis_url)
    doing = Work(pool, {}, lambda: district.now, district.random_bits)
    yield jobs(doing, LiveCounts(redis), Bell(redis), Verified(), Room())
    await redis.aclose()
    pool.terminate()


async def test_all_jobs_at_once_on_few_connections(pool: sql.Pool, work: list[Job]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        assert None not in await asyncio.gather(*(lead(pool, each) for each in work))


async def test_the_worker_collects_what_is_due(pool: sql.Pool, district: District, work: list[Job]) -> None:
    account_id = await district.account("鲁A10001")
    await district.record(event("a1", "entry", MORNING), event("a2", "exit", NOW, "鲁A12345"))
    await district.record(event("b1", "entry", MORNING, "鲁A10001"), event("b2", "exit", NOW, "鲁A10001"))
    (collect,) = [each for each in work if each.name == "collect"]
    assert await lead(pool, collect) is not None
    tried = """select a.state::text || ' ' || a.channel from attempt a join charge c on c.id = a.payable_id
                where c.account_id = $1"""
    assert await district.owner.fetchval(tried, account_id) == "declined wallet"


async def test_the_worker_makes_the_months_ahead(pool: sql.Pool, district: District, work: list[Job]) -> None:
    (partitions,) = [each for each in work if each.name == "partitions"]
    before = set(await months(district.owner))
    district.now = NOW + timedelta(days=400)
    try:
        assert await lead(pool, partitions) is not None
    finally:
        district.now = NOW
    made = set(await months(district.owner)) - before
    ahead = NOW.date() + timedelta(days=400)
    assert {month.replace(day=1) for month in made} >= {ahead.replace(day=1)}


async def months(owner: sql.Connection) -> list[date]:
    names = await owner.fetch("select relname from pg_class where relname ~ '^stay_\\d{4}_\\d\\d$'")
    return [date.fromisoformat(row["relname"].removeprefix("stay_").replace("_", "-") + "-01") for row in names]


async def test_the_worker_says_when_an_invariant_is_broken(
    pool: sql.Pool, district: District, work: list[Job], caplog: pytest.LogCaptureFixture
) -> None:
    (verify,) = [each for each in work if each.name == "verify"]
    assert await lead(pool, verify) is not None
    assert "INVARIANT" not in caplog.text
    await district.owner.execute("update lot_occupancy set inside = inside + 1")
    try:
        assert await lead(pool, verify) is not None
    finally:
        await district.owner.execute("update lot_occupancy set inside = inside - 1")
    assert "INVARIANT count_differs_from_stays broken by 3 rows" in caplog.text


@pytest.mark.parametrize("module", ["parking.worker", "parking.cli"])
async def test_it_loads_nothing_of_the_http_service(module: str) -> None:
    script = f"import sys, {module}; sys.exit(bool({{'litestar', 'parking.app'}} & {{*sys.modules}}))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


async def test_months_that_could_not_be_made_and_months_that_went_are_logged(
    pool: sql.Pool, owner: sql.Connection, district: District, work: list[Job], caplog: pytest.LogCaptureFixture
) -> None:
    by_name = {each.name: each for each in work}
    district.now = NOW.replace(year=2033)
    async with owner.transaction():
        await owner.execute("lock table parking_case_default in share mode")
        assert await lead(pool, by_name["partitions"]) is not None
    assert "partitions could not be made" in caplog.text
    assert await lead(pool, by_name["partitions"]) is not None
    await owner.execute("select create_month_partition('gate_event', '2019-01-01')")
    assert await lead(pool, by_name["retention"]) is not None
    assert "dropped gate_event_2019_01" in caplog.text
