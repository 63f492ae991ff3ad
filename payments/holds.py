"""Charges that are due and not taken from their account by themselves until a person has looked."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from payments.wording import Wording, spelled

# Who released what no person did.
DOUBT_GONE = "doubt_gone"


class Filter(msgspec.Struct, frozen=True):
    """Which held charges are wanted; None is any. `reason`: the asker's word."""

    operator_id: int | None = None
    lot_id: int | None = None
    reason: str | None = None


class HeldCharge(msgspec.Struct, frozen=True):
    """A held charge and what is owed of it. `reasons`: the askers' words. `held_at`: since when it is."""

    charge_id: UUID
    reference: UUID
    stay_id: UUID
    lot_id: int
    operator_id: int
    account_id: int
    amount_fen: int
    reasons: list[str]
    held_at: datetime


class Hold(msgspec.Struct, frozen=True):
    """A held charge as staff are shown it: for how long it has been (seconds), and why in words."""

    charge_id: UUID
    reference: UUID
    stay_id: UUID
    lot: str
    operator_id: int
    account_id: int
    amount_fen: int
    reasons: list[str]
    reasons_zh: str
    reasons_en: str
    held_at: datetime
    age_s: int


def shown(held: HeldCharge, lot: str, wording: Wording, *, now: datetime) -> Hold:
    """A held charge of the lot with this code."""
    words = [spelled(each, wording) for each in held.reasons]
    return Hold(
        charge_id=held.charge_id,
        reference=held.reference,
        stay_id=held.stay_id,
        lot=lot,
        operator_id=held.operator_id,
        account_id=held.account_id,
        amount_fen=held.amount_fen,
        reasons=held.reasons,
        reasons_zh="、".join(zh for zh, _ in words),
        reasons_en=", ".join(en for _, en in words),
        held_at=held.held_at,
        age_s=max(0, (now - held.held_at) // timedelta(seconds=1)),
    )
