-- Registering operators, lots and gateways. Codes are unique city-wide; registering a code again is refused by its key.

-- name: operator_of_code
select id from operator where code = $1

-- name: add_operator
insert into operator (code, name_zh, name_en, platform_fee_bps, time_zone) values ($1, $2, $3, $4, $5) returning id

-- name: add_lot
insert into lot (code, operator_id, name_zh, name_en, district_zh, district_en, address_zh, kind, capacity, longitude, latitude, time_zone,
                 confirms_passages_since, leave_within_min, probable_match, inside_of, inner_clock, road, road_within_min)
select $1, o.id, $3, $4, $5, $6, $7, $8::lot_kind, $9, $10, $11, $12, $13, $14, $15::probable_match, $16, $17::inner_clock,
       $18, $19
  from operator o where o.code = $2
returning id

-- name: set_exit_rule
-- Who tells passages already has done so since then. What was before.
with was as (select id, confirms_passages_since, leave_within_min from lot where id = lot_called($1) for no key update)
update lot l
   set confirms_passages_since = case when $2::boolean then coalesce(l.confirms_passages_since, $4::timestamptz) end,
       leave_within_min = $3
  from was
 where l.id = was.id
returning l.operator_id, l.code, was.confirms_passages_since is not null as confirms_passages, was.leave_within_min

-- name: say_arrears_in_lot
with was as (select id, say_arrears from lot where id = lot_called($1) for no key update)
update lot l set say_arrears = $2::say_arrears from was where l.id = was.id
returning l.operator_id, l.code, was.say_arrears::text as before

-- name: say_arrears_in_lots_of
with was as (select id, say_arrears from operator where code = $1 for no key update)
update operator o set say_arrears = $2::say_arrears from was where o.id = was.id
returning o.id as operator_id, o.code, was.say_arrears::text as before

-- name: add_gates
insert into gate (lot_id, code) select $1, code from unnest($2::text[]) code

-- name: add_gateway
insert into gateway (lot_id, code) values ($1, $2)

-- name: add_lanes
insert into lane (lot_id, gate_id, gateway_id, code, direction)
select $1, g.id, w.id, l.code, l.direction
  from unnest($3::text[], $4::text[], $5::direction[]) l (code, gate, direction)
  join gate g on g.lot_id = $1 and g.code = l.gate
  join gateway w on w.code = $2

-- name: add_occupancy
insert into lot_occupancy (lot_id, updated_at) values ($1, $2)

-- name: registered_operator
select code, name_zh, name_en, platform_fee_bps, time_zone, id from operator where code = $1

-- name: registered_lot
-- As of $2, by a code that it had as well. gateways: the first of them was registered with it.
select l.id, l.code, o.code as operator_code, l.name_zh, l.name_en, l.district_zh, l.district_en, l.kind::text as kind,
       coalesce((select c.capacity from lot_capacity c where c.lot_id = l.id and c.valid_from <= $2
                  order by c.valid_from desc limit 1), l.capacity) as capacity,
       l.longitude, l.latitude, l.address_zh, l.time_zone, l.confirms_passages_since is not null as confirms_passages,
       l.leave_within_min, outer_lot.code as inside_of, lies.inner_clock::text as inner_clock, lies.road, lies.road_within_min,
       coalesce((select m.probable_match from lot_probable_match m where m.lot_id = l.id and m.valid_from <= $2
                  order by m.valid_from desc limit 1), l.probable_match)::text as probable_match,
       (select g.code from gateway g where g.lot_id = l.id order by g.id limit 1) as gateway,
       (select jsonb_agg(jsonb_build_object('code', a.code, 'gate', g.code, 'direction', a.direction) order by a.id)
          from lane a join gate g on g.id = a.gate_id where a.lot_id = l.id)::text as lanes
  from lot l
  join operator o on o.id = l.operator_id
  cross join lateral (
       select s.inside_of, s.inner_clock, s.road, s.road_within_min
         from (select v.valid_from, v.inside_of, v.inner_clock, v.road, v.road_within_min
                 from lot_surroundings v where v.lot_id = l.id and v.valid_from <= $2
               union all select '-infinity', l.inside_of, l.inner_clock, l.road, l.road_within_min) s
        order by s.valid_from desc limit 1) lies
  left join lot outer_lot on outer_lot.id = lies.inside_of
 where l.id = lot_called($1)

-- name: lot_to_change
select id, code, operator_id, capacity, name_zh, name_en, district_zh, district_en, address_zh, kind::text as kind, longitude,
       latitude
  from lot where id = lot_called($1)

