-- The counts of lots. They are written by the transaction that records gate events (gate.sql); here they are read,
-- to fill the read model and to answer while it is away.

-- name: all_counts
select lot_id, inside, correction, reported_free, reported_at, version, updated_at from lot_occupancy order by lot_id

-- name: counts_of
select lot_id, inside, correction, reported_free, reported_at, version, updated_at from lot_occupancy
 where lot_id = any($1::int[])

-- name: lots_with_long_inside
-- Lots in which cars are still counted that came before an instant, which depends on the kind of the lot.
select l.id as lot_id, long.came_before
  from unnest($1::lot_kind[], $2::timestamptz[]) long (kind, came_before)
  join lot l on l.kind = long.kind
 where (select 1 from open_stay o where o.lot_id = l.id and o.counted and o.entered_at < long.came_before limit 1) = 1
 order by l.id

-- name: leave_the_count
-- Under the lot's lock (events.sql, lock_lots).
update open_stay set counted = false
 where lot_id = $1 and counted and entered_at < $2
returning id, entry_event_id, entered_at

-- name: count_without
-- What the lot's own last count found already is not taken off twice.
update lot_occupancy
   set inside = inside - cardinality($2::timestamptz[]),
       correction = correction + (select count(*) from unnest($2::timestamptz[]) came (at) where came.at <= reported_at),
       version = version + 1,
       updated_at = $3
 where lot_id = $1
returning lot_id, inside, correction, reported_free, reported_at, version, updated_at
