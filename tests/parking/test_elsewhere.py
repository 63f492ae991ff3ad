"""Which stays in two lots contradict each other."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from parking.elsewhere import Kind, KnownCase, contradictions, findings, held, kind_of
from parking.lots import Lot, LotKind
from parking.plates import PlateColor, VehicleClass
from parking.stays import Doubt, State, Stay
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


def lot(number: int, north_km: float, kind: LotKind = LotKind.ROAD) -> Lot:
    names = ("x", 1, "x", "x", "x", "x", "x", "")
    return Lot(number, *names, kind, 9, 117.0, 36.0 + north_km / 111.19, "Asia/Shanghai")


# The second lies beside the first, the third 20 km away: nobody drives there in less than ten minutes.
LOTS = {1: lot(1, 0), 2: lot(2, 0.1), 3: lot(3, 20)}


def stay(lot_id: int, came: int | None, left: int | None, **more: object) -> Stay:
    """A stay from minute to minute; None: not seen. Without an exit it is open."""
    state = State.CLOSED if came is not None and left is not None else State.OPEN if left is None else State.EXIT_ONLY
    whole = Stay(
        lot_id=lot_id,
        id=UUID(int=(lot_id << 32) + (came or left or 0) + 10_000),
        plate="鲁A12345",
        plate_color=PlateColor.BLUE,
        vehicle_class=VehicleClass.SMALL,
        state=state,
        entered_at=None if came is None else NOW + came * MINUTE,
        left_at=None if left is None else NOW + left * MINUTE,
        entry_lane_id=None,
        exit_lane_id=None,
        entry_event_id=None if came is None else UUID(int=came + 20_000),
        exit_event_id=None if left is None else UUID(int=left + 30_000),
    )
    return structs.replace(whole, **more)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (stay(1, 0, 60), stay(2, 30, 90), Kind.AT_ONCE),
        (stay(1, 0, 60), stay(2, 10, 50), Kind.ALIBI),
        (stay(1, 0, None), stay(2, 30, 90), Kind.AT_ONCE),
        (stay(1, 0, None), stay(2, 30, None), Kind.AT_ONCE),
        (stay(1, 0, 60), stay(2, 60, 90), None),
        (stay(1, 0, 60), stay(2, 56, 90), None),  # within what two clocks are off
        (stay(1, 0, 60), stay(2, 54, 90), Kind.AT_ONCE),
        (stay(1, 0, 60), stay(3, 64, 90), Kind.TRAVEL),
        (stay(1, 0, 60), stay(3, 66, 90), None),
        (stay(3, 64, 90), stay(1, 0, 60), Kind.TRAVEL),
        (stay(1, 0, 60), stay(1, 10, 50), None),  # one lot knows what happened there
        (stay(1, None, 60), stay(3, 62, 90), Kind.TRAVEL),  # the known half tells where it was
        (stay(1, None, 60), stay(2, 30, 90), Kind.AT_ONCE),
        (stay(1, 0, None), stay(2, 25 * 60, 26 * 60), None),  # longer than any car stays along a road
        (stay(1, 0, None, state=State.SUPERSEDED), stay(2, 30, 90), None),  # it left at some time
        (stay(1, 0, None, state=State.SUPERSEDED), stay(3, 3, 90), Kind.TRAVEL),
    ],
)
def test_what_contradicts(one: Stay, other: Stay, kind: Kind | None) -> None:
    assert kind_of(one, other, LOTS) is kind
    assert [each.kind for each in contradictions([one, other], LOTS)] == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    "uncertain",
    [
        {"plate": "XXX"},
        {"plate_color": PlateColor.UNKNOWN},
        {"confidence": 0.4},
        {"doubts": (Doubt.READ_DOUBTFUL,)},
        {"matched_id": UUID(int=5), "matched_half": State.OPEN},
    ],
)
def test_only_sure_texts_say_where_a_vehicle_was(uncertain: dict[str, object]) -> None:
    assert contradictions([stay(1, 0, 60), stay(2, 10, 50, **uncertain)], LOTS) == []


spans = st.tuples(st.sampled_from(list(LOTS)), st.integers(0, 300), st.integers(0, 300)).map(
    lambda each: stay(each[0], min(each[1:]), max(each[1:]))
)


@given(spans, spans)
def test_neither_the_turn_nor_the_order_matters(one: Stay, other: Stay) -> None:
    assert kind_of(one, other, LOTS) is kind_of(other, one, LOTS)
    there = {(each.case.id, each.case.stay_id) for each in contradictions([one, other], LOTS)}
    assert there == {(each.case.id, each.case.stay_id) for each in contradictions([other, one], LOTS)}


@given(spans, st.integers(0, 60), st.integers(0, 60))
def test_who_has_time_to_drive_is_never_suspected(one: Stay, minutes: int, longer: int) -> None:
    assert one.left_at is not None
    came = int((one.left_at - NOW) / MINUTE) + 10 + minutes
    for lot_id in LOTS.keys() - {one.lot_id}:
        assert kind_of(one, stay(lot_id, came, came + longer), LOTS) is None


def test_a_case_is_opened_once_settles_itself_and_stays_decided() -> None:
    one, other = stay(1, 0, 60), stay(2, 10, 50)
    found = contradictions([one, other], LOTS)
    (case,) = findings(found, []).opened
    assert (case.stay_id, case.other_stay_id) == (other.id, one.id)

    def known(by: str | None) -> KnownCase:
        return KnownCase(case.id, other.id, one.id, by)

    assert (findings(found, [known(None)]).opened, findings(found, [known(None)]).moot) == ([], [])
    assert findings([], [known(None)]).moot == [case.id]
    assert findings(found, [known("facts")]).opened == [case]
    assert findings(found, [known("clerk:li")]).opened == []
    assert held([one, other], [known(None)]) == {one.id, other.id}
    assert held([one, other], [known("clerk:li")]) == set()
    assert held([structs.replace(one, doubts=(Doubt.LOOKED_AT,)), other], [known(None)]) == {other.id}


def test_of_three_each_pair_is_a_case() -> None:
    three = [stay(1, 0, 60), stay(2, 10, 50), stay(3, 20, 90)]
    cases = {each.case.id for each in contradictions(three, LOTS)}
    assert len(cases) == 3


def test_who_is_in_the_inner_lot_is_in_the_outer_one_as_well() -> None:
    inner, innermost = structs.replace(LOTS[2], inside_of=1), structs.replace(LOTS[3], inside_of=2)
    nested = {1: LOTS[1], 2: inner, 3: innermost}
    for one, other in ((1, 2), (2, 1), (1, 3), (3, 2)):
        assert kind_of(stay(one, 0, 60), stay(other, 10, 50), nested) is None
    beside = {**nested, 3: structs.replace(LOTS[3], inside_of=1)}
    assert kind_of(stay(2, 0, 60), stay(3, 10, 50), beside) is Kind.ALIBI


def test_a_lot_that_is_not_known_yet_contradicts_nothing() -> None:
    assert kind_of(stay(1, 0, 60), stay(9, 0, 60), LOTS) is None
