"""Tables as data: shown on a page, sorted, and taken along as a file with the same rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from urllib.parse import urlencode

from msgspec import Struct

from parking.web.reader import Reader
from payments.reports.table import Column as FileColumn
from payments.reports.table import Heading, Report, Words, batches
from payments.reports.table import Kind as FileKind

SORT, AFTER, FORM = "sort", "after", "form"


class Kind(StrEnum):
    """What a column holds, which says how it is shown and compared."""

    TEXT = "text"
    COUNT = "count"
    FEN = "fen"
    TIME = "time"
    LENGTH = "length"
    PLATE = "plate"
    STATE = "state"


class Tone(StrEnum):
    """How a state is meant; each has a sign of its own beside its colour."""

    GOOD = "good"
    WAITS = "waits"
    BAD = "bad"
    QUIET = "quiet"


class Plate(Struct, frozen=True):
    """A number plate as it is drawn. `text` is None for a vehicle without one."""

    text: str | None
    color: str = "unknown"


class State(Struct, frozen=True):
    """A state in words, with its tone."""

    said: str
    tone: Tone = Tone.QUIET


Value: TypeAlias = str | int | datetime | timedelta | Plate | State | None


class Column(Struct, frozen=True):
    """A column under its heading; `name` stands in addresses."""

    name: str
    heading: str
    kind: Kind = Kind.TEXT

    @property
    def is_number(self) -> bool:
        """Whether it is read from its right end."""
        return self.kind in (Kind.COUNT, Kind.FEN, Kind.LENGTH)


class Row(Struct, frozen=True):
    """A value for each column. `href`: where more of it is said; `key`: by which a form names it."""

    values: Sequence[Value]
    href: str | None = None
    key: str | None = None


class Choice(Struct, frozen=True):
    """What may be chosen in a filter."""

    value: str
    said: str


class Filter(Struct, frozen=True):
    """A field above a table; `choices` is None where something is typed. `any_said`: what choosing none of them is
    called, where that is not any of them.
    """

    name: str
    label: str
    value: str = ""
    choices: Sequence[Choice] | None = None
    kind: str = "search"
    any_said: str | None = None


class Table(Struct, frozen=True):
    """What is shown at `path`, asked for by `query`. `next`: what the page that follows comes after.

    A table of several pages is in the order of its query. What is whole is sorted here. `hint`: what is to be asked
    for, where nothing was yet.
    """

    caption: str
    path: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    query: Mapping[str, str] = {}
    filters: Sequence[Filter] = ()
    next: str | None = None
    hint: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether all rows are here."""
        return self.next is None and AFTER not in self.query

    @property
    def sorting(self) -> tuple[str, bool]:
        """By which column it is sorted, and whether the highest comes first; no name: as it came."""
        asked = self.query.get(SORT, "") if self.is_whole else ""
        return asked.removeprefix("-"), asked.startswith("-")

    @property
    def sorted(self) -> Sequence[Row]:
        """The rows in the order that is asked for; what has no value comes last."""
        name, falls = self.sorting
        place = next((at for at, column in enumerate(self.columns) if column.name == name), None)
        if place is None:
            return self.rows
        filled = [row for row in self.rows if row.values[place] is not None]
        empty = [row for row in self.rows if row.values[place] is None]
        return [*sorted(filled, key=lambda row: _compared(row.values[place]), reverse=falls), *empty]

    def at(self, **changes: str | None) -> str:
        """The address of this table with something of its query changed; None leaves that out."""
        query = {**self.query, **changes}
        kept = {name: value for name, value in query.items() if value}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def turned(self, column: Column) -> str:
        """The address of this table sorted by a column, the other way round if it is already."""
        name, falls = self.sorting
        return self.at(sort=f"-{column.name}" if name == column.name and not falls else column.name)

    def order(self, column: Column) -> str | None:
        """How a column is sorted, as assistive technology is told."""
        name, falls = self.sorting
        return None if name != column.name else "descending" if falls else "ascending"


def _compared(value: Value) -> tuple[float, str]:
    match value:
        case int():
            return value, ""
        case datetime():
            return value.timestamp(), ""
        case timedelta():
            return value.total_seconds(), ""
        case Plate():
            return 0, value.text or ""
        case State():
            return 0, value.said
    return 0, (value or "").casefold()


_IN_FILES = {
    Kind.COUNT: FileKind.COUNT,
    Kind.LENGTH: FileKind.COUNT,
    Kind.FEN: FileKind.FEN,
    Kind.TIME: FileKind.TIME,
}


def report(table: Table, reader: Reader, *, by: str, now: datetime) -> Report:
    """The rows that are shown, as a file has them: times by the reader's clock, lengths in minutes."""
    today = now.astimezone(reader.zone).date()
    columns = tuple(
        FileColumn(column.name, _IN_FILES.get(column.kind, FileKind.TEXT), _heading(column, reader))
        for column in table.columns
    )
    rows = [tuple(_in_file(value) for value in row.values) for row in table.sorted]
    return Report(
        "page",
        (table.caption, table.caption),
        Heading(today, today, now, by, time_zone=str(reader.zone)),
        columns,
        batches(rows),
    )


def _heading(column: Column, reader: Reader) -> Words:
    said = column.heading
    if column.kind is Kind.LENGTH:
        said = f"{said} ({reader.word('unit_min')})"
    return said, said


def _in_file(value: Value) -> str | int | datetime | None:
    match value:
        case timedelta():
            return value // timedelta(minutes=1)
        case Plate():
            return value.text
        case State():
            return value.said
    return value
