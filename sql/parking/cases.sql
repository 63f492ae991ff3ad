-- What people look at: cases, and what could not be taken as an event.

-- name: cases
-- $1: lots of the caller, or null for all; $2: where the last page ended; $6: a plate as it was read or decided, or that of
-- the stay which the event is part of now; $9: those that were handed over with a shift. An event that is not kept any more
-- leaves nulls.
with wanted as (
  select c.*, home.id as home_id
    from parking_case c
    join lot l on l.id = c.lot_id
    left join gate_event e on e.lot_id = c.lot_id and e.id = c.event_id
    left join device_fact f on f.lot_id = c.lot_id and f.id = c.event_id
   cross join lateral (select coalesce(stay_led_to(c.lot_id, coalesce(c.stay_id, e.stay_id)), c.stay_id, e.stay_id) as id) home
   where ($1::int[] is null or c.lot_id = any($1)) and c.id > $2
     and ($4::text = 'all' or ($4 = 'open') = (c.resolved_at is null))
     and ($5::text is null or c.reason::text = $5)
     and ($6::text is null or e.plate = $6
          or exists (select 1 from decision d where d.lot_id = c.lot_id and d.fact_id = c.event_id and d.plate = $6
                        and not exists (select 1 from decision o
                                         where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n))
          or exists (select 1 from stay s where s.lot_id = c.lot_id and s.id = home.id and s.plate = $6)
          or exists (select 1 from open_stay o where o.lot_id = c.lot_id and o.id = home.id and o.plate = $6))
     and ($7::date is null or (coalesce(e.effective_at, f.effective_at) at time zone l.time_zone)::date = $7)
     and ($8::text is null or c.assignee = $8)
     and ($9::uuid is null or exists (select 1 from booth_shift b
                                       where b.lot_id = c.lot_id and b.id = $9 and c.id = any (b.open_cases)))
   order by c.id
   limit $3)
select c.lot_id, l.code as lot, c.id, c.event_id, c.reason::text as reason, c.opened_at, c.resolved_at, c.resolved_by,
       c.note, c.assignee, c.assigned_at, c.said, c.charge_id, c.other_stay_id, (f.said - 'plates')::text as device, f.found::text as found,
       e.kind::text as kind, a.code as lane, coalesce(e.occurred_at, f.occurred_at) as occurred_at,
       coalesce(e.received_at, f.received_at) as received_at, coalesce(e.effective_at, f.effective_at) as effective_at,
       coalesce(e.replay, f.replay) as replay, e.plate, e.plate_read, e.plate_color::text as plate_color, e.confidence,
       e.images::text as images, coalesce(s.id, o.id) as stay_id,
       case when o.id is not null then 'open' else s.state::text end as state,
       coalesce(o.entered_at, s.entered_at) as entered_at, s.left_at, s.fee_fen, s.account_id
  from wanted c
  join lot l on l.id = c.lot_id
  left join gate_event e on e.lot_id = c.lot_id and e.id = c.event_id
  left join device_fact f on f.lot_id = c.lot_id and f.id = c.event_id
  left join lane a on a.id = coalesce(e.lane_id, f.lane_id)
  left join stay s on s.lot_id = c.lot_id and s.id = c.home_id
  left join open_stay o on o.lot_id = c.lot_id and o.id = c.home_id
 order by c.id

-- name: count_open
select count(*)
  from (select id from parking_case
         where resolved_at is null and ($1::int[] is null or lot_id = any($1)) limit $2) open

-- name: case_by_id
select lot_id, id, event_id, reason::text as reason, stay_id, resolved_by, other_stay_id from parking_case where lot_id = $1 and id = $2

-- name: cases_of_decisions
select lot_id, id, event_id, reason::text as reason, stay_id, resolved_by, other_stay_id
  from parking_case where lot_id = $1 and decision_id = any($2::uuid[])

-- name: open_cases
-- One that settled itself comes back, and one that a decision resolved that holds no more; one that a person resolved
-- otherwise does not.
insert into parking_case as c (lot_id, id, event_id, reason, opened_at, stay_id, other_stay_id)
select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::case_reason[], $5::timestamptz[], $6::uuid[], $7::uuid[])
on conflict (lot_id, id) do update set resolved_at = null, resolved_by = null, note = null, decision_id = null
 where c.resolved_by = 'facts' or c.decision_id is not null

-- name: settle_cases
-- What later facts have made moot needs no person.
update parking_case c set resolved_at = $3, resolved_by = 'facts'
  from unnest($1::int[], $2::uuid[]) moot (lot_id, id)
 where c.lot_id = moot.lot_id and c.id = moot.id and c.resolved_at is null

-- name: resolve_cases
-- Also those that this transaction settled, as what was decided is why.
update parking_case set resolved_at = $3, resolved_by = $4, note = $5, decision_id = $6
 where lot_id = $1 and id = any($2::uuid[]) and (resolved_at is null or decision_id is not null or resolved_at = $3)

-- name: reopen_cases
update parking_case set resolved_at = null, resolved_by = null, note = null, decision_id = null
 where lot_id = $1 and id = any($2::uuid[])

-- name: assign_case
-- Returns who looked at it before.
with was as (select lot_id, id, assignee from parking_case where lot_id = $1 and id = $2 for update)
update parking_case c set assignee = $3, assigned_at = case when $3::text is null then null else $4::timestamptz end
  from was
 where c.lot_id = was.lot_id and c.id = was.id
returning was.assignee

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
       e.fee_fen, e.reason::text as reason, e.stay_id, d.plate as plate_now,
       coalesce(d.counts, m.counts, e.stay_id is not null) as counts
  from unnest($1::int[], $2::int[]) place (lot_id, lane_id)
  join gate_event e on e.lot_id = place.lot_id and e.lane_id = place.lane_id and e.effective_at >= $3 and e.effective_at < $4
  join lot l on l.id = e.lot_id
  join lane a on a.id = e.lane_id
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
  left join lateral (select o.plate, o.counts from decision o where o.lot_id = e.lot_id and o.fact_id = e.id
                      order by o.n desc limit 1) d on true
 where ($5::uuid is null
        or (e.effective_at, e.id) > (select p.effective_at, p.id from gate_event p where p.id = $5 and p.lot_id = any($1)))
   and ($6::text is null or position($6 in e.plate) > 0 or position($6 in coalesce(d.plate, '')) > 0)
 order by e.effective_at, e.id
 limit $7

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
