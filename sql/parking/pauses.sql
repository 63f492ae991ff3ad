-- Vehicles in lots inside and around.

-- name: present
-- When vehicles were in lots, or are, within a time. Half a stay that was matched leads to the whole.
select s.lot_id, s.id, seen.plate, seen.plate_color::text as plate_color, s.entered_at, s.left_at
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join stay s on s.lot_id = seen.lot_id and s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $4
 where s.state in ('closed', 'superseded', 'exit_only') and coalesce(s.entered_at, s.left_at) <= $5 and s.id between $6 and $7
union
select w.lot_id, w.id, seen.plate, seen.plate_color::text, w.entered_at, w.left_at
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join stay s on s.lot_id = seen.lot_id and s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $4
  join stay w on w.lot_id = s.lot_id and w.id = s.merged_into
 where s.state = 'merged' and w.state = 'closed' and w.entered_at <= $5
   and s.id between $6 and $7 and w.id between $6 and $7
union
select o.lot_id, o.id, o.plate, o.plate_color::text, o.entered_at, null
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join open_stay o on o.lot_id = seen.lot_id and o.plate = seen.plate and o.plate_color = seen.plate_color
 where o.entered_at <= $5

-- name: ask
-- Stays of the same vehicles in other lots of the nest, or others in the same lot, whose clock may stand otherwise.
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
select s.lot_id, s.plate, s.plate_color, changed.cause_id, $9::text, min(changed.since), $6::timestamptz
  from unnest($1::int[], $2::text[], $3::plate_color[], $4::timestamptz[], $5::uuid[])
       changed (lot_id, plate, plate_color, since, cause_id)
  join stay s on s.lot_id = changed.lot_id and s.plate = changed.plate and s.plate_color = changed.plate_color
   and s.last_at >= changed.since and s.id <> changed.cause_id
 where s.state in ('closed', 'merged') and s.id between $7 and $8
 group by s.lot_id, s.plate, s.plate_color, changed.cause_id
on conflict (lot_id, plate, plate_color, cause_id) do update set since = least(repricing.since, excluded.since)
