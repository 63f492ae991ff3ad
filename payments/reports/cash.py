"""The cash of a shift as a report: a row for each payment."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from payments.cash import Taken
from payments.reports.table import Column, Heading, Kind, Report, Words, batches

_COLUMNS = (
    Column("lot", Kind.TEXT, ("停车场编码", "Lot code")),
    Column("shift", Kind.TEXT, ("班次", "Shift")),
    Column("taken_at", Kind.TIME, ("收款时间", "Taken at")),
    Column("cash", Kind.TEXT, ("收款编号", "Cash")),
    Column("person", Kind.TEXT, ("收款人", "Person")),
    Column("late", Kind.NAME, ("迟报", "Late")),
    Column("charge", Kind.TEXT, ("账单编号", "Charge")),
    Column("amount_fen", Kind.FEN, ("金额", "Amount"), summed=True),
)
_YES: Words = ("是", "yes")


class ShiftName(Struct, frozen=True):
    """A shift as it is called. `id`: its number."""

    id: UUID
    lot_code: str
    name: str


def cash_report(heading: Heading, shift: ShiftName, cash: Sequence[Taken]) -> Report:
    """What a shift took, in the order in which it was told. What has no charge waits."""
    rows = [
        (
            *(shift.lot_code, shift.name, each.at, each.id, each.person, _YES if each.is_late else None),
            *(each.charge_reference, each.amount_fen),
        )
        for each in cash
    ]
    return Report(
        "shift-cash",
        ("班次现金明细", "Cash of a shift"),
        heading,
        _COLUMNS,
        batches(rows),
        links={"charge": "/v1/charges/{charge}"},
    )
