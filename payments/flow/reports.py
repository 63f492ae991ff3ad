"""Reports made of the books, and written as files. `parking` adds those of what happens in lots."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import BinaryIO, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Struct

from payments import settlement as statements
from payments.errors import OneLotError
from payments.reports import books, debts, money, settlement
from payments.reports.asked import Asked, Names, OperatorName
from payments.reports.csv import CsvWriter
from payments.reports.json import JsonWriter
from payments.reports.pdf import PdfWriter, Setting
from payments.reports.table import Cell, Heading, Language, Report, Row, Tally, Words
from payments.reports.xlsx import XlsxWriter
from payments.settlement import LotName
from payments.store import reports as store
from payments.store import settlement as settlement_store
from sql import Connection

Make: TypeAlias = Callable[[Connection, Asked, Names, Heading], Awaitable[Report]]


class Form(StrEnum):
    """What a report is written as."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class Takes(StrEnum):
    """What a report may be asked for beside days and an operator."""

    LOT = "lot"
    STEP = "by"
    KIND = "kind"
    CHANNEL = "channel"
    DUE = "due"
    TAX = "tax_bps"


class Definition(Struct, frozen=True):
    """A report that can be asked for. `personal`: it has plates, and who looked is kept. `long`: it has a row for each
    stay or entry, and so is made by a run where there are many.
    """

    name: str
    title: Words
    about: Words
    make: Make
    takes: frozenset[Takes] = frozenset()
    personal: bool = False
    long: bool = False


class Written(Struct, frozen=True):
    """What a file came to."""

    rows: int
    totals: Mapping[str, Cell]


class Writer(Protocol):
    """What writes a report in a form, in batches of rows."""

    def add(self, rows: Sequence[Row]) -> None:
        """Takes rows."""

    def end(self, totals: dict[str, Cell]) -> None:
        """Writes what comes after the rows."""


class NoSuchReport(OneLotError):
    """There is no report of this name, or none in this form."""


def form_of(file: str) -> tuple[str, Form]:
    """The name of a report and its form, from `name.form`.

    Raises:
        NoSuchReport: it is not named so.
    """
    name, _, form = file.rpartition(".")
    try:
        return name, Form(form)
    except ValueError:
        forms = ", ".join(Form)
        raise NoSuchReport(f"A report is named like settlement.xlsx; there are {forms}.", file=file) from None


async def names(db: Connection, lots: Mapping[int, LotName]) -> Names:
    """What operators and lots are called."""
    found = await settlement_store.operators(db)
    return Names(
        {each.id: OperatorName(each.code, (each.name_zh, each.name_en), each.time_zone) for each in found}, lots
    )


async def write(
    report: Report,
    form: Form,
    language: Language,
    out: BinaryIO,
    *,
    setting: Setting | None = None,
    seen: Callable[[int], Awaitable[None]] | None = None,
) -> Written:
    """Writes a report beside what the process does else. `seen` is told after each batch how many rows there were.

    Raises:
        PdfUnavailable, ReportTooLong: see payments/reports/pdf.py.
    """
    writer = await asyncio.to_thread(_writer, report, form, language, out, setting or Setting())
    tally = Tally(report)
    async with aclosing(_ahead(report.rows)) as batches:
        async for rows in batches:
            await asyncio.to_thread(_take, writer, tally, rows)
            if seen is not None:
                await seen(tally.rows)
    totals = tally.totals()
    await asyncio.to_thread(writer.end, totals)
    return Written(tally.rows, totals)


async def _ahead(batches: AsyncIterable[Sequence[Row]]) -> AsyncGenerator[Sequence[Row], None]:
    """The batches, with the next one on its way while one is written: PostgreSQL and we take about as long."""
    source = aiter(batches)

    async def read() -> Sequence[Row] | None:
        return await anext(source, None)

    following = asyncio.create_task(read())
    try:
        while (rows := await following) is not None:
            following = asyncio.create_task(read())
            yield rows
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


