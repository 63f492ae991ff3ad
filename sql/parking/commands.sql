-- What gateways are told without having asked. Numbers of a gateway are drawn under its row of gateway_state, of its own
-- lot, which is held until the commit: whoever has seen a number has seen all lower ones, of whichever of its lots.

-- name: number_commands
-- How many commands each gateway gets; returns the last number of each.
insert into gateway_state as g (lot_id, gateway_id, commands)
select w.lot_id, w.id, more.commands
  from unnest($1::int[], $2::bigint[]) more (gateway_id, commands)
  join gateway w on w.id = more.gateway_id
 order by w.lot_id, w.id
on conflict (lot_id, gateway_id) do update set commands = g.commands + excluded.commands
returning g.gateway_id, g.commands

-- name: add_commands
insert into gateway_command (lot_id, id, gateway_id, n, lane_id, gate, because, stay_id, fact_id, event_id, read_at, fee_fen,
                             display_zh, display_en, reason, asked_by, issued_at, expires_at)
select c.*, $17, $18
  from unnest($1::int[], $2::uuid[], $3::int[], $4::bigint[], $5::int[], $6::gate_command[], $7::command_reason[],
              $8::uuid[], $9::uuid[], $10::text[], $11::timestamptz[], $12::bigint[], $13::text[], $14::text[], $15::text[],
              $16::text[]) c

-- name: cars_at_lanes
-- Of stays with their reads ($1, $2, $3) the last live read for which a barrier was held since $4, unless it has passed or
-- turned back, or its lane was told to open: what failed, came too late or was not fetched before it expired ($5: now) has
-- opened nothing.
select distinct on (e.lot_id, w.stay_id) e.lot_id, w.stay_id, e.id as fact_id, e.gateway_id, e.lane_id,
       e.kind::text as direction, e.event_id, e.effective_at as read_at, e.fee_fen
  from unnest($1::int[], $2::uuid[], $3::uuid[]) w (lot_id, stay_id, fact_id)
  join gate_event e on e.lot_id = w.lot_id and e.id = w.fact_id
 where e.gate = 'hold' and not e.replay and e.received_at >= $4
   and not exists (select 1 from read_passage p
                    where p.lot_id = e.lot_id and p.read_id = e.id and p.outcome is not null)
   and not exists (select 1 from gateway_command c
                    where c.lot_id = e.lot_id and c.fact_id = e.id and c.gate = 'open'
                      and (c.outcome = 'done' or c.outcome is null and c.expires_at > $5))
 order by e.lot_id, w.stay_id, e.effective_at desc, e.id desc

-- name: reads_since
-- What was read live at the lanes of cars (their lots $1, reads $2 and stays $3) after these, and what tells whether it is
-- of the same car: it may have come in itself, its read have opened the barrier, or somebody or something else before it.
select e.id as fact_id, e.plate as car, e.effective_at as car_at, n.plate, n.effective_at as at,
       coalesce(n.stay_id = e.stay_id or n.stay_id = w.stay_id, false) as is_of_stay,
       s.entered_at is not null or s.matched_id is not null as came_in,
       exists (select 1 from read_passage p
                where p.lot_id = n.lot_id and p.read_id = n.id and p.outcome is not null) as has_gone,
       n.gate = 'open' as opens,
       exists (select 1 from device_fact b
                where b.lot_id = e.lot_id and b.id > e.id and b.lane_id = e.lane_id and b.kind = 'barrier'
                  and b.said->>'action' = 'opened'
                  and b.effective_at between e.effective_at and n.effective_at) as was_opened
  from unnest($1::int[], $2::uuid[], $3::uuid[]) w (lot_id, fact_id, stay_id)
  join gate_event e on e.lot_id = w.lot_id and e.id = w.fact_id
  join gate_event n on n.lot_id = e.lot_id and n.lane_id = e.lane_id and n.effective_at > e.effective_at and n.id > e.id
   and not n.replay and n.first_id is null
  left join stay s on s.lot_id = n.lot_id and s.id = n.stay_id
 order by e.id, n.effective_at, n.id

-- name: last_at_lane
-- The car that was last read live at a lane, since $3, unless it has passed or turned back: who stands there then was not
-- read.
select last.*
  from (select e.lot_id, e.stay_id, e.id as fact_id, e.gateway_id, e.lane_id, e.kind::text as direction, e.event_id,
               e.effective_at as read_at, e.fee_fen
          from gate_event e
         where e.lot_id = $1 and e.lane_id = $2 and e.effective_at >= $3 and not e.replay and e.first_id is null
         order by e.effective_at desc, e.id desc
         limit 1) last
 where not exists (select 1 from read_passage p
                    where p.lot_id = last.lot_id and p.read_id = last.fact_id and p.outcome is not null)

-- name: waiting_commands
-- Beyond the number each gateway has seen, what is neither acknowledged nor expired, nor moot since the car has passed or
-- turned back.
select c.lot_id, c.id, c.gateway_id, c.n, l.code as lot, a.code as lane, c.gate::text as gate, c.because::text as because, c.stay_id,
       c.fact_id, c.event_id, c.fee_fen, c.display_zh, c.display_en, c.issued_at, c.expires_at
  from unnest($1::int[], $2::bigint[]) seen (gateway_id, n)
  join gateway_serving w on w.gateway_id = seen.gateway_id
  join gateway_command c on c.lot_id = w.lot_id and c.gateway_id = seen.gateway_id and c.n > seen.n
  join lane a on a.id = c.lane_id
  join lot l on l.id = c.lot_id
 where c.outcome is null and c.expires_at > $3 and c.id >= $4
   and not exists (select 1 from read_passage p
                    where p.lot_id = c.lot_id and p.read_id = c.fact_id and p.outcome is not null)
 order by c.gateway_id, c.n
 limit $5

-- name: opening_at_lane
-- A person who opens twice opens once.
select id from gateway_command
 where lot_id = $1 and lane_id = $2 and id >= $3 and because = 'remote_open' and outcome is null and expires_at > $4
   and fact_id is not distinct from $5
 order by id desc
 limit 1

-- name: acknowledge
-- What was told first stays.
update gateway_command
   set outcome = coalesce(outcome, $4::command_outcome), acknowledged_at = coalesce(acknowledged_at, $5),
       detail = case when outcome is null then $6 else detail end
 where lot_id = $1 and id = $2 and gateway_id = $3
returning outcome::text as outcome

-- name: commands_of_lane
select c.id, c.n, c.gate::text as gate, c.because::text as because, c.stay_id, c.event_id, c.fee_fen, c.reason, c.asked_by,
       c.issued_at, c.expires_at, c.outcome::text as outcome, c.acknowledged_at, c.detail
  from gateway_command c
 where c.lot_id = $1 and c.lane_id = $2
 order by c.id desc
 limit $3
