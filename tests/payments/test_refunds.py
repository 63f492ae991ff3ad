"""What answers make of refunds: nothing is paid twice, and nothing is asked for without an end."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import attempts, ids, refunds
from payments.attempts import PayableKind
from payments.refunds import (
    ASK_MAX,
    NOT_FOUND_AFTER,
    UNRESOLVED,
    Refund,
    RefundClosed,
    Refunded,
    RefundNotFound,
    RefundOutcome,
    RefundPending,
    RefundState,
)

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
CHARGE = ids.new(NOW, 1, 7)
R = RefundState
DAY, YOUNG = timedelta(days=1), timedelta(seconds=3)
ATTEMPT = attempts.new(PayableKind.CHARGE, CHARGE, 500, channel="local", payer="ok", now=NOW, random_bits=1)
NUMBER = refunds.refund_id(CHARGE, "k").hex


def refund(state: RefundState, age: timedelta) -> Refund:
    identifier = refunds.refund_id(CHARGE, "k")
    made = refunds.new(ATTEMPT, identifier, 500, "why", asked_by="finance:li", now=NOW - age)
    return msgspec.structs.replace(made, state=state)


TABLE: list[tuple[RefundState, timedelta, RefundOutcome, RefundState, bool, str | None]] = [
    (R.REQUESTED, YOUNG, Refunded(NUMBER, 500), R.SUCCEEDED, False, None),
    (R.REQUESTED, YOUNG, RefundClosed("no"), R.CLOSED, False, None),
    (R.REQUESTED, YOUNG, RefundPending("TimeoutError"), R.UNKNOWN, True, None),
    (R.UNKNOWN, YOUNG, Refunded(NUMBER, 499), R.UNKNOWN, False, "refund_mismatch"),
    (R.UNKNOWN, YOUNG, Refunded("another", 500), R.UNKNOWN, False, "refund_mismatch"),
    (R.UNKNOWN, NOT_FOUND_AFTER - YOUNG, RefundNotFound(), R.UNKNOWN, True, None),
    (R.UNKNOWN, NOT_FOUND_AFTER, RefundNotFound(), R.CLOSED, False, None),
    (R.UNKNOWN, ASK_MAX - YOUNG, RefundPending("processing"), R.UNKNOWN, True, None),
    (R.UNKNOWN, ASK_MAX, RefundPending("processing"), R.UNKNOWN, False, "refund_no_answer"),
    (R.CLOSED, DAY, Refunded(NUMBER, 500), R.CLOSED, False, "refund_after_closed"),
    (R.CLOSED, DAY, RefundClosed("no"), R.CLOSED, False, None),
    (R.CLOSED, DAY, RefundPending("TimeoutError"), R.CLOSED, False, None),
    (R.SUCCEEDED, DAY, Refunded(NUMBER, 500), R.SUCCEEDED, False, None),
    (R.SUCCEEDED, DAY, Refunded(NUMBER, 400), R.SUCCEEDED, False, "refund_mismatch"),
    (R.SUCCEEDED, DAY, RefundClosed("no"), R.SUCCEEDED, False, "refund_denied"),
]


@pytest.mark.parametrize(("state", "age", "outcome", "after", "asked", "dispute"), TABLE)
def test_what_answers_make_of_refunds(
    state: RefundState, age: timedelta, outcome: RefundOutcome, after: RefundState, asked: bool, dispute: str | None
) -> None:
    made = refunds.step(refund(state, age), outcome, now=NOW)
    assert made.state is after
    assert (made.query_at is not None) is asked
    assert (made.doubt.kind if made.doubt else None) == dispute


OUTCOMES = st.sampled_from(
    [Refunded(NUMBER, 500), Refunded(NUMBER, 1), RefundClosed("no"), RefundPending("x"), RefundNotFound()]
)


@given(st.sampled_from(UNRESOLVED), st.timedeltas(timedelta(0), timedelta(days=90)), OUTCOMES)
def test_what_is_not_over_is_asked_for_or_before_a_person(
    state: RefundState, age: timedelta, outcome: RefundOutcome
) -> None:
    made = refunds.step(refund(state, age), outcome, now=NOW)
    if made.state in UNRESOLVED:
        assert (made.query_at is None) == (made.doubt is not None)
        assert made.query_at is None or (made.query_at > NOW and age < ASK_MAX)


def test_sent_again_until_it_is_too_old() -> None:
    for age, again in ((YOUNG, True), (NOT_FOUND_AFTER - YOUNG, True), (NOT_FOUND_AFTER, False)):
        assert refunds.to_be_sent_again(refund(R.UNKNOWN, age), RefundNotFound(), now=NOW) is again
    assert not refunds.to_be_sent_again(refund(R.UNKNOWN, YOUNG), RefundPending("x"), now=NOW)