-- name: placed
-- Where all lots lie from the beginning.
select id, operator_id, inside_of, inner_clock::text as inner_clock, road, road_within_min from lot order by id

-- name: surroundings
select lot_id, valid_from, inside_of, inner_clock::text as inner_clock, road, road_within_min
  from lot_surroundings order by lot_id, valid_from

-- name: set_surroundings
update lot set inside_of = $2, inner_clock = $3::inner_clock, road = $4, road_within_min = $5 where id = $1

-- name: add_surroundings
insert into lot_surroundings (lot_id, valid_from, inside_of, inner_clock, road, road_within_min)
values ($1, $2, $3, $4::inner_clock, $5, $6)
on conflict (lot_id, valid_from) do update
   set inside_of = excluded.inside_of, inner_clock = excluded.inner_clock, road = excluded.road,
       road_within_min = excluded.road_within_min

-- name: describe_lot
update lot set name_zh = $2, name_en = $3, district_zh = $4, district_en = $5, address_zh = $6, kind = $7::lot_kind,
               longitude = $8, latitude = $9
 where id = $1

-- name: former_codes
select code from former_lot_code where lot_id = $1 order by code

-- name: code_of_lot
select code from lot where id = $1

-- name: lot_called
-- The number of the lot that has a code, or had it.
select lot_called($1)

-- name: recode_lot
update lot set code = $2 where id = $1

-- name: keep_former_code
insert into former_lot_code (code, lot_id, until) values ($2, $1, $3)

-- name: drop_former_codes
delete from former_lot_code where lot_id = $1 and code = any ($2::text[])

-- name: capacities_of
select lot_id, valid_from, capacity from lot_capacity where lot_id = $1 order by valid_from

-- name: add_capacity
insert into lot_capacity (lot_id, valid_from, capacity) values ($1, $2, $3)
on conflict (lot_id, valid_from) do update set capacity = excluded.capacity

-- name: closures_of
select lot_id, valid_from, is_closed from lot_closure where lot_id = $1 order by valid_from

-- name: add_closure
insert into lot_closure (lot_id, valid_from, is_closed) values ($1, $2, $3)
on conflict (lot_id, valid_from) do update set is_closed = excluded.is_closed

-- name: probable_match_to_change
select id, code, operator_id, probable_match::text as probable_match from lot where id = lot_called($1)

-- name: probable_matches_of
select lot_id, valid_from, probable_match::text as probable_match from lot_probable_match where lot_id = $1 order by valid_from

-- name: add_probable_match
insert into lot_probable_match (lot_id, valid_from, probable_match) values ($1, $2, $3::probable_match)
on conflict (lot_id, valid_from) do update set probable_match = excluded.probable_match

-- name: holding
-- Those of departures from lots at instants for which the lot held probable matches then.
select w.id
  from unnest($1::int[], $2::uuid[], $3::timestamptz[]) w (lot_id, id, left_at)
  join lot l on l.id = w.lot_id
 where coalesce((select m.probable_match from lot_probable_match m
                  where m.lot_id = w.lot_id and m.valid_from <= w.left_at order by m.valid_from desc limit 1),
                l.probable_match) = 'hold'

-- name: last_read_at
-- Of any lane of some lots.
select max(e.effective_at)
  from lane a
 cross join lateral (select e.effective_at from gate_event e
                      where e.lot_id = a.lot_id and e.lane_id = a.id order by e.effective_at desc limit 1) e
 where a.lot_id = any($1::int[])

-- name: lot_of_code
select id, code, operator_id, time_zone from lot where id = lot_called($1)

-- name: operator_of_gateway
select l.operator_id from gateway g join lot l on l.id = g.lot_id where g.code = $1

-- name: lock_gateway
-- Two keys issued at once would both find the same slot free.
select id from gateway where code = $1 for no key update

-- name: active_slots
select slot from gateway_key where gateway_id = $1 and revoked_at is null order by slot

-- name: add_key
insert into gateway_key (id, gateway_id, slot, secret_hash, created_at) values ($1, $2, $3, $4, $5)

-- name: revoke_key
update gateway_key k set revoked_at = $3 from gateway g
 where g.id = k.gateway_id and g.code = $1 and k.id = $2 and k.revoked_at is null returning k.id

-- name: keys_of
select k.id, k.slot, k.created_at, k.revoked_at from gateway_key k join gateway g on g.id = k.gateway_id
 where g.code = $1 order by k.created_at
