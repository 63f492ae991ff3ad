"""What holds of every kind of thing that comes from a file, by a table of them."""

import csv
import io
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec import Struct

import sql
from parking import imports, sheets, tariffs
from parking.facilities import Facilities, SpaceKind, Spaces
from parking.flow import imports as flow
from parking.flow.imports import At, Imported
from parking.flow.imports.kinds import KINDS
from parking.flow.lots import set_capacity
from parking.flow.network import read_network
from parking.imports import lots
from parking.settings import Settings
from parking.sheets import Layout
from parking.tariffs import Tariff
from parking.tariffs.lint import Finding
from payments.identity import Audience, Principal
from seeds.city.jinan import CITY_BOX, tariff
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION
from tests.parking.rights import charged_by

BY = Principal(Audience.ADMIN, "an importer")
CITY = Settings(city_box=CITY_BOX).city
Row = dict[str, object]
SOLD = """
[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"
"""


class Example(Struct, frozen=True):
    """Rows that are taken, and between them rows that are refused, each with the field that is told and what may stand
    there. `action`: of the audit log, for the file.
    """

    good: Sequence[Row]
    bad: Sequence[tuple[Row, str, str]]
    action: str
    becomes: Sequence[str] = ("new", "new")


def lot(code: str, **otherwise: Any) -> Row:
    return lots.written(lot_plan(code, "jn-static", **otherwise), Facilities())


def pass_(**otherwise: object) -> Row:
    days = {"valid_from": "2026-11-10", "valid_through": "2026-12-09"}
    return {
        "code": "month",
        "vehicles": "鲁A81001 鲁A81002:yellow",
        "lots": HOSPITAL,
        **days,
        "note": "=one",
        **otherwise,
    }


def place(code: str, **otherwise: object) -> Row:
    return {
        "code": code,
        "kind": "sight",
        "name_zh": "大泉",
        "name_en": "Great Spring",
        "longitude": 117.0,
        "latitude": 36.6,
        **otherwise,
    }


def text(name: str) -> str:
    return tariffs.to_json(tariff(name)).decode()


SINCE = "2026-12-01T00:00:00+08:00"
OF = {"number": "", "plate_color": "blue"}
EXAMPLES = {
    "lots": Example(
        [lot("k-1b", inside_of="k-1a"), lot("k-1a", name_zh="=1+1")],
        [
            ({**lot("k-2"), "operator_code": "nobody"}, "operator_code", "No operator"),
            ({**lot("k-3"), "capacity": "many"}, "capacity", "int"),
        ],
        "lot.import",
    ),
    "accounts": Example(
        [
            {"known_as": "@K-1", "name": "=1+1", "debit_max_fen": 100},
            {"known_as": "K-2", "status": "suspended", "reason": "lost"},
        ],
        [
            ({"known_as": "K-3", "status": "closed"}, "status", "active or suspended"),
            ({"known_as": "K-4", "status": "suspended"}, "reason", "why"),
            ({"number": 999_999}, "", "no such account"),
            ({"name": "nobody"}, "number", "a number of ours"),
        ],
        "account.import",
    ),
    "plates": Example(
        # The second waits for the first.
        [{**OF, "known_as": name, "plate": "鲁A80001"} for name in ("K-6", "K-7")],
        [
            ({**OF, "known_as": "K-none", "plate": "鲁A80002"}, "known_as", "what an account is called"),
            ({**OF, "known_as": "K-6", "plate": "鲁AOOOOO"}, "plate", "digits 1 and 0"),
            ({**OF, "known_as": "K-6", "plate": "鲁A80003", "plate_color": "pink"}, "plate_color", "one of blue"),
        ],
        "plate.import",
    ),
    "passes": Example(
        [pass_(), pass_(bays=1, note="two")],
        [
            (pass_(code="year"), "code", "No price of these lots"),
            (pass_(lots="k-none"), "lots", "No lot"),
            (pass_(vehicles="鲁A81001:pink"), "vehicles", "Invalid enum value"),
            (pass_(valid_through="soon"), "valid_through", "RFC3339"),
        ],
        "pass.import",
    ),
    "places": Example(
        [place("p-1"), place("p-2", aliases="=1|二号", name_zh="=1+1")],
        [
            (place("p-3", kind="zoo"), "kind", "one of station"),
            (place("p-4", longitude=36.6, latitude=117.0), "longitude", "swapped"),
            (place("p-5", name_zh=""), "name_zh", "every row"),
        ],
        "place.import",
    ),
    "tariffs": Example(
        [
            {"code": "jinan_shared", "version": 1, "document": text("jinan_shared"), "lots": QC, "valid_from": SINCE},
            {
                "code": "jinan_shared",
                "version": 1,
                "lots": f"{HOSPITAL} {STATION}",
                "valid_from": "2027-01-01T00:00:00Z",
            },
        ],
        [
            ({"code": "scenic", "document": text("scenic"), "lots": "k-none", "valid_from": SINCE}, "lots", "No lot"),
            ({"code": "scenic", "document": text("scenic"), "lots": QC}, "valid_from", "since when"),
            ({"code": "station", "document": text("scenic")}, "code", "the code of the document, scenic"),
            ({"code": "station"}, "document", "the text of a tariff"),
            ({"code": "station", "document": "{}"}, "document", "missing required field"),
        ],
        "tariff.import",
        ("new", "changed"),
    ),
}


