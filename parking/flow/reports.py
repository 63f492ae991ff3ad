"""All reports there are: those of the books, and those of what happens in lots. One is made for whoever asks."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import BinaryIO, TypeAlias
from uuid import UUID

from msgspec import Struct

from parking.flow import coupons as coupon_flow
from parking.lifts import Lift
from parking.lots import Lot
from parking.network import Network
from parking.reports import lots as of_lots
from parking.reports import stays as of_stays
from parking.reports.lots import Used
from parking.spans import STAY_MAX
from parking.store import lifts as lift_store
from parking.store import reports as store
from payments import ids
from payments.flow import audit as audit_flow
from payments.flow import reports as of_books
from payments.flow.reports import Definition, Form, Make, NoSuchReport, Takes, Written, check_days, instants
from payments.identity import Principal
from payments.reports.asked import Asked, Names, OperatorName, Step, heading
from payments.reports.pdf import ReportTooLong, Setting
from payments.reports.table import Heading, Language, Report
from payments.settlement import LotName
from payments.store import reports as books
from sql import Connection

# So many rows are made while somebody waits for them; more by a run.
ROWS_AT_ONCE_MAX = 20_000
_LIFTS_PER_PAGE = 500


class CityNames(Names, frozen=True):
    """What things are called, and all that is registered of them."""

    network: Network


_OfLots: TypeAlias = Callable[[Connection, Asked, CityNames, Heading], Awaitable[Report]]


def definition(name: str) -> Definition:
    """The report of a name.

    Raises:
        NoSuchReport: there is none.
    """
    found = REPORTS.get(name)
    if found is None:
        raise NoSuchReport("There is no report of this name; `GET /v1/reports` has them all.", file=name)
    return found


def names_of(network: Network) -> CityNames:
    """What operators and lots of a network are called."""
    operators = {
        each.id: OperatorName(each.code, (each.name_zh, each.name_en), each.time_zone)
        for each in network.operators.values()
    }
    lots = {lot.id: LotName(lot.operator_id, lot.code, lot.name_zh, lot.name_en) for lot in network.lots.values()}
    return CityNames(operators, lots, network)


async def make(db: Connection, name: str, asked: Asked, *, network: Network, by: str, now: datetime) -> Report:
    """A report, whose rows are read as they are asked for: `db` is in a transaction until then.

    Raises:
        NoSuchReport: there is none of this name.
        RangeTooWide: it is asked for of more than a year, or of no day.
    """
    found = definition(name)
    check_days(asked)
    names = names_of(network)
    if found.long:
        await books.take_time(db)
    return await found.make(db, asked, names, heading(asked, names, by=by, now=now))


async def make_now(
    db: Connection,
    name: str,
    asked: Asked,
    form: Form,
    language: Language,
    out: BinaryIO,
    *,
    network: Network,
    setting: Setting,
    reader: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> Written:
    """Makes a report for somebody who waits for it. That they looked is kept where it has personal data.

    Raises:
        NoSuchReport, RangeTooWide, PdfUnavailable: see there.
        ReportTooLong: it has more rows than anybody waits for.
    """
    report = await make(db, name, asked, network=network, by=reader.subject, now=now)

    async def seen(rows: int) -> None:
        if rows > ROWS_AT_ONCE_MAX:
            raise ReportTooLong(
                f"At once a report has at most {ROWS_AT_ONCE_MAX} rows: ask for a run of it (`POST /v1/report-runs`).",
                rows_max=ROWS_AT_ONCE_MAX,
            )

    written = await of_books.write(report, form, language, out, setting=setting, seen=seen)
    if definition(name).personal:
        await record_look(db, name, written.rows, reader=reader, now=now, random_bits=random_bits)
    return written


async def record_look(
    db: Connection, name: str, rows: int, *, reader: Principal, now: datetime, random_bits: Callable[[], int]
) -> None:
    """Keeps that staff took a report with personal data."""
    about = f"report:{name}"
    await audit_flow.record_look(db, subject=about, rows=rows, reader=reader, now=now, random_bits=random_bits)


def lots_of(network: Network, asked: Asked) -> list[Lot]:
    """The lots that are asked for, by operator and code."""
    lots = (
        lot
        for lot in network.lots.values()
        if asked.operator_id in (None, lot.operator_id) and asked.lot_id in (None, lot.id)
    )
    return sorted(lots, key=lambda lot: (lot.operator_code, lot.code))


class _Time(Struct, frozen=True):
    """The days that are asked for, as instants; `first`: below no number of stays that go on in them."""

    since: datetime
    until: datetime
    first: UUID


def _time(asked: Asked, heading: Heading) -> _Time:
    since, until = instants(asked, heading.time_zone)
    return _Time(since, until, ids.floor(since - STAY_MAX))


def _numbers(names: CityNames, asked: Asked) -> list[int]:
    return [lot.id for lot in lots_of(names.network, asked)]


async def _stays(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    at = _time(asked, heading)
    lots = _numbers(names, asked)
    found = store.stays(db, lots, since=at.since, until=at.until, first=at.first, due=asked.due)
    return of_stays.stays(heading, found, names)


async def _lifts(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    at = _time(asked, heading)
    after, found = ids.FIRST, list[Lift]()
    while True:
        page = await lift_store.lifts(
            db,
            _numbers(names, asked),
            after=after,
            since=ids.floor(at.since),
            without_money=True,
            limit=_LIFTS_PER_PAGE,
        )
        found += [each for each in page if at.since <= each.at < at.until]
        if len(page) < _LIFTS_PER_PAGE:
            return of_stays.lifts(heading, found, names)
        after = page[-1].id


async def _shifts(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    at = _time(asked, heading)
    first, last = ids.floor(at.since), ids.floor(at.until)
    return of_stays.shifts(heading, await store.shifts(db, _numbers(names, asked), first=first, last=last), names)


async def _coupons(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    at = _time(asked, heading)
    costs = await coupon_flow.costs(db, operator_id=asked.operator_id, since=at.since, until=at.until)
    return of_lots.coupons(heading, costs, names)


async def _occupancy(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    return of_lots.occupancy(heading, await _used(db, asked, names, heading), names)


async def _operators(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    whole = Asked(asked.first, asked.last, asked.operator_id)
    periods = await books.periods(db, whole)
    return of_lots.operators(heading, await _used(db, whole, names, heading), periods, names)


async def _tax(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    lots = await books.lots_of_periods(db, Asked(asked.first, asked.last, asked.operator_id, step=Step.WHOLE))
    kinds = {lot.id: lot.kind for lot in names.network.lots.values()}
    return of_lots.tax(heading, lots, kinds, names, rate_bps=asked.tax_bps)


async def _prices(_db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Report:
    at = min(_time(asked, heading).until - timedelta(seconds=1), heading.made_at)
    return of_lots.prices(heading, lots_of(names.network, asked), names.network, names, at)


async def _used(db: Connection, asked: Asked, names: CityNames, heading: Heading) -> Used:
    at = _time(asked, heading)
    until = min(at.until, heading.made_at)
    lots = lots_of(names.network, asked)
    if until <= at.since:
        return Used(lots, {}, 0)
    found = await store.use(db, [lot.id for lot in lots], since=at.since, until=until, first=at.first)
    return Used(lots, {each.lot_id: each for each in found}, int((until - at.since).total_seconds()))


def _by(make: _OfLots) -> Make:
    """A report of lots as one of the books: names of a city have its network."""

    async def made(db: Connection, asked: Asked, names: Names, heading: Heading) -> Report:
        assert isinstance(names, CityNames)
        return await make(db, asked, names, heading)

    return made


_LOT = frozenset({Takes.LOT})
_OF_LOTS = (
    Definition(
        "stays",
        ("停车明细", "Stays"),
        ("每次停车一行，含车牌与费用", "A row for each stay, with its plate and what was charged"),
        _by(_stays),
        frozenset({Takes.LOT, Takes.DUE}),
        personal=True,
        long=True,
    ),
    Definition(
        "lifts",
        ("未收费抬杆", "Lifts without money"),
        ("人工抬杆而未收费的车辆", "Barriers opened by hand for cars that paid nothing"),
        _by(_lifts),
        _LOT,
        personal=True,
    ),
    Definition(
        "shifts",
        ("班次现金", "Cash by shift"),
        ("应交、实交与长短款", "Taken beside counted"),
        _by(_shifts),
        _LOT,
    ),
    Definition(
        "coupons",
        ("优惠承担", "Coupons by bearer"),
        ("按停车场、承担方", "By lot and who bears them"),
        _by(_coupons),
    ),
    Definition(
        "occupancy",
        ("泊位利用与周转", "Occupancy and turnover"),
        ("按停车场，两种口径", "Lot by lot, by both definitions"),
        _by(_occupancy),
        _LOT,
    ),
    Definition(
        "operators",
        ("经营单位对比", "Operators compared"),
        ("规模、使用与资金", "Size, use and money"),
        _by(_operators),
    ),
    Definition(
        "tax",
        ("税额汇总", "Tax summary"),
        ("按收入类别，税率自定", "By class of income, at a rate that is asked for"),
        _by(_tax),
        frozenset({Takes.TAX}),
    ),
    Definition(
        "prices",
        ("价格登记", "Price register"),
        ("各停车场现行收费标准与依据", "By which tariff each lot charges, and on which basis"),
        _by(_prices),
        _LOT,
    ),
)
REPORTS: Mapping[str, Definition] = {each.name: each for each in (*of_books.REPORTS, *_OF_LOTS)}
