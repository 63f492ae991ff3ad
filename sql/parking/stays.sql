-- Stays as their gates ask for them.

-- name: stays_now
-- What was merged into another stay leads there.
with named as (
  select w.lot_id, w.asked_id, coalesce(stay_led_to(w.lot_id, w.asked_id), w.asked_id) as id
    from unnest($1::int[], $2::uuid[]) w (lot_id, asked_id))
select n.asked_id, s.lot_id, s.id, s.state::text as state, s.entered_at, s.left_at, s.fee_fen, s.account_id,
       s.let_out::text as let_out, s.doubts
  from named n join stay s on s.lot_id = n.lot_id and s.id = n.id
 where s.state <> 'open'
union all
select n.asked_id, o.lot_id, o.id, 'open', o.entered_at, null, null, null, null, '{}'
  from named n join open_stay o on o.lot_id = n.lot_id and o.id = n.id

-- name: stays_of_vehicle
-- Keyset pages, what ended last first, after $7 and $8. $3: lots of the caller, or null for all; $10: the lowest identifier
-- that may be meant.
select f.lot_id, f.id, f.at
  from ((select s.lot_id, s.id, s.last_at as at
           from stay s
          where s.plate = $1 and ($2::plate_color is null or s.plate_color = $2) and s.id >= $10
            and ($3::int[] is null or s.lot_id = any($3)) and s.state = any($4::stay_state[]) and s.state <> 'open'
            and s.last_at >= coalesce($5::timestamptz, '-infinity') and s.last_at < coalesce($6::timestamptz, 'infinity')
            and ($7::timestamptz is null or (s.last_at, s.id) < ($7, $8::uuid))
            and ($9::int is null or $9 in (s.entry_lane_id, s.exit_lane_id))
          order by s.last_at desc, s.id desc
          limit $11)
        union all
        (select o.lot_id, o.id, o.entered_at
           from open_stay o
          where o.plate = $1 and ($2::plate_color is null or o.plate_color = $2) and o.id >= $10
            and ($3::int[] is null or o.lot_id = any($3)) and 'open' = any($4::stay_state[])
            and o.entered_at >= coalesce($5::timestamptz, '-infinity') and o.entered_at < coalesce($6::timestamptz, 'infinity')
            and ($7::timestamptz is null or (o.entered_at, o.id) < ($7, $8::uuid))
            and ($9::int is null or $9 = o.entry_lane_id)
          order by o.entered_at desc, o.id desc
          limit $11)) f
 order by f.at desc, f.id desc
 limit $11

-- name: stays_of_lot
-- As stays_of_vehicle, of all vehicles of a lot.
select f.lot_id, f.id, f.at
  from ((select s.lot_id, s.id, s.last_at as at
           from stay s
          where s.lot_id = $1 and s.id >= $8 and s.state = any($2::stay_state[]) and s.state <> 'open'
            and s.last_at >= coalesce($3::timestamptz, '-infinity') and s.last_at < coalesce($4::timestamptz, 'infinity')
            and ($5::timestamptz is null or (s.last_at, s.id) < ($5, $6::uuid))
            and ($7::int is null or $7 in (s.entry_lane_id, s.exit_lane_id))
          order by s.last_at desc, s.id desc
          limit $9)
        union all
        (select o.lot_id, o.id, o.entered_at
           from open_stay o
          where o.lot_id = $1 and o.id >= $8 and 'open' = any($2::stay_state[])
            and o.entered_at >= coalesce($3::timestamptz, '-infinity') and o.entered_at < coalesce($4::timestamptz, 'infinity')
            and ($5::timestamptz is null or (o.entered_at, o.id) < ($5, $6::uuid))
            and ($7::int is null or $7 = o.entry_lane_id)
          order by o.entered_at desc, o.id desc
          limit $9)) f
 order by f.at desc, f.id desc
 limit $9

-- name: found_stays
-- Stays as people are shown them.
with found as (
  select s.lot_id, s.id, s.plate, s.plate_color, s.vehicle_class, s.state, s.entered_at, s.left_at,
         s.entry_lane_id, s.exit_lane_id, s.entry_event_id, s.exit_event_id, s.facts, s.fee_fen, s.account_id, s.let_out,
         s.doubts
    from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
    join stay s on s.lot_id = wanted.lot_id and s.id = wanted.id and s.state <> 'open'
  union all
  select o.lot_id, o.id, o.plate, o.plate_color, o.vehicle_class, 'open', o.entered_at, null,
         o.entry_lane_id, null, o.entry_event_id, null, o.facts, null, null, null, '{}'
    from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
    join open_stay o on o.lot_id = wanted.lot_id and o.id = wanted.id)
select f.lot_id, l.code as lot, l.name_zh as lot_zh, l.name_en as lot_en, f.id, f.plate, f.plate_color::text as plate_color, f.vehicle_class::text as vehicle_class,
       f.state::text as state, f.entered_at, f.left_at, a.code as entry_lane, b.code as exit_lane,
       f.entry_event_id, f.exit_event_id, f.facts, f.fee_fen, f.account_id, f.let_out::text as let_out, f.doubts
  from found f
  join lot l on l.id = f.lot_id
  left join lane a on a.id = f.entry_lane_id
  left join lane b on b.id = f.exit_lane_id

-- name: cases_of_facts
-- $3 and $4: between which identifiers these events, and so their cases, lie.
select k.event_id, k.id, k.reason::text as reason, k.resolved_at
  from unnest($1::int[], $2::uuid[]) fact (lot_id, id)
  join parking_case k on k.lot_id = fact.lot_id and k.event_id = fact.id
 where k.id between $3 and $4
 order by k.id

-- name: facts_of_stay
-- The events of a stay, or as far as they are kept, in their order.
select e.id, e.event_id, e.kind::text as kind, a.code as lane, e.effective_at as at, e.occurred_at, e.received_at, e.replay,
       e.plate, e.plate_read, e.plate_color::text as plate_color, e.confidence, e.images::text as images,
       d.plate as plate_now, coalesce(d.counts, m.counts, e.stay_id is not null) as counts
  from unnest($2::uuid[]) fact (id)
  join gate_event e on e.lot_id = $1 and e.id = fact.id
  left join lane a on a.id = e.lane_id
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
  left join lateral (select o.plate, o.counts from decision o where o.lot_id = e.lot_id and o.fact_id = e.id
                      order by o.n desc limit 1) d on true
 order by e.effective_at, e.id
 limit $3

-- name: revisions_of_stay
select stay_id, nullif(believed_from, '-infinity') as believed_from, believed_until, plate, plate_color::text as plate_color,
       state::text as state, entered_at, left_at, facts, doubts, fee_fen, account_id
  from stay_revision
 where lot_id = $1 and stay_id = any($2::uuid[])
 order by id
 limit $3
