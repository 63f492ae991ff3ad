"""A list of vehicles as a city hands it out, taken at the command line."""

from pathlib import Path

import pytest

from tests import running
from tests.conftest import NOW
from tests.district import QC, District

LIST = """plate,plate_color,tags,facts,valid_from,valid_until,reason
鲁A31012,blue,ambulance,,2026-11-01T00:00:00+08:00,,city hospital
鲁A32012,,fire rescue,seats=6,2026-11-01T00:00:00+08:00,2027-01-01T00:00:00+08:00,
"""


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), COLUMNS="250")


async def test_a_list_is_taken_once(env: dict[str, str], district: District, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST, "utf-8")
    for _ in range(2):
        code, printed = await running.onelot(env, "exempt", "add", str(file), "--reason", "list 7", "--lot", QC)
        assert (code, "2 vehicles" in printed) == (0, True), printed
    rows = await district.owner.fetch("select plate, tags, facts::text, reason from exempt_vehicle order by plate")
    assert [tuple(row) for row in rows] == [
        ("鲁A31012", ["ambulance"], "{}", "city hospital"),
        ("鲁A32012", ["fire", "rescue"], '{"seats": 6}', "list 7"),
    ]
    code, printed = await running.onelot(env, "exempt", "list", "--plate", "鲁A31012")
    assert (code, "鲁A31012" in printed, "鲁A32012" in printed) == (0, True, False)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("鲁A33012,blue,ambulance,,2026-11-01T00:00:00,,x", "offset"),
        ("鲁A33012,pink,ambulance,,,,x", "line 2"),
        ("鲁A33012,blue,ambulance,,,,", "reason"),
        ("鲁A33012,blue,,seats=many,,,x", "line 2"),
        ("鲁A33012,blue,,,,,x", "known for"),
    ],
)
async def test_a_line_that_does_not_fit_is_named(
    env: dict[str, str], district: District, tmp_path: Path, line: str, said: str
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"plate,plate_color,tags,facts,valid_from,valid_until,reason\n{line}\n", "utf-8")
    code, printed = await running.onelot(env, "exempt", "add", str(file))
    assert (code, said in printed) == (2, True), printed
    assert await district.count("select count(*) from exempt_vehicle where plate = '鲁A33012'") == 0
