"""Drivers' accounts: a wallet that is topped up and never overdrawn, and what the driver owes."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated
from uuid import UUID

import msgspec

from payments.attempts import Attempt, AttemptState, request_of
from payments.errors import OneLotError

NAME_CHARACTERS_MAX = 100
TOP_UP_FEN_MIN = 1
TOP_UP_FEN_MAX = 500_000
DEBIT_FEN_MAX = 500_000
REQUEST_KEY_CHARACTERS_MAX = 200
# What an account is called where it was brought from.
KnownAs = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AccountStatus(StrEnum):
    """Neither a suspended nor a closed account takes new charges or does anything with its tokens; what it owes is
    still collected.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Account(msgspec.Struct, frozen=True):
    """A driver who pays. `id` is an owner in the ledger. `debit_max_fen`: as in `Standing`."""

    id: int
    name: str
    status: AccountStatus
    created_at: datetime
    debit_max_fen: int


class Standing(msgspec.Struct, frozen=True):
    """An account with what its wallet holds and what it owes, in fen. `debit_max_fen`: up to how much a visit may
    become dearer without the driver being asked.
    """

    id: int
    name: str
    status: AccountStatus
    created_at: datetime
    wallet_fen: int
    owed_fen: int
    debit_max_fen: int


class TopUp(msgspec.Struct, frozen=True):
    """Money a driver puts into the wallet. Its attempt says how far that has come."""

    account_id: int
    id: UUID
    amount_fen: int
    created_at: datetime


class TopUpMade(msgspec.Struct, frozen=True):
    """A top-up as its driver is shown it in a list."""

    id: UUID
    amount_fen: int
    channel: str
    state: AttemptState
    payer: str | None
    created_at: datetime


class AccountNotSettled(OneLotError):
    """Something is still owed, held or under way for an account that is to be closed."""


class NoSuchAccount(OneLotError):
    """No account has this number."""


class NoSuchTopUp(OneLotError):
    """The account has no top-up of this identifier."""


class TopUpOutOfRange(OneLotError):
    """The amount is below the least or above the most that a single top-up may bring."""


class RequestKeyMalformed(OneLotError):
    """The key of a request is empty or too long."""


class TopUpContradicted(OneLotError):
    """The key of this top-up was used for another amount, channel or payer."""


def ending(account_id: int) -> str:
    """The last two digits of an account's number: enough for its holder to know it."""
    return f"{account_id % 100:02}"


def key_digest(account_id: int, request_key: str) -> str:
    """The form in which the key that a driver chose for a top-up is stored: 32 characters that follow from it and the
    account.
    """
    return blake2b(f"{account_id} {request_key}".encode(), digest_size=16).hexdigest()


def check_request_key(request_key: str) -> None:
    """Refuses a key that cannot be stored.

    Raises:
        RequestKeyMalformed: it is empty or too long.
    """
    if not 0 < len(request_key) <= REQUEST_KEY_CHARACTERS_MAX:
        raise RequestKeyMalformed(
            "An idempotency key has 1 to 200 characters.",
            field="Idempotency-Key",
            characters_max=REQUEST_KEY_CHARACTERS_MAX,
        )


def check_closable(standing: Standing, *, payments_under_way: bool) -> None:
    """Refuses to close an account for which anything is open.

    Raises:
        AccountNotSettled: it owes, its wallet holds money, or a payment has not ended; see the facts.
    """
    if standing.owed_fen or standing.wallet_fen or payments_under_way:
        raise AccountNotSettled(
            "An account is closed when it owes nothing, its wallet is empty and no payment is under way.",
            owed_fen=standing.owed_fen,
            wallet_fen=standing.wallet_fen,
            payments_under_way=payments_under_way,
        )


def check_top_up(amount_fen: int) -> None:
    """Refuses an amount that a single top-up may not bring.

    Raises:
        TopUpOutOfRange: see the facts for the range.
    """
    if not TOP_UP_FEN_MIN <= amount_fen <= TOP_UP_FEN_MAX:
        raise TopUpOutOfRange(
            "One top-up brings 0.01 to 5,000.00 yuan.",
            field="amount_fen",
            fen_min=TOP_UP_FEN_MIN,
            fen_max=TOP_UP_FEN_MAX,
        )


def same_top_up(attempt: Attempt, *, amount_fen: int, channel: str, payer: str) -> None:
    """Recognises a repeat by the attempt that its top-up was made with.

    Raises:
        TopUpContradicted: the key was used for something else.
    """
    # A payer's token is forgotten after a while; then the rest has to do.
    was_payer = request_of(attempt).payer or payer
    if (attempt.amount_fen, attempt.channel, was_payer) != (amount_fen, channel, payer):
        raise TopUpContradicted("This key belongs to another top-up.", top_up_id=str(attempt.payable_id))
