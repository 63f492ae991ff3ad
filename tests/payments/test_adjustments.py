"""What follows when the price of a stay changes: the table, and the laws that hold whatever is asked for in whatever
order.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import adjustments
from payments.adjustments import AdjustmentKind, Change, Payment, WaivedFor
from payments.charges import Charge, ChargeState

NOW = datetime(2026, 11, 16, 2, tzinfo=UTC)
# After something was paid.
LATER = NOW + timedelta(seconds=1)
FIRST_FEN, LIMIT_FEN = 1_000, 1_500
SOMEBODY = 1001
LOWERED, RAISED, WAIVED = AdjustmentKind.LOWERED, AdjustmentKind.RAISED, AdjustmentKind.WAIVED


def charge(account_id: int | None = None, *, paid_fen: int = 0, refunded_fen: int = 0) -> Charge:
    """A charge of 10.00 of which something was paid, and given back by a person."""
    owed_fen = FIRST_FEN - paid_fen
    return Charge(
        lot_id=7,
        id=UUID(int=1),
        reference=UUID(int=2),
        place_hidden=False,
        stay_id=UUID(int=3),
        operator_id=1002,
        account_id=account_id,
        amount_fen=FIRST_FEN,
        first_fen=FIRST_FEN,
        paid_fen=paid_fen,
        owed_fen=owed_fen,
        refunded_fen=refunded_fen,
        waived_fen=0,
        kept_max_fen=paid_fen - refunded_fen if refunded_fen else None,
        accepted_fen=paid_fen,
        adjustments=0,
        state=ChargeState.DUE if owed_fen else ChargeState.PAID,
        method="local" if paid_fen else None,
        lines="[]",
        created_at=NOW,
        paid_at=NOW if paid_fen else None,
        collect_at=None,
        collect_tries=0,
        time_zone="Asia/Shanghai",
    )


def adjusted(there: Charge, wanted_fen: int, *, asked_at: datetime | None = None) -> Charge:
    """The charge after an adjustment, if any follows."""
    made = change(there, wanted_fen, asked_at=asked_at)
    if made is None:
        return there
    asked = adjustments.Adjustment(there.id, wanted_fen, b"[]", there.id, "passing", date(2026, 11, 16))
    return adjustments.after(adjustments.Made(there, asked, made, date(2026, 11, 16), asleep=False))


def change(there: Charge, wanted_fen: int, *, asked_at: datetime | None = None) -> Change | None:
    limit = None if there.account_id is None else LIMIT_FEN
    accepted = adjustments.accepted_max(there, debit_max_fen=limit, asked_at=asked_at)
    return adjustments.change(there, wanted_fen, accepted_max_fen=accepted)


def paid(there: Charge, fen: int) -> Charge:
    """The charge after a payment of as much as is owed, at most `fen`."""
    part = min(fen, there.owed_fen)
    if not part:
        return there
    return msgspec.structs.replace(
        there,
        paid_fen=there.paid_fen + part,
        owed_fen=there.owed_fen - part,
        accepted_fen=max(there.accepted_fen, there.paid_fen + part - there.refunded_fen),
        state=ChargeState.DUE if part < there.owed_fen else ChargeState.PAID,
    )


def given_back(there: Charge, fen: int) -> Charge:
    """The charge after a person gave back of it, if there is so much."""
    left = there.paid_fen - there.refunded_fen
    if there.state is not ChargeState.PAID or not 0 < fen <= left:
        return there
    return msgspec.structs.replace(there, refunded_fen=there.refunded_fen + fen, kept_max_fen=left - fen)


def kept(there: Charge) -> int:
    return there.paid_fen + there.owed_fen - there.refunded_fen


@pytest.mark.parametrize(
    ("there", "wanted_fen", "kind", "owed_fen", "returned_fen", "waived_fen"),
    [
        pytest.param(charge(), 400, LOWERED, -600, 0, 0, id="due shrinks"),
        pytest.param(charge(), 0, LOWERED, -1_000, 0, 0, id="due to nothing"),
        pytest.param(charge(), 9_000, RAISED, 8_000, 0, 0, id="a casual driver at the gate sees more"),
        pytest.param(charge(paid_fen=1_000), 400, LOWERED, 0, 600, 0, id="paid goes back"),
        pytest.param(charge(paid_fen=1_000), 1_200, WAIVED, 0, 0, 200, id="who has paid and gone is asked no more"),
        pytest.param(charge(paid_fen=1_000, refunded_fen=300), 800, LOWERED, 0, 0, 100, id="a person gave back enough"),
        pytest.param(charge(paid_fen=1_000, refunded_fen=300), 500, LOWERED, 0, 200, 0, id="and not enough"),
        pytest.param(charge(paid_fen=1_000, refunded_fen=1_000), 0, LOWERED, 0, 0, 0, id="all was given back"),
        pytest.param(charge(SOMEBODY), 1_400, RAISED, 400, 0, 0, id="within the limit of an account"),
        pytest.param(charge(SOMEBODY), 1_700, RAISED, 500, 0, 200, id="beyond it"),
        pytest.param(charge(SOMEBODY, paid_fen=1_000), 1_700, RAISED, 500, 0, 200, id="paid, and due for the rest"),
        pytest.param(charge(SOMEBODY, paid_fen=600), 500, LOWERED, -400, 100, 0, id="both at once"),
    ],
)
def test_what_follows(
    there: Charge, wanted_fen: int, kind: AdjustmentKind, owed_fen: int, returned_fen: int, waived_fen: int
) -> None:
    made = change(there, wanted_fen)
    assert made is not None
    assert (made.kind, made.owed_fen, made.returned_fen, made.waived_fen) == (kind, owed_fen, returned_fen, waived_fen)
    assert made.amount_fen + made.waived_fen == made.wanted_fen == wanted_fen
    assert (made.waived_for is None) == (waived_fen == 0)


def test_the_same_amount_and_a_void_charge_are_nothing() -> None:
    assert change(charge(), FIRST_FEN) is None
    waived = adjusted(charge(paid_fen=FIRST_FEN), 1_200)
    assert change(waived, 1_200) is None
    void = msgspec.structs.replace(charge(), state=ChargeState.VOID, owed_fen=0)
    assert change(void, 300) is None


@pytest.mark.parametrize(
    ("asked_at", "owed_fen", "waived_fen"),
    [(None, 0, 900), (NOW - timedelta(hours=1), 0, 900), (NOW, 0, 900), (LATER, 900, 0)],
)
def test_who_has_paid_since_being_asked_is_asked_no_more(
    asked_at: datetime | None, owed_fen: int, waived_fen: int
) -> None:
    made = change(charge(paid_fen=FIRST_FEN), 1_900, asked_at=asked_at)
    assert made is not None
    assert (made.owed_fen, made.waived_fen) == (owed_fen, waived_fen)


def test_who_stands_at_the_gate_accepts_what_is_shown() -> None:
    there = adjusted(charge(paid_fen=FIRST_FEN), 1_900, asked_at=LATER)
    assert (there.state, there.owed_fen, there.waived_fen) == (ChargeState.DUE, 900, 0)
    # An account is not asked: its limit holds wherever its driver stands.
    assert adjusted(charge(SOMEBODY, paid_fen=FIRST_FEN), 1_900, asked_at=LATER).owed_fen == 500


def test_why_something_is_waived() -> None:
    made = change(charge(SOMEBODY), 1_700)
    assert made is not None
    assert made.waived_for is WaivedFor.NOT_ACCEPTED
    made = change(charge(paid_fen=1_000, refunded_fen=300), 1_700)
    assert made is not None
    assert made.waived_for is WaivedFor.GIVEN_BACK


def test_of_an_account_that_takes_no_charges_nothing_more_is_asked() -> None:
    there = charge(SOMEBODY, paid_fen=FIRST_FEN)
    accepted = adjustments.accepted_max(there, debit_max_fen=None, asked_at=None)
    made = adjustments.change(there, 1_200, accepted_max_fen=accepted)
    assert made is not None
    assert (made.owed_fen, made.waived_fen) == (0, 200)


def test_the_last_payment_goes_back_first() -> None:
    first, second = (Payment(UUID(int=1), UUID(int=n), "local", 600) for n in (1, 2))
    assert adjustments.returns([first, second], 700) == [(second, 600), (first, 100)]
    assert adjustments.returns([first, second], 600) == [(second, 600)]
    assert adjustments.returns([], 600) == []


AMOUNTS = st.integers(0, 3_000)
MOVES = st.one_of(
    st.tuples(st.just("adjust"), AMOUNTS), st.tuples(st.just("pay"), AMOUNTS), st.tuples(st.just("give back"), AMOUNTS)
)
PAYERS = st.sampled_from([None, SOMEBODY])


def moved(there: Charge, move: str, fen: int) -> Charge:
    if move == "adjust":
        return adjusted(there, fen)
    return paid(there, fen) if move == "pay" else given_back(there, fen)


@given(PAYERS, st.lists(MOVES))
def test_whatever_happens_nobody_bears_more_than_was_accepted(
    account_id: int | None, moves: list[tuple[str, int]]
) -> None:
    there, most_paid = charge(account_id), 0
    for move, fen in moves:
        before, there = there, moved(there, move, fen)
        net = there.paid_fen - there.refunded_fen
        most_paid = max(most_paid, net)
        if account_id is not None:
            assert there.amount_fen <= max(FIRST_FEN, LIMIT_FEN)
        elif before.paid_fen:
            assert there.amount_fen <= max(most_paid, before.amount_fen)
        assert 0 <= net <= kept(there) <= there.amount_fen
        assert (there.state is ChargeState.DUE) == (there.owed_fen > 0)
        if there.kept_max_fen is None:
            assert kept(there) == there.amount_fen
        else:
            assert kept(there) <= there.kept_max_fen


def test_what_was_billed_at_first_is_accepted_whatever_the_limit() -> None:
    there = adjusted(charge(SOMEBODY), 100)
    accepted = adjustments.accepted_max(there, debit_max_fen=0, asked_at=None)
    made = adjustments.change(there, 1_200, accepted_max_fen=accepted)
    assert made is not None
    assert (made.amount_fen, made.waived_fen) == (FIRST_FEN, 200)


def test_a_casual_driver_who_got_all_back_accepted_no_more_than_was_paid_at_a_time() -> None:
    there = charge(paid_fen=FIRST_FEN)
    for wanted_fen in (0, FIRST_FEN):
        there = adjusted(there, wanted_fen)
    there = adjusted(paid(there, FIRST_FEN), 2 * FIRST_FEN)
    assert (there.paid_fen, there.amount_fen, there.waived_fen) == (2 * FIRST_FEN, FIRST_FEN, FIRST_FEN)


@given(PAYERS, st.lists(MOVES), st.lists(AMOUNTS), AMOUNTS)
def test_the_last_amount_alone_says_what_stands(
    account_id: int | None, moves: list[tuple[str, int]], detour: list[int], last: int
) -> None:
    """It does not matter what was believed on the way, nor how often or in what steps it was said."""
    there = charge(account_id)
    for move, fen in moves:
        there = moved(there, move, fen)
    straight, winding = adjusted(there, last), there
    for fen in detour:
        winding = adjusted(winding, fen)
    winding = adjusted(winding, last)
    assert kept(winding) <= last
    if straight is not there:
        assert (kept(winding), winding.waived_fen) == (kept(straight), straight.waived_fen)
        assert winding.amount_fen == straight.amount_fen
    # Who pays what is left, and whom what is left is given back, has borne the same.
    assert kept(paid(winding, winding.owed_fen)) == kept(winding)


@given(PAYERS, st.lists(AMOUNTS, min_size=1), st.booleans())
def test_who_pays_in_full_has_borne_the_last_amount_within_the_limit(
    account_id: int | None, wanted: list[int], first: bool
) -> None:
    there = charge(account_id)
    if first:
        there = paid(there, FIRST_FEN)
    for fen in wanted:
        there = adjusted(there, fen)
    there = paid(there, there.owed_fen)
    limit = LIMIT_FEN if account_id is not None else FIRST_FEN if first else max(wanted)
    assert there.paid_fen - there.refunded_fen == min(wanted[-1], limit)
    assert there.waived_fen == max(wanted[-1] - limit, 0)


@pytest.mark.parametrize(
    ("there", "amount_fen", "owed_fen"),
    [
        (charge(), 0, 0),
        (charge(paid_fen=400), 400, 0),
        (charge(paid_fen=1_000), 1_000, 0),
        (charge(SOMEBODY, paid_fen=1_000, refunded_fen=300), 700, 0),
    ],
)
def test_what_was_paid_of_what_goes_on_stays_with_it(there: Charge, amount_fen: int, owed_fen: int) -> None:
    standing = adjustments.Standing(
        **{name: getattr(there, name) for name in Charge.__struct_fields__}, debit_max_fen=LIMIT_FEN, asleep=False
    )
    asked = adjustments.Adjustment(there.id, 0, b"[]", there.id, "passage", date(2026, 11, 16), keeps_paid=True)
    made = adjustments.made(standing, asked, now=NOW)
    after = there if made is None else adjustments.after(made)
    assert (after.amount_fen, after.owed_fen, after.refunded_fen) == (amount_fen, owed_fen, there.refunded_fen)
    assert sum(line["amount_fen"] for line in msgspec.json.decode(after.lines)) in (0, amount_fen)
    # When it is over in the end only the rest is asked.
    at_the_end = adjusted(after, 1_600, asked_at=LATER)
    assert at_the_end.owed_fen <= 1_600 - amount_fen
    assert adjustments.owed_after(charge(paid_fen=1_000), 1_600, asked_at=LATER) == 600
    assert adjustments.owed_after(charge(paid_fen=1_000), 1_600, asked_at=NOW) == 0
