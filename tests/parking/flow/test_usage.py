"""What a visit used, remembered by later ones: longer than a day, in other lots, and by two lots at the same time."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import structs

from parking import prices, tariffs
from parking.flow.tariffs import publish_tariff
from parking.prices import TariffInForce
from parking.store import events as store
from parking.tariffs import Tariff
from parking.tariffs.language.document import Cap, Memory
from seeds.city.jinan import TARIFFS
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, event, facts, visit
from tests.patience import PATIENCE_S

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
GREEN = {"plate_color": "green"}


def remembering(**memory: Any) -> Tariff:
    """The Jinan road price whose free hours for new energy vehicles are remembered otherwise."""
    quota = structs.replace(ROAD.quotas[0], memory=Memory(**memory))
    return structs.replace(ROAD, code="-".join(["road", *map(str, memory.values())]), quotas=(quota,))


CITY = remembering(scope="city")
OPERATOR = remembering(scope="operator")
WEEK = remembering(hours=168)


async def charging_by(district: District, tariff: Tariff, *codes: str) -> District:
    """The district as it is while these lots charge by this tariff."""
    async with district.pool.acquire() as db, db.transaction():
        number = (await publish_tariff(db, document=tariffs.to_json(tariff), by="tests", now=NOW, findings=())).id
    price = TariffInForce(NOW - 90 * DAY, number, tariff, tariffs.Compiled(tariff))
    changed = {district.lot(code).id: prices.lot_prices([price], None) for code in codes}
    network = structs.replace(district.network, prices={**district.network.prices, **changed})
    return structs.replace(district, network=network)


async def used(district: District, plate: str) -> list[list[tuple[str, datetime, int]]]:
    """What the stays of a plate used, in order of time: the rule, the instant, and how much."""
    rows = await district.owner.fetch("select uses from stay where plate = $1 order by last_at, entered_at", plate)
    stays = [msgspec.json.decode(row["uses"] or "[]", type=list[tariffs.Use]) for row in rows]
    return [[(use.rule, use.at, use.amount) for use in uses] for uses in stays]


async def fees_of(district: District, *visits: list[dict[str, Any]]) -> list[object]:
    """The fees of visits that are told one after the other."""
    return [facts((await district.record(*each))[1])[2] for each in visits]


async def test_what_a_visit_used_is_kept(district: District) -> None:
    plate, began = "鲁AD00001", NOW - 5 * HOUR
    await district.record(*visit("a1", plate, began, began + HOUR, **GREEN))
    await district.record(*visit("a2", plate, began + 2 * HOUR, NOW, **GREEN))
    await district.record(*visit("a3", "鲁A00001", began, NOW))
    assert await used(district, plate) == [[("quota.nev", began, 60)], [("quota.nev", began + 2 * HOUR, 60)]]
    assert await district.count("select count(*) from stay where plate = '鲁A00001' and uses is null") == 1


async def test_a_cap_for_the_day_counts_earlier_visits(district: District) -> None:
    cap = Cap(code="day", name_zh="每日封顶", name_en="A day", fen=500, per="day", memory="lot")
    capped = await charging_by(district, structs.replace(ROAD, code="capped", caps=(cap,)), QC)
    morning = NOW - timedelta(hours=9)
    told = [visit(f"b{n}", "鲁A00002", morning + n * 3 * HOUR, morning + (n * 3 + 2) * HOUR) for n in range(3)]
    assert await fees_of(capped, *told) == [400, 100, 0]


async def test_it_is_remembered_for_as_long_as_the_price_says(district: District) -> None:
    longer = await charging_by(district, WEEK, QC)
    plate, began = "鲁AD00003", NOW - 6 * DAY
    early = [{**each, "replay": True} for each in visit("c1", plate, began, began + 2 * HOUR, **GREEN)]
    late = visit("c2", plate, NOW - HOUR, NOW, **GREEN)
    assert await fees_of(longer, early, late) == [0, 200]
    plate = "鲁AD00004"
    early = [{**each, "replay": True, "event_id": f"{each['event_id']}x", "plate": plate} for each in early]
    late = [{**each, "event_id": f"{each['event_id']}x", "plate": plate} for each in late]
    assert await fees_of(district, early, late) == [0, 0]


@pytest.mark.parametrize(
    ("tariff", "number", "expected"),
    [(ROAD, 5, [0, 0, 0]), (OPERATOR, 6, [0, 200, 0]), (CITY, 7, [0, 200, 200])],
    ids=["lot", "operator", "city"],
)
async def test_what_was_used_in_other_lots(
    district: District, tariff: Tariff, number: int, expected: list[int]
) -> None:
    shared = await charging_by(district, tariff, QC, HOSPITAL, STATION)
    plate, began = f"鲁AD0000{number}", NOW - 9 * HOUR
    told = [
        visit(f"d{number}{lot}", plate, began + n * 3 * HOUR, began + (n * 3 + 2 - (n > 0)) * HOUR, lot=lot, **GREEN)
        for n, lot in enumerate((QC, HOSPITAL, STATION))
    ]
    assert await fees_of(shared, *told) == expected


async def test_within_one_batch_as_well(district: District) -> None:
    shared = await charging_by(district, CITY, QC, STATION)
    plate, began = "鲁AD00008", NOW - 9 * HOUR
    answers = await shared.record(
        *visit("e1", plate, began, began + 2 * HOUR, **GREEN),
        *visit("e2", plate, began + 3 * HOUR, began + 4 * HOUR, lot=STATION, **GREEN),
    )
    assert [facts(answer)[2] for answer in answers] == [None, 0, None, 200]


async def test_two_lots_never_draw_on_the_same_minutes_at_once(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = await charging_by(district, CITY, QC, STATION)
    plate, has_read, go_on = "鲁AD00010", asyncio.Event(), asyncio.Event()
    # The plate was read at both lots; both exits come at the same moment, and the first is slow to commit.
    await shared.record(event("f1", "entry", NOW - 3 * HOUR, plate, lot=QC, **GREEN))
    await shared.record(event("f2", "entry", NOW - 2 * HOUR, plate, lot=STATION, **GREEN))
    really = store.uses_of

    async def slow(*given: Any) -> Any:
        found = await really(*given)
        if not has_read.is_set():
            has_read.set()
            await go_on.wait()
        return found

    monkeypatch.setattr(store, "uses_of", slow)
    async with asyncio.timeout(PATIENCE_S):
        first = asyncio.create_task(shared.record(event("f3", "exit", NOW, plate, lot=QC, **GREEN)))
        await has_read.wait()
        second = asyncio.create_task(shared.record(event("f4", "exit", NOW, plate, lot=STATION, **GREEN)))
        await asyncio.sleep(0.3)
        assert not second.done()  # it waits for the plate
        go_on.set()
        (at_qc,), (at_station,) = await first, await second
    assert [facts(answer)[2] for answer in (at_qc, at_station)] == [200, 400]
    assert await used(district, plate) == [[("quota.nev", NOW - 3 * HOUR, 120)], []]


async def test_plates_in_another_order_wait_for_each_other_and_not_for_ever(district: District) -> None:
    shared = await charging_by(district, CITY, QC, STATION)
    plates = [f"鲁AD1{n:04}" for n in range(40)]
    for lot in (QC, STATION):
        await shared.record(*(event(f"g{plate}", "entry", NOW - 3 * HOUR, plate, lot=lot, **GREEN) for plate in plates))
    batches = [
        [event(f"h{plate}", "exit", NOW, plate, lot=lot, **GREEN) for plate in order]
        for lot, order in ((QC, plates), (STATION, plates[::-1]))
    ]
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(shared.record(*batch) for batch in batches))
    assert await district.count("select count(*) from stay where plate like '鲁AD1%' and state = 'closed'") == 80


async def test_lots_with_an_ordinary_price_ask_nothing_more(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError("this price looks at no other lot")

    monkeypatch.setattr(store, "uses_of", never)
    monkeypatch.setattr(store, "lock_plates", never)
    assert await fees_of(district, visit("h1", "鲁AD00009", NOW - 3 * HOUR, NOW, **GREEN)) == [200]


async def test_a_long_stay_is_remembered_from_its_end(district: District) -> None:
    cap = Cap(code="day", name_zh="每日封顶", name_en="A day", fen=500, per="day", memory="lot")
    capped = await charging_by(district, structs.replace(ROAD, code="long", caps=(cap,)), QC)
    plate, left = "鲁A00020", NOW - 6 * HOUR
    came, went = visit("l1", plate, left - 50 * DAY, left)
    await capped.record(came, received_at=left - 50 * DAY)
    await capped.record(went, received_at=left)
    _, after = await capped.record(*visit("l2", plate, left + HOUR, NOW))
    assert facts(after)[2] == 0


async def test_an_exit_read_twice_after_a_long_stay(district: District) -> None:
    plain = await charging_by(district, structs.replace(ROAD, code="plain", quotas=(), caps=()), STATION)
    came, went = visit("m1", "鲁A00021", NOW - 50 * DAY, NOW, lot=STATION)
    entered = await plain.answer(came, received_at=NOW - 50 * DAY)
    await plain.record(went)
    again = await plain.answer({**went, "event_id": "m1o2", "occurred_at": (NOW + HOUR / 120).isoformat()})
    assert (again.stay_id, again.reason) == (entered.stay_id, "long_stay")
