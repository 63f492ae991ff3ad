"""`onelot tariff replay` against stays that gates really sent: what it prints, what it writes, and what it refuses."""

import csv
import io
import os
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from parking import tariffs
from seeds.city.jinan import TARIFFS
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JINAN = TARIFFS / "jinan_road.toml"
# Everything that is parked here ended on the tests' day, in Jinan.
TODAY = ("--from", "2026-11-16", "--to", "2026-11-17")
BLUE, GREEN, OTHER = "鲁A10001", "鲁AD10002", "鲁B10003"


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the day after the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=(NOW + DAY).isoformat())


@pytest.fixture
async def parked(district: District, env: dict[str, str]) -> dict[str, str]:
    """The installation after a morning: two blue cars, and a green one that came the evening before as well."""
    events = [
        *visit("b", BLUE, NOW - 2 * HOUR, NOW),
        *visit("o", OTHER, NOW - 2 * HOUR, NOW - HOUR, lot=HOSPITAL),
        *visit("g", GREEN, NOW - 14 * HOUR, NOW - 12.5 * HOUR, plate_color="green"),
        *visit("h", GREEN, NOW - 2 * HOUR, NOW, plate_color="green"),
    ]
    for said in sorted(events, key=lambda said: str(said["occurred_at"])):
        await district.record({**said, "replay": True})
    return env


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Jinan's price with a day's hour at three yuan, as a file."""
    file = tmp_path / "draft.json"
    text = tariffs.from_toml(JINAN.read_bytes())
    day, night = text.bands
    tier = msgspec.structs.replace(day.tiers[0], unit_fen=300)
    dearer = msgspec.structs.replace(text, bands=(msgspec.structs.replace(day, tiers=(tier,)), night))
    file.write_bytes(tariffs.to_json(dearer))
    return file


@pytest.fixture
def other(draft: Path, tmp_path: Path) -> Path:
    """The draft with a code that holds nowhere."""
    file = tmp_path / "other.json"
    file.write_bytes(draft.read_bytes().replace(b'"jinan_road"', b'"elsewhere"'))
    return file


async def replay(env: dict[str, str], draft: Path, *words: str) -> tuple[int, str]:
    code, printed = await running.onelot(env, "tariff", "replay", "--tariff", str(draft), *words)
    assert "Traceback" not in printed, printed
    for plate in (BLUE, GREEN, OTHER):
        assert plate not in printed
    return code, printed


async def test_what_a_dearer_hour_would_have_brought(parked: dict[str, str], draft: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "stays.csv", tmp_path / "trial.html"
    code, printed = await replay(parked, draft, *TODAY, "--csv", str(table), "--html", str(page))
    assert code == 0, printed
    # Two hours and one at two yuan; the green car has half an hour left of its two, so it pays for two hours as well.
    assert "revenue CNY 10.00 before, 15.00 after: +5.00 (+50.0 %)" in printed
    assert "3 stays: 3 pay more (100.0 %), 0 less (0.0 %), 0 the same (0.0 %)" in printed
    assert "3 drivers: 3 pay more (100.0 %), 0 less (0.0 %), 0 the same (0.0 %)" in printed
    assert "p5 +1.00, p25 +1.00, p50 +2.00, p75 +2.00, p95 +2.00" in printed
    assert "2 of 3 lots" in printed

    text = table.read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert text[0] == "\ufeff"
    assert sorted((row[0], row[1], *row[-3:]) for row in rows[1:]) == [
        (HOSPITAL, "鲁B•••03", "2.00", "3.00", "1.00"),
        (QC, "鲁A•••01", "4.00", "6.00", "2.00"),
        (QC, "鲁A•••02", "4.00", "6.00", "2.00"),
    ]
    document = page.read_text(encoding="utf-8")
    HTMLParser().feed(document)
    assert "+50.0 %" in document
    assert "Jinan roadside parking" in document
    for told in (text, document):
        assert not re.search("1000[123]", told)


async def test_where_nothing_is_said_it_is_priced_where_its_code_holds(
    parked: dict[str, str], draft: Path, other: Path
) -> None:
    code, printed = await replay(parked, draft, *TODAY)
    assert (code, "At the lots that charged by jinan_road then; --lot, --zone or" in printed) == (0, True), printed
    code, printed = await replay(parked, other, *TODAY)
    assert (code, "No lot charged by a tariff 'elsewhere' then" in " ".join(printed.split())) == (2, True), printed
    code, printed = await replay(parked, other, *TODAY, "--everywhere")
    assert (code, "3 stays: 3 pay more" in printed, "At the lots" in printed) == (0, True, False), printed
    code, printed = await replay(parked, draft, *TODAY, "--everywhere", "--lot", QC)
    assert (code, "Either --everywhere" in printed) == (2, True), printed


async def test_what_was_used_before_the_period_counts(parked: dict[str, str]) -> None:
    # The evening's hour and a half is not among the stays, and is taken from the two hours of the morning.
    code, printed = await replay(parked, JINAN, *TODAY, "--lot", QC)
    assert code == 0, printed
    assert "revenue CNY 8.00 before, 8.00 after: 0.00 (0.0 %)" in printed
    assert "2 stays: 0 pay more" in printed


async def test_against_the_price_in_force(parked: dict[str, str], draft: Path) -> None:
    code, printed = await replay(parked, draft, *TODAY, "--against", "current", "--lot", QC, "--lot", HOSPITAL)
    assert code == 0, printed
    assert "revenue CNY 10.00 before, 15.00 after" in printed
    code, printed = await replay(parked, JINAN, *TODAY, "--against", "current")
    assert code == 0, printed
    assert "3 stays: 0 pay more (0.0 %), 0 less (0.0 %), 3 the same (100.0 %)" in printed


async def test_a_part_is_said_to_be_one(parked: dict[str, str], draft: Path) -> None:
    code, printed = await replay(parked, draft, *TODAY, "--limit", "1")
    assert code == 0, printed
    assert "A sample of the vehicles" in printed
    assert "1 stays: 1 pay more" in printed
    code, again = await replay(parked, draft, *TODAY, "--limit", "1")
    assert again == printed


async def test_the_lots_of_an_area(parked: dict[str, str], draft: Path, district: District) -> None:
    lies_in = "insert into lot_zone (lot_id, valid_from, zone_id) select $1, $2, id from zone where code = 'centre'"
    await district.owner.execute("insert into zone (code, name_zh, name_en) values ('centre', '中心', 'Centre')")
    await district.owner.execute(lies_in, district.lot(HOSPITAL).id, NOW - DAY)
    code, printed = await replay(parked, draft, *TODAY, "--zone", "centre")
    assert code == 0, printed
    assert "revenue CNY 2.00 before, 3.00 after" in printed
    assert "1 of 1 lots" in printed


async def test_a_period_without_stays(parked: dict[str, str], draft: Path, tmp_path: Path) -> None:
    table, page = tmp_path / "stays.csv", tmp_path / "trial.html"
    files = ("--csv", str(table), "--html", str(page))
    code, printed = await replay(parked, draft, "--from", "2026-10-01", "--to", "2026-10-02", *files)
    assert code == 2
    assert "At these 3 lots no stay ended between 2026-10-01 00:00 and 2026-10-02 00:00" in " ".join(printed.split())
    assert not table.exists()
    assert not page.exists()
    code, printed = await replay(parked, draft, *TODAY, "--lot", STATION)
    assert (code, "no stay ended" in printed) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((*TODAY, "--lot", "nowhere"), "UnknownLot: No lot has the code 'nowhere'."),
        ((*TODAY, "--zone", "nowhere"), "UnknownZone: No price area has the code 'nowhere'."),
        (("--from", "2026-11-17", "--to", "2026-11-16"), "--to must be later than --from"),
        (("--from", "yesterday", "--to", "2026-11-16"), "yesterday"),
        ((*TODAY, "--against", "nothing"), "--against"),
        ((*TODAY, "--limit", "0"), "--limit"),
        (("--from", "2026-11-17"), "--to"),
        (("--from", "0001-01-01", "--to", "0001-01-02"), "is no time at which anybody parked"),
        (("--from", "2026-11-16", "--to", "9999-12-31"), "is no time at which anybody parked"),
        (("--from", "1971-01-01", "--to", "9998-12-31", "--lot", STATION), "no stay ended"),
    ],
)
async def test_what_cannot_be_tried_is_refused(
    parked: dict[str, str], draft: Path, words: tuple[str, ...], says: str
) -> None:
    code, printed = await replay(parked, draft, *words)
    assert (code, says in printed) == (2, True), printed


async def test_a_draft_that_is_none(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_text('code = "x"\n', encoding="utf-8")
    code, printed = await replay(env, file, *TODAY)
    assert (code, printed.startswith("TariffUnclear: ")) == (2, True), printed


async def test_a_folder_that_is_not_there(parked: dict[str, str], draft: Path, tmp_path: Path) -> None:
    for option in ("--csv", "--html"):
        code, printed = await replay(parked, draft, *TODAY, option, str(tmp_path / "no" / "stays"))
        assert (code, "There is no folder" in printed) == (2, True), printed
    assert os.listdir(tmp_path) == [draft.name]
