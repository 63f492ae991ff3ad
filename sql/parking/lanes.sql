-- Gates and lanes: registering them, and what changes of them.

-- name: gate_of_lot
select id, lot_id, code, name from gate where lot_id = $1 and code = $2

-- name: add_gate
insert into gate (lot_id, code, name) values ($1, $2, $3)

-- name: change_gate
update gate set code = $2, name = $3 where id = $1

-- name: lane_to_change
select a.id, a.code, a.lot_id, l.code as lot, l.operator_id, a.direction::text as direction, a.gate_id, g.code as gate,
       a.gateway_id, w.code as gateway
  from lane a
  join lot l on l.id = a.lot_id
  join gate g on g.id = a.gate_id
  join gateway w on w.id = a.gateway_id
 where a.code = $1

-- name: lanes_of_gate
select code from lane where gate_id = $1 order by code

-- name: gateways_of_lot
-- That serve it at $2, and will.
select g.id, g.code
  from gateway g
  left join lateral (select s.serves from gateway_lot s
                      where s.gateway_id = g.id and s.lot_id = $1 and s.valid_from <= $2
                      order by s.valid_from desc limit 1) now on true
 where g.lot_id = $1
    or now.serves and not exists (select 1 from gateway_lot s where s.gateway_id = g.id and s.lot_id = $1
                                     and s.valid_from > $2 and not s.serves)
 order by g.id

-- name: add_lane
insert into lane (lot_id, gate_id, gateway_id, code, direction) values ($1, $2, $3, $4, $5::direction)

-- name: change_lane
update lane set code = $2, gate_id = $3, gateway_id = $4 where id = $1

-- name: ways_of
select lane_id, valid_from, way::text as way from lane_way where lane_id = $1 order by valid_from

-- name: add_way
insert into lane_way (lane_id, valid_from, way) values ($1, $2, $3::jsonb)
on conflict (lane_id, valid_from) do update set way = excluded.way

-- name: closures_of
select lane_id, valid_from, is_closed from lane_closure where lane_id = $1 order by valid_from

-- name: add_closure
insert into lane_closure (lane_id, valid_from, is_closed) values ($1, $2, $3)
on conflict (lane_id, valid_from) do update set is_closed = excluded.is_closed

-- name: last_read_at
select e.effective_at from gate_event e where e.lot_id = $1 and e.lane_id = $2 order by e.effective_at desc limit 1
