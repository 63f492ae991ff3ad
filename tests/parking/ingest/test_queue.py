"""Whose events are recorded next: laws of the queue, played by turns without a clock."""

from collections import Counter

import pytest

from parking.ingest.queue import (
    TURN_EVENTS,
    WAITING_EVENTS_MAX,
    WAITING_OF_GATEWAY_MAX,
    WAITING_REPLAYS_MAX,
    Overloaded,
    Queue,
)

BATCH = 500
Piece = tuple[int, int]


def filled(pieces: dict[int, int], *, events: int = 1, live: bool = False) -> Queue[Piece]:
    """A queue with so many pieces of each gateway, numbered in their order."""
    queue: Queue[Piece] = Queue()
    for gateway, count in pieces.items():
        for n in range(count):
            queue.put(gateway, (gateway, n), events, live=live)
    return queue


def everything(queue: Queue[Piece], *, batch: int = BATCH, replays: int = BATCH) -> list[list[Piece]]:
    batches = []
    while taken := queue.take(batch, replays_max=replays):
        batches.append(taken)
    return batches


@pytest.mark.parametrize("live", [True, False])
def test_gateways_take_turns(live: bool) -> None:
    queue = filled({1: 900, 2: 3, 3: 900}, live=live)
    first, *rest = everything(queue)
    assert Counter(gateway for gateway, _ in first) == {1: 200, 2: 3, 3: 297} or Counter(
        gateway for gateway, _ in first
    ) == {1: 297, 2: 3, 3: 200}
    assert sum(map(len, rest)) == 1803 - len(first)


def test_each_gateway_keeps_its_order_and_nothing_is_left_or_doubled() -> None:
    taken = [piece for batch in everything(filled({1: 700, 2: 1, 3: 350})) for piece in batch]
    for gateway, count in {1: 700, 2: 1, 3: 350}.items():
        assert [n for g, n in taken if g == gateway] == list(range(count))
    assert len(taken) == 1051


def test_arrays_weigh_what_they_hold() -> None:
    queue = filled({1: 50}, events=TURN_EVENTS)
    for n in range(TURN_EVENTS):
        queue.put(2, (2, n), 1, live=False)
    first = queue.take(BATCH, replays_max=BATCH)
    assert Counter(gateway for gateway, _ in first) == {1: 4, 2: TURN_EVENTS}


def test_live_comes_first_and_replays_go_on() -> None:
    queue = filled(dict.fromkeys(range(200), 10), events=TURN_EVENTS)
    for gateway in range(100, 300):
        queue.put(gateway, (gateway, 99), 1, live=True)
    first = queue.take(BATCH, replays_max=TURN_EVENTS)
    assert [n for _, n in first] == [99] * 200 + [0]
    # However many cars come, a backlog goes on.
    for n in range(2_000):
        queue.put(n % 50, (n % 50, 1_000 + n), 1, live=True)
    live = [n >= 1_000 for _, n in queue.take(BATCH, replays_max=TURN_EVENTS)]
    assert (live.count(True), live.count(False)) == (BATCH - TURN_EVENTS, 1)


def test_what_comes_next_does_not_pass_what_it_follows() -> None:
    queue = filled({1: 5, 2: 1})
    queue.hasten(1, lambda piece: piece[1] in (1, 3))
    queue.hasten(3, lambda _: True)
    queue.put(1, (1, 9), 1, live=True)
    taken = queue.take(BATCH, replays_max=BATCH)
    assert taken == [(1, 1), (1, 3), (1, 9), (1, 0), (1, 2), (1, 4), (2, 0)]
    queue = filled({1: 2})
    queue.hasten(1, lambda _: True)
    assert queue.take(BATCH, replays_max=0) == [(1, 0), (1, 1)]


def test_a_lone_backlog_fills_its_batches() -> None:
    assert [len(batch) for batch in everything(filled({1: 10}, events=TURN_EVENTS))] == [5, 5]
    assert [len(batch) for batch in everything(filled({1: 10}, events=TURN_EVENTS), replays=TURN_EVENTS)] == [1] * 10


def test_a_batch_of_one_comes_to_an_end() -> None:
    assert len(everything(filled({1: 3, 2: 3}), batch=1)) == 6


def test_one_gateway_fills_no_queue() -> None:
    queue: Queue[Piece] = Queue()
    for _ in range(2):
        queue.enter(1, 500, live=False)
    with pytest.raises(Overloaded) as refused:
        queue.enter(1, 1, live=False)
    assert refused.value.facts == {"waiting_events_max": WAITING_OF_GATEWAY_MAX}
    queue.enter(1, 1, live=True)
    queue.enter(2, 500, live=False)
    queue.leave(1, 500, live=False)
    queue.enter(1, 500, live=False)


def test_a_backlog_of_the_whole_city_leaves_room_for_cars() -> None:
    queue: Queue[Piece] = Queue()
    refused = 0
    for gateway in range(200):
        try:
            queue.enter(gateway, 500, live=False)
        except Overloaded:
            refused += 1
    assert refused == 200 - WAITING_REPLAYS_MAX // 500
    for gateway in range(200):
        for _ in range(10):
            queue.enter(gateway, 1, live=True)
    assert queue.waiting == WAITING_REPLAYS_MAX + 2_000
    for gateway in range(WAITING_EVENTS_MAX - queue.waiting):
        queue.enter(gateway, 1, live=True)
    with pytest.raises(Overloaded):
        queue.enter(1, 1, live=True)
    assert queue.waiting == WAITING_EVENTS_MAX


def test_what_is_not_ready_keeps_its_place_and_so_does_all_behind_it() -> None:
    queue = filled({1: 150, 2: 1, 3: 2})
    first = queue.take(BATCH, replays_max=BATCH, ready=lambda piece: piece not in {(1, 120), (3, 0)})
    assert first == [*((1, n) for n in range(100)), (2, 0), *((1, n) for n in range(100, 120))]
    assert queue.in_line == 32
    assert queue.take(BATCH, replays_max=BATCH, ready=lambda _: False) == []
    queue.put(4, (4, 0), 1, live=False)
    rest = [(3, 0), (3, 1), *((1, n) for n in range(120, 150)), (4, 0)]
    assert queue.take(BATCH, replays_max=BATCH) == rest
    assert queue.in_line == 0
