"""Drivers' accounts: a wallet that is topped up and never overdrawn, and what the driver owes."""

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

import msgspec

from payments.attempts import Attempt, request_of
from payments.errors import OneLotError

NAME_CHARACTERS_MAX = 100
TOP_UP_FEN_MIN = 1
TOP_UP_FEN_MAX = 500_000
REQUEST_KEY_CHARACTERS_MAX = 200


class AccountStatus(StrEnum):
    """suspended accounts take no new charges; what they owe is still collected."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Account(msgspec.Struct, frozen=True):
    """A driver who pays. `id` is an owner in the ledger."""

    id: int
    name: str
    status: AccountStatus
    created_at: datetime


class Standing(msgspec.Struct, frozen=True):
    """An account with what its wallet holds and what it owes, in fen."""

    id: int
    name: str
    status: AccountStatus
    created_at: datetime
    wallet_fen: int
    owed_fen: int


class TopUp(msgspec.Struct, frozen=True):
    """Money a driver puts into the wallet. Its attempt says how far that has come."""

    account_id: int
    id: UUID
    amount_fen: int
    created_at: datetime


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
    if (attempt.amount_fen, attempt.channel, request_of(attempt).payer) != (amount_fen, channel, payer):
        raise TopUpContradicted("This key belongs to another top-up.", top_up_id=str(attempt.payable_id))
