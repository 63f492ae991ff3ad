"""Stays line by line, lifts without money, and shifts: what people at lots did, and what was paid for it."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence

from parking.lifts import Lift
from parking.reports.figures import ShiftLine, StayLine
from payments.reports.asked import Names
from payments.reports.settlement import LOT
from payments.reports.table import Column, Heading, Kind, Report, Row, Words, batches
from payments.reports.words import channel

_STATES: dict[str, Words] = {
    "closed": ("已离场", "Left"),
    "exit_only": ("仅出场", "Exit only"),
    "superseded": ("仅入场", "Entry only"),
}
_CHARGES: dict[str | None, Words | None] = {
    "due": ("待付", "Due"),
    "paid": ("已付", "Paid"),
    "void": ("作废", "Void"),
    None: None,
}
_STAYS = (
    *LOT,
    Column("plate", Kind.TEXT, ("车牌", "Plate")),
    Column("plate_color", Kind.TEXT, ("车牌颜色", "Colour")),
    Column("vehicle_class", Kind.TEXT, ("车型", "Class")),
    Column("entered_at", Kind.TIME, ("入场时间", "Entered")),
    Column("left_at", Kind.TIME, ("出场时间", "Left")),
    Column("minutes", Kind.COUNT, ("停放分钟", "Minutes")),
    Column("state", Kind.NAME, ("停车状态", "Stay")),
    Column("charge_state", Kind.NAME, ("账单状态", "Charge")),
    Column("amount_fen", Kind.FEN, ("费用", "Fee"), summed=True),
    Column("paid_fen", Kind.FEN, ("实收", "Paid"), summed=True),
    Column("refunded_fen", Kind.FEN, ("已退", "Given back"), summed=True),
    Column("owed_fen", Kind.FEN, ("欠费", "Owed"), summed=True),
    Column("method", Kind.TEXT, ("渠道编码", "Channel code")),
    Column("method_name", Kind.NAME, ("渠道", "Channel")),
    Column("paid_at", Kind.TIME, ("付款时间", "Paid at")),
    Column("charge", Kind.TEXT, ("账单编号", "Charge number")),
    Column("stay", Kind.TEXT, ("停车编号", "Stay number")),
)
_LIFTS = (
    *LOT,
    Column("lane", Kind.TEXT, ("车道编码", "Lane code")),
    Column("at", Kind.TIME, ("抬杆时间", "Opened at")),
    Column("person", Kind.TEXT, ("操作人", "Person")),
    Column("reason", Kind.TEXT, ("事由", "Reason")),
    Column("plate", Kind.TEXT, ("车牌", "Plate")),
    Column("owed_fen", Kind.FEN, ("欠费", "Owed"), summed=True),
    Column("stay", Kind.TEXT, ("停车编号", "Stay number")),
)
_SHIFTS = (
    *LOT,
    Column("name", Kind.TEXT, ("班次", "Shift")),
    Column("opened_at", Kind.TIME, ("开班时间", "Opened")),
    Column("handed_over_at", Kind.TIME, ("交班时间", "Handed over")),
    Column("handed_over_by", Kind.TEXT, ("交班人", "By")),
    Column("payments", Kind.COUNT, ("笔数", "Payments"), summed=True),
    Column("taken_fen", Kind.FEN, ("应交", "Taken"), summed=True),
    Column("counted_fen", Kind.FEN, ("实交", "Counted"), summed=True),
    Column("difference_fen", Kind.FEN, ("长短款", "Difference"), summed=True),
    Column("waiting", Kind.COUNT, ("待对应笔数", "Without a charge"), summed=True),
    Column("lifts_without_money", Kind.COUNT, ("未收费抬杆", "Lifts without money"), summed=True),
    Column("shift", Kind.TEXT, ("班次编号", "Shift number")),
)


def stays(heading: Heading, found: AsyncIterable[Sequence[StayLine]], names: Names) -> Report:
    """Stays that ended, with what was charged for them."""
    return Report(
        "stays",
        ("停车明细", "Stays"),
        heading,
        _STAYS,
        _stay_rows(found, names),
        links={"stay": "/v1/stays/{stay}", "facts": "/v1/stays/{stay}/facts", "charge": "/v1/charges/{charge}"},
    )


async def _stay_rows(found: AsyncIterable[Sequence[StayLine]], names: Names) -> AsyncIterator[Sequence[Row]]:
    lots = {lot_id: names.lot(lot_id) for lot_id in names.lots}
    async for batch in found:
        yield [
            (
                *lots.get(each.lot_id, (None, None)),
                *(each.plate, each.plate_color, each.vehicle_class, each.entered_at, each.left_at, _minutes(each)),
                *(_STATES[each.state], _CHARGES[each.charge_state], each.amount_fen, each.paid_fen),
                *(each.refunded_fen, each.owed_fen, each.method, channel(each.method), each.paid_at),
                *(each.charge_reference, each.id),
            )
            for each in batch
        ]


def lifts(heading: Heading, found: Sequence[Lift], names: Names) -> Report:
    """Barriers that persons opened, for whose cars nothing was paid though something is owed or unknown."""
    of = {lot.code: (lot.name_zh, lot.name_en) for lot in names.lots.values()}
    rows = [
        (
            *(each.lot, of.get(each.lot), each.lane, each.at, each.person, each.reason, each.plate),
            *(each.owed_fen, each.stay_id),
        )
        for each in found
    ]
    return Report(
        "lifts",
        ("未收费抬杆", "Lifts without money"),
        heading,
        _LIFTS,
        batches(rows),
        links={"stay": "/v1/stays/{stay}", "facts": "/v1/stays/{stay}/facts"},
    )


def shifts(heading: Heading, found: Sequence[ShiftLine], names: Names) -> Report:
    """The cash of shifts, taken beside counted."""
    rows = [
        (
            *(*names.lot(each.lot_id), each.name, each.opened_at, each.handed_over_at, each.handed_over_by),
            *(each.payments, each.taken_fen, each.counted_fen, each.difference_fen, each.waiting),
            *(each.lifts_without_money, each.id),
        )
        for each in found
    ]
    return Report(
        "shifts",
        ("班次现金", "Cash by shift"),
        heading,
        _SHIFTS,
        batches(rows),
        links={"cash": "/v1/shifts/{shift}/cash.csv"},
    )


def _minutes(stay: StayLine) -> int | None:
    if stay.entered_at is None or stay.left_at is None:
        return None
    return int((stay.left_at - stay.entered_at).total_seconds()) // 60
