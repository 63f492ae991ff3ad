"""A settlement as CSV, a line for each lot: UTF-8 with the byte order mark that spreadsheets need to read Chinese."""

import csv
import io
from collections.abc import Sequence

from payments.money import yuan
from payments.settlement import Line, Settlement

_HEADER = (
    "营业日 business_date",
    "经营单位 operator",
    "停车场编码 lot_code",
    "停车场 lot_zh",
    "停车场(英文) lot_en",
    "笔数 charges",
    "应收(元) gross_yuan",
    "退款(元) refunds_yuan",
    "平台服务费(元) platform_fee_yuan",
    "应付净额(元) net_yuan",
)
# A spreadsheet takes text that begins with one of these for a formula and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def settlement_csv(settled: Settlement, lines: Sequence[Line]) -> str:
    """The statement with a line per lot and a total. Only the total bears the fee and the net amount, since the fee is
    taken of the whole day.
    """
    out = io.StringIO()
    write = csv.writer(out).writerow
    day, operator = settled.business_date.isoformat(), _text(settled.operator_code)
    out.write("\ufeff")
    write(_HEADER)
    for line in lines:
        names = (_text(line.lot_code), _text(line.lot_name_zh), _text(line.lot_name_en))
        write((day, operator, *names, line.charges, yuan(line.gross_fen), yuan(line.refunds_fen), "", ""))
    sums = (settled.charges, yuan(settled.gross_fen), yuan(settled.refunds_fen))
    write((day, operator, "", "合计", "total", *sums, yuan(settled.platform_fee_fen), yuan(settled.net_fen)))
    return out.getvalue()


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
