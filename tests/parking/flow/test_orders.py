"""The same days told in order to one lot and anyhow to another: what comes of them in the database is the same.

Cameras read twice, misread a character, miss a passing; loops tell that a car passed or turned back; gateways hand in
late, twice and in any parts; a server dies in the middle of a batch. The other lot is a mirror of the first: its stays,
fees, cases, charges and count must be too.
"""

import random
from datetime import timedelta
from typing import Any

import pytest

from parking.flow.discrepancies import look_at_all
from parking.flow.events import record_events
from tests.conftest import NOW
from tests.district import HOSPITAL, STATION, District, Say, event

IN_ORDER, ANYHOW = HOSPITAL, STATION
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
CONFUSED = {"0": "D", "8": "B", "1": "7", "5": "S", "2": "Z"}

STAYS = """
select s.plate, s.plate_color::text, s.vehicle_class::text, s.state::text, s.entered_at, s.left_at, s.fee_fen,
       s.uses::text, s.doubts, s.account_id, c.amount_fen, c.owed_fen, c.state::text,
       array(select h.reason from charge_hold h where h.charge_id = c.id and h.released_at is null order by 1)
  from (select id, plate, plate_color, vehicle_class, state::text, entered_at, left_at, fee_fen, uses, doubts,
               account_id
          from stay where lot_id = $1 and state not in ('merged', 'open')
        union all
        select id, plate, plate_color, vehicle_class, 'inside', entered_at, null, null, null, '{}', null
          from open_stay where lot_id = $1) s
  left join charge c on c.stay_id = s.id and c.account_id is not distinct from s.account_id and c.amount_fen > 0
 where s.plate like $2
 order by s.plate, s.entered_at, s.left_at, s.state
"""
CASES = """
select coalesce(e.plate, ''), k.reason::text, coalesce(e.effective_at, f.effective_at) as at
  from parking_case k
  left join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id
  left join device_fact f on f.lot_id = k.lot_id and f.id = k.event_id
 where k.lot_id = $1 and k.resolved_at is null and (e.plate like $2 or f.event_id like $2)
 order by 1, at, k.reason
"""
MATCHES = """
select e.plate, e.effective_at, m.outcome::text,
       array(select concat_ws(' ', b.plate, b.effective_at, c.said ->> 'likeness')
               from jsonb_array_elements(m.candidates) with ordinality c (said, place)
               left join gate_event b on b.lot_id = m.lot_id and b.id = (c.said ->> 'stay_id')::uuid
              order by c.place) as candidates,
       (select b.effective_at from gate_event b where b.lot_id = m.lot_id and b.id = m.entry_id) as came_at
  from match m join gate_event e on e.lot_id = m.lot_id and e.id = m.fact_id
 where m.lot_id = $1 and m.believed_until is null and e.plate like $2
 order by 1, 2, 3, 4
"""
# Nothing is left of what was charged only for a while.
CHARGED = (
    "select coalesce(sum(amount_fen), 0)::bigint, coalesce(sum(owed_fen), 0)::bigint from charge where lot_id = $1"
)


def days(chance: random.Random, name: str) -> list[Say]:
    """What the cameras of a lot say of a few vehicles over three days, without the lot."""
    said: list[Say] = []
    for number in range(chance.randint(4, 9)):
        plate = f"鲁{name}{chance.randrange(100_000):05}"
        at = NOW - timedelta(days=4) + chance.randrange(1440) * MINUTE
        for visit in range(chance.randint(1, 4)):
            left_at = at + chance.choice((12 * MINUTE, 25 * MINUTE, 3 * HOUR, 9 * HOUR))
            said += read(chance, f"{name}{number}-{visit}i", "entry", at, plate)
            said += read(chance, f"{name}{number}-{visit}o", "exit", left_at, plate)
            at = left_at + chance.choice((2 * MINUTE, 5 * HOUR, 14 * HOUR))
    return sorted(said, key=lambda each: each["occurred_at"])


def read(chance: random.Random, number: str, kind: str, at: Any, plate: str) -> list[Say]:
    """What is read of a passing: nothing, once, or again with another text or a little later."""
    luck = chance.random()
    if luck < 0.05:
        return passage(chance, number, kind, at)
    seen = misread(chance, plate) if luck < 0.15 else plate
    first = event(number, kind, at, seen, confidence=chance.choice((0.5, 0.8, 0.97)), replay=True)
    if luck < 0.8:
        return [first, *passage(chance, number, kind, at)]
    later = at + timedelta(seconds=chance.choice((0.4, 3, 50)))
    again = misread(chance, plate) if luck < 0.9 else plate
    second = event(f"{number}+", kind, later, again, confidence=0.72, replay=True)
    return [first, second, *passage(chance, number, kind, at)]


