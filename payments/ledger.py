"""The books, purely: which journal each business fact makes. A transfer takes an amount from one book to another, so a
journal balances by construction; what was booked is never changed, only reversed by a journal that names it.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from payments import ids
from payments.errors import OneLotError

PLATFORM = 1
JOURNALS_PER_PAGE_MAX = 200
# Wallets belong to no operator: their days are the city's.
CITY_TIME_ZONE = "Asia/Shanghai"


class Book(StrEnum):
    """The chart of accounts, as the table `book` describes it."""

    WALLET = "wallet"
    RECEIVABLE = "receivable"
    CASUAL_RECEIVABLE = "casual_receivable"
    PAYABLE = "payable"
    CLEARING = "clearing"
    PLATFORM_INCOME = "platform_income"
    REFUND_PAYABLE = "refund_payable"
    SUSPENSE = "suspense"
    CASH = "cash"


class Kind(StrEnum):
    """The business facts that are booked."""

    STAY_BILLED = "stay_billed"
    CHARGE_RAISED = "charge_raised"
    CHARGE_LOWERED = "charge_lowered"
    CHARGE_VOIDED = "charge_voided"
    CHARGE_PAID = "charge_paid"
    REFUND_REQUESTED = "refund_requested"
    REFUND_PAID = "refund_paid"
    REFUND_CLOSED = "refund_closed"
    TOP_UP = "top_up"
    PLATFORM_FEE = "platform_fee"
    OVERPAID = "overpaid"
    SUSPENSE_RECEIVED = "suspense_received"
    SUSPENSE_RETURNED = "suspense_returned"
    REVERSAL = "reversal"


class Funds(msgspec.Struct, frozen=True, gc=False):
    """The book in which the money of a channel stands: its own clearing book, a driver's wallet, an operator's cash."""

    owner_id: int
    book: Book


class Transfer(msgspec.Struct, frozen=True, gc=False):
    """An amount (> 0, in fen) from one owner's book, debited, to another's, credited."""

    debit_owner: int
    debit_book: Book
    credit_owner: int
    credit_book: Book
    amount_fen: int


class Journal(msgspec.Struct, frozen=True):
    """One fact. The id follows from what it is about, so that posting it again is recognised.

    What a journal of each kind may move, and what it has to name, stands in the tables journal_rule and transfer_rule.
    """

    owner_id: int
    id: UUID
    kind: Kind
    ref: UUID
    lot_id: int | None
    business_date: date
    transfers: tuple[Transfer, ...]
    reverses: UUID | None = None


class Filter(msgspec.Struct, frozen=True):
    """Which journals of a day are wanted; None is any."""

    operator_id: int | None = None
    operator_code: str | None = None
    lot_id: int | None = None
    kind: Kind | None = None


class Booked(msgspec.Struct, frozen=True):
    """A journal as it stands in the books. It is booked into a later day than it occurred on if that day was closed.

    `operator`: by its code; `charge_reference`: of the charge that it is about, if it is about one.
    """

    owner_id: int
    id: UUID
    kind: Kind
    ref: UUID
    lot_id: int | None
    operator_id: int | None
    operator: str | None
    charge_reference: UUID | None
    business_date: date
    occurred_on: date | None
    recorded_at: datetime
    reverses: UUID | None
    transfers: list[Transfer]


class JournalContradicted(OneLotError):
    """A journal of the same id stands in the books with other content."""


class FloorBroken(OneLotError):
    """A wallet would be overdrawn, or a driver would owe less than nothing."""


class BookMissing(OneLotError):
    """A posting names an owner for whom no books were opened."""


class CursorMalformed(OneLotError):
    """The text is no cursor of an earlier page."""


class Owed(Protocol):
    """What is owed, by whom and to whom: a request for a charge, or a charge."""

    @property
    def lot_id(self) -> int: ...
    @property
    def operator_id(self) -> int: ...
    @property
    def account_id(self) -> int | None: ...


class Billed(Owed, Protocol):
    """What is owed, with what it is billed over at first, in fen."""

    @property
    def first_fen(self) -> int: ...


def local_date(at: datetime, time_zone: str) -> date:
    """The date of an instant (aware) at a place."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def cursor(last: Booked) -> str:
    """Where the page after `last` begins, as `read_cursor` reads it."""
    return f"{last.owner_id}.{last.id}"


