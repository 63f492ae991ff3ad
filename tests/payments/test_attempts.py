"""What answers make of attempts: allowed moves only, and nothing ends on less than evidence."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import attempts, ids
from payments.attempts import (
    LIVE,
    MOVES,
    Accepted,
    Attempt,
    AttemptState,
    Declined,
    Failed,
    NotFound,
    Outcome,
    PayableKind,
    PaymentInProgress,
    Step,
    Succeeded,
    Unknown,
)

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
CHARGE = ids.new(NOW, 1, 7)
OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        Accepted(),
        Succeeded("n", 500),
        Succeeded("n", 501),
        Succeeded("m", 500),
        Declined("no"),
        Failed("no"),
        NotFound(),
        Unknown("timeout"),
    ]
)
LIVE_STATES = st.sampled_from(sorted(LIVE))
AGES = st.timedeltas(timedelta(0), timedelta(days=4))


def attempt(
    state: AttemptState, *, code: str | None = None, age: timedelta, untouched: timedelta | None = None
) -> Attempt:
    """An attempt over 5.00, made `age` ago and last changed `untouched` ago (as long, if None)."""
    made = attempts.new(PayableKind.CHARGE, CHARGE, 500, channel="local", payer="ok", now=NOW - age, random_bits=0x8000)
    changed_at = made.created_at if untouched is None else NOW - untouched
    return msgspec.structs.replace(made, request_no="n", state=state, code=code, updated_at=changed_at)


def step(outcome: Outcome, state: AttemptState, age: timedelta = timedelta(0)) -> Step:
    return attempts.step(attempt(state, age=age), outcome, now=NOW)


@given(OUTCOMES, LIVE_STATES, AGES)
def test_every_answer_makes_an_allowed_move(outcome: Outcome, state: AttemptState, age: timedelta) -> None:
    made = step(outcome, state, age)
    assert made.state in MOVES[state]
    assert made.query_at is None or (made.state in LIVE and made.query_at > NOW)
    assert made.query_at is not None or made.state not in LIVE or made.code == "evidence_mismatch"


@given(LIVE_STATES, AGES)
def test_only_evidence_of_the_very_request_succeeds(state: AttemptState, age: timedelta) -> None:
    assert step(Succeeded("n", 500), state, age).state is AttemptState.SUCCEEDED
    for forged in (Succeeded("n", 501), Succeeded("m", 500)):
        stands = step(forged, state, age)
        assert stands.state in LIVE
        assert (stands.code, stands.query_at) == ("evidence_mismatch", None)


@given(LIVE_STATES, st.timedeltas(timedelta(0), attempts.VOID_AFTER - timedelta(seconds=1)))
def test_silence_ends_nothing(state: AttemptState, age: timedelta) -> None:
    for outcome in (NotFound(), Unknown("timeout")):
        assert step(outcome, state, age).state in LIVE


def test_what_the_channel_never_saw_is_void_in_the_end() -> None:
    assert step(NotFound(), AttemptState.UNKNOWN, attempts.VOID_AFTER).state is AttemptState.VOID
    assert step(NotFound(), AttemptState.ACCEPTED, attempts.VOID_AFTER).state is AttemptState.ACCEPTED


def test_ends_are_ends() -> None:
    assert not MOVES[AttemptState.SUCCEEDED]
    assert not MOVES[AttemptState.DECLINED]
    for ended in (AttemptState.FAILED, AttemptState.VOID, AttemptState.SUPERSEDED):
        assert MOVES[ended] == {AttemptState.SUCCEEDED}


def test_sent_again_only_while_the_driver_waits() -> None:
    def again(outcome: Outcome, state: AttemptState, age: timedelta) -> bool:
        return attempts.to_be_sent_again(attempt(state, age=age), outcome, now=NOW)

    assert again(NotFound(), AttemptState.UNKNOWN, timedelta(seconds=3))
    assert not again(NotFound(), AttemptState.UNKNOWN, attempts.RESEND_WITHIN)
    assert not again(NotFound(), AttemptState.ACCEPTED, timedelta(seconds=3))
    assert not again(Unknown("timeout"), AttemptState.UNKNOWN, timedelta(seconds=3))


@pytest.mark.parametrize(
    ("state", "code", "asked_after", "age", "lost"),
    [
        (AttemptState.UNKNOWN, "not_found", 10, 10, True),
        (AttemptState.UNKNOWN, "not_found", 9, 60, False),
        (AttemptState.UNKNOWN, "not_found", 10, 9, False),
        (AttemptState.UNKNOWN, "TimeoutError", 20, 20, False),
        (AttemptState.UNKNOWN, "evidence_mismatch", 20, 20, False),
        (AttemptState.SUBMITTING, None, 20, 20, False),
        (AttemptState.ACCEPTED, "not_found", 20, 20, False),
    ],
)
def test_lost_is_what_the_channel_does_not_know_after_the_last_sending(
    state: AttemptState, code: str | None, asked_after: int, age: int, lost: bool
) -> None:
    minutes = timedelta(minutes=age)
    made = attempt(state, code=code, age=minutes, untouched=minutes - timedelta(minutes=asked_after))
    assert attempts.is_lost(made, NOW) is lost
    if lost:
        assert attempts.supersede(made, NOW) == Step(AttemptState.SUPERSEDED, code)
    else:
        with pytest.raises(PaymentInProgress):
            attempts.supersede(made, NOW)


@given(AGES, st.floats(0, 1, exclude_max=True))
def test_queries_grow_rare_with_age(age: timedelta, jitter: float) -> None:
    wait = attempts.query_again_at(NOW - age, now=NOW, jitter=jitter) - NOW
    assert attempts.QUERY_AGAIN_MIN / 2 <= wait <= attempts.QUERY_AGAIN_MAX
