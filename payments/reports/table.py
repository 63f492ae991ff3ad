"""A report as data: columns that say what they hold, rows that come in batches, and totals apart from them. How it is
written is the writers' affair.

A file is in one language, its reader's: with two headings a sheet could not be sorted, filtered or read by a program.
Keys of columns are the same in both.
"""

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

# A text in Chinese and in English.
Words: TypeAlias = tuple[str, str]
Cell: TypeAlias = str | int | date | datetime | UUID | Words | None
Row: TypeAlias = Sequence[Cell]
Language: TypeAlias = Literal["zh", "en"]

BATCH_ROWS = 2_000
TOTAL: Words = ("合计", "Total")


class Kind(StrEnum):
    """What a column holds. Numbers are whole: `fen` is an amount in fen, which files for people show in yuan; `bps` a
    share in ten-thousandths, shown in percent; `hundredths` a number that is shown with two decimals. `time` is an
    instant, shown by the clock of the report; `name` a text that is in both languages.
    """

    TEXT = "text"
    NAME = "name"
    DATE = "date"
    TIME = "time"
    COUNT = "count"
    FEN = "fen"
    BPS = "bps"
    HUNDREDTHS = "hundredths"


class Column(msgspec.Struct, frozen=True):
    """A column under its heading. `summed`: its total is the sum of its rows."""

    key: str
    kind: Kind
    heading: Words
    summed: bool = False


class Heading(msgspec.Struct, frozen=True):
    """What stands above a report: whose figures (None: all operators'), of which days (both included), made when, by
    whom, and by which clock its times are.
    """

    first: date
    last: date
    made_at: datetime
    made_by: str
    operator: Words | None = None
    time_zone: str = "Asia/Shanghai"


class Report(msgspec.Struct, frozen=True):
    """A table. Each row has a cell for each column; None is an empty one.

    `given`: totals, by column, that are no sums of rows; None of a column that is summed: no total is shown.
    `links`: what a row is made of, as addresses with keys of columns in braces; a row leads to those whose keys it has.
    """

    name: str
    title: Words
    heading: Heading
    columns: tuple[Column, ...]
    rows: AsyncIterable[Sequence[Row]]
    given: Mapping[str, Cell] = {}
    notes: tuple[Words, ...] = ()
    links: Mapping[str, str] = {}


class Tally:
    """The totals of a report, as its rows pass."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._at = [n for n, column in enumerate(report.columns) if column.summed]
        self._sums = [0] * len(self._at)
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Takes rows into the sums."""
        self.rows += len(rows)
        for place, at in enumerate(self._at):
            self._sums[place] += sum(cell for row in rows if isinstance(cell := row[at], int))

    def totals(self) -> dict[str, Cell]:
        """By column, as far as it has a total."""
        columns = self._report.columns
        sums = {columns[at].key: total for at, total in zip(self._at, self._sums, strict=True)}
        found: dict[str, Cell] = {**sums, **self._report.given}
        return {column.key: total for column in columns if (total := found.get(column.key)) is not None}


def said(words: Words, language: Language) -> str:
    """A text in a language, or in the other one where it is missing there."""
    zh, en = words
    return (en or zh) if language == "en" else (zh or en)


def headed(column: Column, language: Language) -> str:
    """The heading with the unit in which files for people show the column."""
    unit = {Kind.FEN: ("（元）", " (¥)"), Kind.BPS: ("（%）", " (%)")}.get(column.kind, ("", ""))
    return said(column.heading, language) + said(unit, language)


def links_of(report: Report, row: Row) -> dict[str, str]:
    """What a row is made of: addresses by what they list. Asked for as nothing is what a row lacks; if a path lacks it,
    there is none.
    """
    if not report.links:
        return {}
    cells = {column.key: cell for column, cell in zip(report.columns, row, strict=True)}
    found = {}
    for name, address in report.links.items():
        path, mark, query = address.partition("?")
        with contextlib.suppress(KeyError):
            where = path.format_map({key: cell for key, cell in cells.items() if cell is not None})
            shown = {key: "" if cell is None else cell for key, cell in cells.items()}
            found[name] = where + mark + query.format_map(shown)
    return found


async def batches(rows: Iterable[Row]) -> AsyncIterator[Sequence[Row]]:
    """Rows that are there already."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH_ROWS:
            yield batch
            batch = []
    if batch:
        yield batch
