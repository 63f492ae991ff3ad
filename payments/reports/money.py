"""Money by lot, channel and kind, and each entry of it."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence

from payments.ledger import Kind as BookedKind
from payments.reports.asked import Names
from payments.reports.figures import Line, Money
from payments.reports.settlement import LOT, OPERATOR
from payments.reports.table import Column, Heading, Kind, Report, Row, Words, batches
from payments.reports.words import KINDS, channel

_KIND = (Column("kind", Kind.TEXT, ("款项编码", "Kind code")), Column("kind_name", Kind.NAME, ("款项", "Kind")))
_CHANNEL = (
    Column("channel", Kind.TEXT, ("渠道编码", "Channel code")),
    Column("channel_name", Kind.NAME, ("渠道", "Channel")),
)
_AMOUNTS = (
    Column("gross_fen", Kind.FEN, ("应收", "Gross"), summed=True),
    Column("refunds_fen", Kind.FEN, ("退款", "Refunds"), summed=True),
    Column("fee_fen", Kind.FEN, ("平台服务费", "Platform fee"), summed=True),
    Column("collected_fen", Kind.FEN, ("实收", "Collected"), summed=True),
    Column("paid_back_fen", Kind.FEN, ("已退到账", "Paid back"), summed=True),
    Column("suspense_fen", Kind.FEN, ("挂账净额", "Into suspense"), summed=True),
)
_COLUMNS = (
    *(*OPERATOR, *LOT, *_KIND, *_CHANNEL),
    Column("entries", Kind.COUNT, ("笔数", "Entries"), summed=True),
    *_AMOUNTS,
)
_LINES = (
    Column("business_date", Kind.DATE, ("营业日", "Business day")),
    Column("recorded_at", Kind.TIME, ("记账时间", "Booked at")),
    *(*OPERATOR, *LOT, *_KIND, *_CHANNEL),
    Column("charge", Kind.TEXT, ("账单编号", "Charge")),
    Column("stay", Kind.TEXT, ("停车编号", "Stay")),
    Column("journal", Kind.TEXT, ("凭证编号", "Journal")),
    *_AMOUNTS,
)
# In which of these an entry stands, by the column of the statement, or else by its kind.
_AT = {
    "gross": 0,
    "given_back": 1,
    "fee": 2,
    "collected": 3,
    BookedKind.REFUND_PAID.value: 4,
    BookedKind.OVERPAID.value: 5,
    BookedKind.SUSPENSE_RECEIVED.value: 5,
    BookedKind.SUSPENSE_RETURNED.value: 5,
}
_SIGNS: Words = (
    "退款、平台服务费为从应收中扣除的金额，退回者为负；已退到账为渠道实际退回。",
    "Refunds and fee are taken from gross, and negative where that came back; paid back is what channels returned.",
)
_SAME: Words = (
    "各栏合计与同期总账及日结算单一致。",
    "Each column adds up to the ledger and to the statements of the same days.",
)


def money(heading: Heading, found: Sequence[Money], names: Names) -> Report:
    """What was booked for operators, by lot, kind and channel."""
    rows = [
        (
            *(*names.operator(each.operator_id), *names.lot(each.lot_id), each.kind, KINDS[each.kind]),
            *(each.channel, channel(each.channel), each.entries, each.gross_fen, each.refunds_fen, each.fee_fen),
            *(each.collected_fen, each.paid_back_fen, each.suspense_fen),
        )
        for each in found
    ]
    days = f"from={heading.first}&to={heading.last}"
    return Report(
        "money",
        ("分渠道分款项汇总", "Money by lot, channel and kind"),
        heading,
        _COLUMNS,
        batches(rows),
        notes=(_SIGNS, _SAME),
        links={"lines": "/v1/reports/lines.json?operator={operator}&lot={lot}&kind={kind}&channel={channel}&" + days},
    )


def lines(heading: Heading, found: AsyncIterable[Sequence[Line]], names: Names) -> Report:
    """Each entry of which figures are made, with the charge and the stay that it is about."""
    return Report(
        "lines",
        ("款项明细", "Entries"),
        heading,
        _LINES,
        _line_rows(found, names),
        notes=(_SIGNS,),
        links={"stay": "/v1/stays/{stay}", "charge": "/v1/charges/{charge}"},
    )


async def _line_rows(found: AsyncIterable[Sequence[Line]], names: Names) -> AsyncIterator[Sequence[Row]]:
    operators = {operator_id: names.operator(operator_id) for operator_id in names.operators}
    lots = {lot_id: names.lot(lot_id) for lot_id in names.lots}
    nobody = (None, None)
    async for batch in found:
        yield [
            (
                *(line.business_date, line.recorded_at, *operators.get(line.operator_id, nobody)),
                *(
                    *lots.get(line.lot_id or 0, nobody),
                    line.kind,
                    KINDS[line.kind],
                    line.channel,
                    channel(line.channel),
                ),
                *(line.charge_reference, line.stay_id, line.id, *_amounts(line)),
            )
            for line in batch
        ]


def _amounts(line: Line) -> tuple[int | None, ...]:
    """The amount in the column in which it is."""
    at = _AT.get(line.statement or line.kind.value)
    fen = -line.fen if line.kind is BookedKind.SUSPENSE_RETURNED else line.fen
    return tuple(fen if n == at else None for n in range(len(_AMOUNTS)))
