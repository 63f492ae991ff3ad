"""Which reads a passage is of, and how they stand by it: the same in any order in which they are told."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from parking import passages
from parking.device_events import Outcome
from parking.exits import NOWHERE, Exits
from parking.lots import Direction, Lot, LotKind
from parking.passages import Passage, Seen
from parking.stays import Doubt, Stay
from tests.parking.reads import MIDNIGHT, story, told
from tests.parking.reads import read as a_read
from tests.parking.remembered import Remembered, whole
from tests.parking.test_derivation import live

NINE = MIDNIGHT + timedelta(hours=9)
MINUTE = timedelta(minutes=1)
# The lot of these stories where it tells passages from seven on, and who has paid has a quarter of an hour.
LOT = Lot(1, "a", 3, "o", "", "", "", "", "", LotKind.GARAGE, 10, 117.0, 36.6, "Asia/Shanghai")
TELLING = Exits({1: structs.replace(LOT, confirms_passages_since=MIDNIGHT + timedelta(hours=7))})
PLATES = ("鲁A12B45", "鲁A12845", "鲁C77777")


def passage(
    number: int, at: timedelta, outcome: Outcome = Outcome.PASSED, *, lane_id: int = 2, of: str | None = None
) -> Passage:
    return Passage(1, UUID(int=number << 80), lane_id, NINE + at, outcome, of)


def seen(number: int, at: timedelta, plate: str = "鲁A12345", *, way: Direction = Direction.EXIT) -> Seen:
    return Seen(a_read(way, NINE + at, number, plate=plate), f"e{number}")


def by_number(reads: list[Seen], *told_: Passage) -> dict[int, int]:
    """The passage of each read, by their numbers."""
    return {id_.int >> 80: each.id.int >> 80 for id_, each in passages.attribute(reads, told_).passages.items()}


def test_a_passage_is_of_the_last_read_before_it() -> None:
    reads = [seen(1, 0 * MINUTE), seen(2, 2 * MINUTE, "鲁B22222"), seen(3, 4 * MINUTE, "鲁C33333")]
    assert by_number(reads, passage(9, 3 * MINUTE)) == {2: 9}
    assert by_number(reads, passage(9, 15 * MINUTE)) == {}
    assert by_number(reads, passage(9, 3 * MINUTE, lane_id=1)) == {}


def test_a_passage_is_of_the_read_that_it_names() -> None:
    reads = [seen(1, 0 * MINUTE), seen(2, 2 * MINUTE, "鲁B22222")]
    assert by_number(reads, passage(9, 25 * MINUTE, of="e1")) == {1: 9}
    assert by_number(reads, passage(9, 3 * MINUTE, of="e7")) == {}


def test_a_passage_is_of_all_reads_while_its_car_stood_there() -> None:
    again = [seen(n, n * 4 * MINUTE) for n in range(4)]
    assert by_number(again, passage(9, 13 * MINUTE)) == {0: 9, 1: 9, 2: 9, 3: 9}
    # Another car in between: what was read before that passed was of another visit.
    between = [*again[:1], seen(7, 2 * MINUTE, "鲁B22222"), *again[1:]]
    assert by_number(between, passage(8, 3 * MINUTE), passage(9, 13 * MINUTE)) == {7: 8, 1: 9, 2: 9, 3: 9}


def test_a_second_look_that_differs_in_a_character_is_of_the_same_car() -> None:
    reads = [seen(1, 0 * MINUTE, "鲁A12B45"), seen(2, timedelta(seconds=0.6), "鲁A12845")]
    assert by_number(reads, passage(9, MINUTE, Outcome.TURNED_BACK)) == {1: 9, 2: 9}


def test_what_people_decide_of_a_read_makes_its_passage_anothers() -> None:
    told_ = passage(9, MINUTE, Outcome.TURNED_BACK, of="e2")
    car, ghost = seen(1, 0 * MINUTE, "鲁A12B45"), seen(2, timedelta(seconds=0.6), "鲁A12845")
    one, other = (structs.replace(each, counts=False, passage_id=told_.id) for each in (car, ghost))
    void = structs.replace(other, applies=False, decided=True)
    marked = passages.mark([], [], [one, void], [told_], {void.read.id})
    assert (marked.reads, marked.gone) == ([car.read], [])
    assert passages.mark([], [], [one, void], [told_]).reads == []
    # That this is undone again.
    marked = passages.mark([], [], [car, structs.replace(ghost, passage_id=None)], [told_], {ghost.read.id})
    assert (marked.reads, marked.gone) == ([], [car.read, ghost.read])


def test_what_a_passage_says_is_kept_beside_what_people_say() -> None:
    named = structs.replace(seen(1, 0 * MINUTE), decided=True)
    marked = passages.mark([], [passage(9, MINUTE, Outcome.CANCELLED)], [named], [])
    assert (marked.reads, marked.gone) == ([], [])
    assert [stands.counts for stands, _ in marked.marks] == [False]


def test_a_passage_of_a_car_without_a_plate_is_of_nobody_else() -> None:
    reads = [seen(1, 0 * MINUTE), structs.replace(seen(2, 2 * MINUTE, ""), applies=False, counts=False)]
    said = passage(9, 3 * MINUTE, Outcome.TURNED_BACK)
    assert by_number(reads, said) == {}
    assert passages.attribute(reads, [said]).reads == {said.id: reads[1].read.id}


def test_the_last_of_several_passages_holds() -> None:
    reads = [seen(1, 0 * MINUTE)]
    back, passed = passage(8, MINUTE, Outcome.TURNED_BACK), passage(9, 2 * MINUTE)
    assert by_number(reads, passed, back) == by_number(reads, back, passed) == {1: 9}


def test_who_passes_on_the_read_of_another_was_not_read() -> None:
    reads = [seen(1, 0 * MINUTE)]
    first, second = passage(8, MINUTE, of="e1"), passage(9, MINUTE + timedelta(seconds=3), of="e1")
    for told_ in ([first, second], [second, first]):
        found = passages.attribute(reads, told_)
        assert (found.passages, found.reads) == (
            {reads[0].read.id: first},
            {first.id: reads[0].read.id, second.id: None},
        )
    # Two loops of one lane that tell the same car.
    assert by_number(reads, first, passage(9, MINUTE + timedelta(seconds=0.5))) == {1: 9}


def test_who_drives_close_behind_another_is_the_one_that_waits() -> None:
    reads = [seen(1, 0 * MINUTE), seen(2, 2 * MINUTE, "鲁B22222")]
    first, second = passage(8, 2 * MINUTE + timedelta(seconds=8)), passage(9, 2 * MINUTE + timedelta(seconds=11))
    for told_ in ([first, second], [second, first]):
        found = passages.attribute(reads, told_)
        assert {id_.int >> 80: each for id_, each in found.passages.items()} == {2: first, 1: second}
        assert (found.is_sure(first.id), found.is_sure(second.id)) == (True, False)
    # By name, the first one is of the first read, and the other's own is there.
    own = structs.replace(first, of="e1")
    assert by_number(reads, own, second) == {1: 8, 2: 9}
    assert passages.attribute(reads, [own, second]).behind == set()
    # A third was not read, nor is one that a person names the one that waits, or one that was there long ago.
    third = passage(10, 2 * MINUTE + timedelta(seconds=14))
    assert passages.attribute(reads, [first, second, third]).reads[third.id] is None
    assert by_number(reads, first, structs.replace(second, is_named=True)) == {2: 8}
    assert by_number([seen(1, -9 * MINUTE), reads[1]], first, second) == {2: 8}


# -- what it makes of stays


def stays(text: str, *told_: Passage, exits: Exits = NOWHERE) -> list[Stay]:
    """The stays of a story of one car, given passages."""
    reads = [Seen(each, f"e{each.id.int >> 80}") for each in story(text)]
    return list(whole(passages.mark(reads, told_, (), ()).reads, exits=exits).values())


def stood(text: str, *told_: Passage, exits: Exits = NOWHERE) -> str:
    """The same in short."""
    return told(stays(text, *told_, exits=exits))


def test_who_turns_back_at_the_entry_did_not_come() -> None:
    assert stood("in 09:00", passage(9, MINUTE, Outcome.TURNED_BACK, lane_id=1)) == ""
    assert stood("in 09:00  in 09:05", passage(9, MINUTE, Outcome.CANCELLED, lane_id=1)) == "09:05-"


def test_who_turns_back_at_the_exit_is_inside() -> None:
    back = passage(9, MINUTE, Outcome.TURNED_BACK)
    assert stood("in 08:00  out 09:00", back) == "08:00-"
    assert stood("in 08:00  out 09:00  out 15:00", back) == "08:00-15:00"


def test_who_passed_has_left_whatever_is_read_later() -> None:
    assert stood("in 08:50  out 09:00  out 09:12", passage(9, MINUTE)) == "08:50-09:00  ?-09:12"
    # The camera may see the back of it.
    assert stood("in 08:50  out 09:00  out 09:01:30", passage(9, MINUTE)) == "08:50-09:00"
    assert stood("in 09:00  in 09:05  out 10:00", passage(9, MINUTE, lane_id=1)) == "09:00-?  09:05-10:00"


# -- where a read at the exit is no departure


def test_who_drives_by_the_exit_leaves_when_it_passes() -> None:
    (by,) = stays("in 09:00  out 09:10", exits=TELLING)
    assert (told([by]), by.is_inside) == ("09:00-09:10", True)
    (later,) = stays("in 09:00  out 09:10  out 16:00", exits=TELLING)
    assert (told([later]), later.is_inside, len(later.exits)) == ("09:00-16:00", True, 2)
    (left,) = stays("in 08:00  out 09:00", passage(9, MINUTE), exits=TELLING)
    assert (told([left]), left.is_inside) == ("08:00-09:00", False)


def test_who_comes_again_had_left() -> None:
    gone, inside = sorted(stays("in 09:00  out 12:00  in 13:00", exits=TELLING), key=lambda stay: stay.first_at)
    assert (told([gone, inside]), gone.is_inside, inside.is_inside) == ("09:00-12:00  13:00-", False, True)


def test_before_a_lot_told_passages_a_read_was_a_departure() -> None:
    assert stood("in 05:00  out 06:00  out +1/06:01", exits=TELLING) == "05:00-06:00  ?-+1/06:01"


def test_who_has_just_paid_leaves_however_often_it_is_read() -> None:
    paid = Exits({1: LOT}, {UUID(int=1 << 80): [MIDNIGHT + timedelta(hours=12, minutes=20)]})
    assert stood("in 09:00  out 12:00  out 12:21  out 12:34", exits=paid) == "09:00-12:21"
    (beyond,) = stays("in 09:00  out 12:00  out 12:36", exits=paid)
    assert (told([beyond]), beyond.doubts) == ("09:00-12:36", (Doubt.TURNED_ROUND,))
    (held,) = stays("in 09:00  out 12:00  out 12:21")
    assert (told([held]), held.doubts, len(held.exits)) == ("09:00-12:21", (), 2)


# -- in any order


class Lane(Remembered):
    """A lot in memory that is told of passages as well."""

    def __init__(self, exits: Exits) -> None:
        super().__init__(exits)
        self.seen: dict[UUID, Seen] = {}
        self.passages: list[Passage] = []

    def tell(self, new: list[Seen], said: list[Passage]) -> None:
        """Reads and passages that arrive together. What is around them is all that is looked at."""
        self.passages += said
        instants = [*(each.read.at for each in new), *(each.at for each in said)]
        known = [each for each in self.passages if any(abs(each.at - at) <= passages.AROUND for at in instants)]
        near = [
            each for each in self.seen.values() if any(abs(each.read.at - at) <= passages.AROUND for at in instants)
        ]
        marked = passages.mark(new, said, near, known)
        self.seen |= {each.read.id: each for each in (*new, *(each for each, _ in marked.marks))}
        for read in marked.gone:
            self.facts.pop(read.id, None)
        self._derive(marked.reads, marked.gone)


@st.composite
def lane(draw: st.DrawFn) -> tuple[list[Seen], list[Passage]]:
    ways = st.sampled_from(Direction)
    minutes = st.sampled_from((0, 1, 2, 5, 9, 14, 26, 29, 33, 40, 61, 63, 66, 90, 100, 131, 170))
    reads = []
    for number in range(1, draw(st.integers(2, 9))):
        plate, way = draw(st.sampled_from(PLATES)), draw(ways)
        at = NINE + draw(minutes) * MINUTE + draw(st.integers(0, 2)) * timedelta(seconds=1)
        reads.append(Seen(a_read(way, at, number, plate=plate), f"e{number}"))
    said = [
        passage(
            100 + number,
            draw(minutes) * MINUTE + timedelta(seconds=draw(st.integers(0, 40))),
            draw(st.sampled_from(Outcome)),
            lane_id=draw(st.sampled_from((1, 2))),
            of=draw(st.sampled_from((None, None, *(each.event_id for each in reads)))),
        )
        for number in range(draw(st.integers(1, 6)))
    ]
    return reads, said


@given(lane(), st.sampled_from((NOWHERE, TELLING)), st.data())
@settings(max_examples=400)
def test_every_order_and_every_batching_of_reads_and_passages_gives_the_same_stays(
    told_: tuple[list[Seen], list[Passage]], exits: Exits, data: st.DataObject
) -> None:
    reads, said = told_
    arriving: list[Seen | Passage] = data.draw(st.permutations([*reads, *said]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(arriving)), max_size=6)))
    lot = Lane(exits)
    for since, until in zip((0, *cuts), (*cuts, len(arriving)), strict=True):
        part = arriving[since:until]
        lot.tell(
            [each for each in part if isinstance(each, Seen)], [each for each in part if isinstance(each, Passage)]
        )
    at_once = passages.mark(reads, said, (), ())
    assert live(lot.rows) == live(whole(at_once.reads, exits=exits))
    assert {each.read.id: each.counts for each in lot.seen.values() if not each.counts} == {
        each.read.id: False for each, _ in at_once.marks if not each.counts
    }


@given(lane(), st.sampled_from((NOWHERE, TELLING)))
def test_who_was_seen_to_pass_the_exit_is_not_inside(told_: tuple[list[Seen], list[Passage]], exits: Exits) -> None:
    reads, said = told_
    marked = passages.mark(reads, said, (), ())
    passed = {read.id for read in marked.reads if read.passed_at is not None and read.direction is Direction.EXIT}
    for stay in whole(marked.reads, exits=exits).values():
        assert not stay.is_inside or not passed & set(stay.facts)
