"""A report as CSV: UTF-8 with the byte order mark that spreadsheets need to read Chinese."""

import csv
import io
from collections.abc import Sequence

from payments.money import yuan
from payments.reports.cells import safe_cell
from payments.reports.table import Cell, Column, Kind, Report


def as_csv(report: Report) -> bytes:
    """The file: a line of headings, a line for each row, and the total."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    out.write("\ufeff")
    write([column.heading for column in report.columns])
    for row in (*report.rows, report.total):
        write(_line(report.columns, row))
    return out.getvalue().encode()


def _line(columns: Sequence[Column], row: Sequence[Cell]) -> list[str]:
    return [_text(column.kind, cell) for column, cell in zip(columns, row, strict=True)]


def _text(kind: Kind, cell: Cell) -> str:
    if cell is None:
        return ""
    if kind is Kind.FEN:
        assert isinstance(cell, int)
        return yuan(cell)
    return safe_cell(str(cell)) if kind is Kind.TEXT else str(cell)
