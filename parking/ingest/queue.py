"""The events that wait to be recorded: whose turn it is, and who has to come again later. It does nothing itself.

Events of cars at gates come before those that are handed in later, and gateways take turns: what one of them sends
delays the others by a turn at most. Both kinds have a limit of their own, so a backlog of the whole city leaves room
for the cars that come meanwhile.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, TypeVar

from payments.errors import OneLotError

T = TypeVar("T")
# Of these, replays take at most half.
WAITING_EVENTS_MAX = 20_000
WAITING_REPLAYS_MAX = WAITING_EVENTS_MAX // 2
# Of one gateway, live ones and replays counted apart: two arrays as long as they can be.
WAITING_OF_GATEWAY_MAX = 1_000
TURN_EVENTS = 100
# The share of a batch that live events leave to replays, so that a backlog ends however many cars come.
REPLAY_SHARE = 0.2


class Overloaded(OneLotError):
    """More events wait than the service takes; the gateway keeps these and tries again."""


class Queue(Generic[T]):
    """Pieces of work (T, with a number of events each) of gateways. A gateway's pieces of one kind keep their order."""

    def __init__(self) -> None:
        self._live: _Turns[T] = _Turns()
        self._replays: _Turns[T] = _Turns()
        self._entered: dict[tuple[int, bool], int] = {}
        self.waiting = 0
        self.replays_waiting = 0
        self.in_line = 0

    def enter(self, gateway_id: int, events: int, *, live: bool) -> None:
        """Counts events of a request in. They count until `leave`, in the line or not.

        Raises:
            Overloaded: too many events of this gateway, of replays, or of all wait already.
        """
        if self._entered.get((gateway_id, live), 0) + events > WAITING_OF_GATEWAY_MAX:
            raise Overloaded(
                "Too many events of this gateway are waiting; send one array at a time.",
                waiting_events_max=WAITING_OF_GATEWAY_MAX,
            )
        replays = 0 if live else events
        if self.replays_waiting + replays > WAITING_REPLAYS_MAX and replays:
            raise Overloaded(
                "Too many replayed events are waiting; keep them and try again.", waiting_events_max=WAITING_REPLAYS_MAX
            )
        if self.waiting + events > WAITING_EVENTS_MAX:
            raise Overloaded(
                "Too many events are waiting; keep them and try again.", waiting_events_max=WAITING_EVENTS_MAX
            )
        self._count(gateway_id, events, live=live)

    def leave(self, gateway_id: int, events: int, *, live: bool) -> None:
        """Counts the events of a request out: they are answered."""
        self._count(gateway_id, -events, live=live)

    @property
    def has_replays(self) -> bool:
        """Whether replays are in line."""
        return bool(self._replays)

    def waiting_of(self, gateway_id: int) -> int:
        """How many events of a gateway count as waiting."""
        return self._entered.get((gateway_id, True), 0) + self._entered.get((gateway_id, False), 0)

    def put(self, gateway_id: int, piece: T, events: int, *, live: bool) -> None:
        """Puts a piece at the end of its gateway's line."""
        self.in_line += events
        (self._live if live else self._replays).put(gateway_id, piece, events)

    def hasten(self, gateway_id: int, wanted: Callable[[T], bool]) -> None:
        """Moves replays of a gateway among its live events, in their order: what comes next must not pass them."""
        for piece, events in self._replays.remove(gateway_id, wanted):
            self._live.put(gateway_id, piece, events)

    def take(self, events_max: int, *, replays_max: int, ready: Callable[[T], bool] = lambda _: True) -> list[T]:
        """The pieces of the next batch, live ones first; empty if nothing waits that is `ready`.

        A batch ends with the piece that reaches a limit. What is not ready keeps its place, and all behind it.
        """
        kept_free = min(int(events_max * REPLAY_SHARE), replays_max) if self._replays else 0
        live, size = self._live.take(events_max - kept_free, ready)
        replays, more = self._replays.take(min(events_max - size, replays_max), ready)
        self.in_line -= size + more
        return live + replays

    def _count(self, gateway_id: int, events: int, *, live: bool) -> None:
        entered = self._entered.pop((gateway_id, live), 0) + events
        if entered:
            self._entered[gateway_id, live] = entered
        self.waiting += events
        if not live:
            self.replays_waiting += events


class _Turns(Generic[T]):
    """Lines of gateways, which take turns of TURN_EVENTS."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, deque[tuple[T, int]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def put(self, gateway_id: int, piece: T, events: int) -> None:
        line = self._lines.get(gateway_id)
        if line is None:
            line = self._lines[gateway_id] = deque()
        line.append((piece, events))

    def remove(self, gateway_id: int, wanted: Callable[[T], bool]) -> list[tuple[T, int]]:
        line = self._lines.get(gateway_id)
        if line is None:
            return []
        removed = [each for each in line if wanted(each[0])]
        if len(removed) == len(line):
            del self._lines[gateway_id]
        elif removed:
            self._lines[gateway_id] = deque(each for each in line if not wanted(each[0]))
        return removed

    def take(self, events_max: int, ready: Callable[[T], bool]) -> tuple[list[T], int]:
        """Pieces until they hold `events_max` events, and how many they hold. A line waits with its first piece."""
        taken: list[T] = []
        size = 0
        held: list[tuple[int, deque[tuple[T, int]]]] = []
        while self._lines and size < events_max:
            gateway_id, line = self._lines.popitem(last=False)
            turn_ends = min(size + TURN_EVENTS, events_max)
            while line and size < turn_ends and ready(line[0][0]):
                piece, events = line.popleft()
                taken.append(piece)
                size += events
            if line and size < turn_ends:
                held.append((gateway_id, line))
            elif line:
                self._lines[gateway_id] = line
        for gateway_id, line in reversed(held):
            self._lines[gateway_id] = line
            self._lines.move_to_end(gateway_id, last=False)
        return taken, size
