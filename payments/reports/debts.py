"""What is owed to operators by age, and what went back."""

from collections.abc import Sequence

from payments.reports.asked import Names
from payments.reports.figures import Arrears, Refunds
from payments.reports.settlement import LOT, OPERATOR
from payments.reports.table import Column, Heading, Kind, Report, Words, batches
from payments.reports.words import channel

_ARREARS = (
    *(*OPERATOR, *LOT),
    Column("payer", Kind.NAME, ("付款方式", "Payer")),
    Column("charges", Kind.COUNT, ("笔数", "Charges"), summed=True),
    Column("owed_fen", Kind.FEN, ("欠费", "Owed"), summed=True),
    Column("days_7_fen", Kind.FEN, ("0–7天", "0–7 days"), summed=True),
    Column("days_30_fen", Kind.FEN, ("8–30天", "8–30 days"), summed=True),
    Column("days_90_fen", Kind.FEN, ("31–90天", "31–90 days"), summed=True),
    Column("days_180_fen", Kind.FEN, ("91–180天", "91–180 days"), summed=True),
    Column("older_fen", Kind.FEN, ("180天以上", "Older"), summed=True),
)
_REFUNDS = (
    *(*OPERATOR, *LOT),
    Column("channel", Kind.TEXT, ("渠道编码", "Channel code")),
    Column("channel_name", Kind.NAME, ("渠道", "Channel")),
    Column("bearer", Kind.NAME, ("承担方", "Borne by")),
    Column("why", Kind.NAME, ("原因", "Because of")),
    Column("refunds", Kind.COUNT, ("笔数", "Refunds"), summed=True),
    Column("asked_fen", Kind.FEN, ("申请退款", "Asked for"), summed=True),
    Column("paid_fen", Kind.FEN, ("已到账", "Paid"), summed=True),
    Column("open_fen", Kind.FEN, ("处理中", "Under way"), summed=True),
    Column("closed_fen", Kind.FEN, ("已关闭", "Closed"), summed=True),
)
_BY_ACCOUNT: Words = ("签约账户", "Account")
_CASUAL: Words = ("散客", "Casual")
_AS_OF_NOW: Words = (
    "所选日期内产生的账单，按制表时仍欠金额列示；账龄自账单产生日起算。",
    "Charges that were made on these days, with what was owed of them when this was made; the age is the charge's.",
)
_BEARERS: Words = (
    "退款由经营单位承担；多收、错收款项挂账后原路退回，无人承担。",
    "Refunds are borne by operators; what came without being owed goes back from suspense, and nobody bears it.",
)


def arrears(heading: Heading, found: Sequence[Arrears], names: Names) -> Report:
    """What is owed, by lot and by age."""
    rows = [
        (
            *(*names.operator(each.operator_id), *names.lot(each.lot_id), _BY_ACCOUNT if each.by_account else _CASUAL),
            *(each.charges, each.owed_fen, each.days_7_fen, each.days_30_fen, each.days_90_fen, each.days_180_fen),
            each.older_fen,
        )
        for each in found
    ]
    return Report(
        "arrears",
        ("欠费账龄", "Arrears by age"),
        heading,
        _ARREARS,
        batches(rows),
        notes=(_AS_OF_NOW,),
        links={"stays": f"/v1/reports/stays.json?lot={{lot}}&due=true&from={heading.first}&to={heading.last}"},
    )


def refunds(heading: Heading, found: Sequence[Refunds], names: Names) -> Report:
    """What was asked to go back, by lot, channel and who bears it."""
    rows = []
    for each in found:
        bearer: Words = ("无（挂账）", "Nobody (suspense)") if each.of_suspense else ("经营单位", "Operator")
        why: Words = ("多收错收", "Paid without being owed") if each.of_suspense else ("人工退款", "By hand")
        if each.of_correction:
            why = ("费用更正", "Correction of a fee")
        rows.append(
            (
                *(*names.operator(each.operator_id), *names.lot(each.lot_id), each.channel, channel(each.channel)),
                *(bearer, why, each.refunds, each.asked_fen, each.paid_fen, each.open_fen, each.closed_fen),
            )
        )
    kind = "kind=refund_requested"
    days = f"from={heading.first}&to={heading.last}"
    return Report(
        "refunds",
        ("退款", "Refunds"),
        heading,
        _REFUNDS,
        batches(rows),
        notes=(_BEARERS,),
        links={"lines": f"/v1/reports/lines.json?operator={{operator}}&lot={{lot}}&{kind}&{days}"},
    )
