"""A settlement as a report: a row for each lot, and a total."""

from collections.abc import Mapping, Sequence

from payments.reports.table import Column, Kind, Report
from payments.settlement import Line, LotName, Settlement

_COLUMNS = (
    Column("营业日 business_date", Kind.DATE),
    Column("经营单位 operator", Kind.TEXT),
    Column("停车场编码 lot_code", Kind.TEXT),
    Column("停车场 lot_zh", Kind.TEXT),
    Column("停车场(英文) lot_en", Kind.TEXT),
    Column("笔数 charges", Kind.COUNT),
    Column("应收(元) gross_yuan", Kind.FEN),
    Column("退款(元) refunds_yuan", Kind.FEN),
    Column("平台服务费(元) platform_fee_yuan", Kind.FEN),
    Column("应付净额(元) net_yuan", Kind.FEN),
    Column("实收(元) collected_yuan", Kind.FEN),
    Column("其中现金自收(元) cash_yuan", Kind.FEN),
    Column("上期结转(元) carried_yuan", Kind.FEN),
    Column("本期应付(元) payout_yuan", Kind.FEN),
)
_NAMELESS = LotName(0, "", "", "")


def settlement_report(settled: Settlement, lines: Sequence[Line], lots: Mapping[int, LotName]) -> Report:
    """A settlement by lots, in the order of their codes. `lots` says what they are called, as far as they are known.

    Only the total bears the fee, the net amount and what becomes of it, since the fee is taken of the whole day.
    """
    day, operator = settled.business_date, settled.operator_code
    named = [(lots.get(line.lot_id, _NAMELESS), line) for line in lines]
    named.sort(key=lambda each: (each[0].code, each[1].lot_id))
    rows = tuple(
        (
            *(day, operator, lot.code, lot.name_zh, lot.name_en, line.charges, line.gross_fen, line.refunds_fen),
            *(None, None, line.collected_fen, line.cash_fen, None, None),
        )
        for lot, line in named
    )
    sums = (settled.charges, settled.gross_fen, settled.refunds_fen, settled.platform_fee_fen, settled.net_fen)
    out = (settled.collected_fen, settled.cash_fen, settled.carried_fen, settled.payout_fen)
    return Report(_COLUMNS, rows, (day, operator, None, "合计", "total", *sums, *out))
