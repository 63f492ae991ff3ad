"""The same events sent twice and shuffled, against once and in order: nothing may come out otherwise.

Gateways lose their network and hand in later what they saw, some of it twice. Stays are derived from all that is known,
so that neither the order of arrival nor what comes again makes a difference: not to a stay or its fee, to what is
charged or owed, to the count of a lot, nor to what a person is asked to look at.
"""

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from rich.table import Table

import sql
from loadtests import traffic
from loadtests.client import Shot, fire
from loadtests.environment import Environment
from loadtests.traffic import Event, Lot
from sql.invariants import Invariant

SEED = 20261121
CONNECTIONS = 4
ARRAY_EVENTS = 100
TIMEOUT_S = 300.0
SAMPLE_MAX = 5
_VISITS_MAX = 4

# The text of the plate and the lot's code; colours go with the text here.
Vehicle: TypeAlias = tuple[str, str]

_STAYS = """
select l.code as lot, s.plate, s.state::text as state, s.vehicle_class::text as class, s.entered_at, s.left_at,
       s.fee_fen, s.uses, s.doubts, s.account_id is not null as has_payer, c.amount_fen as charged_fen,
       c.state::text as charge_state
  from (select lot_id, id, plate, state::text, vehicle_class, entered_at, left_at, fee_fen, uses, doubts, account_id
          from stay where state not in ('merged', 'open')
        union all
        select lot_id, id, plate, 'inside', vehicle_class, entered_at, null, null, null, null, null from open_stay) s
  join lot l on l.id = s.lot_id
  left join charge c on c.lot_id = s.lot_id and c.stay_id = s.id and c.account_id is not distinct from s.account_id
                    and c.amount_fen > 0
 order by s.entered_at, s.left_at, s.state
"""
_CASES = """
select l.code as lot, e.plate, k.reason::text as reason
  from parking_case k join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id join lot l on l.id = k.lot_id
 where k.resolved_at is null
 order by e.effective_at, k.reason
"""
_COUNTS = "select l.code as lot, o.inside from lot_occupancy o join lot l on l.id = o.lot_id"
_OWED = """
select p.plate, b.debits - b.credits as fen
  from balance b join account_plate p on p.account_id = b.owner_id and p.unlinked_at is null where b.book = 'receivable'
"""
_PAYABLE = """
select l.code as lot,
       sum(case when t.credit_book = 'payable' then t.amount_fen else 0 end
           - case when t.debit_book = 'payable' then t.amount_fen else 0 end)::bigint as fen
  from journal j
  join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
  join lot l on l.id = j.lot_id
 group by l.code
"""


class State(Struct, frozen=True):
    """What a database holds, by what the world outside knows: plates and lots, never identifiers."""

    stays: dict[Vehicle, list[tuple[Any, ...]]]
    cases: dict[Vehicle, list[str]]
    inside: dict[str, int]
    owed_fen: dict[str, int]
    payable_fen: dict[str, int]


class Report(Struct, frozen=True):
    """How the two databases compare. `otherwise` must be empty, and so must the rest of the lists.

    `cases`: what a person is asked to look at, by its reason.
    """

    events: int
    posted: int
    vehicles: int
    statuses: dict[int, int]
    answers: dict[str, int]
    cases: dict[str, int]
    otherwise: list[str]
    answered_otherwise: list[str]
    broken_invariants: list[Invariant]

    @property
    def ok(self) -> bool:
        """Whether nothing differs, every repeat was recognised and the books hold."""
        wrong = self.otherwise or self.answered_otherwise or self.broken_invariants
        return not wrong and set(self.statuses) == {200}

    def table(self) -> Table:
        """The report for a terminal."""
        table = Table("", "", title="Redelivery: twice and shuffled, against once and in order", show_header=False)
        for name, value in (
            ("different events / posted", f"{self.events:,} / {self.posted:,}"),
            ("answers", ", ".join(f"{name} {count:,}" for name, count in sorted(self.answers.items()))),
            ("vehicles (a plate in a lot)", f"{self.vehicles:,}"),
            ("what a person is asked to look at", ", ".join(f"{n:,} {name}" for name, n in sorted(self.cases.items()))),
            ("what came out otherwise than in order", f"{len(self.otherwise):,} {self.otherwise[:SAMPLE_MAX] or ''}"),
            ("repeats answered otherwise than first", self.answered_otherwise or 0),
            ("invariants broken", [f"{each.name}: {each.rows}" for each in self.broken_invariants] or 0),
        ):
            table.add_row(name, str(value))
        return table


