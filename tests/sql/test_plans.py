"""The plans that PostgreSQL keeps for what a batch or a person looks up: the few rows of a vehicle, a lane or a time,
not all of a lot.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest

import sql

LOTS, EVENTS = 20, 4_000
LOOKED_UP = (
    *(("events", name) for name in ("event_records", "reads_near", "finished_stays", "uses_of")),
    *(("stays", name) for name in ("stays_of_vehicle", "stays_of_lot")),
    *(("charges", name) for name in ("charges_of_vehicle", "charges_of_lot")),
)
# No vehicle and no event, of any time.
LOWEST, HIGHEST = UUID(int=0), UUID(int=2**128 - 1)
BOUNDS = {"events": (LOWEST, HIGHEST), "stays": (LOWEST, LOWEST), "charges": (LOWEST, LOWEST)}

# Each month of a table has indexes of its own, named by their columns.
INDEXES = """
select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
 where i.indisprimary and i.indrelid in (to_regclass('gate_event_' || $1), to_regclass('stay_' || $1))
"""
A_MONTH_OF_EVENTS = """
insert into gate_event (lot_id, id, gateway_id, event_id, lane_id, kind, occurred_at, received_at, effective_at, replay,
                        plate, plate_read, plate_color, color_read, vehicle_class, confidence, content_hash, status,
                        gate, stay_id)
select n % $2, id_floor(at), n % $2, 'e' || n, 2 * (n % $2) + n / $2 % 2, 'entry', at, at, at, false, '鲁A' || n,
       '鲁A' || n, 'blue', 'blue', 'small', 0.9, '', 'recorded', 'open', id_floor(at)
  from generate_series(1, $3) n cross join lateral (select $1::timestamptz - n * interval '1 minute' as at) t
"""
A_MONTH_OF_STAYS = """
insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, entry_lane_id,
                  exit_lane_id, entry_event_id, exit_event_id, fee_fen, facts)
select lot_id, id, plate, plate_color, vehicle_class, 'closed', effective_at, effective_at, lane_id, lane_id, id, id, 0,
       array[id]
  from gate_event
"""
A_MONTH_OF_CHARGES = """
insert into charge (lot_id, id, stay_id, operator_id, amount_fen, first_fen, owed_fen, lines, created_at, reference)
select lot_id, id, id, 1, 600, 600, 600, '[]', left_at, gen_random_uuid() from stay
"""


@pytest.fixture
async def young(owner: sql.Connection, now: datetime) -> AsyncIterator[sql.Connection]:
    """A month as it is on its first days, and what is known of it, for as long as this lasts."""
    month = owner.transaction()
    await month.start()
    await owner.execute(A_MONTH_OF_EVENTS, now, LOTS, EVENTS)
    await owner.execute(A_MONTH_OF_STAYS)
    await owner.execute(A_MONTH_OF_CHARGES)
    await owner.execute("analyze gate_event, stay, charge")
    await owner.execute("set local plan_cache_mode = force_generic_plan")
    yield owner
    await month.rollback()


@pytest.mark.parametrize(("file", "name"), LOOKED_UP)
async def test_what_is_looked_up_is_not_looked_for_in_its_whole_lot(
    young: sql.Connection, now: datetime, file: str, name: str
) -> None:
    text = sql.load(f"parking/{file}")[name]
    prepared = await young.prepare(text)
    bounds = iter(BOUNDS[file])
    asked = ", ".join(f"'{next(bounds)}'" if each.name == "uuid" else "null" for each in prepared.get_parameters())
    await young.execute(f"prepare {name} as {text}")
    plan = "\n".join(row[0] for row in await young.fetch(f"explain execute {name}({asked})"))
    await young.execute(f"deallocate {name}")
    by_number = [row["relname"] for row in await young.fetch(INDEXES, f"{now:%Y_%m}")]
    assert len(by_number) == 2
    assert f"_{now:%Y_%m}" in plan
    assert not [index for index in by_number if index in plan], plan
    assert f"Seq Scan on {file.rstrip('s')}_{now:%Y_%m}" not in plan, plan
