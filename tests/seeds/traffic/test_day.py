"""A day of traffic: the same for the same seed, believable, and with the faults it promises."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from parking import plates
from parking.events import BATCH_EVENTS_MAX, content_hash, part
from parking.events import GateEvent as Read
from parking.events import read as read_event
from parking.facts import CONFIDENCE_MIN
from parking.lots import Direction, LotKind
from parking.occupancy import LotStatus, status
from parking.plates import PlateForm
from seeds.city.drivers import drivers
from seeds.city.jinan import jinan
from seeds.traffic import day as days
from seeds.traffic.day import Day, GateEvent, events, history, traffic
from seeds.traffic.visits import DAY_S, HOUR_S

CITY = jinan()
MONDAY, SATURDAY = date(2026, 11, 16), date(2026, 11, 21)
MIDNIGHT = datetime(2026, 11, 16, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(scope="module")
def monday() -> Day:
    return traffic(CITY, day=MONDAY, seed=7)


def sent(made: Day) -> list[GateEvent]:
    return [event for sending in made.evening + made.day for event in sending.events]


def test_the_same_seed_makes_the_same_day_and_another_one_another() -> None:
    first, again, other = (
        [(sending.at, sending.gateway, sending.body()) for sending in events(CITY, day=MONDAY, seed=seed, scale=0.05)]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_every_request_is_one_the_service_takes(monday: Day) -> None:
    lanes = {lane.code: lot.plan.gateway for lot in CITY.lots for lane in lot.plan.lanes}
    directions = {lane.code: lane.direction for lot in CITY.lots for lane in lot.plan.lanes}
    for sending in monday.evening + monday.day:
        parted = part(sending.body())
        assert len(parted.raws) <= BATCH_EVENTS_MAX
        assert parted.alone == (not sending.events[0].replay)
        for raw in parted.raws:
            parcel = read_event(raw, ZoneInfo("Asia/Shanghai"))
            event = parcel.event
            assert isinstance(event, Read), parcel.refused
            assert parcel.doubts == ()
            assert lanes[event.lane] == sending.gateway
            assert directions[event.lane] is event.kind
            assert event.replay or timedelta(0) < sending.at - event.occurred_at < timedelta(minutes=1)


def test_requests_come_in_order_and_the_evening_before_midnight(monday: Day) -> None:
    for sendings in (monday.evening, monday.day):
        assert [sending.at for sending in sendings] == sorted(sending.at for sending in sendings)
    assert monday.evening[-1].at < MIDNIGHT <= monday.day[0].at
    assert all(event.occurred_at < MIDNIGHT for sending in monday.evening for event in sending.events)
    assert all(event.occurred_at >= MIDNIGHT for sending in monday.day for event in sending.events)
    assert all(event.occurred_at.utcoffset() == timedelta(hours=8) for event in sent(monday))


def test_the_same_number_always_means_the_same_event(monday: Day) -> None:
    known: dict[tuple[str, str], bytes] = {}
    decoder = msgspec.json.Decoder(Read)
    for sending in monday.evening + monday.day:
        for event in sending.events:
            content = content_hash(decoder.decode(msgspec.json.encode(event)))
            assert known.setdefault((sending.gateway, event.event_id), content) == content


def test_faults_come_in_the_shares_they_are_meant_to(monday: Day) -> None:
    found, visits, faults = sent(monday), len(monday.visits), monday.faults
    for count, of, share in (
        (faults.repeated, len(found), days.REPEATED_SHARE),
        (faults.read_twice, len(found), days.READ_TWICE_SHARE),
        (faults.doubtful, len(found), days.DOUBTFUL_SHARE),
        (faults.misread, visits, days.MISREAD_SHARE),
        (faults.no_exit, visits, days.NO_EXIT_SHARE),
        (faults.no_entry, visits, days.NO_ENTRY_SHARE),
        (faults.no_plate, visits, days.NO_PLATE_SHARE),
    ):
        assert 0.7 * share <= count / of <= 1.3 * share
    assert 0.7 <= sum(event.replay for sending in monday.day for event in sending.events) / faults.replayed <= 1
    late = [sending for sending in monday.day if sending.events[0].replay]
    assert len({sending.gateway for sending in late}) >= 4
    assert max(len(sending.events) for sending in late) > 20
    numbers = Counter((sending.gateway, event.event_id) for sending in monday.day for event in sending.events)
    assert sum(count - 1 for count in numbers.values()) == faults.repeated
    assert sum(event.confidence < CONFIDENCE_MIN for event in found) >= faults.doubtful
    assert 0.05 <= sum(event.remaining_spaces is not None for event in found) / len(found) <= 0.10


def test_plates_are_what_is_seen_in_the_city(monday: Day) -> None:
    seen = {visit.vehicle.plate: visit.vehicle.color for visit in monday.visits}
    assert 0.25 <= sum(plates.is_new_energy(plate, color) for plate, color in seen.items()) / len(seen) <= 0.30
    assert all(plates.form(plate) is not PlateForm.UNKNOWN for plate in seen)
    linked = {vehicle.plate for driver in drivers() for vehicle in driver.vehicles}
    read = [plates.normalise(event.plate) for event in sent(monday)]
    assert 0.35 <= sum(plate in linked for plate in read) / len(read) <= 0.45
    assert all((visit.vehicle.plate in linked) == visit.linked for visit in monday.visits)
    assert 0.001 <= sum(plate == "" for plate in read) / len(read) <= 0.01
    unknown = sum(plates.form(plate) is PlateForm.UNKNOWN for plate in read if plate)
    assert unknown / len(read) <= 0.01


def test_nobody_is_in_two_places_and_no_lot_is_overfull(monday: Day) -> None:
    left: dict[str, float] = {}
    moves: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    for visit in monday.visits:
        assert visit.entered_s >= left.get(visit.vehicle.plate, -DAY_S)
        assert visit.left_s > max(visit.entered_s, 0)
        left[visit.vehicle.plate] = visit.left_s
        moves[visit.lot] += [(visit.entered_s, 1), (visit.left_s, -1)]
    for lot, steps in moves.items():
        inside = most = 0
        for _, step in sorted(steps):
            inside += step
            most = max(most, inside)
        assert most <= CITY.lots[lot].plan.capacity


@pytest.mark.parametrize("weekday", range(0, 7, 3))
def test_every_evening_some_lots_are_full_and_more_are_nearly(weekday: int) -> None:
    evening = traffic(CITY, day=MONDAY + timedelta(days=weekday), seed=20261116)
    seen: Counter[LotStatus] = Counter()
    for hour in (18, 19, 20, 21):
        inside = Counter(visit.lot for visit in evening.visits if visit.entered_s <= hour * HOUR_S < visit.left_s)
        seen.update(status(lot.plan.capacity - inside[at], lot.plan.capacity) for at, lot in enumerate(CITY.lots))
    assert seen[LotStatus.FULL] >= 2
    assert seen[LotStatus.ALMOST_FULL] >= 8
    assert seen[LotStatus.OPEN] >= 400


def test_a_past_day_is_whole_visits_handed_in_when_it_is_over() -> None:
    sendings, parked = history(CITY, day=MONDAY, seed=7, scale=0.1)
    assert 1_000 <= len(parked) <= 4_000
    assert all(0 <= visit.entered_s < visit.left_s <= 17 * HOUR_S for visit in parked)
    seen = [event for sending in sendings for event in sending.events]
    assert 1.9 <= len(seen) / len(parked) <= 2
    assert all(event.replay and event.occurred_at < MIDNIGHT + timedelta(hours=17) for event in seen)
    assert all(sending.at > MIDNIGHT + timedelta(hours=17) for sending in sendings)


def arrivals(made: Day, kind: LotKind) -> list[float]:
    return [
        visit.entered_s / HOUR_S
        for visit in made.visits
        if visit.entered_s >= 0 and CITY.lots[visit.lot].plan.kind is kind
    ]


def test_hours_and_lengths_fit_the_kind_of_lot(monday: Day) -> None:
    def share(kind: LotKind, begins: int, ends: int) -> float:
        hours = arrivals(monday, kind)
        return sum(begins <= hour < ends for hour in hours) / len(hours)

    assert share(LotKind.HOSPITAL, 6, 11) > 0.45
    assert share(LotKind.OFFICE, 7, 10) > 0.5
    assert share(LotKind.MALL, 16, 21) > share(LotKind.MALL, 9, 14)
    assert share(LotKind.RESIDENTIAL, 16, 22) > 0.5
    saturday = traffic(CITY, day=SATURDAY, seed=7)
    assert len(arrivals(saturday, LotKind.SCENIC)) > 1.8 * len(arrivals(monday, LotKind.SCENIC))
    assert len(arrivals(saturday, LotKind.OFFICE)) < 0.5 * len(arrivals(monday, LotKind.OFFICE))

    minutes = sorted((visit.left_s - visit.entered_s) / 60 for visit in monday.visits if visit.entered_s >= 0)
    median, long = minutes[len(minutes) // 2], minutes[len(minutes) * 99 // 100]
    assert 40 <= median <= 120
    assert long > 8 * median
    inside = sum(visit.entered_s < 0 for visit in monday.visits)
    assert 3_000 <= inside <= 8_000


def test_scale_makes_less_traffic_and_few_lots_still_have_faults() -> None:
    small = traffic(CITY, day=MONDAY, seed=7, scale=0.1)
    assert 4_000 <= len(small.visits) <= 9_000
    assert any(event.replay for sending in small.day for event in sending.events)
    kinds = Counter(event.kind for event in sent(small))
    assert kinds[Direction.ENTRY] > kinds[Direction.EXIT] > 0