def passage(chance: random.Random, number: str, kind: str, at: Any) -> list[Say]:
    """What a loop says of a passing: mostly nothing, or what became of the car a little later."""
    if chance.random() < 0.6:
        return []
    outcome = chance.choice(("passed", "passed", "passed", "turned_back", "cancelled"))
    said: Say = {"event_id": f"鲁{number}~", "kind": "passage", "outcome": outcome, "replay": True, "way": kind}
    if chance.random() < 0.4:
        said["of"] = number
    return [{**said, "occurred_at": (at + timedelta(seconds=chance.choice((8, 30, 70)))).isoformat()}]


def misread(chance: random.Random, plate: str) -> str:
    at = chance.randrange(2, len(plate))
    return plate[:at] + CONFUSED.get(plate[at], "X") + plate[at + 1 :]


def in_lot(said: Say, lot: str) -> Say:
    way = said.get("way", said["kind"])
    body = {name: value for name, value in said.items() if name != "way"}
    return {**body, "lane": f"{lot}-{'in' if way == 'entry' else 'out'}"}


async def outcome(district: District, lot: str, name: str) -> dict[str, list[tuple[Any, ...]]]:
    lot_id = district.lot(lot).id
    return {
        "stays": [tuple(row) for row in await district.owner.fetch(STAYS, lot_id, f"鲁{name}%")],
        "cases": [tuple(row) for row in await district.owner.fetch(CASES, lot_id, f"鲁{name}%")],
        "matches": [tuple(row) for row in await district.owner.fetch(MATCHES, lot_id, f"鲁{name}%")],
        "charged": [tuple(row) for row in await district.owner.fetch(CHARGED, lot_id)],
        "inside": [(await district.inside(lot),)],
    }


async def dies_in(district: District, said: list[Say]) -> None:
    """A batch whose server dies before it has committed."""
    async with district.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        await record_events(
            db,
            [district.passing(each) for each in said],
            network=district.network,
            now=NOW,
            random_bits=district.random_bits,
        )
        await transaction.rollback()


@pytest.mark.parametrize("seed", range(12))
async def test_what_is_told_anyhow_comes_out_as_what_is_told_in_order(district: District, seed: int) -> None:
    await told_anyhow_and_in_order(district, seed)


async def told_anyhow_and_in_order(district: District, seed: int) -> None:
    """A few days of vehicles, told to both lots."""
    chance = random.Random(seed)
    name = "ABCDEFGHJKLM"[seed]
    told = days(chance, name)
    plates = sorted({each["plate"] for each in told if "plate" in each})
    await district.account(*plates[::3])
    for each in told:
        await district.record(in_lot(each, IN_ORDER))
    anyhow = [in_lot(each, ANYHOW) for each in told] + [in_lot(each, ANYHOW) for each in told if chance.random() < 0.3]
    chance.shuffle(anyhow)
    while anyhow:
        batch, anyhow = anyhow[: (size := chance.randint(1, 12))], anyhow[size:]
        if chance.random() < 0.2:
            await dies_in(district, batch)
        await district.record(*batch)
    in_order = await outcome(district, IN_ORDER, name)
    assert in_order["matches"] != []
    assert await outcome(district, ANYHOW, name) == in_order


# What a lane read within seconds: (kind, seconds, plate, confidence), each told alone. A wrong clock that is not yet
# known brings whole visits close together.
CROWDED = {
    "out, in and out again": (
        ("exit", 0, "鲁K31A40", 0.95), ("entry", 3, "鲁K31A40", 0.95), ("exit", 7, "鲁K31A40", 0.95),
        ("entry", 14, "鲁K31A40", 0.95), ("exit", 15, "鲁K31A40", 0.95),
    ),
    "doubtful, then sure of a text that was taken for another": (
        ("exit", 0, "鲁K31A46", 0.95), ("exit", 0, "鲁K31A45", 0.7), ("exit", 0, "鲁K31A45", 0.95),
    ),
    "a piece, and the same piece for sure": (
        ("entry", 1, "鲁K31A55", 0.97), ("entry", 5, "鲁K31A5", 0.3), ("entry", 5, "鲁K31A5", 0.95),
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", CROWDED)
async def test_what_a_lane_reads_within_seconds_is_as_if_it_were_told_at_once(district: District, story: str) -> None:
    came, begin = NOW - 9 * HOUR, NOW - 6 * HOUR
    for number, plate in enumerate({plate for _, _, plate, _ in CROWDED[story]}):
        await district.record(event(f"{story} {number}", "entry", came, plate))
    for number, (kind, seconds, plate, confidence) in enumerate(CROWDED[story]):
        at = begin + timedelta(seconds=seconds)
        await district.record(event(f"{story} told {number}", kind, at, plate, confidence=confidence))
    assert await look_at_all(district.pool, network=district.network, clock=lambda: district.now) == 0