def read_cursor(text: str) -> tuple[int, UUID]:
    """Owner and identifier of the last journal of a page, from `owner.identifier`.

    Raises:
        CursorMalformed: it has another form.
    """
    owner, _, identifier = text.partition(".")
    try:
        # The column behind it has 64 bits.
        number = int(owner).to_bytes(8, "big", signed=True)
        return int.from_bytes(number, "big", signed=True), UUID(identifier)
    except (ValueError, OverflowError) as wrong:
        raise CursorMalformed("This is not the `next` of a page.", field="after") from wrong


def stay_billed(charge_id: UUID, owed: Billed, day: date) -> Journal:
    """A stay ended: the driver owes, and the operator is owed, the gross amount."""
    owner, book = _debtor(owed)
    transfer = Transfer(owner, book, owed.operator_id, Book.PAYABLE, owed.first_fen)
    journal_id = ids.move(charge_id, owner, "billed")
    return Journal(owner, journal_id, Kind.STAY_BILLED, charge_id, owed.lot_id, day, (transfer,))


def charge_adjusted(adjustment_id: UUID, owed: Owed, owed_fen: int, day: date) -> Journal:
    """What is owed of a charge grew by an adjustment, or shrank (a negative amount), and what the operator is owed
    alike.
    """
    owner, book = _debtor(owed)
    raised = (Transfer(owner, book, owed.operator_id, Book.PAYABLE, abs(owed_fen)),)
    kind, transfers = (Kind.CHARGE_RAISED, raised) if owed_fen > 0 else (Kind.CHARGE_LOWERED, _turned(raised))
    return Journal(owner, ids.move(adjustment_id, owner, kind), kind, adjustment_id, owed.lot_id, day, transfers)


def charge_voided(charge_id: UUID, owed: Billed, day: date) -> Journal:
    """A due charge became void: its billing is reversed."""
    billed = stay_billed(charge_id, owed, day)
    return msgspec.structs.replace(
        billed,
        id=ids.move(charge_id, billed.owner_id, "voided"),
        kind=Kind.CHARGE_VOIDED,
        transfers=_turned(billed.transfers),
        reverses=billed.id,
    )


def charge_paid(charge_id: UUID, attempt_id: UUID, owed: Owed, amount_fen: int, funds: Funds, day: date) -> Journal:
    """A channel took what was owed, or a part of it, or the wallet covered it."""
    owner, book = _debtor(owed)
    transfer = Transfer(funds.owner_id, funds.book, owner, book, amount_fen)
    journal_id = ids.move(attempt_id, owner, "paid")
    return Journal(owner, journal_id, Kind.CHARGE_PAID, charge_id, owed.lot_id, day, (transfer,))


def overpaid(charge_id: UUID, attempt_id: UUID, owed: Owed, amount_fen: int, funds: Funds, day: date) -> Journal:
    """A channel took more for a charge than was owed of it: that waits in suspense until it is given back."""
    owner, _ = _debtor(owed)
    transfer = Transfer(funds.owner_id, funds.book, owner, Book.SUSPENSE, amount_fen)
    journal_id = ids.move(attempt_id, owner, "overpaid")
    return Journal(owner, journal_id, Kind.OVERPAID, charge_id, owed.lot_id, day, (transfer,))


def suspense_received(
    dispute_id: UUID, owner_id: int, lot_id: int | None, amount_fen: int, funds: Funds, day: date
) -> Journal:
    """A channel has money that fits no request, as a person found: it waits in suspense until it is given back."""
    transfer = Transfer(funds.owner_id, funds.book, owner_id, Book.SUSPENSE, amount_fen)
    journal_id = ids.move(dispute_id, owner_id, "received")
    return Journal(owner_id, journal_id, Kind.SUSPENSE_RECEIVED, dispute_id, lot_id, day, (transfer,))


