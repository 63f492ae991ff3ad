"""Cells as people read them, in a file without formats of its own."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TypeAlias

from payments.money import yuan
from payments.reports.table import Cell, Kind, Language, said

_Shown: TypeAlias = Callable[[Cell], str]


def shown(kind: Kind, zone: tzinfo, language: Language, *, grouped: bool = False) -> _Shown:
    """How cells of a column are written: amounts in yuan, shares in percent, instants by the clock of `zone`.

    `grouped`: with thousands apart, for people alone.
    """
    if kind in (Kind.FEN, Kind.BPS, Kind.HUNDREDTHS):
        return _grouped_decimal if grouped else _decimal
    if kind is Kind.COUNT and grouped:
        return lambda cell: f"{cell:,}" if isinstance(cell, int) else ""
    if kind is Kind.NAME:
        return lambda cell: said(cell, language) if isinstance(cell, tuple) else ""
    if kind is Kind.TIME:
        return lambda cell: "" if cell is None else _time(cell, zone)
    return lambda cell: "" if cell is None else str(cell)


def _decimal(cell: Cell) -> str:
    if cell is None:
        return ""
    assert isinstance(cell, int)
    return yuan(cell)


def _grouped_decimal(cell: Cell) -> str:
    whole, dot, rest = _decimal(cell).partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole not in ("", "-0") else f"{whole}{dot}{rest}"


def _time(cell: Cell, zone: tzinfo) -> str:
    assert isinstance(cell, datetime)
    return cell.astimezone(zone).isoformat(sep=" ", timespec="seconds")[:19]
