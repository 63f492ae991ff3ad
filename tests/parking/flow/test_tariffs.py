"""Price texts in PostgreSQL: drafts, what is published, and what holds at lots and in price areas since when."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

import sql
from parking import tariffs
from parking.flow.lots import register_lot
from parking.flow.network import read_network
from parking.flow.prices import apply_to_lot, apply_to_zone, put_lot_in_zone, register_zone
from parking.flow.tariffs import publish_draft, publish_tariff, register_draft, tariff_version
from parking.lots import RegisteredOtherwise, UnknownLot, UnknownZone
from parking.prices import HoldsAlready, LotPrices, OtherTimeZone, TariffMoved, TariffState, UnknownTariff, in_force_at
from parking.store import tariffs as store
from parking.store.tariffs import TariffRow
from parking.tariffs import Tariff, TariffUnclear
from parking.tariffs.lint import Finding
from parking.tariffs.lint.acceptance import NotPublishable
from seeds.city.jinan import TARIFFS
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District
from tests.unguarded import unguarded

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
WARNING = Finding("farmable", "warning", "$.free", "可以分次停放", "May be split")


def text(code: str, *, free_min: int = 30, **changes: object) -> Tariff:
    free = structs.replace(ROAD.free, minutes=free_min)
    return structs.replace(ROAD, code=code, free=free, **changes)


@pytest.fixture
async def db(district: District) -> AsyncIterator[sql.Connection]:
    """A connection of the service in a transaction that is thrown away."""
    async with district.pool.acquire() as connection:
        # As isolated as the reading of the network, which goes on inside of it.
        transaction = connection.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()


async def drafted(db: sql.Connection, tariff: Tariff, *findings: Finding) -> TariffRow:
    return await register_draft(db, tariff, findings=findings, by="li", now=NOW)


async def published(db: sql.Connection, tariff: Tariff) -> int:
    return (await publish_tariff(db, document=tariffs.to_json(tariff), by="li", now=NOW, findings=())).id


async def seen(db: sql.Connection, code: str = "fresh") -> LotPrices:
    """The prices of a lot as a service that starts now would know them."""
    network = await read_network(db, NOW)
    return network.prices[network.lots_by_code[code].id]


async def held(db: sql.Connection, code: str = "fresh") -> list[tuple[timedelta, str]]:
    """The prices of a lot: how long from now, and the code of the tariff."""
    return [(price.valid_from - NOW, price.tariff.code) for price in (await seen(db, code)).tariffs]


# -- drafts and versions


async def test_a_draft_is_replaced_until_it_is_published(db: sql.Connection) -> None:
    first = await drafted(db, text("a"), WARNING)
    second = await drafted(db, text("a", free_min=15))
    assert (first.id, first.version, second.id, second.version) == (second.id, 1, first.id, 1)
    assert (second.tariff.free.minutes, second.findings, second.published_at) == (15, "[]", None)
    row = await publish_draft(db, second, findings=[WARNING], reasons={"farmable": "known"}, by="wu", now=NOW)
    assert (row.state, row.registered_by, row.published_by, row.published_at) == (
        TariffState.PUBLISHED,
        "li",
        "wu",
        NOW,
    )
    assert '"reason": "known"' in row.accepted
    assert "可以分次停放" in row.findings
    assert (await drafted(db, text("a", free_min=15))).id == row.id
    third = await drafted(db, text("a", free_min=20))
    assert (third.version, third.state) == (2, TariffState.DRAFT)
    newest = await store.newest(db, "a")
    assert newest is not None
    assert newest.version == 2
    heads = await store.versions(db, state=TariffState.DRAFT, after=0, limit=10)
    assert [(head.code, head.version, head.name_zh) for head in heads] == [("a", 2, ROAD.name_zh)]


async def test_only_what_was_looked_at_is_published(db: sql.Connection) -> None:
    looked_at = await drafted(db, text("b"))
    await drafted(db, text("b", free_min=15))
    with pytest.raises(TariffMoved):
        await publish_draft(db, looked_at, findings=[], reasons={}, by="wu", now=NOW)
    now_there = await tariff_version(db, code="b", number=1)
    with pytest.raises(NotPublishable):
        await publish_draft(db, now_there, findings=[WARNING], reasons={}, by="wu", now=NOW)
    row = await publish_draft(db, now_there, findings=[], reasons={}, by="wu", now=NOW)
    # Again is no error, and changes nothing.
    for again in (row, now_there):
        assert await publish_draft(db, again, findings=[], reasons={}, by="li", now=NOW + HOUR) == row
    with pytest.raises(UnknownTariff):
        await tariff_version(db, code="b", number=2)


async def test_nothing_supersedes_itself_over_others(db: sql.Connection) -> None:
    await published(db, text("c1", supersedes="c2"))
    await published(db, text("c2", supersedes="c3"))
    with pytest.raises(TariffUnclear, match="circle"):
        await published(db, text("c3", supersedes="c1"))
    # A newer version counts, not the one before it.
    await published(db, text("c2"))
    await published(db, text("c3", supersedes="c1"))


async def test_two_who_register_at_once_get_two_numbers(district: District) -> None:
    async def once(free_min: int) -> int:
        async with district.pool.acquire() as db, db.transaction():
            return await published(db, text("d", free_min=free_min))

    assert len(set(await asyncio.gather(*(once(n) for n in (5, 6, 7, 8))))) == 4
    versions = await district.owner.fetch("select version from tariff where code = 'd' order by 1")
    assert [row["version"] for row in versions] == [1, 2, 3, 4]


async def test_what_is_published_is_never_edited(db: sql.Connection) -> None:
    number = await published(db, text("e"))
    with pytest.raises(asyncpg.CheckViolationError, match="stays as it is"):
        async with db.transaction():
            await db.execute("update tariff set document = document || '{\"minimum_fen\": 1}' where id = $1", number)
    draft = await drafted(db, text("e", free_min=1))
    await db.execute("update tariff set registered_by = 'wu' where id = $1", draft.id)


# -- where a price holds


async def test_a_price_holds_at_a_lot_from_an_instant_on(db: sql.Connection) -> None:
    await register_lot(db, lot_plan("fresh", "jn-static"), by="tests", now=NOW)
    first, second = await published(db, text("f1")), await published(db, text("f2"))
    assert in_force_at((await seen(db)).tariffs, NOW) is None
    # Nothing held there, so it may have begun before; since then nothing of the past is changed.
    await apply_to_lot(db, lot_code="fresh", tariff_id=first, valid_from=NOW - DAY, by="tests", now=NOW)
    with pytest.raises(HoldsAlready, match="at the earliest"):
        await apply_to_lot(db, lot_code="fresh", tariff_id=second, valid_from=NOW - HOUR, by="tests", now=NOW)
    with pytest.raises(HoldsAlready):
        await apply_to_lot(db, lot_code="fresh", tariff_id=second, valid_from=NOW - 2 * DAY, by="tests", now=NOW)
    third = await published(db, text("f9"))
    # What has not begun is replaced at its instant; what has is not.
    for number in (third, second):
        await apply_to_lot(db, lot_code="fresh", tariff_id=number, valid_from=NOW + DAY, by="tests", now=NOW)
    for now in (NOW + DAY, NOW + DAY * 2):
        with pytest.raises(HoldsAlready):
            await apply_to_lot(db, lot_code="fresh", tariff_id=first, valid_from=NOW + DAY, by="tests", now=now)
    for _ in range(2):
        await apply_to_lot(db, lot_code="fresh", tariff_id=second, valid_from=NOW + DAY, by="tests", now=NOW + DAY * 2)
    assert await held(db) == [(-DAY, "f1"), (DAY, "f2")]
    said = await db.fetch(
        "select subject, detail->'before'->>'tariff' from audit"
        " where action = 'tariff.apply' and subject like 'tariff:f%' order by 1"
    )
    assert [tuple(row) for row in said] == [("tariff:f1/1", None), ("tariff:f2/1", "f9/1"), ("tariff:f9/1", "f1/1")]


async def test_a_published_text_leaves_the_draft_as_it_is(db: sql.Connection) -> None:
    await published(db, text("f3"))
    draft = await drafted(db, text("f3", free_min=15))
    assert (await drafted(db, text("f3"))).version == 1
    assert await tariff_version(db, code="f3", number=2) == draft


async def test_a_draft_changes_nothing_for_the_service(db: sql.Connection) -> None:
    async def version() -> int:
        return int(await db.fetchval("select version from catalog_version"))

    before = await version()
    await drafted(db, text("f6"))
    draft = await drafted(db, text("f6", free_min=15))
    assert await version() == before
    await publish_draft(db, draft, findings=[], reasons={}, by="li", now=NOW)
    assert await version() > before


async def test_an_area_has_no_past_where_its_lots_were_charged(db: sql.Connection) -> None:
    await register_lot(db, lot_plan("fresh", "jn-static"), by="tests", now=NOW)
    first, second = await published(db, text("f4")), await published(db, text("f5"))
    for code in ("here", "there"):
        await register_zone(db, code=code, name_zh=code, name_en=code, by="tests", now=NOW)
    await apply_to_zone(db, zone_code="here", tariff_id=first, valid_from=NOW - DAY, by="tests", now=NOW)
    await put_lot_in_zone(db, lot_code="fresh", zone_code="here", valid_from=NOW - DAY, by="tests", now=NOW)
    await put_lot_in_zone(db, lot_code="fresh", zone_code="there", valid_from=NOW, by="tests", now=NOW)
    with pytest.raises(HoldsAlready, match="at the earliest"):
        await apply_to_zone(db, zone_code="there", tariff_id=second, valid_from=NOW + HOUR, by="tests", now=NOW + DAY)


async def test_a_lot_and_a_price_do_not_come_to_an_area_at_once(district: District) -> None:
    async with district.pool.acquire() as db, db.transaction():
        await register_lot(
            db, structs.replace(lot_plan("race", "jn-static"), time_zone="Europe/Berlin"), by="tests", now=NOW
        )
        await register_zone(db, code="race", name_zh="r", name_en="r", by="tests", now=NOW)
        number = await published(db, text("race"))

    async def price() -> None:
        async with district.pool.acquire() as db, db.transaction():
            await apply_to_zone(db, zone_code="race", tariff_id=number, valid_from=NOW, by="tests", now=NOW)
            await asyncio.sleep(0.1)

    async def move() -> None:
        async with district.pool.acquire() as db, db.transaction():
            await put_lot_in_zone(db, lot_code="race", zone_code="race", valid_from=NOW, by="tests", now=NOW)
            await asyncio.sleep(0.1)

    results = await asyncio.gather(price(), move(), return_exceptions=True)
    assert [type(result) for result in results if result] == [OtherTimeZone]
    assert await district.broken() == {}


async def test_only_what_is_published_and_of_the_lots_zone_holds(db: sql.Connection) -> None:
    draft = await drafted(db, text("g"))
    with pytest.raises(UnknownTariff):
        await apply_to_lot(db, lot_code=QC, tariff_id=draft.id, valid_from=NOW, by="tests", now=NOW)
    with pytest.raises(UnknownLot):
        await apply_to_lot(db, lot_code="nowhere", tariff_id=draft.id, valid_from=NOW, by="tests", now=NOW)
    berlin = await published(db, text("h", time_zone="Europe/Berlin"))
    with pytest.raises(OtherTimeZone, match="Europe/Berlin and qc-road lies in Asia/Shanghai"):
        await apply_to_lot(db, lot_code=QC, tariff_id=berlin, valid_from=NOW, by="tests", now=NOW)


async def test_a_lot_without_a_price_has_that_of_its_area(db: sql.Connection) -> None:
    await register_lot(db, lot_plan("fresh", "jn-static"), by="tests", now=NOW)
    first, second, own = [await published(db, text(code)) for code in ("i1", "i2", "i3")]
    await register_zone(db, code="core", name_zh="一类区", name_en="Zone 1", by="tests", now=NOW)
    with pytest.raises(RegisteredOtherwise, match="name_en"):
        await register_zone(db, code="core", name_zh="一类区", name_en="Zone 2", by="tests", now=NOW)
    await apply_to_zone(db, zone_code="core", tariff_id=first, valid_from=NOW - DAY, by="tests", now=NOW)
    await apply_to_zone(db, zone_code="core", tariff_id=second, valid_from=NOW + DAY, by="tests", now=NOW)
    with pytest.raises(HoldsAlready):
        await apply_to_zone(db, zone_code="core", tariff_id=second, valid_from=NOW - HOUR, by="tests", now=NOW)
    assert await held(db) == []
    await put_lot_in_zone(db, lot_code="fresh", zone_code="core", valid_from=NOW - HOUR, by="tests", now=NOW)
    assert await held(db) == [(-HOUR, "i1"), (DAY, "i2")]
    assert (await seen(db)).zone == "core"
    # A lot that has a price of its own lies there as well, and keeps it.
    await put_lot_in_zone(db, lot_code=QC, zone_code="core", valid_from=NOW, by="tests", now=NOW)
    assert [code for _, code in await held(db, QC)] == ["jinan_road"]
    with pytest.raises(HoldsAlready):
        await apply_to_lot(db, lot_code="fresh", tariff_id=own, valid_from=NOW - 2 * DAY, by="tests", now=NOW)
    await apply_to_lot(db, lot_code="fresh", tariff_id=own, valid_from=NOW + HOUR, by="tests", now=NOW)
    assert await held(db) == [(-HOUR, "i1"), (HOUR, "i3")]


async def test_a_lot_that_leaves_its_area_keeps_its_price(db: sql.Connection) -> None:
    await register_lot(db, lot_plan("fresh", "jn-static"), by="tests", now=NOW)
    first, second = await published(db, text("j1")), await published(db, text("j2"))
    await register_zone(db, code="core", name_zh="一类区", name_en="Zone 1", by="tests", now=NOW)
    await apply_to_zone(db, zone_code="core", tariff_id=first, valid_from=NOW - DAY, by="tests", now=NOW)
    await apply_to_zone(db, zone_code="core", tariff_id=second, valid_from=NOW + DAY, by="tests", now=NOW)
    await put_lot_in_zone(db, lot_code="fresh", zone_code="core", valid_from=NOW, by="tests", now=NOW)
    with pytest.raises(HoldsAlready):
        await put_lot_in_zone(db, lot_code="fresh", zone_code=None, valid_from=NOW - HOUR, by="tests", now=NOW)
    await put_lot_in_zone(db, lot_code="fresh", zone_code=None, valid_from=NOW + HOUR, by="tests", now=NOW)
    assert await held(db) == [(timedelta(0), "j1")]
    with pytest.raises(UnknownZone):
        await put_lot_in_zone(db, lot_code="fresh", zone_code="nowhere", valid_from=NOW, by="tests", now=NOW)


async def test_an_area_has_one_clock(db: sql.Connection) -> None:
    elsewhere = structs.replace(lot_plan("fresh", "jn-static"), time_zone="Europe/Berlin")
    await register_lot(db, elsewhere, by="tests", now=NOW)
    shanghai = await published(db, text("k"))
    await register_zone(db, code="core", name_zh="一类区", name_en="Zone 1", by="tests", now=NOW)
    await register_zone(db, code="far", name_zh="远", name_en="Far", by="tests", now=NOW)
    await apply_to_zone(db, zone_code="core", tariff_id=shanghai, valid_from=NOW, by="tests", now=NOW)
    with pytest.raises(OtherTimeZone):
        await put_lot_in_zone(db, lot_code="fresh", zone_code="core", valid_from=NOW, by="tests", now=NOW)
    await put_lot_in_zone(db, lot_code="fresh", zone_code="far", valid_from=NOW, by="tests", now=NOW)
    with pytest.raises(OtherTimeZone):
        await apply_to_zone(db, zone_code="far", tariff_id=shanghai, valid_from=NOW, by="tests", now=NOW)


async def test_what_a_lots_prices_look_back_at(db: sql.Connection) -> None:
    assert ((await seen(db, HOSPITAL)).remembers, (await seen(db, HOSPITAL)).is_wide) == (DAY, False)
    quota = structs.replace(ROAD.quotas[0], memory=structs.replace(ROAD.quotas[0].memory, hours=700, scope="operator"))
    number = await published(db, text("l", quotas=(quota,)))
    await apply_to_lot(db, lot_code=HOSPITAL, tariff_id=number, valid_from=NOW + DAY, by="tests", now=NOW)
    hospital = await seen(db, HOSPITAL)
    assert (hospital.remembers, hospital.is_wide) == (timedelta(hours=700), True)


async def test_what_is_published_is_read_once(db: sql.Connection) -> None:
    before = await read_network(db, NOW)
    number = await published(db, text("m"))
    after = await read_network(db, NOW, before)
    assert after.tariffs.keys() - before.tariffs.keys() == {number}
    assert all(after.tariffs[at] is known for at, known in before.tariffs.items())


async def test_a_tariff_that_cannot_be_read_takes_only_its_lots_with_it(district: District) -> None:
    async with unguarded(district.owner, isolation="repeatable_read") as owner:
        number = await owner.fetchval(
            "insert into tariff (code, version, document, state, registered_at, registered_by, published_at, "
            "published_by) values ('n', 1, '{\"free_min\": 30}', 'published', now(), 'li', now(), 'li') returning id"
        )
        lot_id = district.lot(HOSPITAL).id
        await owner.execute("insert into lot_tariff values ($1, $2, $3)", lot_id, NOW - HOUR, number)
        network = await read_network(owner, NOW)
        assert not network.prices[lot_id].tariffs[-1].is_readable
        assert all(each.is_readable for each in network.prices[district.lot(QC).id].tariffs)
        assert set(network.unreadable) == {number}
