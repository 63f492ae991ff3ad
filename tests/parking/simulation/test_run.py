"""Past stays priced by a draft: what is summed up, and what is remembered from stay to stay."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.plates import masked
from parking.simulation.history import lead_of
from parking.simulation.labels import duration
from parking.simulation.past_stays import PastStay, Period
from parking.simulation.totals import EXTREMES, LISTED_MAX
from parking.tariffs import Vehicle, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Exemption
from tests.parking.simulation.builders import (
    BLUE,
    DAY,
    GREEN,
    HOUR,
    JINAN,
    OPERATORS,
    PERIOD,
    TEN,
    dearer,
    remembering,
    simulate,
    stay,
    tried,
)


def test_what_was_charged_against_a_draft() -> None:
    found = tried(
        [stay(), stay(TEN + DAY, HOUR, fee_fen=200), stay(TEN + DAY, HOUR, "鲁B12345", fee_fen=700)], dearer(300)
    )
    assert (found.total.stays, found.total.before_fen, found.total.after_fen) == (3, 1500, 900 + 300 + 300)
    assert (found.total.more, found.total.less, found.total.same) == (2, 1, 0)
    assert (found.drivers.more, found.drivers.less, found.drivers.same, found.drivers.all) == (1, 1, 0, 2)
    assert found.differences == {300: 1, 100: 1, -400: 1}
    assert [(case.plate, case.change_fen) for case in found.rises] == [("鲁A•••45", 300), ("鲁A•••45", 100)]
    assert [(case.plate, case.change_fen) for case in found.falls] == [("鲁B•••45", -400)]


def test_a_price_against_itself_changes_nothing() -> None:
    rows = [stay(TEN + n * HOUR, 2 * HOUR, GREEN, fee_fen=99) for n in range(0, 40, 3)]
    found = tried(rows, current=JINAN)
    assert found.total.change_fen == 0
    assert (found.total.same, found.drivers.same, found.differences) == (len(rows), 1, {0: len(rows)})
    assert (found.rises, found.falls) == ([], [])


def test_by_lot_vehicle_hour_and_length() -> None:
    large = msgspec.structs.replace(stay(TEN + 5 * HOUR, plate="鲁C12345", lot=3), plate_color="yellow")
    found = tried([stay(), stay(TEN + DAY, timedelta(minutes=20), GREEN, lot=2, fee_fen=0), large])
    assert {lot: (each.stays, each.after_fen) for lot, each in found.lots.items()} == {
        1: (1, 600),
        2: (1, 0),
        3: (1, 1200),
    }
    assert {kind: each.stays for kind, each in found.kinds.items()} == {"large": 1, "small": 1, "small_new_energy": 1}
    assert {hour: each.stays for hour, each in found.hours.items()} == {10: 2, 15: 1}
    assert {duration(place)[1]: each.stays for place, each in found.durations.items()} == {
        "15 min to 30 min": 1,
        "2 h to 4 h": 2,
    }


def test_a_quota_is_carried_from_stay_to_stay() -> None:
    # Two hours are free: the first stay takes one and a half of them, the second is left half an hour.
    rows = [
        stay(TEN, timedelta(minutes=90), GREEN),
        stay(TEN + 3 * HOUR, 3 * HOUR, GREEN),
        stay(TEN, 3 * HOUR, "鲁AD12346"),
    ]
    assert tried(rows[:2]).total.after_fen == 600
    assert tried(rows[1:2]).total.after_fen == 200
    assert tried(rows).total.after_fen == 600 + 200


def test_what_was_used_before_the_period_is_remembered() -> None:
    rows = [stay(TEN, timedelta(minutes=90), GREEN), stay(TEN + 3 * HOUR, 3 * HOUR, GREEN)]
    found = tried(rows, period=Period(TEN + 2 * HOUR, TEN + DAY))
    assert (found.total.stays, found.total.after_fen, found.earlier) == (1, 600, 1)


@pytest.mark.parametrize(
    ("scope", "after_fen"), [("lot", [0, 200, 200]), ("operator", [0, 600, 200]), ("city", [0, 600, 600])]
)
def test_how_far_a_quota_reaches(scope: str, after_fen: list[int]) -> None:
    rows = [stay(TEN + n * 4 * HOUR, (2 if n == 0 else 3) * HOUR, GREEN, lot=n + 1) for n in range(3)]
    draft = remembering(scope=scope)
    assert [tried(rows[: n + 1], draft).total.after_fen for n in range(3)] == [
        sum(after_fen[: n + 1]) for n in range(3)
    ]


def test_what_was_before_the_period_is_read_as_far_as_it_bears_on_it() -> None:
    assert lead_of([]) == timedelta(0)
    assert lead_of([JINAN]) == 2 * DAY
    assert lead_of([JINAN, remembering(hours=30)]) == 60 * HOUR
    assert lead_of([remembering(per="visit")]) == timedelta(0)


def test_a_draft_may_ask_for_what_a_stay_had_a_right_to() -> None:
    exempting = msgspec.structs.replace(
        JINAN, exempt=(Exemption(name_zh="救护车", name_en="Ambulances", who=Match(tags=("ambulance",))),)
    )
    known = msgspec.structs.replace(stay(), rights='{"tags": ["ambulance"]}')
    assert tried([known, stay(plate="鲁B54321")], exempting).total.after_fen == 600


def test_a_stay_without_a_price_is_listed_and_counted_apart() -> None:
    forever = stay(TEN - 500 * DAY, 501 * DAY, fee_fen=0)
    found = tried([forever] * (LISTED_MAX + 5) + [stay()])
    assert (found.total.stays, found.unpriced, len(found.listed)) == (1, LISTED_MAX + 5, LISTED_MAX)
    assert found.listed[0].plate == "鲁A•••45"
    assert "No price: the stay of 501 days" in found.listed[0].reason
    nowhere = simulate([stay(lot=2)], tariffs.Compiled(JINAN), PERIOD, OPERATORS, current={})
    assert (nowhere.total.stays, nowhere.unpriced, nowhere.listed[0].reason) == (
        0,
        1,
        "No tariff is in force at this lot.",
    )


def test_the_largest_changes_are_listed() -> None:
    fees = [n * 100 for n in range(50)]
    found = tried([stay(TEN + n * DAY / 8, HOUR, fee_fen=fee) for n, fee in enumerate(fees)], current=None)
    changes = sorted(200 - fee for fee in fees)
    assert [case.change_fen for case in found.falls] == changes[:EXTREMES]
    assert [case.change_fen for case in found.rises] == [change for change in reversed(changes) if change > 0][
        :EXTREMES
    ]


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("鲁A12345", "鲁A•••45"), ("鲁AD12345", "鲁A•••45"), ("WJ1234A", "WJ•••4A"), ("12345", "•••"), ("", "•••")],
)
def test_plates_are_masked(plate: str, shown: str) -> None:
    assert masked(plate) == shown


stays_of_day = st.lists(
    st.builds(
        stay,
        st.integers(0, 10_000).map(lambda minutes: TEN + timedelta(minutes=minutes)),
        st.integers(0, 3_000).map(lambda minutes: timedelta(minutes=minutes)),
        st.sampled_from([BLUE, GREEN, "鲁B54321", "鲁BD54321"]),
        lot=st.sampled_from([1, 2, 3]),
        fee_fen=st.integers(0, 3_000),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(stays_of_day, st.integers(0, 500))
def test_the_numbers_add_up(rows: list[PastStay], hour_fen: int) -> None:
    draft = tariffs.Compiled(dearer(hour_fen))
    rows.sort(key=lambda row: (row.plate, row.entered_at))
    found = simulate(rows, draft, PERIOD, OPERATORS)
    expected: list[int] = []
    for lot, plate in {(row.lot_id, row.plate) for row in rows}:
        visits = [
            Visit(row.entered_at, row.left_at, Vehicle(new_energy=len(plate) == 8))
            for row in rows
            if (row.lot_id, row.plate) == (lot, plate)
        ]
        expected += [fee.fee_fen for fee in tariffs.price_sequence(draft, visits)]
    # Entries of the same instant leave open which comes first.
    if len({(row.lot_id, row.plate, row.entered_at) for row in rows}) == len(rows):
        assert found.total.after_fen == sum(expected)
    assert found.total.before_fen == sum(row.fee_fen for row in rows)
    assert found.total.stays == len(rows) == sum(found.differences.values())
    assert found.total.change_fen == sum(change * count for change, count in found.differences.items())
    assert found.drivers.all == len({row.plate for row in rows})
    for parts in (found.lots, found.kinds, found.hours, found.durations):
        summed = type(found.total)()
        for each in parts.values():
            summed.add(each)
        assert summed == found.total
    assert found.total.same == found.differences.get(0, 0)
