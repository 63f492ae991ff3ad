"""Reports at the command line."""

from pathlib import Path

import openpyxl

from tests import running
from tests.district import District


async def test_a_report_into_a_file(district: District, redis_url: str, tmp_path: Path) -> None:
    environment = running.environment(district.database_url, redis_url)
    code, printed = await running.onelot(environment, "report", "list")
    assert code == 0, printed
    assert "trial-balance" in printed
    file = tmp_path / "prices.xlsx"
    days = ("--from", "2026-11-16", "--to", "2026-11-16")
    code, printed = await running.onelot(environment, "report", "make", str(file), *days, "--lang", "zh")
    assert code == 0, printed
    assert "3 rows in" in printed
    rows = list(openpyxl.load_workbook(file).worksheets[0].iter_rows(values_only=True))
    assert {row[2] for row in rows[1:]} == {"qc-road", "qc-hospital", "east-station"}
    code, printed = await running.onelot(environment, "report", "make", str(tmp_path / "no.csv"), *days)
    assert code == 2
    assert "NoSuchReport" in printed
