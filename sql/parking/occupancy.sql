-- The counts of lots. They are written by the transaction that records gate events (gate.sql); here they are read,
-- to fill the read model and to answer while it is away.

-- name: all_counts
select lot_id, inside, correction, reported_free, reported_at, version, updated_at, booked, heard_at from lot_occupancy order by lot_id

-- name: counts_of
select lot_id, inside, correction, reported_free, reported_at, version, updated_at, booked, heard_at from lot_occupancy
 where lot_id = any($1::int[])

-- name: booked_now
-- How many spaces are to be kept now, of the lots where that is another number than the one that stands.
select o.lot_id, coalesce(b.spaces, 0)::int as spaces
  from lot_occupancy o
  left join (select lot_id, count(*) as spaces from booking_now
              where ended_at is null and holds_from <= $1 and holds_until > $1 and came_at is null
              group by lot_id) b on b.lot_id = o.lot_id
 where o.booked <> coalesce(b.spaces, 0)
 order by o.lot_id

-- name: keep_spaces
-- Under the lot's lock (events.sql, lock_lots).
update lot_occupancy set booked = $2, version = version + 1, updated_at = $3
 where lot_id = $1
returning lot_id, inside, correction, reported_free, reported_at, version, updated_at, booked, heard_at

-- name: lots_with_long_inside
-- Lots in which cars are still counted that came before an instant, which depends on the kind of the lot.
select l.id as lot_id, long.came_before
  from unnest($1::lot_kind[], $2::timestamptz[]) long (kind, came_before)
  join lot l on l.kind = long.kind
 where (select 1 from open_stay o where o.lot_id = l.id and o.counted and o.entered_at < long.came_before limit 1) = 1
    or (select 1 from stay s where s.lot_id = l.id and s.at_exit and s.counted and s.state = 'closed'
           and s.entered_at < long.came_before limit 1) = 1
 order by l.id

-- name: leave_the_count
-- Under the lot's lock (events.sql, lock_lots).
update open_stay set counted = false
 where lot_id = $1 and counted and entered_at < $2
returning id, entry_event_id, entered_at

-- name: leave_the_count_at_exits
-- Who was read at an exit and not seen to pass.
update stay set counted = false
 where lot_id = $1 and at_exit and counted and state = 'closed' and entered_at < $2
returning id, entry_event_id, entered_at

-- name: count_without
-- What the lot's own last count found already is not taken off twice.
update lot_occupancy
   set inside = inside - cardinality($2::timestamptz[]),
       correction = correction + (select count(*) from unnest($2::timestamptz[]) came (at) where came.at <= reported_at),
       version = version + 1,
       updated_at = $3
 where lot_id = $1
returning lot_id, inside, correction, reported_free, reported_at, version, updated_at, booked, heard_at

-- name: hear
-- Lots that sent something, and no car moved. One that was heard of lately is left as it is: a write each 30 s for each
-- lot would say nothing more. Locked in the order of all locks (events.sql).
update lot_occupancy set heard_at = $2, version = version + 1
 where lot_id in (select lot_id from lot_occupancy
                   where lot_id = any($1::int[]) and coalesce(heard_at, '-infinity') < $3
                   order by lot_id for no key update)
returning lot_id, inside, correction, reported_free, reported_at, version, updated_at, booked, heard_at
