"""Many lots at once: all of a file or nothing of it, once however often, and written down to be the same again."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest

import sql
from parking import imports, sheets
from parking.facilities import Facilities
from parking.flow import facilities as facilities_flow
from parking.flow import imports as flow
from parking.flow.imports import At, Imported, State
from parking.flow.imports.kinds import KINDS
from parking.flow.network import read_network
from parking.imports import Planned, lots
from parking.imports.lots import LotRow
from parking.lots import LotKind, LotPlan, ProbableMatch
from parking.settings import Settings
from parking.sheets import Layout
from parking.tariffs import Tariff
from parking.tariffs.lint import Finding
from payments.identity import Audience, Principal
from seeds.city.jinan import CITY_BOX
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import District

BY = Principal(Audience.ADMIN, "an importer")
CITY = Settings(city_box=CITY_BOX).city


NOTHING = Facilities()


@pytest.fixture
async def db(pool: sql.Pool) -> AsyncIterator[sql.Connection]:
    """A connection outside of a transaction: an import has one of its own."""
    async with pool.acquire() as connection:
        yield connection


def rows(*plans: LotPlan, offers: Facilities = NOTHING) -> list[Planned[LotRow]]:
    return read(sheets.as_csv(lots.FORM.columns, [lots.written(plan, offers) for plan in plans]))


def read(document: bytes) -> list[Planned[LotRow]]:
    return imports.plan_all(sheets.read(document, "lots.csv", Layout()), None, lots.FORM)


async def at(db: sql.Connection, minutes: int = 0, by: Principal = BY) -> At:
    now = NOW + timedelta(minutes=minutes)
    return At(by, now, partial(secrets.randbits, 64), await read_network(db, now), nothing_found, CITY)


async def nothing_found(_tariff: Tariff, _now: datetime) -> list[Finding]:
    return []


async def take(
    db: sql.Connection,
    planned: Sequence[Planned[LotRow]],
    *,
    dry_run: bool = False,
    by: Principal = BY,
    minutes: int = 0,
) -> Imported:
    now = await at(db, minutes, by)
    return await flow.import_all(db, KINDS["lots"], planned, now, source="lots.csv", dry_run=dry_run)


def states(imported: Imported) -> list[str]:
    return [line.state.value for line in imported.lines]


async def actions(db: sql.Connection, subject: str) -> list[str]:
    found = await db.fetch("select action from audit where subject = $1 order by action", subject)
    return [row["action"] for row in found]


async def test_a_file_is_taken_once(db: sql.Connection, owner: sql.Connection, district: District) -> None:
    before = await actions(owner, "lots")
    inner = lot_plan("im-1b", "jn-static", inside_of="im-1a")
    offers = Facilities(phone="0531-12345")
    planned = rows(inner, lot_plan("im-1a", "jn-static"), offers=offers)
    assert states(dry := await take(db, planned, dry_run=True)) == ["new", "new"]
    assert not dry.is_kept
    assert "im-1a" not in (await read_network(db, NOW)).lots_by_code
    assert await actions(owner, "lots") == before

    assert (await take(db, planned)).is_kept
    network = await read_network(db, NOW)
    assert network.lots_by_code["im-1b"].inside_of == network.lots_by_code["im-1a"].id
    assert network.facilities[network.lots_by_code["im-1b"].id] == offers
    again = await take(db, planned, minutes=1)
    assert (states(again), again.is_kept) == (["unchanged", "unchanged"], True)
    assert await actions(owner, "lots") == [*before, "lot.import"]
    told = await owner.fetchval('select count(*) from audit where detail @> \'{"rows": 2, "counts": {"new": 2}}\'')
    assert told == 1
    # Both of one instant.
    assert sorted(await actions(owner, "lot:im-1a")) == ["lot.facilities", "lot.register"]


async def test_one_refused_row_keeps_all_others_out(db: sql.Connection, district: District) -> None:
    await take(db, rows(lot_plan("im-2", "jn-static")))
    planned = rows(
        lot_plan("im-3", "jn-static"),
        lot_plan("im-2", "sd-rail"),
        lot_plan("im-4", "nobody"),
        lot_plan("im-5", "jn-static", latitude=31.0),
        lot_plan("im-6", "jn-static", inside_of="im-none"),
        lot_plan("im-7", "jn-static", name_zh="a\x00"),
        lot_plan("im-8", "jn-static", gateway="im-2-gw"),
        lot_plan("im-9", "jn-static", inside_of="im-9"),
    )
    imported = await take(db, planned)
    assert states(imported) == ["new", *["refused"] * 7]
    assert not imported.is_kept
    faults = [(line.faults[0].field, line.faults[0].allowed) for line in imported.lines[1:]]
    for (field, says), (wanted, words) in zip(
        faults,
        [
            ("operator_code", "another operator_code"),
            ("operator_code", "No operator"),
            ("longitude", "outside of the city"),
            ("inside_of", "No lot"),
            ("", "0x00"),
            ("gateway", "taken"),
            ("inside_of", "No lot"),
        ],
        strict=True,
    ):
        assert field == wanted
        assert words in says
    assert "im-3" not in (await read_network(db, NOW)).lots_by_code


async def test_what_a_file_says_otherwise_is_corrected(db: sql.Connection, district: District) -> None:
    plan = lot_plan("im-10", "jn-static", capacity=50)
    await take(db, rows(plan))
    picture = Facilities(phone="0531-1", opening_hours="24/7")
    await facilities_flow.say(db, "im-10", picture, by=BY, now=NOW)
    changed = lot_plan(
        *("im-10", "jn-static"),
        capacity=60,
        kind=LotKind.MALL,
        name_zh="新名",
        leave_within_min=20,
        confirms_passages=True,
        probable_match=ProbableMatch.HOLD,
    )
    (line,) = (await take(db, rows(changed), minutes=1)).lines
    wanted = ("name_zh", "kind", "capacity", "confirms_passages", "leave_within_min", "probable_match")
    assert (line.state, line.changed) == (State.CHANGED, wanted)
    network = await read_network(db, NOW + timedelta(minutes=2))
    lot = network.lots_by_code["im-10"]
    assert [each.value for each in lot.probable_matches] == ["hold"]
    assert (lot.name_zh, lot.kind, lot.capacity, lot.leave_within_min) == ("新名", LotKind.MALL, 60, 20)
    # A file that does not say what a lot offers takes nothing away.
    assert network.facilities[lot.id] == picture
    (line,) = (await take(db, rows(changed, offers=Facilities(phone="0531-2")), minutes=3)).lines
    assert (line.state, line.changed) == (State.CHANGED, ("facilities",))


async def test_two_who_take_a_file_at_once_take_it_once(pool: sql.Pool, district: District) -> None:
    planned = rows(*(lot_plan(f"im-20{n}", "jn-static") for n in range(5)))

    async def one() -> list[str]:
        async with pool.acquire() as connection:
            return states(await take(connection, planned))

    assert sorted(await asyncio.gather(one(), one())) == [["new"] * 5, ["unchanged"] * 5]


async def test_lots_of_others_are_refused(db: sql.Connection, district: District) -> None:
    clerk = Principal(Audience.CLERK, "rail", operator_id=district.lot("east-station").operator_id)
    imported = await take(db, rows(lot_plan("im-11", "sd-rail"), lot_plan("im-12", "jn-static")), by=clerk)
    assert states(imported) == ["new", "refused"]


async def test_what_is_written_down_changes_nothing(db: sql.Connection, district: District) -> None:
    await take(
        db, rows(lot_plan("im-13", "jn-static", name_zh="=1+1", address_zh="'x"), offers=Facilities(phone="0531-12"))
    )
    export, later = KINDS["lots"].rows, await at(db, 5)
    document = sheets.as_csv(lots.FORM.columns, await export(db, None, later))
    again = await take(db, read(document), minutes=6)
    assert {line.code for line in again.lines} >= {"im-13", "qc-road", "qc-hospital", "east-station"}
    assert set(states(again)) == {"unchanged"}
    of_one = await export(db, "sd-rail", later)
    assert {row["operator_code"] for row in of_one} == {"sd-rail"}
