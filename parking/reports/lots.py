"""Lots beside each other: how they were used, what operators kept, what of it is tax, and by which prices."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from parking.coupons import Cost
from parking.lots import Lot, LotKind
from parking.network import Network
from parking.prices import TariffInForce, in_force_at
from parking.reports.figures import Use
from payments.money import BPS_WHOLE
from payments.reports.asked import Names
from payments.reports.figures import LotOfPeriod, Period
from payments.reports.settlement import LOT, OPERATOR
from payments.reports.table import Cell, Column, Heading, Kind, Report, Row, Words, batches

_DAY_S = 86_400
_TURNOVER = Column("turnover", Kind.HUNDREDTHS, ("日均泊位周转（次）", "Stays per space and day"))
_OCCUPANCY = Column("occupancy", Kind.BPS, ("泊位利用率", "Time taken of time there is"))
_USE = (
    *(*OPERATOR, *LOT),
    Column("spaces", Kind.COUNT, ("泊位数", "Spaces"), summed=True),
    Column("entered", Kind.COUNT, ("入场", "Entered"), summed=True),
    Column("left", Kind.COUNT, ("出场", "Left"), summed=True),
    Column("minutes", Kind.COUNT, ("平均停放分钟", "Minutes a stay")),
    _TURNOVER,
    _OCCUPANCY,
)
_OPERATORS = (
    *OPERATOR,
    Column("lots", Kind.COUNT, ("停车场数", "Lots"), summed=True),
    Column("spaces", Kind.COUNT, ("泊位数", "Spaces"), summed=True),
    Column("left", Kind.COUNT, ("停车次数", "Stays"), summed=True),
    _TURNOVER,
    _OCCUPANCY,
    Column("gross_fen", Kind.FEN, ("应收", "Gross"), summed=True),
    Column("refunds_fen", Kind.FEN, ("退款", "Refunds"), summed=True),
    Column("refunds_share", Kind.BPS, ("退款占比", "Refunds of gross")),
    Column("collected_fen", Kind.FEN, ("实收", "Collected"), summed=True),
    Column("collected_share", Kind.BPS, ("收缴率", "Collected of kept")),
    Column("net_fen", Kind.FEN, ("应付净额", "Net"), summed=True),
    Column("space_day_fen", Kind.FEN, ("泊位日均收入", "Kept per space and day")),
)
_TAX = (
    *OPERATOR,
    Column("class", Kind.NAME, ("收入类别", "Class of income")),
    Column("kept_fen", Kind.FEN, ("含税收入", "Kept, with tax"), summed=True),
    Column("rate", Kind.BPS, ("税率", "Rate")),
    Column("tax_fen", Kind.FEN, ("税额", "Tax"), summed=True),
    Column("before_tax_fen", Kind.FEN, ("不含税收入", "Before tax"), summed=True),
)
_COUPONS = (
    *(*OPERATOR, *LOT),
    Column("bearer", Kind.NAME, ("承担方", "Borne by")),
    Column("merchant", Kind.TEXT, ("商户", "Merchant")),
    Column("uses", Kind.COUNT, ("使用次数", "Uses"), summed=True),
    Column("worth_fen", Kind.FEN, ("抵扣", "Taken off"), summed=True),
)
_PRICES = (
    *(*OPERATOR, *LOT),
    Column("zone", Kind.TEXT, ("收费区域编码", "Price area code")),
    Column("tariff", Kind.TEXT, ("收费标准编码", "Tariff code")),
    Column("version", Kind.COUNT, ("版本", "Version")),
    Column("tariff_name", Kind.NAME, ("收费标准", "Tariff")),
    Column("since", Kind.TIME, ("执行时间", "In force since")),
    Column("mode", Kind.NAME, ("定价方式", "Set by")),
    Column("basis", Kind.NAME, ("依据", "Basis")),
    Column("grade", Kind.TEXT, ("来源等级", "Grade of its source")),
    Column("phone", Kind.TEXT, ("监督电话", "Complaints")),
    Column("finding", Kind.NAME, ("问题", "Finding")),
)
_DEFINITIONS: tuple[Words, Words] = (
    (
        "泊位利用率 = 期内停放总时长 ÷（泊位数 × 期内时长）；在场车辆计至期末。",
        "Time taken of time there is: hours that spaces were taken ÷ (spaces × hours); cars inside count to the end.",
    ),
    (
        "日均泊位周转 = 期内离场次数 ÷（泊位数 × 天数）。两者定义不同，不可互换。",
        "Stays per space and day: stays that ended ÷ (spaces × days). The two are not the same figure.",
    ),
)
_ROAD: Words = ("道路泊位（可能属政府非税收入）", "Road bays (may be fiscal non-tax income)")
_BUSINESS: Words = ("经营性停车收入", "Business income")
_SOURCE: dict[str, Words] = {"government": ("政府定价", "The government"), "market": ("市场调节价", "The market")}


class Used(Struct, frozen=True):
    """What the figures of use are of: lots, and how many seconds they had."""

    lots: Sequence[Lot]
    of: Mapping[int, Use]
    length_s: int


def occupancy(heading: Heading, used: Used, names: Names) -> Report:
    """How lots were used, by both definitions."""
    rows = []
    for lot in used.lots:
        use = used.of.get(lot.id, Use(lot.id))
        minutes = use.stayed_s // 60 // use.left_ if use.left_ else None
        counted = (lot.capacity, use.entered, use.left_, minutes)
        rows.append(
            (*names.operator(lot.operator_id), *names.lot(lot.id), *counted, *_shares(used.length_s, [lot], [use]))
        )
    turnover, taken = _shares(used.length_s, used.lots, list(used.of.values()))
    days = f"from={heading.first}&to={heading.last}"
    return Report(
        "occupancy",
        ("泊位利用与周转", "Occupancy and turnover"),
        heading,
        _USE,
        batches(rows),
        given={"turnover": turnover, "occupancy": taken},
        notes=_DEFINITIONS,
        links={"stays": "/v1/reports/stays.json?lot={lot}&" + days},
    )


def operators(heading: Heading, used: Used, periods: Sequence[Period], names: Names) -> Report:
    """Operators beside each other. Money is that of settled days."""
    money = {each.operator_id: each for each in periods}
    rows = []
    for operator_id in sorted({lot.operator_id for lot in used.lots}):
        lots = [lot for lot in used.lots if lot.operator_id == operator_id]
        uses = [used.of[lot.id] for lot in lots if lot.id in used.of]
        spaces, left = sum(lot.capacity for lot in lots), sum(use.left_ for use in uses)
        of = money.get(operator_id)
        gross, refunds, collected = (0, 0, 0) if of is None else (of.gross_fen, of.refunds_fen, of.collected_fen)
        kept = gross - refunds
        rows.append(
            (
                *(*names.operator(operator_id), len(lots), spaces, left, *_shares(used.length_s, lots, uses)),
                *(gross, refunds, _share(refunds, gross), collected, _share(collected, kept)),
                *(0 if of is None else of.net_fen, round(kept * _DAY_S / (spaces * used.length_s)) if spaces else None),
            )
        )
    days = f"from={heading.first}&to={heading.last}"
    return Report(
        "operators",
        ("经营单位对比", "Operators compared"),
        heading,
        _OPERATORS,
        batches(rows),
        notes=_DEFINITIONS,
        links={
            "settlement": "/v1/reports/settlement.json?operator={operator}&" + days,
            "occupancy": "/v1/reports/occupancy.json?operator={operator}&" + days,
        },
    )


def tax(
    heading: Heading, lots: Sequence[LotOfPeriod], kinds: Mapping[int, LotKind], names: Names, *, rate_bps: int
) -> Report:
    """What of that which operators kept is tax at a rate, road bays apart."""
    kept: dict[tuple[int, bool], int] = {}
    for lot in lots:
        key = lot.operator_id, kinds.get(lot.lot_id) is LotKind.ROAD
        kept[key] = kept.get(key, 0) + lot.gross_fen - lot.refunds_fen
    rows = []
    for (operator_id, road), fen in sorted(kept.items()):
        rate = 0 if road else rate_bps
        tax_fen = tax_in(fen, rate)
        rows.append((*names.operator(operator_id), _ROAD if road else _BUSINESS, fen, rate, tax_fen, fen - tax_fen))
    days = f"from={heading.first}&to={heading.last}"
    return Report(
        "tax",
        ("税额汇总", "Tax summary"),
        heading,
        _TAX,
        batches(rows),
        notes=(
            (
                "税额 = 含税收入 × 税率 ÷（1 + 税率），四舍五入到分；税率由制表人指定，道路泊位不计税。",
                "Tax: kept × rate ÷ (1 + rate), half up to the fen; the rate is as asked, road bays bear none.",
            ),
        ),
        links={"lots": "/v1/reports/settlement.json?operator={operator}&" + days},
    )


def tax_in(fen: int, rate_bps: int) -> int:
    """The tax that is in an amount, half up (away from nothing)."""
    whole, part = BPS_WHOLE + rate_bps, abs(fen) * rate_bps
    tax_fen = (2 * part + whole) // (2 * whole)
    return tax_fen if fen >= 0 else -tax_fen


def coupons(heading: Heading, costs: Sequence[Cost], names: Names) -> Report:
    """What coupons took off, by who bears it."""
    rows = [
        (
            *(*names.operator(each.operator_id), *names.lot(each.lot_id)),
            ("经营单位", "Operator") if each.merchant is None else ("商户", "Merchant"),
            *(each.merchant, each.uses, each.worth_fen),
        )
        for each in costs
    ]
    return Report("coupons", ("优惠承担", "Coupons by bearer"), heading, _COUPONS, batches(rows))


def prices(heading: Heading, lots: Sequence[Lot], network: Network, names: Names, at: datetime) -> Report:
    """By which tariff each lot charges, on which basis, and what is missing."""
    return Report(
        "prices",
        ("价格登记", "Price register"),
        heading,
        _PRICES,
        batches(list(_price_rows(lots, network, names, at))),
        links={"tariff": "/v1/tariffs/{tariff}/{version}", "lot": "/v1/lots/{lot}"},
    )


def finding(price: TariffInForce | None) -> Words | None:
    """What is missing or broken of the tariff in force at a lot; None: nothing."""
    if price is None:
        return "没有现行收费标准", "No tariff in force"
    if price.text is None:
        return "收费标准无法读取", "The tariff cannot be read"
    if not price.text.basis_zh and not price.text.basis_en:
        return "没有写明依据", "No basis is named"
    return None if price.text.complaints_phone else ("没有监督电话", "No number for complaints")


def _price_rows(lots: Sequence[Lot], network: Network, names: Names, at: datetime) -> Iterator[Row]:
    for lot in lots:
        held = network.prices.get(lot.id)
        price = None if held is None else in_force_at(held.tariffs, at)
        first: tuple[Cell, ...] = (*names.operator(lot.operator_id), *names.lot(lot.id), held.zone if held else None)
        found = finding(price)
        if price is None or price.text is None:
            yield (*first, *(None,) * 8, found)
            continue
        text = price.text
        basis = (text.basis_zh, text.basis_en) if text.basis_zh or text.basis_en else None
        yield (
            *(*first, text.code, price.version, (text.name_zh, text.name_en), price.valid_from),
            *(_SOURCE[text.price_mode], basis, text.grade, text.complaints_phone or None, found),
        )


def _shares(length_s: int, lots: Sequence[Lot], uses: Sequence[Use]) -> tuple[int | None, int | None]:
    """Stays per space and day in hundredths, and the share of the time that spaces were taken."""
    there_s = sum(lot.capacity for lot in lots) * length_s
    if not there_s:
        return None, None
    left, taken_s = sum(use.left_ for use in uses), sum(use.taken_s for use in uses)
    return round(100 * left * _DAY_S / there_s), _share(taken_s, there_s)


def _share(part: int, whole: int) -> int | None:
    return round(BPS_WHOLE * part / whole) if whole > 0 else None
