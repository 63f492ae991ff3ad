-- What vehicles are known for, and what stays were priced with.

-- name: add_exempt_vehicles
-- The same again is the same row.
insert into exempt_vehicle (id, operator_id, lot_id, plate, plate_color, tags, facts, valid_from, valid_until, reason,
                            added_by, added_at)
select id, operator_id, lot_id, plate, plate_color, tags::text[], facts, valid_from, valid_until, reason, $11, $12::timestamptz
  from unnest($1::uuid[], $2::bigint[], $3::int[], $4::text[], $5::plate_color[], $6::text[], $7::jsonb[],
              $8::timestamptz[], $9::timestamptz[], $10::text[])
       v (id, operator_id, lot_id, plate, plate_color, tags, facts, valid_from, valid_until, reason)
on conflict (id) do nothing
returning id

-- name: exempt_vehicle
select v.id, v.operator_id, v.lot_id, v.plate, v.plate_color::text as plate_color, v.tags, v.facts::text as facts, v.valid_from,
       v.valid_until, v.reason, v.added_by, v.added_at, v.ended_by, v.ended_at, v.end_reason
  from exempt_vehicle v where v.id = $1

-- name: exempt_vehicles
-- A page in order of their numbers. $1: of this operator and not of the city; null: all.
select v.id, v.operator_id, v.lot_id, v.plate, v.plate_color::text as plate_color, v.tags, v.facts::text as facts, v.valid_from,
       v.valid_until, v.reason, v.added_by, v.added_at, v.ended_by, v.ended_at, v.end_reason
  from exempt_vehicle v
 where ($1::bigint is null or v.operator_id = $1) and ($2::text is null or v.plate = $2)
   and ($3::timestamptz is null or v.valid_until is null or v.valid_until > $3)
   and v.id > $4
 order by v.id
 limit $5

-- name: end_exempt_vehicle
-- Its end is said once.
update exempt_vehicle
   set valid_until = least(valid_until, greatest($2, valid_from)), ended_by = $3, ended_at = $4, end_reason = $5
 where id = $1 and ended_at is null
returning valid_until

-- name: rights_of_vehicles
-- All that vehicles are known for, or were: what of it holds for a stay is seen there.
select v.id, v.operator_id, v.lot_id, v.plate, v.plate_color::text as plate_color, v.tags, v.facts::text as facts, v.valid_from,
       v.valid_until, v.reason, v.added_by, v.added_at, v.ended_by, v.ended_at, v.end_reason
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join exempt_vehicle v on v.plate = seen.plate and v.plate_color = seen.plate_color
 where v.valid_until is null or v.valid_until > $3

-- name: put_rights
insert into stay_rights (lot_id, stay_id, rights)
select * from unnest($1::int[], $2::uuid[], $3::jsonb[])
on conflict (lot_id, stay_id) do update set rights = excluded.rights

-- name: drop_rights
delete from stay_rights r using unnest($1::int[], $2::uuid[]) gone (lot_id, stay_id)
 where r.lot_id = gone.lot_id and r.stay_id = gone.stay_id

-- name: add_methods
insert into paid_by (lot_id, fact_id, word) select * from unnest($1::int[], $2::uuid[], $3::text[]) on conflict do nothing

-- name: methods_of_facts
select p.lot_id, p.fact_id, p.word
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, fact_id)
  join paid_by p on p.lot_id = wanted.lot_id and p.fact_id = wanted.fact_id
