"""What stands in the way of closing a business day, for who looks after money."""

from msgspec import Struct


class Waits(Struct, frozen=True):
    """How much there is of what should be looked at before a day is closed.

    `suspense_fen`: money that came and was not owed; `attempts`: payments whose end is not known; `held`: charges that
    wait for a person; `cash`: payments at booths without a charge; `unsettled`: operators without a statement of the
    day.
    """

    disputes: int
    late_disputes: int
    suspense_fen: int
    attempts: int
    held: int
    cash: int
    unsettled: int
