"""A report as data: columns that say what they hold, rows, and a total. How it is written is the writers' affair."""

from datetime import date
from enum import StrEnum
from typing import TypeAlias

import msgspec

Cell: TypeAlias = str | int | date | None


class Kind(StrEnum):
    """What a column holds. `fen` is an amount in fen, which writers show in yuan."""

    TEXT = "text"
    DATE = "date"
    COUNT = "count"
    FEN = "fen"


class Column(msgspec.Struct, frozen=True):
    """A column under its heading."""

    heading: str
    kind: Kind


class Report(msgspec.Struct, frozen=True):
    """A table. Rows and the total have a cell for each column; None is an empty one."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...]