def suspense_returned(
    refund_id: UUID, owner_id: int, lot_id: int | None, amount_fen: int, funds: Funds, day: date
) -> Journal:
    """Money that waited in suspense went back to where it was taken from."""
    transfer = Transfer(owner_id, Book.SUSPENSE, funds.owner_id, funds.book, amount_fen)
    journal_id = ids.move(refund_id, owner_id, "suspense_returned")
    return Journal(owner_id, journal_id, Kind.SUSPENSE_RETURNED, refund_id, lot_id, day, (transfer,))


def refund_requested(refund_id: UUID, owed: Owed, amount_fen: int, day: date) -> Journal:
    """A refund was asked for: the operator no longer has that money."""
    transfer = Transfer(owed.operator_id, Book.PAYABLE, owed.operator_id, Book.REFUND_PAYABLE, amount_fen)
    return _of_refund(Kind.REFUND_REQUESTED, refund_id, owed, transfer, day)


def refund_paid(refund_id: UUID, owed: Owed, amount_fen: int, funds: Funds, day: date) -> Journal:
    """The money went back to where it was taken from."""
    transfer = Transfer(owed.operator_id, Book.REFUND_PAYABLE, funds.owner_id, funds.book, amount_fen)
    return _of_refund(Kind.REFUND_PAID, refund_id, owed, transfer, day)


def refund_closed(refund_id: UUID, owed: Owed, amount_fen: int, day: date) -> Journal:
    """The channel closed a refund without paying: the operator has the money again."""
    transfer = Transfer(owed.operator_id, Book.REFUND_PAYABLE, owed.operator_id, Book.PAYABLE, amount_fen)
    return _of_refund(Kind.REFUND_CLOSED, refund_id, owed, transfer, day)


def topped_up(account_id: int, top_up_id: UUID, funds: Funds, amount_fen: int, day: date) -> Journal:
    """A channel took money that now stands in the wallet."""
    transfer = Transfer(funds.owner_id, funds.book, account_id, Book.WALLET, amount_fen)
    journal_id = ids.move(top_up_id, account_id, "top_up")
    return Journal(account_id, journal_id, Kind.TOP_UP, top_up_id, None, day, (transfer,))


def platform_fee(operator_id: int, settlement_id: UUID, amount_fen: int, day: date) -> Journal:
    """The platform keeps its fee from what it owes an operator for a day, or gives it back (a negative amount)."""
    transfer = Transfer(operator_id, Book.PAYABLE, PLATFORM, Book.PLATFORM_INCOME, abs(amount_fen))
    transfers = (transfer,) if amount_fen > 0 else _turned((transfer,))
    journal_id = ids.move(settlement_id, operator_id, "platform_fee")
    return Journal(operator_id, journal_id, Kind.PLATFORM_FEE, settlement_id, None, day, transfers)


def reversal(journal: Journal, day: date) -> Journal:
    """What undoes a journal. Its id follows from the journal's, so there is only one."""
    return Journal(
        owner_id=journal.owner_id,
        id=ids.derive(journal.id, "reversal"),
        kind=Kind.REVERSAL,
        ref=journal.id,
        lot_id=journal.lot_id,
        business_date=day,
        transfers=_turned(journal.transfers),
        reverses=journal.id,
    )


def _debtor(owed: Owed) -> tuple[int, Book]:
    # Casual drivers have no books: what they owe stands under the operator, in a book that is only ever summed.
    if owed.account_id is None:
        return owed.operator_id, Book.CASUAL_RECEIVABLE
    return owed.account_id, Book.RECEIVABLE


def _turned(transfers: tuple[Transfer, ...]) -> tuple[Transfer, ...]:
    return tuple(Transfer(t.credit_owner, t.credit_book, t.debit_owner, t.debit_book, t.amount_fen) for t in transfers)


def _of_refund(kind: Kind, refund_id: UUID, owed: Owed, transfer: Transfer, day: date) -> Journal:
    owner, _ = _debtor(owed)
    return Journal(owner, ids.move(refund_id, owner, kind), kind, refund_id, owed.lot_id, day, (transfer,))
