-- How full lots were, and what is usual by it.

-- name: add_history
insert into lot_history (lot_id, at, free) select lot_id, $1, free from unnest($2::int[], $3::int[]) seen (lot_id, free)
on conflict do nothing

-- name: lots_due
-- The lots with a history whose usual days were computed before $1, or never, those that waited longest first.
select l.id as lot_id, l.time_zone
  from lot l
  left join lot_usual u on u.lot_id = l.id and u.kind = 'work'
 where (u.computed_at is null or u.computed_at < $1)
   and exists (select 1 from lot_history h where h.lot_id = l.id)
 order by u.computed_at nulls first, l.id
 limit $2

-- name: history_of
select at, free from lot_history where lot_id = $1 and at >= $2 order by at

-- name: drop_history
delete from lot_history where lot_id = $1 and at < $2

-- name: put_usual
insert into lot_usual (lot_id, kind, free_low, free_median, free_high, days, computed_at, moves)
values ($1, $2::day_kind, $3, $4, $5, $6, $7, $8)
on conflict (lot_id, kind) do update
   set free_low = excluded.free_low, free_median = excluded.free_median, free_high = excluded.free_high, days = excluded.days,
       computed_at = excluded.computed_at, moves = excluded.moves

-- name: usual_of
select kind::text as kind, free_low, free_median, free_high, days from lot_usual where lot_id = $1 order by kind

-- name: usual_at
-- Of all lots in a quarter of an hour; arrays begin with 1.
select lot_id, free_low[$2 + 1] as free_low, free_median[$2 + 1] as free_median, free_high[$2 + 1] as free_high,
       days[$2 + 1] as days
  from lot_usual where kind = $1::day_kind and free_median[$2 + 1] is not null

-- name: moves_of
-- Of lots $1 from one quarter of an hour to another, both included; arrays begin with 1.
select lot_id, moves[$3 + 1:$4 + 1] as moves from lot_usual
 where kind = $2::day_kind and lot_id = any($1::int[]) and moves is not null
