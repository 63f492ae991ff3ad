"""A report as XLSX in constant memory: a sheet of rows under frozen headings, another with what they come to."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import BinaryIO, TypeAlias
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from payments.reports.table import TOTAL, Cell, Column, Kind, Language, Report, Row, Words, headed, said

# What a sheet holds, less its headings.
ROWS_PER_SHEET_MAX = (1 << 20) - 1
# A sheet's day 0, as programs for sheets count.
_EPOCH = date(1899, 12, 30)
_DAY_S = 86_400
_FORMATS = {
    Kind.DATE: "yyyy-mm-dd",
    Kind.TIME: "yyyy-mm-dd hh:mm:ss",
    Kind.COUNT: "#,##0",
    Kind.FEN: "#,##0.00",
    Kind.BPS: "0.00%",
    Kind.HUNDREDTHS: "#,##0.00",
}
_DIVISORS = {Kind.COUNT: 1, Kind.FEN: 100, Kind.BPS: 10_000, Kind.HUNDREDTHS: 100}
_WIDTHS = {Kind.TEXT: 18, Kind.NAME: 26, Kind.TIME: 20, Kind.FEN: 16}
_WIDTH = 12
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHEETS: Words = ("明细", "Rows")
_SUMMARY: Words = ("合计与说明", "Totals and notes")
_FACTS: tuple[Words, ...] = (
    ("报表", "Report"),
    ("经营单位", "Operator"),
    ("起始日", "From"),
    ("截止日", "To"),
    ("制表时间", "Made at"),
    ("制表人", "Made by"),
    ("行数", "Rows"),
)
_ALL: Words = ("全部", "All")
_Shown: TypeAlias = Callable[[Cell], str]


class _Sheet(Worksheet):  # type: ignore[misc]  # the library has no types
    """A sheet that takes whole rows. Cell by cell the library writes a million of them in minutes; its file of rows
    is written here as it writes it.
    """

    def take(self, rows: Sequence[str], *, below: int, columns: int) -> None:
        """Writes rows in the language of sheets, from row `below` (from 0) on."""
        self._write_single_row(below)
        self.row_data_fh.write("".join(rows))
        self.dim_rowmin, self.dim_colmin = 0, 0
        self.dim_rowmax, self.dim_colmax = below + len(rows) - 1, columns - 1


class XlsxWriter:
    """Writes rows as they come. Text is text, whatever it begins with; dates, times and amounts are numbers."""

    def __init__(self, report: Report, language: Language, out: BinaryIO) -> None:
        self._report, self._language = report, language
        self._zone = ZoneInfo(report.heading.time_zone)
        self._book = Workbook(out, {"constant_memory": True})
        self._head = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._formats = {kind: self._book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        self._cells = [_shown(each.kind, self._formats.get(each.kind), self._zone, language) for each in report.columns]
        self._sheets = self._rows = self._below = 0
        self._next_sheet()

    def add(self, rows: Sequence[Row]) -> None:
        """Writes rows, on a further sheet where one is full."""
        while rows:
            free = ROWS_PER_SHEET_MAX + 1 - self._below
            if not free:
                self._next_sheet()
                continue
            self._take(rows[:free])
            rows = rows[free:]

    def end(self, totals: dict[str, Cell]) -> None:
        """Writes totals and notes, and closes the file."""
        self._sheet.autofilter(0, 0, max(self._below - 1, 1), len(self._cells) - 1)
        sheet = self._book.add_worksheet(said(_SUMMARY, self._language))
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 40)
        heading, language = self._report.heading, self._language
        operator = said(heading.operator or _ALL, language)
        made_at = heading.made_at.astimezone(self._zone).replace(tzinfo=None)
        days: tuple[Cell, ...] = (heading.first, heading.last)
        facts = (said(self._report.title, language), operator, *days, made_at, heading.made_by, self._rows)
        kinds = (Kind.TEXT, Kind.TEXT, Kind.DATE, Kind.DATE, Kind.TIME, Kind.TEXT, Kind.COUNT)
        for at, (fact, kind, value) in enumerate(zip(_FACTS, kinds, facts, strict=True)):
            sheet.write_string(at, 0, said(fact, language), self._head)
            _write(sheet, at, kind, value, self._formats.get(kind))
        at = len(facts) + 1
        sheet.write_string(at, 0, said(TOTAL, language), self._head)
        for column in self._report.columns:
            if column.key in totals:
                at += 1
                sheet.write_string(at, 0, headed(column, language))
                _write(sheet, at, column.kind, totals[column.key], self._formats.get(column.kind))
        for note in self._report.notes:
            at += 1
            sheet.write_string(at + 1, 0, said(note, language))
        self._book.close()

    def _next_sheet(self) -> None:
        self._sheets += 1
        name = said(_SHEETS, self._language) + ("" if self._sheets == 1 else f" {self._sheets}")
        self._sheet = self._book.add_worksheet(name, worksheet_class=_Sheet)
        for at, column in enumerate(self._report.columns):
            self._sheet.set_column(at, at, _WIDTHS.get(column.kind, _WIDTH))
            self._sheet.write_string(0, at, _heading(column, self._language), self._head)
        self._sheet.freeze_panes(1, 0)
        self._sheet.repeat_rows(0)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._below = 1

    def _take(self, rows: Sequence[Row]) -> None:
        cells, first = self._cells, self._below + 1
        texts = [
            f'<row r="{number}">{"".join([show(cell) for show, cell in zip(cells, row, strict=True)])}</row>'
            for number, row in enumerate(rows, first)
        ]
        self._sheet.take(texts, below=self._below, columns=len(cells))
        self._below += len(rows)
        self._rows += len(rows)


def _heading(column: Column, language: Language) -> str:
    # The format of its cells shows the percent.
    return said(column.heading, language) if column.kind is Kind.BPS else headed(column, language)


def _shown(kind: Kind, shape: Format | None, zone: ZoneInfo, language: Language) -> _Shown:
    """How cells of a column are written in the language of sheets."""
    if kind is Kind.TEXT:
        return lambda cell: "<c/>" if cell is None else _text(str(cell))
    if kind is Kind.NAME:
        return lambda cell: _text(said(cell, language)) if isinstance(cell, tuple) else "<c/>"
    assert shape is not None
    opened = f'<c s="{shape._get_xf_index()}"><v>'
    if kind in _DIVISORS:
        divisor = _DIVISORS[kind]
        return lambda cell: "<c/>" if cell is None else f"{opened}{_number(cell, divisor)}</v></c>"
    return lambda cell: "<c/>" if cell is None else f"{opened}{_serial(cell, zone)}</v></c>"


def _number(cell: Cell, divisor: int) -> int | float:
    assert isinstance(cell, int)
    return cell if divisor == 1 else cell / divisor


def _serial(cell: Cell, zone: ZoneInfo) -> int | float:
    """A day or an instant as a sheet counts them."""
    if isinstance(cell, datetime):
        at = cell.astimezone(zone)
        return (at.date() - _EPOCH).days + (at.hour * 3600 + at.minute * 60 + at.second) / _DAY_S
    assert isinstance(cell, date)
    return (cell - _EPOCH).days


@lru_cache(maxsize=1 << 14)
def _text(text: str) -> str:
    """Text in a cell. What no sheet may hold is left out."""
    text = _NO_XML.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f'<c t="inlineStr"><is><t{space}>{text}</t></is></c>'


def _write(sheet: Worksheet, at: int, kind: Kind, value: Cell, shape: Format | None) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(at, 1, value, shape)
    elif isinstance(value, date):
        sheet.write_datetime(at, 1, datetime(value.year, value.month, value.day), shape)  # noqa: DTZ001
    elif isinstance(value, int):
        sheet.write_number(at, 1, _number(value, _DIVISORS[kind]), shape)
    else:
        sheet.write_string(at, 1, str(value))
