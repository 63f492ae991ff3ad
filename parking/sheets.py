"""Files with rows: CSV, XLSX and JSON, each also packed by gzip, as rows of text; and rows as CSV again.

Whatever a cell was, it is text here, as a person would write it: `100` for 100.0, `true`, a JSON text for a list.
"""

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Literal

import msgspec
from msgspec import Struct
from python_calamine import CalamineError, CalamineWorkbook

from payments.reports.cells import guarded_cell, plain_cell

FILE_BYTES_MAX = 32 << 20
ROWS_MAX = 20_000
COLUMNS_MAX = 256
CELL_CHARACTERS_MAX = 32_767
SHOWN_MAX = 12
_DEPTH_MAX = 8

Encoding = Literal["utf-8", "gb18030", "big5"]


class SheetUnclear(ValueError):
    """A file that cannot be read as rows; says why."""


class Layout(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the rows of a document are. `rows`: the path to their list in JSON, by dots, nothing where the document is
    the list; `sheet`: its name in a workbook, nothing for the first; `encoding` and `delimiter`: of CSV.
    """

    rows: str = ""
    sheet: str = ""
    encoding: Encoding = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","


class Row(Struct, frozen=True):
    """A row and its number: the line of a CSV file, the row of a sheet, the place in a list, from one on."""

    line: int
    cells: Mapping[str, object]

    def text(self, column: str) -> str:
        """What stands in a column, or at a path by dots in an object; nothing where there is none."""
        found: object = self.cells
        if column in self.cells:
            return _text(self.cells[column])
        for name in column.split(".")[:_DEPTH_MAX]:
            found = found.get(name) if isinstance(found, dict) else None
        return _text(found)


class Sheet(Struct, frozen=True):
    """Rows of a file. `columns`: their headings; None in JSON, where each row says its own."""

    rows: Sequence[Row]
    columns: Sequence[str] | None


def read(document: bytes, name: str, layout: Layout) -> Sheet:
    """The rows of a file, by the ending of its name: .csv, .xlsx or .json, and .gz behind it.

    Raises:
        SheetUnclear: it is none of these, is damaged, or is larger than a file may be.
    """
    ending = name.lower()
    if ending.endswith(".gz"):
        document, ending = _unpacked(document), ending.removesuffix(".gz")
    if len(document) > FILE_BYTES_MAX:
        raise SheetUnclear(f"a file has {FILE_BYTES_MAX} bytes at most")
    for known, rows_of in ((".csv", _csv), (".xlsx", _xlsx), (".json", _json)):
        if ending.endswith(known):
            return _within_limits(rows_of(document, layout))
    raise SheetUnclear("a file is .csv, .xlsx or .json, and may be packed (.gz)")


def as_csv(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> bytes:
    """Rows as CSV in UTF-8, with the mark that spreadsheets need; no cell is taken for a formula there."""
    out = io.StringIO()
    write = csv.writer(out).writerow
    out.write("\ufeff")
    write(columns)
    for row in rows:
        write([_written(row.get(column)) for column in columns])
    return out.getvalue().encode()


def _written(value: object) -> str:
    # A number stays one for a spreadsheet, whatever its sign is.
    return _text(value) if isinstance(value, int | float) else guarded_cell(_text(value))


def _unpacked(document: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(document)) as packed:
            return packed.read(FILE_BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as e:
        raise SheetUnclear(f"it cannot be unpacked: {e}") from None


def _within_limits(sheet: Sheet) -> Sheet:
    if len(sheet.rows) > ROWS_MAX:
        raise SheetUnclear(f"a file has {ROWS_MAX} rows at most, and this one {len(sheet.rows)}")
    return sheet


def _csv(document: bytes, layout: Layout) -> Sheet:
    try:
        text = document.decode("utf-8-sig" if layout.encoding == "utf-8" else layout.encoding)
    except UnicodeDecodeError as e:
        raise SheetUnclear(f"it is not {layout.encoding}: {e.reason} at byte {e.start}") from None
    return _table(_lines(text, layout))


def _lines(text: str, layout: Layout) -> Iterator[tuple[int, list[object]]]:
    """Each row with the line that it begins in: a cell may have more than one line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [plain_cell(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as e:
        raise SheetUnclear(f"line {reader.line_num}: {e}") from None


def _xlsx(document: bytes, layout: Layout) -> Sheet:
    try:
        # What it says of its size is what the reader holds it to.
        with zipfile.ZipFile(io.BytesIO(document)) as packed:
            if sum(each.file_size for each in packed.infolist()) > FILE_BYTES_MAX * 4:
                raise SheetUnclear(f"a workbook has {FILE_BYTES_MAX * 4} bytes at most when it is unpacked")
        book = CalamineWorkbook.from_filelike(io.BytesIO(document))
        if not book.sheet_names or (layout.sheet and layout.sheet not in book.sheet_names):
            raise SheetUnclear(f"the workbook has no sheet {layout.sheet!r}, but {_some(book.sheet_names)}")
        sheet = book.get_sheet_by_name(layout.sheet or book.sheet_names[0])
        # The last cell that is used, counted from zero.
        if sheet.end is not None and (sheet.end[0] > ROWS_MAX or sheet.end[1] >= COLUMNS_MAX):
            raise SheetUnclear(f"a sheet has {COLUMNS_MAX} columns and {ROWS_MAX} rows below them at most")
        rows: list[list[object]] = [[*row] for row in sheet.to_python(skip_empty_area=False)]
    except (zipfile.BadZipFile, CalamineError) as e:
        raise SheetUnclear(f"it is no workbook: {e}") from None
    return _table(enumerate(rows, 1))


def _table(lines: Iterator[tuple[int, list[object]]]) -> Sheet:
    """Rows below a line of headings; lines without a word are left out."""
    _, first = next(lines, (1, []))
    columns = [_text(cell).strip() for cell in first]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if not any(columns) or twice or len(columns) > COLUMNS_MAX:
        raise SheetUnclear(f"its first line has 1 to {COLUMNS_MAX} headings, each once; twice: {_some(twice) or '-'}")
    rows = list[Row]()
    for line, cells in lines:
        if len(rows) > ROWS_MAX:
            break
        if len(cells) > len(columns):
            raise SheetUnclear(f"line {line} has {len(cells)} cells, and {len(columns)} have a heading")
        if any(_text(cell).strip() for cell in cells):
            rows.append(Row(line, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
    return Sheet(rows, [name for name in columns if name])


def _json(document: bytes, layout: Layout) -> Sheet:
    try:
        found: object = msgspec.json.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as e:
        raise SheetUnclear(f"it is no JSON: {e}") from None
    for name in filter(None, layout.rows.split(".")[:_DEPTH_MAX]):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise SheetUnclear(f"there is no list of objects at {layout.rows or 'the top'!r}: say `rows` in the mapping")
    return Sheet([Row(number, each) for number, each in enumerate(found, 1)], None)


def _text(value: object) -> str:
    """A cell as a person would write it."""
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _some(names: Sequence[str]) -> str:
    """Names to show, not more than one can read."""
    return ", ".join(names[:SHOWN_MAX])