async def nothing_found(_tariff: Tariff, _now: datetime) -> list[Finding]:
    return []


@pytest.fixture(scope="module")
async def db(pool: sql.Pool, database_url: str, registered: dict[str, str]) -> AsyncIterator[sql.Connection]:
    """A connection outside of a transaction, to a district with two accounts and a lot that sells passes."""
    await charged_by(pool, database_url, HOSPITAL, "selling", SOLD)
    async with pool.acquire() as connection:
        await take(connection, "accounts", [{"known_as": "K-6"}, {"known_as": "K-7"}], minutes=-1)
        yield connection


async def at(db: sql.Connection, minutes: int) -> At:
    now = NOW + timedelta(minutes=minutes)
    return At(BY, now, partial(secrets.randbits, 64), await read_network(db, now), nothing_found, CITY)


async def take_file(db: sql.Connection, kind: str, document: bytes, minutes: int, *, dry_run: bool = False) -> Imported:
    planned = imports.plan_all(sheets.read(document, "a.csv", Layout()), None, KINDS[kind].form)
    return await flow.import_all(db, KINDS[kind], planned, await at(db, minutes), source="a.csv", dry_run=dry_run)


async def take(db: sql.Connection, kind: str, rows: Sequence[Row], *, minutes: int, dry_run: bool = False) -> Imported:
    return await take_file(db, kind, sheets.as_csv(KINDS[kind].form.columns, rows), minutes, dry_run=dry_run)


async def exported(db: sql.Connection, kind: str, minutes: int = 9) -> bytes:
    rows = await KINDS[kind].rows(db, None, await at(db, minutes))
    return sheets.as_csv(KINDS[kind].form.columns, rows)


def states(imported: Imported) -> list[str]:
    return [line.state.value for line in imported.lines]


async def changes(owner: sql.Connection) -> int:
    """Lines of the audit log, beside those of who looked."""
    found: int = await owner.fetchval("select count(*) from audit where action <> 'personal.read'")
    return found


def test_every_kind_is_here() -> None:
    assert EXAMPLES.keys() == KINDS.keys(), "say what is taken of it, and what is refused"