class _Answer(Struct, frozen=True):
    """What an answer says that must be the same for a repeat."""

    status: str
    gate: str
    stay_id: UUID | None = None
    fee_fen: int | None = None
    payment: str | None = None
    reason: str | None = None


async def run(env: Environment, *, events: int = 10_000) -> Report:
    """Posts `events` events to two new databases like that of `env`: twice and shuffled from CONNECTIONS
    connections, and once, lot by lot, in the order of their times.
    """
    seen = list(itertools.islice(_made_up(env.lots, random.Random(SEED)), events))
    async with env.sibling() as first, env.sibling() as second:
        env.progress(f"{2 * len(seen):,} events, twice and shuffled")
        statuses, answers = await _post_shuffled(first, seen)
        env.progress(f"{len(seen):,} events, once and in order")
        statuses += await _post_in_order(second, seen)
        env.progress("comparing both, and the invariants")
        shuffled, ordered = await _state(first), await _state(second)
        broken = await first.broken_invariants() + await second.broken_invariants()
    return Report(
        events=len(seen),
        posted=sum(map(len, answers)),
        vehicles=len(shuffled.stays | ordered.stays),
        statuses=dict(statuses),
        answers=dict(Counter(each.status for both in answers for each in both)),
        cases=dict(Counter(reason for reasons in shuffled.cases.values() for reason in reasons)),
        otherwise=_otherwise(shuffled, ordered),
        answered_otherwise=[
            event["event_id"] for (_, event), both in zip(seen, answers, strict=True) if not _agree(both)
        ][:SAMPLE_MAX],
        broken_invariants=broken,
    )


def _made_up(lots: Sequence[Lot], rng: random.Random) -> Iterator[tuple[Lot, Event]]:
    """Endless vehicles, each with a few visits over some days, and what cameras make of them: passings that were missed
    or read twice, classes seen at one gate only, new energy vehicles with their free minutes.
    """
    starts = datetime.now(UTC).replace(microsecond=0) - timedelta(days=14)
    for number in itertools.count():
        lot = lots[number % len(lots)]
        look = {"plate": traffic.plate(number), "plate_color": "blue"}
        if number % 4 == 3 and not traffic.is_linked(number):
            look = {"plate": f"鲁AD{number % 100_000:05}", "plate_color": "green"}
        at = starts + timedelta(seconds=rng.randrange(3 * 86400))
        for visit in range(rng.randint(1, _VISITS_MAX)):
            left_at = at + timedelta(seconds=rng.randrange(300, 10 * 3600))
            for kind, when in (("entry", at), ("exit", left_at)):
                for again in range(rng.choices((0, 1, 2), (3, 94, 3))[0]):
                    read_at = when + timedelta(seconds=again * rng.randint(1, 50))
                    event = traffic.event(lot, kind, number, read_at, f"{number}-{visit}-{kind}-{again}")
                    yield (
                        lot,
                        event | look | {"vehicle_class": rng.choice(("small", "small", "small", "unknown"))},
                    )
            at = left_at + timedelta(seconds=rng.randrange(300, 30 * 3600))


