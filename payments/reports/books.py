"""The books as reports: the trial balance, and every transfer."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence

from payments.reports.asked import Names
from payments.reports.figures import Balance, Entry
from payments.reports.settlement import LOT, OPERATOR
from payments.reports.table import Column, Heading, Kind, Report, Row, Words, batches
from payments.reports.words import BOOKS, KINDS

_SIDES: Mapping[str, Words] = {
    "asset": ("资产", "Asset"),
    "liability": ("负债", "Liability"),
    "income": ("收入", "Income"),
    "expense": ("费用", "Expense"),
}
_BALANCE = (
    Column("book", Kind.TEXT, ("科目编码", "Book code")),
    Column("book_name", Kind.NAME, ("科目", "Book")),
    Column("side", Kind.NAME, ("类别", "Class")),
    Column("opening_debit_fen", Kind.FEN, ("期初借方", "Opening debit"), summed=True),
    Column("opening_credit_fen", Kind.FEN, ("期初贷方", "Opening credit"), summed=True),
    Column("debit_fen", Kind.FEN, ("本期借方", "Debits"), summed=True),
    Column("credit_fen", Kind.FEN, ("本期贷方", "Credits"), summed=True),
    Column("closing_debit_fen", Kind.FEN, ("期末借方", "Closing debit"), summed=True),
    Column("closing_credit_fen", Kind.FEN, ("期末贷方", "Closing credit"), summed=True),
)
_ENTRIES = (
    Column("business_date", Kind.DATE, ("营业日", "Business day")),
    Column("recorded_at", Kind.TIME, ("记账时间", "Booked at")),
    Column("journal", Kind.TEXT, ("凭证编号", "Journal")),
    Column("leg", Kind.COUNT, ("分录", "Leg")),
    Column("kind", Kind.TEXT, ("款项编码", "Kind code")),
    Column("kind_name", Kind.NAME, ("款项", "Kind")),
    *(*OPERATOR, *LOT),
    Column("about", Kind.TEXT, ("事由编号", "About")),
    Column("debit_owner", Kind.COUNT, ("借方主体", "Debit owner")),
    Column("debit_book", Kind.TEXT, ("借方科目编码", "Debit book code")),
    Column("debit_book_name", Kind.NAME, ("借方科目", "Debit book")),
    Column("credit_owner", Kind.COUNT, ("贷方主体", "Credit owner")),
    Column("credit_book", Kind.TEXT, ("贷方科目编码", "Credit book code")),
    Column("credit_book_name", Kind.NAME, ("贷方科目", "Credit book")),
    Column("amount_fen", Kind.FEN, ("金额", "Amount"), summed=True),
)
_EQUAL: Words = (
    "全城试算：借方合计等于贷方合计，期初、本期、期末均然。",
    "Of the whole city: debits equal credits, before, within and after the period.",
)
_OWN: Words = (
    "仅该经营单位自身科目，对方科目属于车主、渠道与平台，借贷合计不必相等。",
    "The operator's own books alone. The other sides are drivers', channels' and the platform's, so sums may differ.",
)


def trial_balance(heading: Heading, found: Sequence[Balance]) -> Report:
    """What stood in each book before, moved within, and stands after."""
    rows = [
        (
            *(each.book, (each.name_zh, BOOKS[each.book][1]), _SIDES[each.kind], *_sides(each.opening_fen)),
            *(each.debit_fen, each.credit_fen, *_sides(each.opening_fen + each.debit_fen - each.credit_fen)),
        )
        for each in found
    ]
    return Report(
        "trial-balance",
        ("试算平衡表", "Trial balance"),
        heading,
        _BALANCE,
        batches(rows),
        notes=(_EQUAL if heading.operator is None else _OWN,),
        links={"entries": f"/v1/reports/ledger.json?from={heading.first}&to={heading.last}"},
    )


def ledger(heading: Heading, found: AsyncIterable[Sequence[Entry]], names: Names) -> Report:
    """Every transfer."""
    return Report("ledger", ("总账明细", "General ledger"), heading, _ENTRIES, _entry_rows(found, names))


async def _entry_rows(found: AsyncIterable[Sequence[Entry]], names: Names) -> AsyncIterator[Sequence[Row]]:
    async for batch in found:
        yield [
            (
                *(each.business_date, each.recorded_at, each.id, each.leg, each.kind, KINDS[each.kind]),
                *(*names.operator(each.operator_id), *names.lot(each.lot_id), each.ref),
                *(each.debit_owner, each.debit_book, BOOKS[each.debit_book]),
                *(each.credit_owner, each.credit_book, BOOKS[each.credit_book], each.amount_fen),
            )
            for each in batch
        ]


def _sides(fen: int) -> tuple[int, int]:
    """A balance as debit and credit, one of which is nothing."""
    return max(fen, 0), max(-fen, 0)
