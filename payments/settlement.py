"""What an operator is owed for a business day: gross, less what was given back, less the platform's fee."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from payments import ids, ledger, money
from payments.errors import OneLotError

SETTLEMENTS_MAX = 1_000
DAYS_PER_QUERY_MAX = 366
# No books are older, and an identifier cannot be made for just any day a slip of the pen names.
FIRST_DAY = date(2020, 1, 1)
# Half past three in the city: what gateways kept of the evening has come, and nobody is waiting at a gate.
SETTLE_FROM = time(3, 30)


class Operator(msgspec.Struct, frozen=True):
    """Who runs lots and is owed their fees, less the platform's share in ten-thousandths."""

    id: int
    code: str
    name_zh: str
    name_en: str
    platform_fee_bps: int
    time_zone: str


class Movement(msgspec.Struct, frozen=True):
    """What a lot (0: none) moved in the operator's book on a day. Refunds include what was voided."""

    business_date: date
    lot_id: int
    charges: int
    gross_fen: int
    refunds_fen: int


class Settlement(msgspec.Struct, frozen=True):
    """The statement of one operator for one closed day; net = gross - refunds - fee, and may be negative."""

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


class Line(msgspec.Struct, frozen=True):
    """The part of a settlement one lot earned (0: no lot)."""

    lot_id: int
    charges: int
    gross_fen: int
    refunds_fen: int


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
    """The business day lies before FIRST_DAY: nothing can have been booked then."""


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

    Raises:
        DayNotOver: it is today, or later, at all of them.
        DayTooOld: it lies before all books.
    """
    if business_date < FIRST_DAY:
        raise DayTooOld(
            f"There are no books before {FIRST_DAY}.", field="business_date", business_date=str(business_date)
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


def by_day(movements: Sequence[Movement], business_date: date) -> dict[date, list[Movement]]:
    """The movements of each unsettled day in order, and the day itself even if nothing moved."""
    days: dict[date, list[Movement]] = {movement.business_date: [] for movement in movements}
    days.setdefault(business_date, [])
    for movement in movements:
        days[movement.business_date].append(movement)
    return dict(sorted(days.items()))


def statement(operator: Operator, business_date: date, movements: Sequence[Movement], *, now: datetime) -> Settlement:
    """The settlement of a day. The fee is taken of what is left after refunds, half a fen up; it is never negative."""
    gross_fen = sum(movement.gross_fen for movement in movements)
    refunds_fen = sum(movement.refunds_fen for movement in movements)
    fee_fen = money.bps_of(max(gross_fen - refunds_fen, 0), operator.platform_fee_bps)
    return Settlement(
        operator_id=operator.id,
        operator_code=operator.code,
        business_date=business_date,
        id=settlement_id(operator.id, business_date),
        charges=sum(movement.charges for movement in movements),
        gross_fen=gross_fen,
        refunds_fen=refunds_fen,
        platform_fee_bps=operator.platform_fee_bps,
        platform_fee_fen=fee_fen,
        net_fen=gross_fen - refunds_fen - fee_fen,
        settled_at=now,
    )
