"""Paying inside, before going to the exit: what a vehicle there was quoted, and until when one that paid may leave.

A quote that nobody pays comes to nothing; one that was paid holds for the minutes to leave, as one at the exit does.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from payments import ids
from payments.errors import OneLotError

# So long a quote may be paid; whoever comes later asks again.
PAY_WITHIN_MIN = 10
# Asked again so soon, the answer is the same quote.
SAME_WITHIN_S = 60
QUOTES_PER_STAY_MAX = 200
# In one transaction, and with it in one lot.
LAPSED_PER_ROUND_MAX = 200


class NothingToPay(OneLotError):
    """No such vehicle is inside, or nothing is to be paid for it now. Who asks without a token is not told which."""


class TooManyQuotes(OneLotError):
    """So many were asked for of this visit that the rest is quoted at the exit."""


class Prepayment(Struct, frozen=True):
    """That a vehicle inside was quoted what its whole stay cost at an instant. `ended_at`: since when nobody waits for
    it to be paid.
    """

    lot_id: int
    stay_id: UUID
    n: int
    asked_at: datetime
    pay_by: datetime
    fee_fen: int
    ended_at: datetime | None = None

    @property
    def id(self) -> UUID:
        """What an adjustment names as its cause."""
        return ids.derive(self.stay_id, f"prepayment {self.n}")

    def is_same(self, now: datetime) -> bool:
        """Whether it is so young that asking again means it."""
        return self.ended_at is None and now < self.asked_at + timedelta(seconds=SAME_WITHIN_S)


def following(last: Prepayment | None, *, lot_id: int, stay_id: UUID, fee_fen: int, now: datetime) -> Prepayment:
    """The quote after the last one of a stay.

    Raises:
        TooManyQuotes: there were QUOTES_PER_STAY_MAX.
    """
    n = 1 if last is None else last.n + 1
    if n > QUOTES_PER_STAY_MAX:
        raise TooManyQuotes("This visit was quoted too often; pay at the exit.")
    return Prepayment(lot_id, stay_id, n, now, now + timedelta(minutes=PAY_WITHIN_MIN), fee_fen)


def paid_until(
    asked: Sequence[datetime], paid: Iterable[datetime], *, within: timedelta, now: datetime
) -> datetime | None:
    """Until when a vehicle may leave that was quoted at some instants and paid for at others; None: it may not."""
    ends = [at + within for at in paid if any(each <= at for each in asked)]
    return max((end for end in ends if end >= now), default=None)
