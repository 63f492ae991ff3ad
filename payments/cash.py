"""Cash that somebody took for a charge."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Receipt(Struct, frozen=True):
    """An amount (> 0, in fen) that was taken in cash. `id`: by which it is told again."""

    id: UUID
    charge_id: UUID
    amount_fen: int


class Taken(Struct, frozen=True):
    """A payment in cash as it is reported. `charge_reference`: of the charge that it paid; None: it pays none yet.
    `is_late`: it is of a shift before the one in which it stands.
    """

    id: UUID
    at: datetime
    amount_fen: int
    person: str | None
    is_late: bool
    charge_reference: UUID | None
