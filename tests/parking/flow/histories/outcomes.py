"""What came of a history: compared between its two sides, held against the plain model, and what must always be."""

from collections import Counter
from datetime import timedelta
from math import ceil
from typing import Any

from tests.parking.flow.histories.places import LOTS, ROAD_WITHIN_MIN, UNIT_FEN, UNIT_MIN, code_of
from tests.parking.flow.histories.steps import Can, Car, Visit
from tests.parking.flow.histories.told import Told

MINUTE = timedelta(minutes=1)
# A wallet is not asked for more than was billed at first and its limit: what is waived of it follows from the order.
STAYS = """
select l.code, substr(s.plate, 2), s.plate_color::text, s.vehicle_class::text, s.state::text, s.entered_at, s.left_at,
       s.at_exit, s.fee_fen, s.uses::text, s.doubts, s.account_id is not null,
       c.amount_fen + case when c.account_id is null then 0 else c.waived_fen end,
       case when c.account_id is null then c.waived_fen end, c.state::text = 'void', s.let_out::text
  from (select lot_id, id, plate, plate_color, vehicle_class, state::text, entered_at, left_at, at_exit, fee_fen, uses,
               doubts, account_id, let_out
          from stay where state not in ('merged', 'open')
        union all
        select lot_id, id, plate, plate_color, vehicle_class, 'inside', entered_at, null, false, null, null, '{}', null,
               null
          from open_stay) s
  join lot l on l.id = s.lot_id
  left join charge c on c.stay_id = s.id and c.account_id is not distinct from s.account_id
   and c.amount_fen > 0 and s.state not in ('inside', 'superseded')
 where s.lot_id = any($1)
 order by 1, 2, 6, 7, 5
"""
# A camera that counts from the beginning is told of once a day, with whatever car came first.
CASES = """
select l.code, substr(coalesce(e.plate, ''), 2), k.reason::text, coalesce(e.effective_at, f.effective_at) as at
  from parking_case k
  join lot l on l.id = k.lot_id
  left join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id
  left join device_fact f on f.lot_id = k.lot_id and f.id = k.event_id
 where k.lot_id = any($1) and k.resolved_at is null
   and k.reason not in ('numbers_restarted', 'clock_ahead', 'clock_behind')
 order by 1, 2, at, 3
"""
RECORDED = """
select (select count(*) from gate_event where lot_id = $1 and first_id is null)
     + (select count(*) from device_fact where lot_id = $1 and first_id is null)
"""
# Who was kept out and turned away was not there.
STAYS_OF_CAR = """
select l.code, s.entered_at, s.left_at, s.state::text, s.at_exit, s.fee_fen
  from stay s join lot l on l.id = s.lot_id
 where s.lot_id = any($1) and s.plate = $2 and s.state not in ('merged', 'open')
   and not (s.state = 'superseded' and not s.counted)
"""
TAKEN = """
select coalesce(sum(c.paid_fen - c.refunded_fen), 0)::bigint as paid_fen,
       coalesce(sum(c.owed_fen), 0)::bigint as owed_fen, coalesce(sum(c.amount_fen), 0)::bigint as amount_fen
  from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
 where c.lot_id = any($1) and s.plate = $2 and c.state <> 'void'
"""
# What was paid before a vehicle turned back is kept of a stay that goes on, if it was paid before that was known. So it
# is with a wallet: what is taken before it is known that the vehicle was elsewhere too is taken, and held otherwise.
# What went back to a driver since the last payment is owed again where the stay turns out dearer after all, and was
# kept where that was known first: owed less what went back follows from the facts alone.
OWED = """
select substr(s.plate, 2), s.state::text,
       case when c.state not in ('due', 'paid') then c.state::text when c.account_id is null then 'of a driver'
            else 'of a wallet' end,
       sum(c.amount_fen + case when c.account_id is null then 0 else c.waived_fen end)::bigint,
       (sum(c.owed_fen - back.fen) filter (where c.account_id is null))::bigint
  from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
 cross join lateral (
       select coalesce(sum(r.amount_fen), 0)::bigint as fen from refund r
        where r.shard = c.lot_id and r.payable_id = c.id
          and r.created_at >= (select max(a.updated_at) from attempt a
                                where a.shard = c.lot_id and a.payable_id = c.id and a.paid_fen > 0)) back
 where c.lot_id = any($1) and s.state not in ('open', 'superseded') group by 1, 2, 3
having sum(c.amount_fen) > 0 or sum(c.owed_fen) > 0 order by 1, 2, 3
"""
NOT_COLLECTED = """
select s.plate, c.id from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
 where c.lot_id = any($1) and c.account_id is not null and c.state = 'due' and c.owed_fen > 0
   and not exists (select from charge_hold h where h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null)
"""
TWICE = """
select s.plate, count(*) from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
 where c.lot_id = any($1) and c.amount_fen > 0 and c.state <> 'void' and s.state in ('closed', 'merged')
 group by s.lot_id, s.id, s.plate having count(*) > 1
"""
# What is billed of a stay is owed or was paid (`charge_differs_from_adjustments`).
OUTSIDE_FOR_NOTHING = """
select e.plate, e.effective_at from read_passage m
  join gate_event e on e.lot_id = m.lot_id and e.id = m.read_id and e.kind = 'exit'
  left join stay s on s.lot_id = e.lot_id and e.id = any(s.facts) and s.state not in ('merged', 'open')
 where m.lot_id = any($1) and m.outcome = 'passed'
   and (s.state = 'closed' and not s.at_exit
        and (s.let_out = 'free'
             or s.fee_fen <= (select coalesce(sum(c.amount_fen + c.waived_fen), 0) from charge c
                               where c.lot_id = s.lot_id and c.stay_id = s.id and c.state <> 'void'))) is not true
   and not exists (select from parking_case k
                    where k.lot_id = e.lot_id and k.event_id = any(e.id || s.facts) and k.reason <> 'low_confidence')
   and not exists (select from decision d where d.lot_id = e.lot_id and d.fact_id = e.id and s.id is null)
"""
INSIDE = "select o.inside from lot_occupancy o join lot l on l.id = o.lot_id where o.lot_id = any($1) order by l.code"


