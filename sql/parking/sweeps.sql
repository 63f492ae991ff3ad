-- Going through all lots, one after the other, in rounds of a job.

-- name: next_lot
select min(id) from lot where id > $1

-- name: position
select lot_id, after, began_at, turn from sweep where name = $1

-- name: whole_at
select whole_at from sweep where name = $1

-- name: put_position
insert into sweep (name, lot_id, after, began_at, turn, whole_at) values ($1, $2, $3, $4, $5, $6)
on conflict (name) do update
   set lot_id = excluded.lot_id, after = excluded.after, began_at = excluded.began_at,
       turn = excluded.turn, whole_at = coalesce(excluded.whole_at, sweep.whole_at)
