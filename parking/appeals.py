"""Appeals: a driver says that a charge is wrong, and a person looks at it as at any case.

What counts is what a charge costs its driver, `Charge.kept_fen`: an appeal has its way when that is less than it
was. Where a correction has brought that about before anybody has looked, the appeal settles itself; should the charge
cost as much again, it is before a person again.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from payments import ids
from payments.errors import OneLotError

# A driver remembers so long, and what lies further back is not decided any more.
APPEAL_WITHIN = timedelta(days=30)
APPEALS_OPEN_MAX = 10
APPEAL_CHARACTERS_MAX = 500
# Who resolved a case that no person did.
FACTS = "facts"


class Outcome(StrEnum):
    """How an appeal ended. A person looked at it: nothing is asked for the stay any more, less is, or the charge is
    right. Or a correction came before that: nothing is asked any more, or less.
    """

    CANCELLED = "cancelled"
    REDUCED = "reduced"
    STANDS = "stands"
    CORRECTED_TO_NOTHING = "corrected_to_nothing"
    CORRECTED = "corrected"


class AppealRow(Struct, frozen=True):
    """An appeal as it is stored, with what its charge costs its driver now and why that changed last since (a word)."""

    case_id: UUID
    charge_reference: UUID
    said: str
    appealed_at: datetime
    appealed_fen: int
    kept_fen: int
    ended_at: datetime | None
    resolved_by: str | None
    cause: str | None


class AppealRefused(OneLotError):
    """The charge cannot be appealed against (any more)."""


class TooManyAppeals(OneLotError):
    """The account has so many appeals that nobody has looked at that it has to wait."""


def case_id(charge_id: UUID) -> UUID:
    """The one case of an appeal against a charge."""
    return ids.derive(charge_id, "appeal")


def outcome(row: AppealRow) -> Outcome | None:
    """How an appeal ended; None: it has not."""
    if row.ended_at is None:
        return None
    if row.resolved_by == FACTS:
        return Outcome.CORRECTED if row.kept_fen else Outcome.CORRECTED_TO_NOTHING
    if row.kept_fen >= row.appealed_fen:
        return Outcome.STANDS
    return Outcome.REDUCED if row.kept_fen else Outcome.CANCELLED


def given_back(row: AppealRow) -> int:
    """By how much (fen) the charge costs less than when its driver appealed, whatever of that was paid already."""
    return max(row.appealed_fen - row.kept_fen, 0)


def check_appeal(*, billed_at: datetime, resolved_by: str | None, open_appeals: int, now: datetime) -> None:
    """Refuses an appeal that nobody could or should look at.

    Raises:
        AppealRefused: it comes too late, or a person looked at one against this charge.
        TooManyAppeals: the account has too many that are open.
    """
    if resolved_by not in (None, FACTS):
        raise AppealRefused("Somebody looked at an appeal against this charge already.")
    days_max = APPEAL_WITHIN // timedelta(days=1)
    if billed_at < now - APPEAL_WITHIN:
        raise AppealRefused("This charge is too old to be appealed against.", days_max=days_max)
    if open_appeals >= APPEALS_OPEN_MAX:
        raise TooManyAppeals("Wait until somebody has looked at the others.", appeals_max=APPEALS_OPEN_MAX)
