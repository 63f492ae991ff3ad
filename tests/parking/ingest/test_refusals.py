"""What a gateway may leave behind in a day: the first refused events, and the number of all."""

from datetime import timedelta

import asyncpg
import pytest

import sql
from parking.events import EventRejected, Refusal
from parking.flow import events as flow
from parking.flow.events import Refused
from parking.ingest.refusals import Refusals
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District

KEPT = 5
BAD = Refused(EventRejected("no", reason=Refusal.NOT_JSON, field="body"), b"{bad")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def small_quota(owner: sql.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "REFUSED_KEPT_PER_DAY", KEPT)
    await owner.execute("delete from refused_event; delete from refused_count")


async def kept_and_counted(district: District, lot: str = QC) -> tuple[int, int]:
    gateway = district.gateway(lot)
    kept = await district.count("select count(*) from refused_event where gateway_id = $1", gateway.id)
    counted = "select coalesce(sum(refused), 0) from refused_count where gateway_id = $1"
    return kept, await district.count(counted, gateway.id)


async def test_the_first_of_a_day_are_kept_and_all_are_counted(
    district: District, caplog: pytest.LogCaptureFixture
) -> None:
    refusals = Refusals(district.pool, random_bits=district.random_bits)
    road, hospital = district.gateway(QC), district.gateway(HOSPITAL)
    await refusals.keep(road, [BAD] * 3, NOW)
    assert await kept_and_counted(district) == (3, 3)
    await refusals.keep(road, [BAD] * 4, NOW)
    assert await kept_and_counted(district) == (KEPT, 7)
    for _ in range(100):
        await refusals.keep(road, [BAD] * 10, NOW)
    assert await kept_and_counted(district) == (KEPT, 7), "what is only counted costs no transaction"
    await refusals.count()
    assert await kept_and_counted(district) == (KEPT, 1_007)
    assert caplog.text.count("too many events refused") == 1
    # Others are not touched by it, and neither is the next day; another process knows the quota from the database.
    await refusals.keep(hospital, [BAD], NOW)
    assert await kept_and_counted(district, HOSPITAL) == (1, 1)
    await Refusals(district.pool, random_bits=district.random_bits).keep(road, [BAD], NOW)
    assert await kept_and_counted(district) == (KEPT, 1_008)
    await refusals.keep(road, [BAD], NOW + DAY)
    assert await kept_and_counted(district) == (KEPT + 1, 1)
    await refusals.keep(road, [BAD], NOW)  # a process whose clock is behind counts to the day that is
    assert await kept_and_counted(district) == (KEPT + 1, 1)
    await refusals.count()
    assert await kept_and_counted(district) == (KEPT + 1, 2)


async def test_while_the_database_is_away_it_is_counted_on(district: District) -> None:
    own = await asyncpg.create_pool(
        district.database_url, min_size=0, max_size=1, server_settings={"role": "onelot_service"}
    )
    refusals = Refusals(own, random_bits=district.random_bits)
    await refusals.keep(district.gateway(), [BAD] * (KEPT + 1), NOW)
    await refusals.keep(district.gateway(), [BAD] * 3, NOW)
    own.terminate()
    await refusals.count()
    refusals._pool = district.pool
    await refusals.count()
    await refusals.count()
    assert await kept_and_counted(district) == (KEPT, KEPT + 4)
