-- What people look at: events in review, single stays, and whether the books and the facts agree.

-- name: open_reviews
-- $1: lots of the caller's operator, or null for all; $2: where the last page ended.
select r.id, r.lot_id, r.event_id, r.reason::text as reason, r.opened_at, e.kind::text as kind, e.occurred_at,
       e.received_at, e.replay, e.plate, e.plate_read, e.plate_color::text as plate_color, e.confidence,
       e.stay_id, e.images::text as images
  from review r
  join gate_event e on e.lot_id = r.lot_id and e.id = r.event_id
 where r.resolved_at is null and ($1::int[] is null or r.lot_id = any($1)) and r.id > $2
 order by r.id
 limit $3

-- name: resolve_review
update review set resolved_at = $3, resolved_by = $4, note = $5
 where lot_id = $1 and id = $2 and resolved_at is null
returning id

-- name: review_state
select lot_id, resolved_at, resolved_by from review where lot_id = $1 and id = $2

-- name: stay_by_id
select s.lot_id, s.id, s.state::text as state, s.entered_at, s.left_at, s.fee_fen, s.account_id
  from stay s where s.lot_id = $1 and s.id = $2
union all
select o.lot_id, o.id, 'open', o.entered_at, null, null, null from open_stay o where o.lot_id = $1 and o.id = $2

-- name: refused_events
select r.id, r.lot_id, r.gateway_id, r.received_at, r.event_id, r.code, r.field, r.detail, r.payload, r.payload_bytes
  from refused_event r
 where ($1::int[] is null or r.lot_id = any($1)) and r.id > $2
 order by r.id
 limit $3
