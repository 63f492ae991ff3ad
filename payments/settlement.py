"""What an operator is owed for a business day: gross, less what was given back, less the platform's fee; of that it is
paid out what it did not take in cash itself.

The fee runs: what is due of everything the operator kept so far, less what was due before. So money that is given back
takes its fee back, on whichever day. What a day leaves short is carried to the next statement.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from payments import ids, ledger, money
from payments.errors import OneLotError

SETTLEMENTS_PER_PAGE_MAX = 500
DAYS_PER_QUERY_MAX = 366
# A slip of the pen must not name a day before all books. What was left unsettled is made up with any later day.
DAYS_BACK_MAX = 366
# Half past three in the city: what gateways kept of the evening has come, and nobody is waiting at a gate.
SETTLE_FROM = time(3, 30)


class Operator(msgspec.Struct, frozen=True):
    """Who runs lots and is owed their fees, less the platform's share in ten-thousandths as it is today."""

    id: int
    code: str
    name_zh: str
    name_en: str
    platform_fee_bps: int
    time_zone: str


class Rate(msgspec.Struct, frozen=True):
    """The platform's share (ten-thousandths) of stays that end on a day or later; None: from the beginning on."""

    valid_from: date | None
    platform_fee_bps: int


class Movement(msgspec.Struct, frozen=True):
    """What a lot (0: none) moved for the operator on a day, of stays of the day `traded_on`. Refunds include voids."""

    business_date: date
    lot_id: int
    traded_on: date
    charges: int
    gross_fen: int
    refunds_fen: int
    collected_fen: int
    cash_fen: int = 0


class Carry(msgspec.Struct, frozen=True):
    """What a statement hands on to the next: the fee on everything so far, in ten-thousandths of a fen, and what it
    left short (0 or less, in fen).
    """

    fee_exact: int = 0
    short_fen: int = 0


class Settlement(msgspec.Struct, frozen=True):
    """The statement of one operator for one closed day; net = gross - refunds - fee, and may be negative.

    The fee is negative where more of it is given back than kept. Collected is what was paid on this day for stays of
    whatever day; `cash_fen` what the operator took in cash itself, less what it gave back so. Paid out is net and what
    earlier statements left short (`carried_fen`, 0 or less), less that cash, if that is more.
    """

    operator_id: int
    operator_code: str
    business_date: date
    id: UUID
    charges: int
    gross_fen: int
    refunds_fen: int
    platform_fee_bps: int
    platform_fee_fen: int
    net_fen: int
    settled_at: datetime
    collected_fen: int
    cash_fen: int
    carried_fen: int
    payout_fen: int


class Line(msgspec.Struct, frozen=True):
    """The part of a settlement one lot earned (0: no lot)."""

    lot_id: int
    charges: int
    gross_fen: int
    refunds_fen: int
    collected_fen: int
    cash_fen: int = 0


class LotName(msgspec.Struct, frozen=True):
    """Whose a lot is and what it is called. Payments keeps no lots: who asks for a report hands this over."""

    operator_id: int
    code: str
    name_zh: str
    name_en: str


class NoSuchOperator(OneLotError):
    """No operator has this number."""


class DayNotOver(OneLotError):
    """The business day is not over at an operator, so more may still be booked into it."""


class DayTooOld(OneLotError):
    """The business day lies more than DAYS_BACK_MAX days back."""


class RateNotOpen(OneLotError):
    """The share of a day that is settled does not change."""


class NoSuchSettlement(OneLotError):
    """This operator has no settlement of this day."""


class RangeTooWide(OneLotError):
    """More days were asked for than one answer holds, or they end before they begin."""


def settlement_id(operator_id: int, business_date: date) -> UUID:
    """The one settlement of an operator and a day."""
    random_bits = blake2b(f"{operator_id} {business_date}".encode(), digest_size=8).digest()
    return ids.new(datetime.combine(business_date, time.min, UTC), operator_id, int.from_bytes(random_bits, "big"))


def over(operators: Sequence[Operator], business_date: date, now: datetime) -> list[Operator]:
    """The operators where a day is over. It ends at different instants where they are in different time zones.

    now: the earlier of the process's clock and the database's, so that none of the two ends a day too early.

    Raises:
        DayNotOver: it is today, or later, at all of them.
        DayTooOld: it lies too far back.
    """
    if business_date < now.date() - timedelta(days=DAYS_BACK_MAX):
        raise DayTooOld(
            f"Days of the last {DAYS_BACK_MAX} days are settled, and with them whatever was left before.",
            field="business_date",
            business_date=str(business_date),
            days_max=DAYS_BACK_MAX,
        )
    ended = [operator for operator in operators if ledger.local_date(now, operator.time_zone) > business_date]
    if operators and not ended:
        raise DayNotOver(
            "This day is not over yet.",
            field="business_date",
            business_date=str(business_date),
            operator=operators[0].code,
        )
    return ended


