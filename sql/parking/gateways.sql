-- What gateways say of themselves, and their clocks.

-- name: beat
insert into gateway_state as g (lot_id, gateway_id, seen_at, sent_at, backlog_events, software, lanes)
values ($1, $2, $3, $4, $5, $6, $7::jsonb)
on conflict (lot_id, gateway_id) do update
   set seen_at = excluded.seen_at, sent_at = excluded.sent_at, backlog_events = excluded.backlog_events,
       software = excluded.software, lanes = excluded.lanes
 where g.seen_at is null or g.seen_at <= excluded.seen_at

-- name: gateways
-- $1: those that serve one of these lots, or null for all; $2: behind this code; $3: so many, or null for all; $4: a part
-- of the code or of that of a lot. The last event of each lane is the first of an index.
select g.code, l.code as lot, s.seen_at, s.sent_at, s.backlog_events, s.software, s.lanes::text as lanes,
       (select max(e.effective_at)
          from lane a
         cross join lateral (select e.effective_at from gate_event e
                              where e.lot_id = a.lot_id and e.lane_id = a.id order by e.effective_at desc limit 1) e
         where a.gateway_id = g.id) as last_event_at,
       (select count(*) from gateway_key k where k.gateway_id = g.id and k.revoked_at is null)::int as keys_active,
       coalesce((select jsonb_agg(jsonb_build_object('lane', a.code, 'since', c.since,
                                                     'ahead_s', extract(epoch from c.ahead)::bigint) order by c.since)
                   from clock_spell c left join lane a on a.id = c.lane_id
                  where c.gateway_id = g.id and c.ended_at is null), '[]')::text as clocks
  from gateway g
  join lot l on l.id = g.lot_id
  left join gateway_state s on s.lot_id = g.lot_id and s.gateway_id = g.id
 where ($1::int[] is null
        or exists (select 1 from gateway_serving w where w.gateway_id = g.id and w.lot_id = any($1)))
   and g.code > $2
   and (position(lower($4) in lower(g.code)) > 0
        or exists (select 1 from gateway_serving w join lot o on o.id = w.lot_id
                    where w.gateway_id = g.id and position(lower($4) in lower(o.code)) > 0))
 order by g.code
 limit $3

-- name: spells
-- Those that matter to what may still be handed in, the latest first.
select lot_id, id, gateway_id, lane_id, ahead, since, right_until, ended_at
  from clock_spell where ended_at is null or ended_at > $1
 order by since desc, id desc

-- name: begin_spell
insert into clock_spell (lot_id, id, gateway_id, lane_id, ahead, since, right_until, case_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning id

-- name: end_spell
-- Of any clock but once.
update clock_spell set ended_at = greatest($3, since) where lot_id = $1 and id = $2 and ended_at is null returning case_id

-- name: case_of_wrong_clocks
-- What a person was told of a gateway of which some clock is wrong now.
select case_id from clock_spell where lot_id = $1 and gateway_id = $2 and ended_at is null limit 1

-- name: drop_spells
delete from clock_spell where ended_at < $1

-- name: lot_of_gateway
select l.code from gateway g join lot l on l.id = g.lot_id where g.code = $1

-- name: add_gateway
insert into gateway (lot_id, code) values ($1, $2)

-- name: rename_gateway
update gateway set code = $2 where code = $1

-- name: gateway_to_change
select g.id, g.code, g.lot_id, l.operator_id, l.time_zone from gateway g join lot l on l.id = g.lot_id where g.code = $1

-- name: served
-- When a gateway served a lot that is not its own, or will.
select gateway_id, lot_id, valid_from, serves from gateway_lot where gateway_id = $1 and lot_id = $2 order by valid_from

-- name: serve
insert into gateway_lot (gateway_id, lot_id, valid_from, serves) values ($1, $2, $3, $4)
on conflict (gateway_id, lot_id, valid_from) do update set serves = excluded.serves

-- name: lanes_moved
select code from lane where lot_id = $1 and gateway_id = $2 order by code
