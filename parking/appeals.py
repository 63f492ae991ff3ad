"""Appeals: a driver says that a charge is wrong, and a person looks at it as at any case."""

from datetime import datetime, timedelta
from uuid import UUID

from payments import ids
from payments.errors import OneLotError

# A driver remembers so long, and what lies further back is not decided any more.
APPEAL_WITHIN = timedelta(days=30)
APPEALS_OPEN_MAX = 10
APPEAL_CHARACTERS_MAX = 500


class AppealRefused(OneLotError):
    """The charge cannot be appealed against (any more)."""


class TooManyAppeals(OneLotError):
    """The account has so many appeals that nobody has looked at that it has to wait."""


def case_id(charge_id: UUID) -> UUID:
    """The one case of an appeal against a charge."""
    return ids.derive(charge_id, "appeal")


def check_appeal(*, billed_at: datetime, resolved_by: str | None, open_appeals: int, now: datetime) -> None:
    """Refuses an appeal that nobody could or should look at.

    Raises:
        AppealRefused: it comes too late, or a person looked at one against this charge.
        TooManyAppeals: the account has too many that are open.
    """
    if resolved_by is not None:
        raise AppealRefused("Somebody looked at an appeal against this charge already.")
    days_max = APPEAL_WITHIN // timedelta(days=1)
    if billed_at < now - APPEAL_WITHIN:
        raise AppealRefused("This charge is too old to be appealed against.", days_max=days_max)
    if open_appeals >= APPEALS_OPEN_MAX:
        raise TooManyAppeals("Wait until somebody has looked at the others.", appeals_max=APPEALS_OPEN_MAX)
