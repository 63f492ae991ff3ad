"""Reports as CSV: amounts in yuan, empty cells empty, one language, and no text that a spreadsheet would run."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from msgspec import structs

from payments.flow.reports import Form, write
from payments.reports.cells import safe_cell
from payments.reports.table import Row
from tests.payments.reports.sample import report


async def test_a_report_as_csv() -> None:
    out = io.BytesIO()
    written = await write(report(), Form.CSV, "zh", out)
    text = out.getvalue().decode()
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["日期", "代码", "名称", "笔数", "金额（元）", "占比（%）", "时间"],
        ["2026-11-16", "'=1+1", "'＝全角", "2", "-12.50", "99.12", "2026-11-16 10:00:00"],
        ["2026-11-17", "a, b", "泉城路", "0", "", "", ""],
    ]
    assert written.rows == 2
    # The total of what is summed, and what was given in the place of one.
    assert written.totals == {"count": 2, "fen": -1_250, "share": 5_000}


async def test_headings_and_names_are_in_the_readers_language() -> None:
    out = io.BytesIO()
    await write(report(), Form.CSV, "en", out)
    headings, first, _ = csv.reader(io.StringIO(out.getvalue().decode().removeprefix("\ufeff")))
    assert headings == ["Date", "Code", "Name", "Count", "Amount (¥)", "Share (%)", "Time"]
    assert first[2] == "'+wide"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("泉城路", "泉城路"),
        ("", ""),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(1)", "'＠SUM(1)"),
        ("\n=1+1", "'\n=1+1"),
        ("a=b", "a=b"),
        ("=1+1", "'=1+1"),
        ("+86", "'+86"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
    ],
)
def test_text_that_would_be_run_is_shown(text: str, shown: str) -> None:
    assert safe_cell(text) == shown


@pytest.mark.parametrize("breaks", ["reading", "writing"])
async def test_what_breaks_ends_the_other_as_well(breaks: str) -> None:
    """The next rows are on their way while some are written."""
    (batch,) = [batch async for batch in report().rows]
    read = 0

    async def rows() -> AsyncIterator[Sequence[Row]]:
        nonlocal read
        for read in range(100):
            if breaks == "reading" and read == 3:
                raise OSError("gone")
            yield batch

    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            if breaks == "writing" and self.tell() > 300:
                raise OSError("full")
            return super().write(data)

    with pytest.raises(OSError, match="gone" if breaks == "reading" else "full"):
        await write(structs.replace(report(), rows=rows()), Form.CSV, "zh", Full())
    assert read < 10
