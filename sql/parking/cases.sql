-- What people look at: events in review, and what could not be taken as an event.

-- name: open_reviews
-- $1: lots of the caller's operator, or null for all; $2: where the last page ended.
select r.id, l.code as lot, r.event_id, r.reason::text as reason, r.opened_at, e.kind::text as kind, e.occurred_at,
       e.received_at, e.replay, e.plate, e.plate_read, e.plate_color::text as plate_color, e.confidence,
       e.stay_id, e.images::text as images
  from review r
  join gate_event e on e.lot_id = r.lot_id and e.id = r.event_id
  join lot l on l.id = r.lot_id
 where r.resolved_at is null and ($1::int[] is null or r.lot_id = any($1)) and r.id > $2
 order by r.id
 limit $3

-- name: review_state
select lot_id, resolved_at, resolved_by from review where lot_id = $1 and id = $2

-- name: resolve_review
update review set resolved_at = $3, resolved_by = $4, note = $5
 where lot_id = $1 and id = $2 and resolved_at is null
returning id

-- name: refused_events
select r.id, l.code as lot, r.received_at, r.event_id, r.code, r.field, r.detail, r.payload, r.payload_bytes
  from refused_event r
  join lot l on l.id = r.lot_id
 where ($1::int[] is null or r.lot_id = any($1)) and r.id > $2
 order by r.id
 limit $3

-- name: refused_counts
select l.code as lot, g.code as gateway, c.day, c.refused
  from refused_count c
  join lot l on l.id = c.lot_id
  join gateway g on g.id = c.gateway_id
 where ($1::int[] is null or c.lot_id = any($1)) and c.refused > $2
 order by c.day desc, c.refused desc
 limit 200