@pytest.mark.parametrize("kind", EXAMPLES)
async def test_a_kind_is_taken_whole_and_once_and_written_to_be_the_same(
    db: sql.Connection, owner: sql.Connection, kind: str
) -> None:
    example = EXAMPLES[kind]
    before, told = await exported(db, kind), await changes(owner)
    dry = await take(db, kind, example.good, minutes=0, dry_run=True)
    assert (states(dry), dry.is_kept) == ([*example.becomes], False), dry.lines

    first, *rest = example.good
    refused = await take(db, kind, [first, *[row for row, _, _ in example.bad], *rest], minutes=0)
    assert states(refused) == ["new", *["refused"] * len(example.bad), *example.becomes[1:]]
    for line, (_, field, says) in zip(refused.lines[1:], example.bad, strict=False):
        fault = line.faults[0]
        assert (fault.field, fault.column, says in fault.allowed) == (field, field, True), line
    assert (refused.is_kept, await exported(db, kind), await changes(owner)) == (False, before, told)

    lines = "select count(*) from audit where action = $1 and at = $2"
    earlier = await owner.fetchval(lines, example.action, NOW)
    kept = await take(db, kind, example.good, minutes=0)
    assert (states(kept), kept.is_kept) == ([*example.becomes], True)
    assert await owner.fetchval(lines, example.action, NOW) == earlier + 1
    document, told = await exported(db, kind), await changes(owner)
    assert states(await take(db, kind, example.good, minutes=1)) == ["unchanged"] * len(example.good)
    again = await take_file(db, kind, document, minutes=2)
    assert {*states(again)} == {"unchanged"}, again.lines
    assert again.rows >= len(before.splitlines()) - 1 + len(example.good)
    assert (await exported(db, kind), await changes(owner)) == (document, told)
    cells = [cell for row in csv.reader(io.StringIO(document.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


async def test_a_lot_that_became_smaller_than_it_told_is_written_to_be_the_same(
    db: sql.Connection, owner: sql.Connection
) -> None:
    told = Facilities(spaces=(Spaces(SpaceKind.EV, 40),))
    plan = lot_plan("smaller", "jn-static")
    assert states(await take(db, "lots", [lots.written(plan, told)], minutes=0)) == ["new"]
    async with db.transaction():
        await set_capacity(db, "smaller", 30, valid_from=None, by=BY, now=NOW + timedelta(minutes=1))
    document, changed = await exported(db, "lots", minutes=2), await changes(owner)
    again = await take_file(db, "lots", document, minutes=2)
    assert {*states(again)} == {"unchanged"}, again.lines
    assert (await exported(db, "lots", minutes=2), await changes(owner)) == (document, changed)
    # What is said otherwise is compared with the spaces that the lot has.
    more = lots.written(lot_plan("smaller", "jn-static", capacity=30), Facilities(spaces=(Spaces(SpaceKind.EV, 31),)))
    (line,) = (await take(db, "lots", [more], minutes=3)).lines
    assert (line.state.value, line.faults[0].field) == ("refused", "spaces")


async def test_an_account_is_corrected_and_no_two_are_called_the_same(
    db: sql.Connection, owner: sql.Connection
) -> None:
    await take(db, "accounts", [{"known_as": "K-8", "name": "Li"}], minutes=0)
    (line,) = (await take(db, "accounts", [{"known_as": "K-8", "name": "Wu", "debit_max_fen": 7}], minutes=1)).lines
    assert line.changed == ("name", "debit_max_fen")
    number = await owner.fetchval("select account_id from account_known_as where known_as = 'K-8'")
    said = await owner.fetchval("select detail from audit where action = 'account.change' and owner_id = $1", number)
    assert said == '{"after": {"name": "Wu"}, "before": {"name": "Li"}}'
    (line,) = (await take(db, "accounts", [{"number": number, "known_as": "K-6"}], minutes=2)).lines
    assert (line.state.value, line.faults[0].field) == ("refused", "known_as")
    bar = {"number": number, "status": "suspended", "reason": "lost"}
    (line,) = (await take(db, "accounts", [bar], minutes=3)).lines
    assert line.changed == ("status",)


async def test_a_pass_is_not_sold_again_when_its_row_is_edited(db: sql.Connection) -> None:
    await take(db, "passes", [pass_(note="three")], minutes=0)
    document = (await exported(db, "passes")).decode()
    edited = await take_file(db, "passes", document.replace(",three", ",four").encode(), minutes=1)
    assert [line.faults[0].field for line in edited.lines if line.faults] == ["id"]
    assert not edited.is_kept


async def test_a_text_that_is_published_is_another_version(db: sql.Connection) -> None:
    row = {"code": "scenic", "version": 1, "document": text("scenic")}
    await take(db, "tariffs", [row], minutes=0)
    otherwise = row["document"].replace("景区", "山")  # type: ignore[attr-defined]
    assert otherwise != row["document"]
    (line,) = (await take(db, "tariffs", [{**row, "document": otherwise}], minutes=1)).lines
    assert (line.state.value, line.faults[0].field) == ("refused", "document")
    second = {**row, "version": "", "document": otherwise}
    assert states(await take(db, "tariffs", [second], minutes=2)) == ["new"]
    again = await take_file(db, "tariffs", await exported(db, "tariffs"), minutes=3)
    assert {*states(again)} == {"unchanged"}, again.lines