async def _post_shuffled(
    env: Environment, seen: Sequence[tuple[Lot, Event]]
) -> tuple[Counter[int], list[list[_Answer]]]:
    """Each event twice, as a gateway sends them that was cut off and got no answer; which comes first is drawn."""
    own = {lot.code: lot for lot in env.lots}
    shots = [
        Shot(traffic.body(own[lot.code], event | {"replay": True}), key=n)
        for n, (lot, event) in enumerate(seen)
        for _ in range(2)
    ]
    random.Random(SEED).shuffle(shots)
    answers: list[list[_Answer]] = [[] for _ in seen]
    decoder = msgspec.json.Decoder(_Answer)

    def answered(shot: Shot, status: int, body: bytes) -> None:
        if status == 200:
            answers[shot.key].append(decoder.decode(body))

    async with env.serving() as server:
        streams = [iter(shots[n::CONNECTIONS]) for n in range(CONNECTIONS)]
        load = await fire(server.port, streams, seconds=TIMEOUT_S, on_answer=answered)
    return Counter(load.statuses), answers


async def _post_in_order(env: Environment, seen: Sequence[tuple[Lot, Event]]) -> Counter[int]:
    by_lot: dict[str, list[Event]] = defaultdict(list)
    for lot, event in sorted(seen, key=lambda lot_and_event: str(lot_and_event[1]["occurred_at"])):
        by_lot[lot.code].append(event)
    shots = [
        [
            Shot(traffic.body(lot, by_lot[lot.code][at : at + ARRAY_EVENTS]), ARRAY_EVENTS)
            for at in range(0, len(by_lot[lot.code]), ARRAY_EVENTS)
        ]
        for lot in env.lots
    ]
    async with env.serving() as server:
        streams = [itertools.chain.from_iterable(shots[n::CONNECTIONS]) for n in range(CONNECTIONS)]
        load = await fire(server.port, streams, seconds=TIMEOUT_S)
    return Counter(load.statuses)


async def _state(env: Environment) -> State:
    stays: dict[Vehicle, list[tuple[Any, ...]]] = defaultdict(list)
    cases: dict[Vehicle, list[str]] = defaultdict(list)
    async with env.database() as db:
        for row in await db.fetch(_STAYS):
            stays[row["plate"], row["lot"]].append(tuple(row)[2:])
        for row in await db.fetch(_CASES):
            cases[row["plate"], row["lot"]].append(row["reason"])
        return State(
            stays=dict(stays),
            cases=dict(cases),
            inside=dict(await _pairs(db, _COUNTS)),
            owed_fen=dict(await _pairs(db, _OWED)),
            payable_fen=dict(await _pairs(db, _PAYABLE)),
        )


async def _pairs(db: sql.Connection, query: str) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in await db.fetch(query)]


def _agree(both: Sequence[_Answer]) -> bool:
    """Whether an event was recorded once, and its repeat was recognised and answered alike."""
    repeats = [answer for answer in both if answer.status == "duplicate"]
    answers = {(answer.gate, answer.stay_id, answer.fee_fen, answer.payment, answer.reason) for answer in both}
    return len(both) == 2 and len(repeats) == 1 and len(answers) == 1


def _otherwise(shuffled: State, ordered: State) -> list[str]:
    """What of the two differs, in words."""
    different: list[str] = []
    different += [
        f"{vehicle}: {_shown(shuffled, vehicle)} instead of {_shown(ordered, vehicle)}"
        for vehicle in shuffled.stays | ordered.stays
        if shuffled.stays.get(vehicle) != ordered.stays.get(vehicle)
    ]
    for what in ("cases", "inside", "owed_fen", "payable_fen"):
        found, wanted = getattr(shuffled, what), getattr(ordered, what)
        different += [
            f"{what} of {key}: {found.get(key)} instead of {wanted.get(key)}"
            for key in found | wanted
            if (found.get(key) or None) != (wanted.get(key) or None)
        ]
    return different


def _shown(state: State, vehicle: Vehicle) -> str:
    return "; ".join(f"{stay[0]} {stay[2]}–{stay[3]} {stay[4]} fen" for stay in state.stays.get(vehicle, ()))