def day_to_settle(now: datetime) -> date | None:
    """The city's last whole business day, or None before SETTLE_FROM."""
    local = now.astimezone(ZoneInfo(ledger.CITY_TIME_ZONE))
    return local.date() - timedelta(days=1) if local.time() >= SETTLE_FROM else None


def check_range(first: date, last: date) -> None:
    """Refuses a range of days that no answer can hold.

    Raises:
        RangeTooWide: it has more than DAYS_PER_QUERY_MAX days, or none.
    """
    if not 0 <= (last - first).days < DAYS_PER_QUERY_MAX:
        raise RangeTooWide("Ask for 1 to 366 days.", field="to", days_max=DAYS_PER_QUERY_MAX)


def cursor(last: Settlement) -> str:
    """Where the page after `last` begins, as `read_cursor` reads it."""
    return f"{last.business_date}.{last.operator_id}"


def read_cursor(text: str) -> tuple[date, int]:
    """Day and operator of the last settlement of a page, from `day.operator`.

    Raises:
        CursorMalformed: it has another form.
    """
    day, _, operator = text.partition(".")
    try:
        # The column behind it has 64 bits.
        return date.fromisoformat(day), int.from_bytes(
            int(operator).to_bytes(8, "big", signed=True), "big", signed=True
        )
    except (ValueError, OverflowError) as wrong:
        raise ledger.CursorMalformed("This is not the `next` of a page.", field="after") from wrong


def bps_on(rates: Sequence[Rate], day: date) -> int:
    """The share that holds for stays of a day, of rates in the order of their days."""
    return [rate.platform_fee_bps for rate in rates if rate.valid_from is None or rate.valid_from <= day][-1]


def by_lot(movements: Sequence[Movement]) -> list[Line]:
    """The movements of a day by lot."""
    lines: dict[int, Line] = {}
    for moved in movements:
        line = lines.get(moved.lot_id, Line(moved.lot_id, 0, 0, 0, 0))
        lines[moved.lot_id] = Line(
            line.lot_id,
            line.charges + moved.charges,
            line.gross_fen + moved.gross_fen,
            line.refunds_fen + moved.refunds_fen,
            line.collected_fen + moved.collected_fen,
            line.cash_fen + moved.cash_fen,
        )
    return [lines[lot_id] for lot_id in sorted(lines)]


def statement(
    operator: Operator,
    business_date: date,
    movements: Sequence[Movement],
    *,
    rates: Sequence[Rate],
    before: Carry,
    now: datetime,
) -> tuple[Settlement, Carry]:
    """The settlement of a day and what it hands on. Of each movement the share of its stay's day is kept or given back;
    the sum of everything so far is brought to whole fen, half to even, and the day's fee is what that sum grew by.
    """
    lines = by_lot(movements)
    gross_fen = sum(line.gross_fen for line in lines)
    refunds_fen = sum(line.refunds_fen for line in lines)
    kept = sum((moved.gross_fen - moved.refunds_fen) * bps_on(rates, moved.traded_on) for moved in movements)
    fee_exact = before.fee_exact + kept
    fee_fen = money.fen_of(fee_exact) - money.fen_of(before.fee_exact)
    net_fen = gross_fen - refunds_fen - fee_fen
    cash_fen = sum(line.cash_fen for line in lines)
    # The operator has its cash already.
    balance_fen = before.short_fen + net_fen - cash_fen
    settled = Settlement(
        operator_id=operator.id,
        operator_code=operator.code,
        business_date=business_date,
        id=settlement_id(operator.id, business_date),
        charges=sum(line.charges for line in lines),
        gross_fen=gross_fen,
        refunds_fen=refunds_fen,
        platform_fee_bps=bps_on(rates, business_date),
        platform_fee_fen=fee_fen,
        net_fen=net_fen,
        settled_at=now,
        collected_fen=sum(line.collected_fen for line in lines),
        cash_fen=cash_fen,
        carried_fen=before.short_fen,
        payout_fen=max(balance_fen, 0),
    )
    return settled, Carry(fee_exact, min(balance_fen, 0))
