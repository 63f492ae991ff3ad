"""Statements as reports: by day and operator, and of each operator by lot. Figures are those of settled days alone."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import accumulate, groupby, pairwise

from payments.reports.asked import Names, Step
from payments.reports.figures import Day, LotOfPeriod, Period
from payments.reports.table import Column, Heading, Kind, Report, Row, Words, batches

OPERATOR = (
    Column("operator", Kind.TEXT, ("经营单位编码", "Operator code")),
    Column("operator_name", Kind.NAME, ("经营单位", "Operator")),
)
LOT = (Column("lot", Kind.TEXT, ("停车场编码", "Lot code")), Column("lot_name", Kind.NAME, ("停车场", "Lot")))
_CHARGES = Column("charges", Kind.COUNT, ("笔数", "Charges"), summed=True)
_EARNED = (
    Column("gross_fen", Kind.FEN, ("应收", "Gross"), summed=True),
    Column("refunds_fen", Kind.FEN, ("退款", "Refunds"), summed=True),
    Column("fee_fen", Kind.FEN, ("平台服务费", "Platform fee"), summed=True),
    Column("net_fen", Kind.FEN, ("应付净额", "Net"), summed=True),
    Column("collected_fen", Kind.FEN, ("实收", "Collected"), summed=True),
    Column("cash_fen", Kind.FEN, ("其中现金自收", "Of it cash"), summed=True),
)
_OUT = (
    Column("carried_fen", Kind.FEN, ("上期结转", "Carried")),
    Column("payout_fen", Kind.FEN, ("本期应付", "Paid out"), summed=True),
)
_DAYS = (Column("business_date", Kind.DATE, ("营业日", "Business day")), *OPERATOR, _CHARGES, *_EARNED, *_OUT)
_LOTS = (Column("period", Kind.DATE, ("期初日", "From day")), *OPERATOR, *LOT, _CHARGES, *_EARNED)
_CARRIED: Words = (
    "上期结转为各日结算单所载，不作合计。",
    "Carried is as each day's statement has it, and is not summed.",
)
_APPORTIONED: Words = (
    "平台服务费按日、按经营单位计算；此处按各停车场应收减退款分摊，合计与结算单一致。",
    "The platform's fee is of all of an operator's lots: here it is apportioned by what each kept, and adds up.",
)


def daily(heading: Heading, days: Sequence[Day], names: Names) -> Report:
    """The statements of days, operator by operator."""
    rows = [
        (
            *(day.business_date, *names.operator(day.operator_id), day.charges, day.gross_fen, day.refunds_fen),
            *(day.platform_fee_fen, day.net_fen, day.collected_fen, day.cash_fen, day.carried_fen, day.payout_fen),
        )
        for day in days
    ]
    return Report(
        "daily",
        ("日结算单", "Daily statement"),
        heading,
        _DAYS,
        batches(rows),
        notes=(_CARRIED,),
        links={
            "lots": "/v1/reports/settlement.json?operator={operator}&from={business_date}&to={business_date}",
            "lines": "/v1/reports/lines.json?operator={operator}&from={business_date}&to={business_date}",
        },
    )


def settlement(
    heading: Heading, periods: Sequence[Period], lots: Sequence[LotOfPeriod], names: Names, step: Step
) -> Report:
    """The statements of operators in stretches of days, lot by lot."""
    of = {(each.operator_id, each.period): each for each in periods}
    rows = [row for key, some in groupby(lots, _key) for row in _lot_rows(of[key], list(some), names)]
    payout = sum(each.payout_fen for each in periods)
    first = {each.operator_id: each.carried_fen for each in reversed(periods)}
    # Of days in other stretches than one or all, a row does not say its last day.
    days = f"from={heading.first}&to={heading.last}"
    if step is Step.DAY:
        days = "from={period}&to={period}"
    links = {"lines": f"/v1/reports/lines.json?operator={{operator}}&lot={{lot}}&{days}"}
    links["money"] = f"/v1/reports/money.json?operator={{operator}}&lot={{lot}}&{days}"
    if step is Step.DAY or heading.first == heading.last:
        links["charges"] = "/v1/charges?lot={lot}&settled_on={period}"
    return Report(
        "settlement",
        ("经营单位结算单", "Settlement statement"),
        heading,
        _LOTS,
        batches(rows),
        notes=(_APPORTIONED, *_paid_out(sum(first.values()), payout), *_unsettled(heading, periods)),
        links=links if step in (Step.DAY, Step.WHOLE) else {},
    )


def fees_of_lots(fee_fen: int, kept_fen: Sequence[int]) -> list[int]:
    """A fee by lots, in the order of what they kept: whole fen that add up to it.

    Each gets what the running share grew by. What kept nothing in all leaves the fee to the first.
    """
    whole = sum(kept_fen)
    if not whole:
        return [fee_fen if n == 0 else 0 for n in range(len(kept_fen))]
    through = [fee_fen * sum_ // whole for sum_ in accumulate(kept_fen, initial=0)]
    return [after - before for before, after in pairwise(through)]


def _key(lot: LotOfPeriod) -> tuple[int, date]:
    return lot.operator_id, lot.period


def _lot_rows(period: Period, lots: Sequence[LotOfPeriod], names: Names) -> Iterator[Row]:
    fees = fees_of_lots(period.platform_fee_fen, [lot.gross_fen - lot.refunds_fen for lot in lots])
    for lot, fee in zip(lots, fees, strict=True):
        net = lot.gross_fen - lot.refunds_fen - fee
        yield (
            *(period.period, *names.operator(period.operator_id), *names.lot(lot.lot_id), lot.charges),
            *(lot.gross_fen, lot.refunds_fen, fee, net, lot.collected_fen, lot.cash_fen),
        )


def _paid_out(carried_fen: int, payout_fen: int) -> tuple[Words, ...]:
    carried, payout = _yuan(carried_fen), _yuan(payout_fen)
    return (
        (
            f"期初结转 {carried} 元，本期应付合计 {payout} 元（净额加结转减现金自收，不足零者转下期）。",
            f"Carried into the period: ¥{carried}. Paid out: ¥{payout} (net and carried, less cash; or carried on).",
        ),
    )


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen / 100:,.2f}"


def _unsettled(heading: Heading, periods: Sequence[Period]) -> tuple[Words, ...]:
    asked = (heading.last - heading.first).days + 1
    days: Mapping[int, int] = {
        operator_id: sum(each.days for each in periods if each.operator_id == operator_id)
        for operator_id in {each.operator_id for each in periods}
    }
    if periods and all(each == asked for each in days.values()):
        return ()
    return (("所选日期中有未日结的营业日，未计入。", "Some of these days are not settled yet, and are not counted."),)