def instants(asked: Asked, time_zone: str) -> tuple[datetime, datetime]:
    """When the first of the days begins at a place, and when the last is over."""
    zone, end = ZoneInfo(time_zone), asked.last + timedelta(days=1)
    since, until = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (asked.first, end))
    return since, until


def _writer(report: Report, form: Form, language: Language, out: BinaryIO, setting: Setting) -> Writer:
    if form is Form.PDF:
        return PdfWriter(report, language, out, setting)
    kinds: dict[Form, type[CsvWriter] | type[JsonWriter] | type[XlsxWriter]] = {
        Form.JSON: JsonWriter,
        Form.CSV: CsvWriter,
        Form.XLSX: XlsxWriter,
    }
    return kinds[form](report, language, out)


def _take(writer: Writer, tally: Tally, rows: Sequence[Row]) -> None:
    writer.add(rows)
    tally.add(rows)


async def _daily(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    return settlement.daily(heading, await store.days(db, asked), names_)


async def _settlement(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    periods, lots = await store.periods(db, asked), await store.lots_of_periods(db, asked)
    return settlement.settlement(heading, periods, lots, names_, asked.step)


async def _money(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    return money.money(heading, await store.money(db, asked), names_)


async def _lines(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    return money.lines(heading, store.lines(db, asked), names_)


async def _trial_balance(db: Connection, asked: Asked, _names: Names, heading: Heading) -> Report:
    return books.trial_balance(heading, await store.trial_balance(db, asked))


async def _ledger(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    return books.ledger(heading, store.entries(db, asked), names_)


async def _arrears(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    since, until = instants(asked, heading.time_zone)
    found = await store.arrears(db, asked, since=since, until=until, now=heading.made_at)
    return debts.arrears(heading, found, names_)


async def _refunds(db: Connection, asked: Asked, names_: Names, heading: Heading) -> Report:
    return debts.refunds(heading, await store.refunds(db, asked), names_)


REPORTS = (
    Definition(
        "daily",
        ("日结算单", "Daily statement"),
        ("每个营业日每个经营单位一行", "A row for each operator and settled day"),
        _daily,
    ),
    Definition(
        "settlement",
        ("经营单位结算单", "Settlement statement"),
        ("按停车场列示，可按日、周、月", "Lot by lot; by day, week or month"),
        _settlement,
        frozenset({Takes.STEP}),
    ),
    Definition(
        "money",
        ("分渠道分款项汇总", "Money by lot, channel and kind"),
        ("总账按停车场、渠道、款项汇总", "The ledger by lot, channel and kind of money"),
        _money,
        frozenset({Takes.LOT}),
    ),
    Definition(
        "lines",
        ("款项明细", "Entries"),
        ("上述汇总的每一笔", "Each entry of which those figures are made"),
        _lines,
        frozenset({Takes.LOT, Takes.KIND, Takes.CHANNEL}),
        long=True,
    ),
    Definition(
        "arrears",
        ("欠费账龄", "Arrears by age"),
        ("按停车场、按账龄", "By lot and by age"),
        _arrears,
        frozenset({Takes.LOT}),
    ),
    Definition(
        "refunds",
        ("退款", "Refunds"),
        ("按停车场、渠道、承担方", "By lot, channel and who bears them"),
        _refunds,
        frozenset({Takes.LOT}),
    ),
    Definition(
        "trial-balance",
        ("试算平衡表", "Trial balance"),
        ("各科目期初、本期、期末", "Each book before, within and after the period"),
        _trial_balance,
    ),
    Definition(
        "ledger",
        ("总账明细", "General ledger"),
        ("每一笔分录", "Every transfer"),
        _ledger,
        frozenset({Takes.LOT, Takes.KIND}),
        long=True,
    ),
)
BY_NAME = {each.name: each for each in REPORTS}


def check_days(asked: Asked) -> None:
    """Refuses a range that no report is made of.

    Raises:
        RangeTooWide: it has more than a year, or no day.
    """
    statements.check_range(asked.first, asked.last)
