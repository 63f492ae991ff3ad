"""A link of a plate to an account, contested: by who was there with the vehicle, or by the city's staff.

Plates are linked without proof of whose vehicle it is. So whoever holds the reference of the vehicle's last charge may
contest the link, which then neither pays nor shows a stay until staff have looked.
"""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from parking.plates import PlateColor
from payments.errors import OneLotError

# Who was there has the reference from the lane's screen; later it may be anybody's.
PRESENCE_HOLDS = timedelta(hours=24)
# A link that staff have confirmed is not contested again and again by strangers.
CONFIRMED_HOLDS = timedelta(days=90)
NOTE_CHARACTERS_MAX = 1000


class Link(Struct, frozen=True):
    """The account that pays for a plate, and since when."""

    account_id: int
    linked_at: datetime


class Contest(Struct, frozen=True):
    """A contested link; `link_stands` is null until staff have resolved it."""

    id: UUID
    plate: str
    plate_color: PlateColor
    account_id: int
    linked_at: datetime
    contested_at: datetime
    contested_by: str
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    link_stands: bool | None = None
    note: str | None = None


class StayOfLink(Struct, frozen=True):
    """A stay that an account paid for."""

    lot_id: int
    id: UUID
    entered_at: datetime
    left_at: datetime
    fee_fen: int


class NotContestable(OneLotError):
    """The charge proves nothing about a link: no account pays it, it is too old, or staff confirmed the link lately."""


class NoSuchContest(OneLotError):
    """No contest has this identifier."""


class ContestResolved(OneLotError):
    """Staff resolved this contest before."""


def check_presence(left_at: datetime | None, now: datetime) -> None:
    """Refuses a charge of a stay that ended too long ago.

    Raises:
        NotContestable: anybody may have come by its reference since.
    """
    if left_at is None or now - left_at > PRESENCE_HOLDS:
        raise NotContestable("Only the charge of a stay of the last 24 hours will do; else ask the city's staff.")


def open_contest(last: Contest | None, link: Link, now: datetime) -> Contest | None:
    """The contest of a link that is open already.

    Raises:
        NotContestable: staff confirmed the link lately.
    """
    # An open one is of the account and its plate, also when the plate was unlinked and linked again since.
    if last is None or last.resolved_at is None:
        return last
    if last.linked_at != link.linked_at:
        return None
    if last.link_stands and now - last.resolved_at < CONFIRMED_HOLDS:
        raise NotContestable("The city's staff have looked at this link lately; ask them.")
    return None
