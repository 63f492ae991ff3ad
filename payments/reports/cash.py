"""The cash of a shift as a report: a row for each payment, and a total."""

from collections.abc import Sequence
from datetime import tzinfo
from uuid import UUID

from msgspec import Struct

from payments.cash import Taken
from payments.reports.table import Column, Kind, Report

_COLUMNS = (
    Column("停车场编码 lot_code", Kind.TEXT),
    Column("班次 shift", Kind.TEXT),
    Column("时间 taken_at", Kind.TEXT),
    Column("收款编号 cash_id", Kind.TEXT),
    Column("收款人 person", Kind.TEXT),
    Column("迟报 late", Kind.TEXT),
    Column("账单 charge_reference", Kind.TEXT),
    Column("金额(元) amount_yuan", Kind.FEN),
)


class ShiftName(Struct, frozen=True):
    """A shift as it is called. `id`: its number."""

    id: UUID
    lot_code: str
    name: str


def cash_report(shift: ShiftName, cash: Sequence[Taken], zone: tzinfo) -> Report:
    """What a shift took, in the order in which it was told, by the clock of `zone`. What has no charge waits."""
    rows = tuple(
        (
            *(shift.lot_code, shift.name, each.at.astimezone(zone).isoformat(timespec="seconds"), str(each.id)),
            *(each.person, "yes" if each.is_late else None),
            None if each.charge_reference is None else str(each.charge_reference),
            each.amount_fen,
        )
        for each in cash
    )
    total = (shift.lot_code, shift.name, "合计 total", *(None,) * 4, sum(each.amount_fen for each in cash))
    return Report(_COLUMNS, rows, total)
