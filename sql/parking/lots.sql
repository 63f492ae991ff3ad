-- Registering operators, lots and gateways. Codes are unique city-wide; registering a code again is refused by its key.

-- name: operator_of_code
select id from operator where code = $1

-- name: add_operator
insert into operator (code, name_zh, name_en, platform_fee_bps, time_zone) values ($1, $2, $3, $4, $5) returning id

-- name: add_lot
insert into lot (code, operator_id, name_zh, name_en, district_zh, district_en, address_zh, kind, capacity, longitude, latitude, time_zone)
select $1, o.id, $3, $4, $5, $6, $7, $8::lot_kind, $9, $10, $11, $12 from operator o where o.code = $2
returning id

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

-- name: lot_of_code
select id, operator_id from lot where code = $1

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
