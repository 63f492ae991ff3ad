"""Whose turn it is to try to pay: how often in a while, and when an attempt that has not ended gives way to another.

Whoever has the number of a charge may pay it, so nobody who tries may keep the others from paying, least of all the
account that owes it. No rule here takes money twice without giving it back: an attempt that gave way is asked for all
the same, and what it brings for a charge that is paid by then waits in suspense.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

import msgspec

from payments.attempts import Attempt, AttemptState, PaymentInProgress, Step, request_of
from payments.errors import OneLotError

# Whoever has the number of a charge may try to pay it, so often in a window: one payer, and all but its account.
TRIES_WINDOW = timedelta(minutes=1)
TRIES_PER_PAYER_MAX = 5
TRIES_MAX = 20
# So long after the first try another payer has to wait for one that has not ended; then the new one takes its place.
EXCLUSIVE_FOR = timedelta(seconds=30)
# The wallet of the account that owes waits for a stranger's payment, but not for one after another: once strangers have
# tried for so long, it is tried at once, until they have been quiet for longer than any payment lasts.
WALLET_WAITS = timedelta(minutes=10)
WALLET_WAITS_AGAIN_AFTER = timedelta(days=2)


class Tried(msgspec.Struct, frozen=True):
    """An attempt of late, by whom: enough to see whether another may follow."""

    channel: str
    payer: str
    account_id: int | None
    created_at: datetime


class TooManyAttempts(OneLotError):
    """So many payments of this were tried of late that another has to wait."""


def check_tries(recent: Sequence[Tried], *, channel: str, payer: str, account_id: int | None, now: datetime) -> None:
    """Refuses a try too many. `recent`: what was tried within TRIES_WINDOW, the oldest first. What strangers try is not
    counted against the account that owes, nor the other way round.

    Raises:
        TooManyAttempts: says when the next one may be made.
    """
    late = [tried for tried in recent if now - tried.created_at < TRIES_WINDOW]
    alike = [tried for tried in late if (tried.account_id is None) == (account_id is None)]
    own = [tried for tried in alike if (tried.channel, tried.payer) == (channel, payer)]
    for counted, tries_max in ((own, TRIES_PER_PAYER_MAX), (alike, TRIES_MAX)):
        if len(counted) >= tries_max:
            wait = counted[-tries_max].created_at + TRIES_WINDOW - now
            raise TooManyAttempts(
                "Too many payments of this were tried; wait a little.", retry_after_s=max(1, ceil(wait.total_seconds()))
            )


def supersede(
    live: Attempt, recent: Sequence[Tried], *, channel: str, payer: str, account_id: int | None, now: datetime
) -> Step:
    """The end of an attempt that gives way to one by another payer; it is asked for all the same, and should its money
    come, it is believed.

    The account that owes need not wait for a stranger; a stranger waits EXCLUSIVE_FOR from the first try of late on, so
    that nobody keeps others away by trying again and again. Nobody takes the place of the account, nor their own.

    Raises:
        PaymentInProgress: it does not give way, or not yet (says when).
    """
    same_payer = (live.channel, request_of(live).payer) == (channel, payer)
    first_at = min((tried.created_at for tried in recent), default=live.created_at)
    wait = min(first_at, live.created_at) + EXCLUSIVE_FOR - now
    stranger = live.account_id is None and not same_payer
    if stranger and (account_id is not None or wait <= timedelta(0)):
        return Step(AttemptState.SUPERSEDED, live.code, query_at=live.query_at)
    raise PaymentInProgress(
        f"A payment of this {live.kind.replace('_', '-')} has not ended.",
        state=live.state,
        retry_after_s=max(1, ceil(wait.total_seconds())) if stranger else None,
    )
