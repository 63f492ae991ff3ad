"""What is owed for a stay: billed once, explained line by line, corrected as more is known (`payments.adjustments`),
then paid or void.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from payments import ids
from payments.errors import OneLotError

REASON_CHARACTERS_MAX = 200

# How long a charge that the wallet does not cover waits before it is tried again. A top-up wakes it at once,
# so these only catch what was missed.
_COLLECT_AGAIN_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)


class ChargeState(StrEnum):
    """due: something is owed; paid: nothing is; void: a person said that nothing is ever to be paid."""

    DUE = "due"
    PAID = "paid"
    VOID = "void"


class ChargeRequest(msgspec.Struct, frozen=True, gc=False):
    """What a finished stay owes, as it is billed at first.

    `account_id` is who pays, None for a casual driver; `business_date` the local date of the exit; `lines` a JSON array
    that explains the amount; `reference`: what strangers know it by; `place_hidden`: its driver sees neither lot nor
    times; `hold`: why it is not taken from the account by itself, in the asker's word.
    """

    lot_id: int
    stay_id: UUID
    operator_id: int
    account_id: int | None
    amount_fen: int
    business_date: date
    lines: msgspec.Raw | bytes
    reference: UUID
    place_hidden: bool = False
    hold: str | None = None

    @property
    def first_fen(self) -> int:
        """What it is billed over at first."""
        return self.amount_fen


class Charge(msgspec.Struct, frozen=True):
    """A charge as it stands. `lines` is JSON text and explains what the stay costs by its facts, `amount_fen` and
    `waived_fen`; `time_zone` is the operator's.

    `first_fen`: what it was billed over at first; `amount_fen`: what it costs now, and `waived_fen` beyond that is
    asked of nobody. `paid_fen`: what attempts paid of it, the last of them `paid_attempt_id` through `method` at
    `paid_at`; `owed_fen`: what is left to pay; `refunded_fen`: what goes back of what was paid. `kept_max_fen`: what a
    person left of it; `accepted_fen`: the most that was paid of it at a time. `adjustments`: how many there were.
    `void_reason`: why it is void.
    """

    lot_id: int
    id: UUID
    reference: UUID
    place_hidden: bool
    stay_id: UUID
    operator_id: int
    account_id: int | None
    amount_fen: int
    first_fen: int
    paid_fen: int
    owed_fen: int
    refunded_fen: int
    waived_fen: int
    kept_max_fen: int | None
    accepted_fen: int
    adjustments: int
    state: ChargeState
    method: str | None
    lines: str
    created_at: datetime
    paid_at: datetime | None
    collect_at: datetime | None
    collect_tries: int
    time_zone: str
    paid_attempt_id: UUID | None = None
    void_reason: str | None = None

    @property
    def owner_id(self) -> int:
        """In whose books it is: the driver's, or the operator's for a casual driver."""
        return self.account_id or self.operator_id

    @property
    def kept_fen(self) -> int:
        """What it costs its driver: what was paid and is not given back, and what is owed."""
        return self.paid_fen + self.owed_fen - self.refunded_fen


class PublicLine(msgspec.Struct, frozen=True):
    """A line of a charge for anyone who has its reference: what was counted, not when.

    The full texts of a line name the time of day, so only its labels are here.
    """

    kind: str
    amount_fen: int
    units: int | None = None
    unit_fen: int | None = None
    label_zh: str = ""
    label_en: str = ""


class AboutToBeTaken(msgspec.Struct, frozen=True, gc=False):
    """A charge whose time to be taken from the wallet has come, and the stay that it is for."""

    lot_id: int
    id: UUID
    stay_id: UUID


class DueCharge(msgspec.Struct, frozen=True, gc=False):
    """A charge whose time to be taken from the wallet has come: what is owed of it. `today` is the operator's local
    date.
    """

    lot_id: int
    id: UUID
    operator_id: int
    account_id: int
    owed_fen: int
    collect_tries: int
    today: date


class Cleared(msgspec.Struct, frozen=True):
    """A charge that no account pays and of which nothing is owed any more."""

    lot_id: int
    charge_id: UUID
    stay_id: UUID


class Settled(msgspec.Struct, frozen=True):
    """What a charge adds to the line of its lot in a statement: whether it was billed on the day (1 or 0), what is
    billed of it then, given back, collected and taken in cash, in fen.
    """

    id: UUID
    charges: int
    gross_fen: int
    refunds_fen: int
    collected_fen: int
    cash_fen: int


class Collected(msgspec.Struct, frozen=True):
    """How many charges a round of collecting paid, and how many the wallets declined."""

    paid: int
    declined: int


class NoSuchCharge(OneLotError):
    """No charge has this identifier."""


class ChargeNotDue(OneLotError):
    """The charge is paid already, or void."""


class AlreadyVoid(OneLotError):
    """The charge is void already, for another reason."""


class ChargeContradicted(OneLotError):
    """A charge of the same stay exists, or was asked for beside it, with other content."""


def charge_id(stay_id: UUID, account_id: int | None) -> UUID:
    """The one charge of a stay to an account, or (None) to whoever is at the gate: once, whatever is repeated."""
    return ids.derive(stay_id, "charge" if account_id is None else f"charge to {account_id}")


def new_reference(random_bits: int, more_random_bits: int) -> UUID:
    """A reference for a charge from two times 64 random bits: a UUIDv4, which no identifier of ours is."""
    return ids.random(random_bits << 64 | more_random_bits)


def is_reference(name: UUID) -> bool:
    """Whether a UUID is a reference of a charge and not its identifier."""
    return name.version == 4


def public_lines(charge: Charge) -> list[PublicLine]:
    """The lines of a charge without what would tell where somebody was, and when."""
    return msgspec.json.decode(charge.lines, type=list[PublicLine])


def collect_again_at(tries: int, now: datetime) -> datetime:
    """When a charge that was declined for the `tries`-th time (from 1) is tried again."""
    return now + _COLLECT_AGAIN_AFTER[min(tries, len(_COLLECT_AGAIN_AFTER)) - 1]


def same_void(charge: Charge, reason: str) -> None:
    """Recognises a repeat of what made a charge void. Of the first ones the reason is in the audit log alone.

    Raises:
        AlreadyVoid: it is void for another reason.
    """
    if charge.void_reason not in (None, reason):
        raise AlreadyVoid(
            "This charge is void already, for another reason.", charge_id=str(charge.id), reason=charge.void_reason
        )


def check_due(charge: Charge) -> None:
    """Refuses to collect what is not owed.

    Raises:
        ChargeNotDue: it is paid or void.
    """
    if charge.state is not ChargeState.DUE:
        raise ChargeNotDue(
            f"This charge is {charge.state}.", charge_reference=str(charge.reference), state=charge.state
        )
