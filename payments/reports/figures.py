"""What the books say, as rows of reports are made of it. Amounts are fen."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from payments.ledger import Book, Kind


class Day(Struct, frozen=True):
    """The statement of an operator for a day."""

    operator_id: int
    business_date: date
    charges: int
    gross_fen: int
    refunds_fen: int
    platform_fee_fen: int
    net_fen: int
    collected_fen: int
    cash_fen: int
    carried_fen: int
    payout_fen: int


class Period(Struct, frozen=True):
    """An operator's statements for a stretch of days: what they have in all, and what was carried into the first."""

    operator_id: int
    period: date
    days: int
    charges: int
    gross_fen: int
    refunds_fen: int
    platform_fee_fen: int
    net_fen: int
    collected_fen: int
    cash_fen: int
    carried_fen: int
    payout_fen: int


class LotOfPeriod(Struct, frozen=True):
    """The part of that which one lot earned (0: no lot)."""

    operator_id: int
    period: date
    lot_id: int
    charges: int
    gross_fen: int
    refunds_fen: int
    collected_fen: int
    cash_fen: int


class Money(Struct, frozen=True):
    """What was booked of a kind, through a channel, for a lot: each in the column of the statement in which it is."""

    operator_id: int
    lot_id: int | None
    kind: Kind
    channel: str | None
    entries: int
    gross_fen: int
    refunds_fen: int
    fee_fen: int
    collected_fen: int
    paid_back_fen: int
    suspense_fen: int


class Line(Struct, frozen=True, gc=False):
    """One entry of the books that concerns an operator."""

    business_date: date
    recorded_at: datetime
    operator_id: int
    lot_id: int | None
    kind: Kind
    channel: str | None
    statement: str | None
    fen: int
    charge_reference: UUID | None
    stay_id: UUID | None
    owner_id: int
    id: UUID


class Entry(Struct, frozen=True, gc=False):
    """One transfer with its journal."""

    business_date: date
    recorded_at: datetime
    owner_id: int
    id: UUID
    kind: Kind
    operator_id: int | None
    lot_id: int | None
    ref: UUID
    leg: int
    debit_owner: int
    debit_book: Book
    credit_owner: int
    credit_book: Book
    amount_fen: int


class Balance(Struct, frozen=True):
    """A book over all of its owners, or those of one operator. `opening_fen`: debits less credits before."""

    book: Book
    kind: str
    name_zh: str
    name_en: str
    opening_fen: int
    debit_fen: int
    credit_fen: int


class Arrears(Struct, frozen=True):
    """What is owed of a lot's charges, by how many days it has been."""

    operator_id: int
    lot_id: int
    by_account: bool
    charges: int
    owed_fen: int
    days_7_fen: int
    days_30_fen: int
    days_90_fen: int
    days_180_fen: int
    older_fen: int


class Refunds(Struct, frozen=True):
    """What was asked to go back, and how that stands."""

    operator_id: int | None
    lot_id: int | None
    channel: str
    of_suspense: bool
    of_correction: bool
    refunds: int
    asked_fen: int
    paid_fen: int
    open_fen: int
    closed_fen: int
