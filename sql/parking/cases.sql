-- What people look at: cases, and what could not be taken as an event.

-- name: cases
-- $1: lots of the caller, or null for all; $2: where the last page ended. An event that is not kept any more leaves nulls,
-- and a number that led to another stay since leads there.
with wanted as (
  select r.*
    from review r
    join lot l on l.id = r.lot_id
    left join gate_event e on e.lot_id = r.lot_id and e.id = r.event_id
   where ($1::int[] is null or r.lot_id = any($1)) and r.id > $2
     and ($4::text = 'all' or ($4 = 'open') = (r.resolved_at is null))
     and ($5::text is null or r.reason::text = $5) and ($6::text is null or e.plate = $6)
     and ($7::date is null or (e.effective_at at time zone l.time_zone)::date = $7)
     and ($8::text is null or r.assignee = $8)
   order by r.id
   limit $3)
select r.lot_id, l.code as lot, r.id, r.event_id, r.reason::text as reason, r.opened_at, r.resolved_at, r.resolved_by,
       r.note, r.assignee, r.assigned_at, r.said, r.charge_id, e.kind::text as kind, a.code as lane, e.occurred_at,
       e.received_at, e.effective_at, e.replay, e.plate, e.plate_read, e.plate_color::text as plate_color, e.confidence,
       e.images::text as images, coalesce(m.id, s.id, o.id) as stay_id,
       case when o.id is not null then 'open' else coalesce(m.state, s.state)::text end as state,
       coalesce(o.entered_at, m.entered_at, s.entered_at) as entered_at, coalesce(m.left_at, s.left_at) as left_at,
       coalesce(m.fee_fen, s.fee_fen) as fee_fen, case when m.id is null then s.account_id else m.account_id end as account_id
  from wanted r
  join lot l on l.id = r.lot_id
  left join gate_event e on e.lot_id = r.lot_id and e.id = r.event_id
  left join lane a on a.id = e.lane_id
  left join stay s on s.lot_id = r.lot_id and s.id = coalesce(r.stay_id, e.stay_id)
  left join stay m on m.lot_id = s.lot_id and m.id = s.merged_into and s.state = 'merged'
  left join open_stay o on o.lot_id = r.lot_id and o.id = coalesce(s.merged_into, r.stay_id, e.stay_id)
 order by r.id

-- name: case_by_id
select lot_id, id, event_id, reason::text as reason, stay_id, resolved_by from review where lot_id = $1 and id = $2

-- name: cases_of_decision
select lot_id, id, event_id, reason::text as reason, stay_id, resolved_by
  from review where lot_id = $1 and decision_id = $2

-- name: resolve_cases
-- Also those that this transaction settled, as what was decided is why.
update review set resolved_at = $3, resolved_by = $4, note = $5, decision_id = $6
 where lot_id = $1 and id = any($2::uuid[]) and (resolved_at is null or decision_id is not null or resolved_at = $3)

-- name: reopen_cases
update review set resolved_at = null, resolved_by = null, note = null, decision_id = null
 where lot_id = $1 and id = any($2::uuid[])

-- name: assign_case
update review set assignee = $3, assigned_at = case when $3::text is null then null else $4::timestamptz end
 where lot_id = $1 and id = $2
returning id

-- name: half
select entry_event_id, exit_event_id from stay where lot_id = $1 and id = $2 and state <> 'open'
union all
select entry_event_id, null from open_stay where lot_id = $1 and id = $2
 limit 1

-- name: images_of
select id, images::text as images
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, event_id)
  join gate_event e on e.lot_id = wanted.lot_id and e.id = wanted.event_id and e.images is not null

-- name: events
-- Of lanes within a time, in that order; $6: whose plate, as it came or was decided, has this text in it.
select e.id, l.code as lot, a.code as lane, e.kind::text as kind, e.effective_at as at, e.received_at, e.replay, e.plate,
       e.plate_read, e.plate_color::text as plate_color, e.confidence, e.images::text as images, e.gate::text as gate,
       e.fee_fen, e.reason::text as reason, e.stay_id, d.plate as plate_now, coalesce(d.counts, e.stay_id is not null) as counts
  from unnest($1::int[], $2::int[]) place (lot_id, lane_id)
  join gate_event e on e.lot_id = place.lot_id and e.lane_id = place.lane_id and e.effective_at >= $3 and e.effective_at < $4
  join lot l on l.id = e.lot_id
  join lane a on a.id = e.lane_id
  left join lateral (select o.plate, o.counts from decision o where o.lot_id = e.lot_id and o.fact_id = e.id
                      order by o.n desc limit 1) d on true
 where ($5::uuid is null
        or (e.effective_at, e.id) > (select p.effective_at, p.id from gate_event p where p.id = $5 and p.lot_id = any($1)))
   and ($6::text is null or position($6 in e.plate) > 0 or position($6 in coalesce(d.plate, '')) > 0)
 order by e.effective_at, e.id
 limit $7

-- name: open_appeals
select count(*) from review where account_id = $1 and resolved_at is null

-- name: add_appeal
insert into review (lot_id, id, event_id, reason, opened_at, stay_id, account_id, charge_id, said)
values ($1, $2, $3, 'appeal', $4, $5, $6, $7, $8)
on conflict (lot_id, id) do nothing

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
