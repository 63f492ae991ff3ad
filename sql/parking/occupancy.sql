-- The counts of lots. They are written by the transaction that records gate events (gate.sql); here they are read,
-- to fill the read model and to answer while it is away.

-- name: all_counts
select lot_id, inside, correction, reported_free, reported_at, version, updated_at from lot_occupancy order by lot_id

-- name: counts_of
select lot_id, inside, correction, reported_free, reported_at, version, updated_at from lot_occupancy
 where lot_id = any($1::int[])
