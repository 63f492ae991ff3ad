"""A demonstration has a case of every kind that gates make, and one of a driver."""

from parking.cases import Reason
from payments.identity import Audience
from seeds.demo import oddities
from tests import running
from tests.conftest import NOW
from tests.district import CITY, QC, STATION, District, token

FOUND = {
    Reason.BANNED, Reason.CASH_TAKEN, Reason.CLOCK_AHEAD, Reason.CLOCK_BEHIND, Reason.ENTRY_WHILE_INSIDE,
    Reason.EXIT_WITHOUT_ENTRY, Reason.KIND_CONTRADICTS_LANE, Reason.LONG_STAY, Reason.LOW_CONFIDENCE,
    Reason.MATCH_PROBABLE, Reason.NO_PLATE, Reason.PASSAGE_WITHOUT_READ, Reason.PLATES_INSIDE_DIFFER,
    Reason.TURNED_ROUND, Reason.UNKNOWN_PLATE_FORM,
}  # fmt: skip


async def test_each_kind_is_there(district: District, database_url: str, redis_server_url: str) -> None:
    account = await district.account(oddities.CLONED)
    lots = [lot for lot in CITY.lots if lot.plan.code in (QC, STATION)]
    keys = {lot.plan.gateway: district.keys[lot.plan.code] for lot in lots}
    admin, driver = token(Audience.ADMIN, now=NOW), token(Audience.DRIVER, now=NOW, id=account)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        await oddities.tell(client, lots, keys, admin=admin, driver=driver, now=NOW)
    rows = await district.owner.fetch("select distinct reason::text from parking_case")
    assert {row[0] for row in rows} >= FOUND
