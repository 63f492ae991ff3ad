-- Stays that are to be priced again.

-- name: ask
-- Half a stay that was matched is billed as one of its two plates, so both lead to it.
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
select distinct s.lot_id, s.plate, s.plate_color, wanted.cause_id, $5::text, wanted.since, $7::timestamptz
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::uuid[]) wanted (plate, plate_color, since, cause_id)
 cross join unnest($6::int[]) lot (id)
  join stay s on s.lot_id = lot.id and s.plate = wanted.plate and s.plate_color = wanted.plate_color
   and s.last_at >= wanted.since
 where s.state in ('closed', 'merged') and s.id between $8 and $9
on conflict (lot_id, plate, plate_color, cause_id) do update set since = least(repricing.since, excluded.since)

-- name: ask_elsewhere
insert into repricing (lot_id, plate, plate_color, cause_id, cause, since, asked_at)
select s.lot_id, s.plate, s.plate_color, moved.cause_id, min(moved.cause), min(moved.since), $8::timestamptz
  from unnest($1::int[], $2::text[], $3::plate_color[], $4::timestamptz[], $5::uuid[], $6::text[])
         moved (lot_id, plate, plate_color, since, cause_id, cause)
  join stay s on s.plate = moved.plate and s.plate_color = moved.plate_color and s.last_at >= moved.since
 where s.lot_id <> moved.lot_id and s.lot_id = any($7::int[]) and s.state in ('closed', 'merged')
   and s.id between $9 and $10
 group by s.lot_id, s.plate, s.plate_color, moved.cause_id
on conflict (lot_id, plate, plate_color, cause_id) do update set since = least(repricing.since, excluded.since)

-- name: lots_waiting
-- In turn: those after a lot first, so that lots which fail again and again keep none waiting.
select lot_id from repricing group by lot_id order by lot_id <= $1, lot_id limit $2

-- name: waiting
select lot_id, plate, plate_color::text as plate_color, cause_id, cause, since from repricing
 where lot_id = $1 order by asked_at, cause_id, plate, plate_color limit $2

-- name: done
delete from repricing r using unnest($1::int[], $2::text[], $3::plate_color[], $4::uuid[], $5::timestamptz[])
       d (lot_id, plate, plate_color, cause_id, since)
 where r.lot_id = d.lot_id and r.plate = d.plate and r.plate_color = d.plate_color and r.cause_id = d.cause_id
   and r.since = d.since
