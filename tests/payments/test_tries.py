"""Whose turn it is to pay: strangers wait a little, the account does not, and nobody may try without end."""

from datetime import UTC, datetime, timedelta

import pytest

from payments import attempts, ids, tries
from payments.attempts import Attempt, AttemptState, PayableKind, PaymentInProgress
from payments.tries import EXCLUSIVE_FOR, TRIES_MAX, TRIES_PER_PAYER_MAX, TRIES_WINDOW, TooManyAttempts, Tried

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
CHARGE = ids.new(NOW, 1, 7)
SECOND = timedelta(seconds=1)
OWNER = 1001


def live(payer: str = "a", *, age: timedelta = SECOND, account_id: int | None = None) -> Attempt:
    """An attempt that has not ended."""
    return attempts.new(
        PayableKind.CHARGE,
        CHARGE,
        500,
        channel="local",
        payer=payer,
        now=NOW - age,
        random_bits=1,
        account_id=account_id,
    )


def tried(payer: str, age: timedelta, account_id: int | None = None) -> Tried:
    return Tried("local", payer, account_id, NOW - age)


@pytest.mark.parametrize(
    ("attempt", "first", "payer", "account_id", "gives_way"),
    [
        (live("a"), SECOND, "b", None, False),
        (live("a", age=EXCLUSIVE_FOR), EXCLUSIVE_FOR, "b", None, True),
        # Whoever tries again and again begins no new time of their own.
        (live("a"), EXCLUSIVE_FOR, "b", None, True),
        (live("a", age=timedelta(hours=3)), timedelta(hours=3), "a", None, False),
        (live("a"), SECOND, "b", OWNER, True),
        (live("a", age=timedelta(hours=3), account_id=OWNER), timedelta(hours=3), "b", None, False),
        (live("a", age=timedelta(hours=3), account_id=OWNER), timedelta(hours=3), "b", OWNER, False),
    ],
)
def test_who_gives_way(attempt: Attempt, first: timedelta, payer: str, account_id: int | None, gives_way: bool) -> None:
    recent = [tried("x", first), tried("a", SECOND)]

    def ask() -> attempts.Step:
        return tries.supersede(attempt, recent, channel="local", payer=payer, account_id=account_id, now=NOW)

    if gives_way:
        step = ask()
        # It is asked for all the same.
        assert (step.state, step.query_at) == (AttemptState.SUPERSEDED, attempt.query_at)
    else:
        with pytest.raises(PaymentInProgress):
            ask()


def test_a_stranger_hears_how_long_to_wait() -> None:
    with pytest.raises(PaymentInProgress) as refused:
        tries.supersede(live("a"), [tried("a", SECOND)], channel="local", payer="b", account_id=None, now=NOW)
    assert refused.value.facts["retry_after_s"] == EXCLUSIVE_FOR.total_seconds() - 1
    with pytest.raises(PaymentInProgress) as refused:
        tries.supersede(live("a"), [tried("a", SECOND)], channel="local", payer="a", account_id=None, now=NOW)
    assert refused.value.facts["retry_after_s"] is None


def test_tries_are_counted_by_payer_and_by_charge() -> None:
    def refused(recent: list[Tried], payer: str, account_id: int | None = None) -> int | None:
        try:
            tries.check_tries(recent, channel="local", payer=payer, account_id=account_id, now=NOW)
        except TooManyAttempts as e:
            wait_s = e.facts["retry_after_s"]
            assert isinstance(wait_s, int)
            return wait_s
        return None

    window_s = TRIES_WINDOW.total_seconds()
    own = [tried("a", n * SECOND) for n in range(TRIES_PER_PAYER_MAX, 0, -1)]
    assert refused(own[1:], "a") is None
    assert refused(own, "a") == window_s - TRIES_PER_PAYER_MAX
    assert refused(own, "b") is None
    many = [tried(f"p{n}", n * SECOND) for n in range(TRIES_MAX, 0, -1)]
    assert refused(many, "b") == window_s - TRIES_MAX
    # The account is not kept from paying by what strangers try.
    assert refused(many, "b", OWNER) is None
