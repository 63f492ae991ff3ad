"""What people decide about reads: later decisions hold, undone ones never were, and stays follow as from any fact."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from parking import decisions, made_reads
from parking.decisions import DecisionUnfit, Kind, Ruling, Standing
from parking.lots import Direction
from parking.matching import KeptMatch
from parking.plates import PlateColor
from parking.reads import LetOut, Read
from parking.stays import Doubt, State, Stay
from tests.parking.reads import story, told
from tests.parking.remembered import Remembered, decided, whole
from tests.parking.test_derivation import PLATES, drawn, live, read, reads

HOUR = timedelta(hours=1)
OTHER = Ruling(Kind.PLATE, "鲁C77777", PlateColor.BLUE)
VOID, RIGHT = Ruling(Kind.VOID), Ruling(Kind.RIGHT)
FREE, CHARGE = Ruling(Kind.LET_OUT_FREE), Ruling(Kind.LET_OUT_AND_CHARGE)


def undo(n: int) -> Ruling:
    return Ruling(Kind.UNDO, undoes=n)


plain = st.one_of(
    st.sampled_from((VOID, RIGHT, FREE, CHARGE)),
    st.builds(lambda plate: Ruling(Kind.PLATE, plate, PlateColor.BLUE), st.sampled_from(PLATES)),
    st.builds(lambda number: Ruling(Kind.PAIR, about_id=UUID(int=number)), st.integers(1, 3)),
)


# -- how a read stands


@given(read(), plain, plain)
def test_the_later_of_two_decisions_of_a_sort_holds(one: Read, first: Ruling, second: Ruling) -> None:
    recorded = Standing(one, counts=True)
    both = decisions.standing(recorded, [first, second])
    after_second = decisions.standing(recorded, [second])
    if first.kind is second.kind or {first.kind, second.kind} == {Kind.LET_OUT_FREE, Kind.LET_OUT_AND_CHARGE}:
        assert both == after_second
    if second.kind in (Kind.PLATE, Kind.VOID):
        assert both.counts == after_second.counts


@given(read(), st.lists(plain, max_size=5), st.data())
def test_what_is_undone_never_was(one: Read, rulings: list[Ruling], data: st.DataObject) -> None:
    recorded = Standing(one, counts=data.draw(st.booleans()))
    added = data.draw(plain)
    before = [*rulings, added, undo(len(rulings) + 1)]
    assert decisions.standing(recorded, before) == decisions.standing(recorded, rulings)
    again = [*before, undo(len(before))]
    assert decisions.standing(recorded, again) == decisions.standing(recorded, [*rulings, added])


@pytest.mark.parametrize(
    ("rulings", "says"),
    [([], None), ([RIGHT], None), ([FREE], None), ([OTHER], True), ([VOID], False), ([VOID, undo(1)], None)],
)
def test_only_who_names_or_voids_a_read_says_whether_its_vehicle_passed(
    rulings: list[Ruling], says: bool | None
) -> None:
    """What has only been looked at, or let out, counts by its passage, whichever is told first."""
    (one,) = story("in 09:00")
    for counts in (True, False):
        stands = decisions.standing(Standing(one, counts=counts), rulings)
        assert (stands.says, stands.counts) == (says, counts if says is None else says)


def test_a_read_that_did_not_count_counts_once_somebody_says_which_plate_it_was() -> None:
    (one,) = story("in 09:00")
    nothing = Standing(structs.replace(one, plate=""), counts=False)
    named = decisions.standing(nothing, [Ruling(Kind.PLATE, "鲁A12345", PlateColor.BLUE)])
    assert (named.counts, named.read.plate, named.read.confidence) == (True, "鲁A12345", 1.0)
    assert not decisions.standing(nothing, [RIGHT]).counts


# -- stays follow


@given(reads, st.data())
@settings(max_examples=60)
def test_a_corrected_read_is_as_one_that_was_read_right_at_first(seen: list[Read], data: st.DataObject) -> None:
    wrong = data.draw(st.sampled_from(seen))
    said = Ruling(Kind.PLATE, data.draw(st.sampled_from(PLATES)), PlateColor.BLUE)
    lot = Remembered()
    lot.add(seen)
    lot.decide(wrong.id, said)
    right = decisions.applied(wrong, [said])
    assert right is not None
    assert live(lot.rows) == live(whole([*(each for each in seen if each is not wrong), right]))


@given(reads, st.data())
@settings(max_examples=60)
def test_a_void_read_is_as_one_that_never_came(seen: list[Read], data: st.DataObject) -> None:
    wrong = data.draw(st.sampled_from(seen))
    lot = Remembered()
    lot.add(seen)
    lot.decide(wrong.id, VOID)
    assert live(lot.rows) == live(whole(each for each in seen if each is not wrong))
    lot.decide(wrong.id, undo(1))
    assert live(lot.rows) == live(whole(seen))


def decide_by_chance(chance: random.Random, seen: Sequence[Read], lot: Remembered) -> None:
    """One decision about one of the reads that have come."""
    fact = chance.choice(seen)
    earlier = lot.rulings.get(fact.id, [])
    others = [each.id for each in seen if each.direction is Direction.ENTRY]
    choices = [VOID, RIGHT, FREE, CHARGE, Ruling(Kind.PLATE, chance.choice(PLATES), PlateColor.BLUE)]
    if earlier:
        choices += [undo(chance.randint(1, len(earlier)))] * 3
    if fact.direction is Direction.EXIT and others:
        choices += [Ruling(Kind.PAIR, about_id=chance.choice(others))] * 5
    lot.decide(fact.id, chance.choice(choices))


def as_decided(seen: Sequence[Read], lot: Remembered) -> dict[UUID, Stay]:
    """The stays from all reads at once, each as it stands."""
    stands = [decisions.standing(Standing(each, counts=True), lot.rulings.get(each.id, [])) for each in seen]
    return whole([each.read for each in stands if each.counts], lot.pairs.items())


def matched_as_decided(seen: Sequence[Read], lot: Remembered) -> dict[UUID, KeptMatch]:
    """What is decided of exits, from all reads at once, each as it stands."""
    stands = [decisions.standing(Standing(each, counts=True), lot.rulings.get(each.id, [])) for each in seen]
    return decided([each.read for each in stands if each.counts], lot.pairs.items())


@pytest.mark.parametrize("spread", [1, 12])
def test_decisions_come_to_the_same_whenever_they_are_made(spread: int) -> None:
    for seed in range(1_200):
        chance = random.Random(seed)
        plates = chance.sample(PLATES, chance.randint(1, 5))
        drawn_ = [drawn(chance, plates) for _ in range(chance.randint(2, 14))]
        seen = [structs.replace(each, at=each.at + chance.randint(0, spread - 1) * 60 * HOUR) for each in drawn_]
        lot, come = Remembered(), list[Read]()
        for each in seen:
            lot.add([each])
            come.append(each)
            while chance.random() < 0.4:
                decide_by_chance(chance, come, lot)
        assert live(lot.rows) == live(as_decided(seen, lot)), seed
        assert lot.decided() == matched_as_decided(seen, lot), seed


@pytest.mark.parametrize("seed", [3])
def test_reads_far_apart_come_to_the_same_in_any_order(seed: int) -> None:
    """Halves are matched anew only where something that matters to them has changed, however many there are."""
    for number in range(600):
        chance = random.Random(f"{seed} {number}")
        seen = [
            structs.replace(each, at=each.at + chance.randint(0, 14) * 45 * HOUR)
            for each in (drawn(chance, PLATES) for _ in range(20))
        ]
        lot = Remembered()
        for each in chance.sample(seen, len(seen)):
            lot.add([each])
        assert (live(lot.rows), lot.decided()) == (live(whole(seen)), decided(seen)), number


# -- what each does


def test_a_pair_that_holds_no_more_matters_to_all_that_its_exit_vies_with() -> None:
    came, other, left, later = story("in 00:00  in +2/17:00  out +2/22:00  out +5/10:00")
    plates = ("鲁C77777", "鲁A12B45", "鲁A12845", "鲁A12B4S")
    seen = [structs.replace(each, plate=plate) for each, plate in zip((came, other, left, later), plates, strict=True)]
    lot = Remembered()
    lot.add(seen)
    lot.decide(left.id, decisions.pair_ruling(left, came))
    assert told(lot.rows.values()) == "00:00-+2/22:00  +2/17:00-+5/10:00"
    # Of two exits that may be of one entry neither is, also of one that left days after what is void now.
    lot.decide(came.id, VOID)
    assert told(lot.rows.values()) == "+2/17:00-  ?-+2/22:00  ?-+5/10:00"


def test_a_pair_makes_one_stay_of_two_halves_without_a_doubt() -> None:
    came, left = story("in 09:00  out 12:00")
    left = structs.replace(left, plate="鲁B99999")
    lot = Remembered()
    lot.add([came, left])
    assert told(lot.rows.values()) == "09:00-  ?-12:00"
    lot.decide(left.id, decisions.pair_ruling(left, came))
    (stay,) = [row for row in lot.rows.values() if row.state is State.CLOSED]
    assert (told(lot.rows.values()), stay.doubts) == ("09:00-12:00", ())
    lot.decide(left.id, undo(1))
    assert told(lot.rows.values()) == "09:00-  ?-12:00"


def test_what_was_found_right_is_in_doubt_no_more() -> None:
    came, left = story("in 09:00  out? 12:00")
    lot = Remembered()
    lot.add([came, left])
    (stay,) = live(lot.rows)
    assert stay.doubts == (Doubt.READ_DOUBTFUL,)
    lot.decide(left.id, RIGHT)
    assert live(lot.rows)[0].doubts == (Doubt.LOOKED_AT,)


def test_who_is_let_out_is_let_out_until_that_is_undone() -> None:
    came, left, again = story("in 09:00  out 12:00  out 12:03")
    lot = Remembered()
    lot.add([came, left, again])
    lot.decide(again.id, FREE)
    assert live(lot.rows)[0].let_out is LetOut.FREE
    lot.decide(again.id, undo(1))
    assert live(lot.rows)[0].let_out is None


def test_what_was_set_holds_with_the_letting_out() -> None:
    came, left = story("in 09:00  out 12:00")
    lot = Remembered()
    lot.add([came, left])
    for ruling, expected in (
        (Ruling(Kind.LET_OUT_AND_CHARGE, set_fen=400), 400),
        (RIGHT, 400),
        (FREE, None),
        (undo(3), 400),
        (Ruling(Kind.LET_OUT_AND_CHARGE), None),
    ):
        lot.decide(left.id, ruling)
        assert live(lot.rows)[0].set_fen == expected


def test_an_entry_made_by_hand_makes_the_exit_whole() -> None:
    (left,) = story("out 12:00")
    lot = Remembered()
    lot.add([left])
    made = made_reads.manual_entry(left, UUID(int=9), lane_id=1, at=left.at - 2 * HOUR)
    entry = decisions.standing(made, [Ruling(Kind.MANUAL_ENTRY)])
    assert (made.counts, entry.counts) == (False, True)
    lot.add([entry.read])
    assert told(lot.rows.values()) == "10:00-12:00"


# -- what is refused


def test_what_does_not_fit_is_refused() -> None:
    came, left = story("in 09:00  out 12:00")
    for exit_read, entry in ((came, came), (left, left), (came, left)):
        with pytest.raises(DecisionUnfit):
            decisions.pair_ruling(exit_read, entry)
    far = structs.replace(came, at=came.at - 100 * HOUR)
    later = structs.replace(came, at=left.at + HOUR)
    for entry in (far, later, structs.replace(came, lot_id=2)):
        with pytest.raises(DecisionUnfit):
            decisions.pair_ruling(left, entry)
    for at in (left.at, left.at + HOUR, left.at - 24 * 4000 * HOUR):
        with pytest.raises(DecisionUnfit):
            made_reads.manual_entry(left, UUID(int=9), lane_id=1, at=at)
    with pytest.raises(DecisionUnfit):
        made_reads.manual_entry(came, UUID(int=9), lane_id=1, at=came.at - HOUR)
    with pytest.raises(DecisionUnfit):
        decisions.plate_ruling(came, "未知", None, None)
    with pytest.raises(DecisionUnfit):
        decisions.check_exit(came)
    with pytest.raises(DecisionUnfit):
        decisions.check_undo([], 1)


def test_a_plate_is_as_it_is_compared_by() -> None:
    (came,) = story("in 09:00")
    assert decisions.plate_ruling(came, " 鲁a·12346 ", None, None) == Ruling(Kind.PLATE, "鲁A12346", PlateColor.BLUE)
    unknown = structs.replace(came, plate_color=PlateColor.UNKNOWN)
    assert decisions.plate_ruling(unknown, "鲁AD12345", None, None).plate_color is PlateColor.GREEN
