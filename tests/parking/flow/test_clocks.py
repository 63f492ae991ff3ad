"""Wrong clocks in PostgreSQL: what is found is one case of its gateway, and stays come out as by a right clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from parking.clocks import Spell
from parking.live.clocks import LiveClocks
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, visit

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
# No two cars pass a lane at once.
LATER = 30 * SECOND
CLOCK_CASES = "from parking_case where lot_id = $1 and reason in ('clock_ahead', 'clock_behind')"
OFFSETS = [sign * each for sign in (-1, 1) for each in (10 * MINUTE, 8 * HOUR, 23 * HOUR)]
# Free, by day, from day into night, over midnight, and two days.
STAYS = [
    (25 * MINUTE, 20 * MINUTE),
    (3 * HOUR, 2 * HOUR),
    (9 * HOUR, 6 * HOUR),
    (20 * HOUR, 19 * HOUR),
    (60 * HOUR, 49 * HOUR),
]


async def outcomes(district: District, plates: Sequence[str]) -> list[tuple[Any, ...]]:
    rows = await district.owner.fetch(
        "select entered_at, left_at, fee_fen, state::text from stay where plate = any($1) order by entered_at, left_at",
        plates,
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("ahead", OFFSETS, ids=str)
@pytest.mark.parametrize("replay", [False, True], ids=["live", "replayed"])
async def test_a_constant_offset_changes_nothing_once_it_is_known(
    district: District, ahead: timedelta, replay: bool
) -> None:
    known = Spell(1, UUID(int=1), 1, None, ahead, NOW - 100 * HOUR, None)
    series = 2 * OFFSETS.index(ahead) + replay
    plates = {
        wrong: [f"鲁{'CE'[wrong]}{series:02}{'FGHJK'[n]}{n}{n}" for n in range(len(STAYS))] for wrong in (False, True)
    }
    seen: list[tuple[datetime, bool, Say]] = []
    for wrong in (False, True):
        for plate, (ago, parked) in zip(plates[wrong], STAYS, strict=True):
            came = NOW - ago + wrong * LATER
            said = visit(plate, plate, came, came + parked, lot=STATION if wrong else HOSPITAL, replay=replay)
            seen += [(came, wrong, said[0]), (came + parked, wrong, said[1])]
    for happened, wrong, each in sorted(seen, key=lambda one: one[0]):
        each["occurred_at"] = (happened + wrong * ahead).isoformat()
        received_at = NOW if replay else happened
        await district.record(each, received_at=received_at, spells=[known] if wrong else ())
    right, shifted = await outcomes(district, plates[False]), await outcomes(district, plates[True])
    assert len(right) == len(STAYS)
    assert [(came + LATER, went + LATER, *more) for came, went, *more in right] == shifted
    kept = "select count(*) from gate_event where plate = any($1) and clock_ahead is not null"
    assert await district.count(kept, plates[True]) == 2 * len(STAYS)
    assert await district.count(kept + " and occurred_at - clock_ahead <> effective_at", plates[True]) == 0


@pytest.mark.parametrize("ahead", OFFSETS, ids=str)
def test_what_devices_say_beside_plates_is_by_the_same_clock(district: District, ahead: timedelta) -> None:
    known = Spell(1, UUID(int=1), 1, None, ahead, NOW - 100 * HOUR, None)
    said: Say = {"event_id": "p", "kind": "passage", "lane": f"{QC}-out", "outcome": "passed", "replay": True}
    happened = NOW - HOUR
    fact = district.passing({**said, "occurred_at": (happened + ahead).isoformat()}, spells=[known])
    assert (fact.effective_at, fact.clock_ahead, fact.doubt) == (happened, ahead, None)


# -- what processes find


@pytest.mark.parametrize("ahead", [15 * SECOND, 90 * SECOND, 2 * MINUTE], ids=str)
async def test_a_short_visit_by_an_entry_whose_clock_is_a_little_ahead(district: District, ahead: timedelta) -> None:
    plate = f"鲁H9K{ahead // SECOND:03}"[:7]
    came, went = NOW - HOUR, NOW - HOUR + 10 * SECOND
    await district.record(event(f"{plate}i", "entry", came + ahead, plate), received_at=came)
    left = await district.answer(event(f"{plate}o", "exit", went, plate), received_at=went)
    assert (left.status, left.gate, left.fee_fen, left.reason) == ("recorded", "open", 0, None)
    assert await outcomes(district, [plate]) == [(came, went, 0, "closed")]


def clocks_of(district: District) -> LiveClocks:
    """The clocks as a process of its own knows them."""
    return LiveClocks(district.pool, clock=lambda: district.now, random_bits=district.random_bits)


def hear(
    live: LiveClocks, district: District, ahead: timedelta, *, times: int = 3, lot: str = QC, way: str = "in"
) -> None:
    """So many cars come live to a lane, by a clock that is ahead, a minute apart."""
    for _ in range(times):
        district.now += MINUTE
        kind = "entry" if way == "in" else "exit"
        said = event(f"c{district.random_bits()}", kind, district.now + ahead, lot=lot)
        live.hear([district.passing(said, received_at=district.now)])


async def open_cases(district: District, lot: str) -> list[str]:
    rows = await district.owner.fetch(
        f"select reason::text {CLOCK_CASES} and resolved_at is null",
        district.lot(lot).id,
    )
    return [row["reason"] for row in rows]


async def spells_of(live: LiveClocks, district: District, lot: str, way: str = "in") -> list[timedelta | None]:
    await live.refresh()
    known = live.spells_of(district.gateway(lot), district.network.lanes[f"{lot}-{way}"])
    return [spell.ahead for spell in known if spell.ended_at is None]


async def test_a_spell_is_found_once_by_all_and_its_case_settles_itself(district: District) -> None:
    one, other = clocks_of(district), clocks_of(district)
    for live in (one, other):
        hear(live, district, 8 * HOUR, times=2)
        assert await spells_of(live, district, QC) == []
    for live in (one, other):
        hear(live, district, 8 * HOUR)
    assert await spells_of(one, district, QC) == await spells_of(other, district, QC) == [8 * HOUR]
    assert await open_cases(district, QC) == ["clock_ahead"]
    # The other lane of the gateway is no other case, and not the same clock.
    hear(one, district, -8 * HOUR, way="out")
    assert await spells_of(one, district, QC, "out") == [-8 * HOUR]
    assert await open_cases(district, QC) == ["clock_ahead"]
    # It changes to summer time, and is set right.
    hear(other, district, 9 * HOUR, times=5)
    assert await spells_of(other, district, QC) == [9 * HOUR]
    hear(one, district, SECOND, times=5)
    assert await spells_of(one, district, QC) == []
    assert await open_cases(district, QC) == ["clock_ahead"]
    hear(other, district, SECOND, times=5, way="out")
    assert await spells_of(other, district, QC, "out") == []
    assert await open_cases(district, QC) == []
    assert await district.count(f"select count(*) {CLOCK_CASES}", district.lot().id) == 1
    # What is handed in of that time is shifted by what held then, also by a process that was not there.
    late = clocks_of(district)
    await late.refresh()
    lane = district.network.lanes[f"{QC}-in"]
    assert [spell.ahead for spell in late.spells_of(district.gateway(), lane)] == [9 * HOUR, 8 * HOUR]


async def test_heartbeats_tell_of_a_clock_unless_its_events_say_otherwise(district: District) -> None:
    live = clocks_of(district)
    gateway = district.gateway(STATION)
    hear(live, district, timedelta(0), lot=STATION, way="out")
    for _ in range(3):
        district.now += MINUTE
        live.hear_heartbeat(gateway, district.now - 8 * HOUR, district.now)
    assert await spells_of(live, district, STATION) == [-8 * HOUR]
    assert await open_cases(district, STATION) == ["clock_behind"]
    hear(live, district, timedelta(0), lot=STATION, way="out")
    assert await spells_of(live, district, STATION, "out") == []
    for _ in range(5):
        district.now += MINUTE
        live.hear_heartbeat(gateway, district.now, district.now)
    assert await spells_of(live, district, STATION) == []
    assert await open_cases(district, STATION) == []


async def test_an_array_that_should_have_said_it_is_a_backlog_is_one_reading(district: District) -> None:
    live = clocks_of(district)
    said = [event(f"b{n}", "entry", NOW - 3 * HOUR + n * SECOND, lot=HOSPITAL) for n in range(20)]
    live.hear([district.passing(each, received_at=NOW) for each in said])
    # Nor does what is handed in late beside them hide or make one.
    replayed = [event(f"r{n}", "entry", NOW + n * HOUR, lot=HOSPITAL, replay=True) for n in range(20)]
    live.hear([district.passing(each, received_at=NOW) for each in replayed])
    assert await spells_of(live, district, HOSPITAL) == []
    hear(live, district, -2 * HOUR, lot=HOSPITAL, times=1)
    hear(live, district, -HOUR, lot=HOSPITAL, times=1)
    assert await spells_of(live, district, HOSPITAL) == [None]
    assert await open_cases(district, HOSPITAL) == ["clock_behind"]