async def outcome(told: Told) -> dict[str, list[tuple[Any, ...]]]:
    """What the two sides of a history have in common."""
    lots = [told.district.lot(code_of(lot, told.of)).id for lot in LOTS]
    found = {}
    for name, query in (("stays", STAYS), ("cases", CASES), ("owed", OWED), ("inside", INSIDE)):
        rows = [tuple(row) for row in await told.district.owner.fetch(query, lots)]
        found[name] = [(_of_both(row[0], told), *row[1:]) for row in rows]
    found["refused"] = sorted(told.refused)
    return found


def _of_both(first: Any, told: Told) -> Any:
    """A lot's code without its side, and anything else as it is."""
    return first.removesuffix(f"-{told.of}") if isinstance(first, str) else first


async def hold_always(told: Told) -> None:
    """What must be whatever was told in which order."""
    district, history = told.district, told.history
    lots = {lot: district.lot(code_of(lot, told.of)).id for lot in LOTS}
    assert await district.owner.fetch(TWICE, list(lots.values())) == []
    # Who is seen to pass an exit is billed the whole fee, or is before a person, or was.
    assert await district.owner.fetch(OUTSIDE_FOR_NOTHING, list(lots.values())) == []
    # Every wallet here has enough.
    assert await district.owner.fetch(NOT_COLLECTED, list(lots.values())) == []
    for lot, number in Counter(step.lot for step in history.steps if step.said is not None).items():
        assert await district.count(RECORDED, lots[lot]) == number, lot
    for car in history.cars:
        if car.clean:
            await _comes_out_as_it_was(told, car, list(lots.values()))


async def _comes_out_as_it_was(told: Told, car: Car, lots: list[int]) -> None:
    """A car of which all was seen has the stays that it really had; where no right applies they cost what the price
    says. Who passed is not inside, what was not paid is owed still, and no more is taken than the price asks for.
    """
    visits = [each for each in told.history.visits if each.car is car]
    rows = await told.district.owner.fetch(STAYS_OF_CAR, lots, told.plate(car.plate))
    really = [(code_of(each.lot, told.of), each.entered_at, each.left_at, "closed", False) for each in visits]
    assert sorted(tuple(row)[:5] for row in rows) == sorted(really), car
    costs = {(code_of(each.lot, told.of), each.entered_at): fee_of(each) for each in visits if each.costs}
    for row in rows:
        wanted_fen = costs.get((row["code"], row["entered_at"]), row["fee_fen"])
        assert row["fee_fen"] == wanted_fen, (car, row["code"], row["entered_at"])
    taken = await told.district.owner.fetchrow(TAKEN, lots, told.plate(car.plate))
    assert taken is not None
    assert taken["paid_fen"] + taken["owed_fen"] == taken["amount_fen"], car
    assert taken["amount_fen"] <= sum(fee_of(each, ROAD_WITHIN_MIN) for each in visits), car
    if car.can is Can.ACCOUNT:
        assert taken["owed_fen"] == 0, car


def fee_of(visit: Visit, beside_min: int = 0) -> int:
    """What the price asks for a visit without any right."""
    entered_at, left_at = (each.replace(second=0, microsecond=0) for each in (visit.entered_at, visit.left_at))
    return UNIT_FEN * ceil((left_at - entered_at + beside_min * MINUTE) / (UNIT_MIN * MINUTE))
