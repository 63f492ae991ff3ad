"""What answers make of attempts: allowed moves only, and nothing ends on less than evidence."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import attempts, ids
from payments.attempts import (
    ASK_MAX,
    BILLED_AFTER,
    LIVE,
    MISMATCH,
    MOVES,
    RESEND_WITHIN,
    WAIT_MAX,
    Accepted,
    Attempt,
    AttemptState,
    Declined,
    Failed,
    NotFound,
    Outcome,
    PayableKind,
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
        Succeeded("n", 500, "c1"),
        Declined("no"),
        Failed("no"),
        NotFound(),
        Unknown("timeout"),
    ]
)
LIVE_STATES = st.sampled_from(sorted(LIVE))
STATES = st.sampled_from(sorted(AttemptState))
AGES = st.timedeltas(timedelta(0), timedelta(days=9))
SECOND = timedelta(seconds=1)


def attempt(state: AttemptState, *, age: timedelta, channel_no: str | None = None) -> Attempt:
    """An attempt over 5.00, made `age` ago."""
    made = attempts.new(PayableKind.CHARGE, CHARGE, 500, channel="local", payer="ok", now=NOW - age, random_bits=0x8000)
    query_at = NOW if state in LIVE else None
    return msgspec.structs.replace(made, request_no="n", state=state, query_at=query_at, channel_no=channel_no)


def step(outcome: Outcome, state: AttemptState, age: timedelta = timedelta(0)) -> Step:
    return attempts.step(attempt(state, age=age), outcome, now=NOW)


S = AttemptState
DAY = timedelta(days=1)
YOUNG = timedelta(seconds=3)
TWO_DAYS = BILLED_AFTER

# State and age, what the channel says, the state after it, whether it is asked again, and what is in dispute.
TABLE: list[tuple[AttemptState, timedelta, Outcome, AttemptState, bool, str | None]] = [
    (S.SUBMITTING, YOUNG, Accepted(), S.ACCEPTED, True, None),
    (S.SUBMITTING, YOUNG, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.SUBMITTING, YOUNG, Declined("no"), S.DECLINED, False, None),
    (S.SUBMITTING, YOUNG, Unknown("ValueError"), S.UNKNOWN, True, None),
    (S.SUBMITTING, YOUNG, Succeeded("n", 501), S.UNKNOWN, False, "other_amount"),
    (S.UNKNOWN, RESEND_WITHIN - SECOND, NotFound(), S.UNKNOWN, True, None),
    (S.UNKNOWN, RESEND_WITHIN, NotFound(), S.VOID, True, None),
    (S.UNKNOWN, RESEND_WITHIN, Unknown("TimeoutError"), S.UNKNOWN, True, None),
    (S.UNKNOWN, WAIT_MAX - SECOND, Unknown("TimeoutError"), S.UNKNOWN, True, None),
    (S.UNKNOWN, WAIT_MAX, Unknown("TimeoutError"), S.VOID, True, None),
    (S.UNKNOWN, ASK_MAX, Unknown("TimeoutError"), S.VOID, False, "no_answer"),
    (S.UNKNOWN, YOUNG, Succeeded("m", 500), S.UNKNOWN, False, "other_number"),
    (S.ACCEPTED, YOUNG, Declined("no"), S.FAILED, False, None),
    (S.ACCEPTED, WAIT_MAX - SECOND, NotFound(), S.ACCEPTED, True, None),
    (S.ACCEPTED, WAIT_MAX, NotFound(), S.VOID, True, None),
    (S.ACCEPTED, TWO_DAYS, NotFound(), S.VOID, False, None),
    (S.ACCEPTED, WAIT_MAX, Accepted(), S.VOID, True, None),
    (S.VOID, TWO_DAYS - SECOND, NotFound(), S.VOID, True, None),
    (S.VOID, TWO_DAYS, NotFound(), S.VOID, False, None),
    (S.VOID, DAY, Accepted(), S.VOID, True, None),
    (S.VOID, ASK_MAX, Accepted(), S.VOID, False, "no_answer"),
    (S.VOID, DAY, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.VOID, DAY, Failed("no"), S.VOID, False, None),
    (S.SUPERSEDED, YOUNG, Accepted(), S.SUPERSEDED, True, None),
    (S.SUPERSEDED, YOUNG, Failed("no"), S.SUPERSEDED, False, None),
    (S.SUPERSEDED, YOUNG, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.SUPERSEDED, YOUNG, Succeeded("n", 499), S.SUPERSEDED, False, "other_amount"),
    (S.DECLINED, DAY, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.DECLINED, DAY, Succeeded("n", 501), S.DECLINED, False, "other_amount"),
    (S.DECLINED, DAY, Unknown("TimeoutError"), S.DECLINED, False, None),
    (S.FAILED, DAY, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.SUCCEEDED, DAY, Succeeded("n", 500), S.SUCCEEDED, False, None),
    (S.SUCCEEDED, DAY, Succeeded("n", 501), S.SUCCEEDED, False, "other_amount"),
    (S.SUCCEEDED, DAY, Failed("no"), S.SUCCEEDED, False, "denied"),
]


@pytest.mark.parametrize(("state", "age", "outcome", "after", "asked", "dispute"), TABLE)
def test_what_answers_make_of_attempts(
    state: AttemptState, age: timedelta, outcome: Outcome, after: AttemptState, asked: bool, dispute: str | None
) -> None:
    made = step(outcome, state, age)
    assert made.state is after
    assert (made.query_at is not None) is asked
    assert (made.doubt.kind if made.doubt else None) == dispute


def test_a_second_payment_of_the_channels_under_one_number_is_in_dispute() -> None:
    paid = attempt(S.SUCCEEDED, age=DAY, channel_no="c1")
    for said, dispute in (("c1", None), (None, None), ("c2", "other_channel_no")):
        made = attempts.step(paid, Succeeded("n", 500, said), now=NOW)
        assert (made.doubt.kind if made.doubt else None) == dispute
    assert step(Succeeded("n", 500, "c1"), S.UNKNOWN).channel_no == "c1"


@given(OUTCOMES, STATES, AGES)
def test_every_answer_stays_or_makes_an_allowed_move(outcome: Outcome, state: AttemptState, age: timedelta) -> None:
    made = step(outcome, state, age)
    assert made.state is state or made.state in MOVES[state]
    assert made.query_at is None or made.query_at > NOW
    # What is waited for is asked for, or is before a person.
    assert made.query_at is not None or made.state not in LIVE or made.doubt is not None


@given(OUTCOMES, STATES, st.timedeltas(ASK_MAX, timedelta(days=90)))
def test_nothing_is_waited_or_asked_for_without_an_end(outcome: Outcome, state: AttemptState, age: timedelta) -> None:
    made = step(outcome, state, age)
    assert made.query_at is None
    assert made.state not in LIVE or made.doubt is not None


@given(STATES, AGES)
def test_money_is_believed_in_every_state_and_nothing_else_is(state: AttemptState, age: timedelta) -> None:
    assert step(Succeeded("n", 500), state, age).state is S.SUCCEEDED
    for forged in (Succeeded("n", 501), Succeeded("m", 500)):
        stands = step(forged, state, age)
        assert stands.state is state or (state, stands.state) == (S.SUBMITTING, S.UNKNOWN)
        assert (stands.code, stands.query_at) == (MISMATCH, None)
        assert stands.doubt is not None


def test_ends_are_ends() -> None:
    assert not MOVES[S.SUCCEEDED]
    for ended in (S.FAILED, S.DECLINED):
        assert MOVES[ended] == {S.SUCCEEDED}
    for watched in (S.VOID, S.SUPERSEDED):
        assert MOVES[watched] == {watched, S.SUCCEEDED}


def test_sent_again_only_while_the_driver_waits() -> None:
    def again(outcome: Outcome, state: AttemptState, age: timedelta) -> bool:
        return attempts.to_be_sent_again(attempt(state, age=age), outcome, now=NOW)

    assert again(NotFound(), S.UNKNOWN, timedelta(seconds=3))
    assert not again(NotFound(), S.UNKNOWN, RESEND_WITHIN)
    for waited_no_more in (S.ACCEPTED, S.VOID, S.SUPERSEDED):
        assert not again(NotFound(), waited_no_more, timedelta(seconds=3))
    assert not again(Unknown("timeout"), S.UNKNOWN, timedelta(seconds=3))


@given(AGES, st.floats(0, 1, exclude_max=True))
def test_queries_grow_rare_with_age(age: timedelta, jitter: float) -> None:
    wait = attempts.query_again_at(NOW - age, now=NOW, jitter=jitter) - NOW
    assert attempts.QUERY_AGAIN_MIN / 2 <= wait <= attempts.QUERY_AGAIN_MAX
