"""Reports as files: amounts in yuan, empty cells empty, and no text that a spreadsheet would run."""

import csv
import io
from datetime import date

import pytest

from payments.reports.cells import safe_cell
from payments.reports.csv import as_csv
from payments.reports.table import Column, Kind, Report

REPORT = Report(
    columns=(
        Column("日期 date", Kind.DATE),
        Column("名称 name", Kind.TEXT),
        Column("笔数 count", Kind.COUNT),
        Column("金额(元) yuan", Kind.FEN),
    ),
    rows=((date(2026, 11, 16), "=1+1", 2, -1250), (date(2026, 11, 17), "a, b", 0, None)),
    total=(None, "合计", 2, -1250),
)


def test_a_report_as_csv() -> None:
    text = as_csv(REPORT).decode()
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["日期 date", "名称 name", "笔数 count", "金额(元) yuan"],
        ["2026-11-16", "'=1+1", "2", "-12.50"],
        ["2026-11-17", "a, b", "0", ""],
        ["", "合计", "2", "-12.50"],
    ]


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
