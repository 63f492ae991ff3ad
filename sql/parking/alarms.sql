-- Alarms: what somebody of the city has to see.

-- name: seen_lots
-- $1, $2: since when cases of doubtful reads, and of numbers that began anew, count.
select l.id as lot_id, o.heard_at, o.updated_at as moved_at, coalesce(o.correction, 0) as correction, o.reported_at, c.doubts, c.restarts
  from lot l
  left join lot_occupancy o on o.lot_id = l.id
 cross join lateral (select (count(*) filter (where k.reason in ('low_confidence', 'unknown_plate_form', 'no_plate')
                                                and k.opened_at > $1))::int as doubts,
                            (count(*) filter (where k.reason = 'numbers_restarted' and k.opened_at > $2))::int as restarts
                       from parking_case k where k.lot_id = l.id and k.resolved_at is null) c

-- name: seen_gateways
select g.lot_id, g.id as gateway_id, s.seen_at,
       exists (select 1 from clock_spell c
                where c.lot_id = g.lot_id and c.gateway_id = g.id and c.ended_at is null) as clock_is_wrong
  from gateway g
  left join gateway_state s on s.lot_id = g.lot_id and s.gateway_id = g.id

-- name: lasting
select id, lot_id, kind, gateway_id from alarm where gone_at is null

-- name: raise_alarm
-- Another worker that looks at the same time raises it but once.
insert into alarm (id, lot_id, kind, gateway_id, raised_at) values ($1, $2, $3, $4, $5) on conflict do nothing

-- name: cause_gone
-- One that nobody has seen ends with its cause.
update alarm
   set gone_at = $2,
       resolved_at = case when acknowledged_at is null then coalesce(resolved_at, $2) else resolved_at end,
       resolved_by = case when acknowledged_at is null then coalesce(resolved_by, $3) else resolved_by end,
       note = case when acknowledged_at is null then coalesce(note, $4) else note end
 where id = any($1::uuid[]) and gone_at is null

-- name: alarms
-- $1: lots of the caller, or null for all; $2: behind this one; $4: open ones alone, resolved ones, or all; $5: a kind.
select a.id, a.lot_id, l.code as lot, a.kind, g.code as gateway, a.raised_at, a.gone_at, a.acknowledged_at, a.acknowledged_by,
       a.dispatched_at, a.dispatched_by, a.dispatched_to, a.resolved_at, a.resolved_by, a.note
  from alarm a
  join lot l on l.id = a.lot_id
  left join gateway g on g.id = a.gateway_id
 where ($1::int[] is null or a.lot_id = any($1)) and ($2::uuid is null or a.id < $2)
   and ($4::boolean is null or $4 = (a.resolved_at is null)) and ($5::text is null or a.kind = $5)
 order by a.id desc
 limit $3

-- name: open_alarms
-- Those that nobody has resolved, by kind; $1: as above, $2: no more are counted.
select kind, count(*)::int as number, (count(*) filter (where acknowledged_at is null))::int as unseen
  from (select kind, acknowledged_at from alarm
         where resolved_at is null and ($1::int[] is null or lot_id = any($1)) limit $2) open
 group by kind order by kind

-- name: alarm_by_id
select a.id, a.lot_id, l.code as lot, a.kind, g.code as gateway, a.raised_at, a.gone_at, a.acknowledged_at, a.acknowledged_by,
       a.dispatched_at, a.dispatched_by, a.dispatched_to, a.resolved_at, a.resolved_by, a.note
  from alarm a
  join lot l on l.id = a.lot_id
  left join gateway g on g.id = a.gateway_id
 where a.id = $1 and ($2::int[] is null or a.lot_id = any($2))

-- name: silent_gateways
-- Of those that beat the ones not heard of since $2, the longest silent first.
select g.code as gateway, l.code as lot, s.seen_at
  from gateway_state s
  join gateway g on g.lot_id = s.lot_id and g.id = s.gateway_id
  join lot l on l.id = g.lot_id
 where s.seen_at < $2 and ($1::int[] is null or s.lot_id = any($1))
 order by s.seen_at
 limit $3

-- name: lock_alarm
-- Two who acknowledge it wait for each other, and the second sees what the first did.
select a.id, a.lot_id, l.code as lot, a.kind, g.code as gateway, a.raised_at, a.gone_at, a.acknowledged_at, a.acknowledged_by,
       a.dispatched_at, a.dispatched_by, a.dispatched_to, a.resolved_at, a.resolved_by, a.note
  from alarm a
  join lot l on l.id = a.lot_id
  left join gateway g on g.id = a.gateway_id
 where a.id = $1 and ($2::int[] is null or a.lot_id = any($2))
   for update of a

-- name: keep_alarm
update alarm
   set acknowledged_at = $2, acknowledged_by = $3, dispatched_at = $4, dispatched_by = $5, dispatched_to = $6,
       resolved_at = $7, resolved_by = $8, note = $9
 where id = $1

-- name: drop_alarms
delete from alarm where gone_at < $1 and resolved_at < $1
