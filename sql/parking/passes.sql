-- Passes that were sold, and the cars that share the bays of one.

-- name: add_pass
insert into parking_pass (id, group_id, operator_id, code, lot_ids, vehicles, bays, valid_from, valid_through, note, added_by,
                          added_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: add_vehicles
insert into pass_vehicle (pass_id, plate, plate_color) select $1, * from unnest($2::text[], $3::plate_color[])

-- name: sold
select p.id, p.group_id, p.operator_id, p.code, p.lot_ids, p.bays, p.valid_from, p.valid_through, p.ended_through, p.note, p.added_by,
       p.added_at, p.ended_by, p.ended_at, p.end_reason,
       (select array_agg(v.plate order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as plates,
       (select array_agg(v.plate_color::text order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as colors
  from parking_pass p where p.id = $1

-- name: passes
-- A page in order of their numbers. $1: of this operator; null: all.
select p.id, p.group_id, p.operator_id, p.code, p.lot_ids, p.bays, p.valid_from, p.valid_through, p.ended_through, p.note, p.added_by,
       p.added_at, p.ended_by, p.ended_at, p.end_reason,
       (select array_agg(v.plate order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as plates,
       (select array_agg(v.plate_color::text order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as colors
  from parking_pass p
 where ($1::bigint is null or p.operator_id = $1)
   and ($2::text is null or exists (select 1 from pass_vehicle v where v.pass_id = p.id and v.plate = $2))
   and ($3::date is null or least(p.valid_through, p.ended_through) >= $3)
   and p.id > $4
 order by p.id
 limit $5

-- name: passes_of_vehicles
-- $3: without those that were over that day, with the longest grace.
select p.id, p.group_id, p.operator_id, p.code, p.lot_ids, p.bays, p.valid_from, p.valid_through, p.ended_through, p.note, p.added_by,
       p.added_at, p.ended_by, p.ended_at, p.end_reason,
       (select array_agg(v.plate order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as plates,
       (select array_agg(v.plate_color::text order by v.plate, v.plate_color) from pass_vehicle v where v.pass_id = p.id) as colors
  from parking_pass p
 where p.id in (select v.pass_id from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
                  join pass_vehicle v on v.plate = seen.plate and v.plate_color = seen.plate_color)
   and least(p.valid_through, p.ended_through) >= $3

-- name: end_pass
-- Its end is said once, and never later than it was sold for.
update parking_pass
   set ended_through = least(valid_through, $2), ended_by = $3, ended_at = $4, end_reason = $5
 where id = $1 and ended_at is null
returning ended_through

-- name: stays_of_vehicles
-- When vehicles were in lots, or are (left_at: null), within a time.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.entered_at, s.left_at
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join stay s on s.lot_id = seen.lot_id and s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $4
 where s.state = 'closed' and s.entered_at <= $5 and s.id between $6 and $7
union all
select o.lot_id, o.id, o.plate, o.plate_color::text, o.entered_at, null
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join open_stay o on o.lot_id = seen.lot_id and o.plate = seen.plate and o.plate_color = seen.plate_color
 where o.entered_at <= $5

-- name: ask_sharing
-- Whoever shares bays with a vehicle whose stays have changed may be covered otherwise from then on.
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
select s.lot_id, s.plate, s.plate_color, changed.cause_id, $9::text, min(changed.since), $6::timestamptz
  from unnest($1::int[], $2::text[], $3::plate_color[], $4::timestamptz[], $5::uuid[])
       changed (lot_id, plate, plate_color, since, cause_id)
  join pass_vehicle v on v.plate = changed.plate and v.plate_color = changed.plate_color
  join parking_pass p on p.id = v.pass_id and changed.lot_id = any (p.lot_ids) and p.bays < p.vehicles
  join pass_vehicle o on o.pass_id = p.id and (o.plate, o.plate_color) <> (v.plate, v.plate_color)
  join stay s on s.lot_id = changed.lot_id and s.plate = o.plate and s.plate_color = o.plate_color
   and s.last_at >= changed.since
 where s.state in ('closed', 'merged') and s.id between $7 and $8
 group by s.lot_id, s.plate, s.plate_color, changed.cause_id
on conflict (lot_id, plate, plate_color, cause_id) do update set since = least(repricing.since, excluded.since)
