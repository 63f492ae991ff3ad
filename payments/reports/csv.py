"""A report as CSV: UTF-8 with the byte order mark that spreadsheets need to read Chinese. Headings and rows alone: what
reads it takes every line for data, so totals, notes and the rest are in the other forms.
"""

import csv
import io
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import BinaryIO
from zoneinfo import ZoneInfo

from payments.reports.cells import safe_cell
from payments.reports.table import Cell, Kind, Language, Report, Row, headed
from payments.reports.text import shown


class CsvWriter:
    """Writes rows as they come."""

    def __init__(self, report: Report, language: Language, out: BinaryIO) -> None:
        self._out = out
        zone = ZoneInfo(report.heading.time_zone)
        self._cells = [_guarded(column.kind, zone, language) for column in report.columns]
        out.write(b"\xef\xbb\xbf")
        self._write([[headed(column, language) for column in report.columns]])

    def add(self, rows: Sequence[Row]) -> None:
        """Writes rows."""
        cells = self._cells
        self._write([[show(cell) for show, cell in zip(cells, row, strict=True)] for row in rows])

    def end(self, totals: dict[str, Cell]) -> None:
        """Nothing comes after the rows."""

    def _write(self, lines: Sequence[Sequence[str]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        self._out.write(text.getvalue().encode())


def _guarded(kind: Kind, zone: tzinfo, language: Language) -> Callable[[Cell], str]:
    show = shown(kind, zone, language)
    return (lambda cell: safe_cell(show(cell))) if kind in (Kind.TEXT, Kind.NAME) else show
