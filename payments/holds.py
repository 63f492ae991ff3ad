"""Charges that are due and not taken from their account by themselves until a person has looked."""

from datetime import datetime
from uuid import UUID

import msgspec

HOLDS_PER_PAGE_MAX = 200
# Who released what no person did.
DOUBT_GONE = "doubt_gone"


class HeldCharge(msgspec.Struct, frozen=True):
    """A held charge and what is owed of it. `reason`: the asker's word; several with commas between."""

    charge_id: UUID
    lot_id: int
    operator_id: int
    account_id: int
    amount_fen: int
    reason: str
    held_at: datetime
