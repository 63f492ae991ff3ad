-- Recording a batch of gate events: one transaction, every statement for all events of the batch at once.

-- Locks of the whole service. Each is a row: it lies where its data lies, and holds wherever the sessions are. Whoever
-- needs several takes them in this order, and those of one kind by their key:
--   1. catalog_version    registering, publishing, applying a tariff, taking a file (tariffs.sql: take_turns)
--   2. lot_occupancy      recording events of a lot (lock_lots)
--      then coupon        presenting coupons (coupons.sql: lock_coupons)
--   3. plate_slot         quotas that hold in several lots, rights of vehicles, linking a plate, contesting a link (lock_plates)
--   4. account            top-ups with one key, plates of an account, refunds to it (accounts.sql: lock_account); shared
--                         by adjusting its charges (adjustments.sql: lock_accounts)
--   5. plate_contest      resolving a contest (contests.sql: lock_contest)
--   6. account_plate      contesting, beginning and ending a link (contests.sql: link; plates.sql)
--   7. charge             paying, refunding, voiding, collecting, waking (charges.sql), adjusting (adjustments.sql: lock_charges),
--                         holding back (holds.sql); then its attempt, its dispute
--   8. operator           settling an operator (settlement.sql: lock_settler)
--   9. operator_day       shared by postings, alone for closing a day (post(), close_day(), which gives up after a second)
--  10. journal            reversing one (post())
--  11. balance            moving a wallet or what a driver owes (post(), lock_wallets())
--  12. identity_version   revoking tokens, barring and closing accounts (identity.sql: bump_version)
--  13. gateway_state      numbering what a gateway is told (commands.sql: number_commands)
-- Beside them a job's leader has a lease (jobs.sql), which nobody waits for.

-- `lot_id = any($1)` does not stand beside these joins, although a database that is spread by lot would then ask fewer
-- nodes: for 200 lots of a million events it made PostgreSQL read all events of the lots (50 ms in place of 0.7). Where
-- it costs nothing it stands.

-- Both ends of a range of identifiers stand as `id < $n or id = $n`, which leaves out partitions as `id <= $n` does.
-- PostgreSQL takes a range of two unknown ends for nearly empty, and joins a plain end with what the other one says: then
-- it looks for a vehicle or a lane by reading all that its lot has in the range.

-- name: lock_lots
-- A vehicle's first event has no row that could be locked, so a batch locks its lots before it reads, ascending: two
-- batches that touch the same lots in different orders would deadlock. The row is the one that move_counts writes.
select lot_id, tells_passages from lot_occupancy where lot_id = any($1::int[]) order by lot_id for no key update

-- name: lock_plates
-- Some quotas hold in several lots: then two of them must not draw on what one vehicle has left at the same time.
-- Different vehicles that share a slot wait for each other too, which is rare and harmless.
select 1 from plate_slot
 where slot in (select hashtext(plate || '/' || plate_color) & 16383
                  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color))
 order by slot for no key update

-- name: event_records
-- Events that were recorded before. Identifiers start with their time, so from $4 to $5 leaves out the partitions that
-- are too old to matter and those still to come. A device whose ids are no ids must not cost more with each event: the
-- latest few are all that is looked at.
select e.lot_id, e.gateway_id, e.event_id, e.id, e.lane_id, e.occurred_at, e.received_at, e.content_hash,
       e.gate::text as gate, e.stay_id, e.fee_fen, e.payment::text as payment, e.reason::text as reason,
       e.effective_at, e.plate, e.plate_color::text as plate_color, e.vehicle_class::text as vehicle_class, e.confidence,
       e.charge_reference, e.first_id
  from unnest($1::int[], $2::int[], $3::text[]) sent (lot_id, gateway_id, event_id)
 cross join lateral (
       select * from gate_event g
        where g.lot_id = sent.lot_id and g.gateway_id = sent.gateway_id and g.event_id = sent.event_id
          and g.id >= $4 and (g.id < $5 or g.id = $5)
        order by g.id desc limit 64) e

-- name: reads_near
-- Reads of the same lane close by whose text is the same, or hardly another: they may belong to one passing, in whatever
-- stay they are. Texts that differ in one character have the same beginning or the same end, of half a short one. What people
-- said was a vehicle or none is as they said. Of another text are only those within $5 of a read, or of less than confidence $6:
-- where cars follow each other in seconds, hundreds begin alike.
-- `offset 0`: each is looked for by itself, before anybody asks what was decided about it. As a join, a table that has
-- grown since it was analysed was read as a whole, with the decisions about every row.
with seen as (
  select *, least(3, length(plate) / 2) as same
    from unnest($1::near_row[], $5::interval[]) s (lot_id, id, lane_id, at, plate, plate_color, alike_within))
select e.lot_id, e.id, e.lane_id, e.kind::text as direction, e.effective_at as at, e.plate,
       e.plate_color::text as plate_color, e.vehicle_class::text as vehicle_class, e.confidence,
       false as looked_at, null::text as let_out, null::bigint as set_fen, null::timestamptz as passed_at,
       coalesce(e.reason = 'banned', false) as kept_out,
       case when e.reason = 'banned' then opened_from_afar(e.lot_id, e.id) else false end as opened_for, seen.id as near_id
  from seen
 cross join lateral (
       select * from gate_event g
        where g.lot_id = seen.lot_id and g.lane_id = seen.lane_id
          and g.effective_at between seen.at - $2::interval and seen.at + $2::interval
          and g.id <> seen.id and g.first_id is null
          and (g.plate = seen.plate
               or (g.effective_at between seen.at - seen.alike_within and seen.at + seen.alike_within or g.confidence < $6)
                  and (left(g.plate, seen.same) = left(seen.plate, seen.same)
                       or right(g.plate, seen.same) = right(seen.plate, seen.same)))
          and (g.id > $3 or g.id = $3) and (g.id < $4 or g.id = $4)
       offset 0) e
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
 where coalesce(m.counts, e.stay_id is not null)
   and (select d.counts from decision d where d.lot_id = e.lot_id and d.fact_id = e.id order by d.n desc limit 1) is null
union all
select d.lot_id, d.fact_id, d.lane_id, d.direction::text, d.at, d.plate, d.plate_color::text, d.vehicle_class::text,
       d.confidence, d.looked_at, d.let_out::text, d.set_fen, null, false, false, seen.id
  from seen
 cross join lateral (
       select * from decision x
        where x.lot_id = seen.lot_id and x.lane_id = seen.lane_id
          and x.at between seen.at - $2::interval and seen.at + $2::interval
          and x.counts and x.fact_id <> seen.id
          and (x.fact_id > $3 or x.fact_id = $3) and (x.fact_id < $4 or x.fact_id = $4)
       offset 0) d
 where not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)

-- name: reads_by_id
-- As people decided, where they did; without what they decided does not count, and without whose vehicle turned back.
with wanted as (select * from unnest($1::int[], $2::uuid[]) wanted (lot_id, id))
select e.lot_id, e.id, e.lane_id, e.kind::text as direction, e.effective_at as at, e.plate,
       e.plate_color::text as plate_color, e.vehicle_class::text as vehicle_class, e.confidence,
       false as looked_at, null::text as let_out, null::bigint as set_fen, m.passed_at,
       coalesce(e.reason = 'banned', false) as kept_out,
       case when e.reason = 'banned' then opened_from_afar(e.lot_id, e.id) else false end as opened_for
  from wanted
  join gate_event e on e.lot_id = wanted.lot_id and e.id = wanted.id
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
 where coalesce(m.counts, true) and not exists (select 1 from decision d where d.lot_id = e.lot_id and d.fact_id = e.id)
union all
select d.lot_id, d.fact_id, d.lane_id, d.direction::text, d.at, d.plate, d.plate_color::text, d.vehicle_class::text,
       d.confidence, d.looked_at, d.let_out::text, d.set_fen, m.passed_at,
       d.counts is null and coalesce(e.reason = 'banned', false),
       case when e.reason = 'banned' then opened_from_afar(e.lot_id, e.id) else false end
  from wanted
  join decision d on d.lot_id = wanted.lot_id and d.fact_id = wanted.id
  left join gate_event e on e.lot_id = d.lot_id and e.id = d.fact_id
  left join read_passage m on m.lot_id = d.lot_id and m.read_id = d.fact_id
 where coalesce(d.counts, m.counts, e.id is not null) and not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)

-- name: open_stays
select o.lot_id, o.id, o.plate, o.plate_color::text as plate_color, o.vehicle_class::text as vehicle_class,
       o.entered_at, o.entry_lane_id, o.entry_event_id, o.confidence, o.facts, o.read_until, o.counted
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join open_stay o on o.lot_id = seen.lot_id and o.plate = seen.plate and o.plate_color = seen.plate_color

-- name: finished_stays
-- Of what is left of merged stays only the halves matter. One that was closed and is open again says so.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class,
       s.state::text as state, s.entered_at, s.left_at, s.entry_lane_id, s.exit_lane_id, s.entry_event_id,
       s.exit_event_id, s.confidence, s.facts, s.read_until, s.doubts, s.seen_again_at, s.counted, s.matched_id,
       s.matched_half::text as matched_half, s.merged_into, s.let_out::text as let_out, s.set_fen, s.at_exit, s.exits,
       s.tariff_id, s.fee_fen,
       s.account_id, s.uses::text as uses
  from unnest($1::int[], $2::text[], $3::plate_color[], $4::timestamptz[]) seen (lot_id, plate, plate_color, since)
  join stay s on s.lot_id = seen.lot_id and s.plate = seen.plate and s.plate_color = seen.plate_color
   and s.last_at >= seen.since
 where (s.id > $5 or s.id = $5) and (s.id < $6 or s.id = $6) and s.facts <> '{}'

-- name: stays_by_id
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class,
       s.state::text as state, s.entered_at, s.left_at, s.entry_lane_id, s.exit_lane_id, s.entry_event_id,
       s.exit_event_id, s.confidence, s.facts, s.read_until, s.doubts, s.seen_again_at, s.counted, s.matched_id,
       s.matched_half::text as matched_half, s.merged_into, s.let_out::text as let_out, s.set_fen, s.at_exit, s.exits,
       s.tariff_id, s.fee_fen,
       s.account_id, s.uses::text as uses
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join stay s on s.lot_id = wanted.lot_id and s.id = wanted.id
 where s.state <> 'open'

-- name: exit_halves
-- Exits without an entry since an instant, matched with another text or not.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class,
       s.state::text as state, s.entered_at, s.left_at, s.entry_lane_id, s.exit_lane_id, s.entry_event_id,
       s.exit_event_id, s.confidence, s.facts, s.read_until, s.doubts, s.seen_again_at, s.counted, s.matched_id,
       s.matched_half::text as matched_half, s.merged_into, s.let_out::text as let_out, s.set_fen, s.at_exit, s.exits,
       s.tariff_id, s.fee_fen,
       s.account_id, s.uses::text as uses
  from unnest($1::int[], $2::timestamptz[]) seen (lot_id, since)
  join stay s on s.lot_id = seen.lot_id and s.last_at >= seen.since
   and (s.state <> 'closed' or s.matched_id is not null)
 where s.entered_at is null and s.state <> 'open' and s.facts <> '{}'

-- name: halves
-- All halves of lots between two instants, and the signs of those that are open again.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.vehicle_class::text as vehicle_class,
       s.state::text as state, s.entered_at, s.left_at, s.entry_lane_id, s.exit_lane_id, s.entry_event_id,
       s.exit_event_id, s.confidence, s.facts, s.read_until, s.doubts, s.seen_again_at, s.counted, s.matched_id,
       s.matched_half::text as matched_half, s.merged_into, s.let_out::text as let_out, s.set_fen, s.at_exit, s.exits,
       s.tariff_id, s.fee_fen,
       s.account_id, s.uses::text as uses
  from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) seen (lot_id, since, until)
  join stay s on s.lot_id = seen.lot_id and s.last_at >= seen.since and s.last_at <= seen.until
   and (s.state <> 'closed' or s.matched_id is not null)
 where s.facts <> '{}'

-- name: open_halves
select o.lot_id, o.id, o.plate, o.plate_color::text as plate_color, o.vehicle_class::text as vehicle_class,
       o.entered_at, o.entry_lane_id, o.entry_event_id, o.confidence, o.facts, o.read_until, o.counted
  from unnest($1::int[], $2::timestamptz[], $3::timestamptz[]) seen (lot_id, since, until)
  join open_stay o on o.lot_id = seen.lot_id and o.entered_at between seen.since and seen.until

-- name: latest_inside
-- Of one lot those that count among the cars inside first, and of these who came last.
select o.lot_id, o.id, o.plate, o.plate_color::text as plate_color, o.vehicle_class::text as vehicle_class,
       o.entered_at, o.entry_lane_id, o.entry_event_id, o.confidence, o.facts, o.read_until, o.counted
  from open_stay o
 where o.lot_id = $1 and o.entered_at between $2 and $3
 order by o.counted desc, o.entered_at desc, o.id
 limit $4

-- name: uses_of
-- The lot does not matter here: the index of stays begins with the plate.
-- Visits that began later may cost something else now, whether they used anything or not.
select s.lot_id, s.id, s.plate, s.plate_color::text as plate_color, s.entered_at, s.left_at, s.uses::text as uses
  from unnest($1::text[], $2::plate_color[], $6::timestamptz[]) seen (plate, plate_color, began_at)
  join stay s on s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= $3
 where s.state = 'closed' and (s.uses is not null or s.entered_at >= seen.began_at) and (s.id > $4 or s.id = $4) and (s.id < $5 or s.id = $5)

-- name: payers
-- All who ever were: which of them it was when the vehicle left is seen there. A contested link does not pay, and one that
-- staff found wrong never does, also for a stay of its time that is recorded late.
select p.plate, p.plate_color::text as plate_color, p.account_id, p.linked_at, p.unlinked_at
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join account_plate p on p.plate = seen.plate and p.plate_color = seen.plate_color
  join account a on a.id = p.account_id and a.status = 'active'
 where not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and (k.resolved_at is null
                           or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at))

-- name: links
-- All of a plate, also such that do not pay: whether a barrier opened is not undone by what is found of a link later.
select p.plate, p.plate_color::text as plate_color, p.linked_at, p.unlinked_at
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join account_plate p on p.plate = seen.plate and p.plate_color = seen.plate_color
 order by p.linked_at

-- name: add_events
insert into gate_event (lot_id, id, gateway_id, event_id, lane_id, kind, occurred_at, received_at, effective_at, replay,
                        plate, plate_read, plate_color, color_read, vehicle_class, confidence, images, remaining_spaces,
                        content_hash, status, reason, gate, stay_id, fee_fen, payment, charge_reference, doubts,
                        first_id, clock_ahead)
select * from unnest($1::event_row[])

-- name: said_of_devices
select distinct k.lot_id, e.gateway_id, k.reason::text as reason, (k.opened_at at time zone 'utc')::date as day
  from parking_case k join gate_event e on e.lot_id = k.lot_id and e.id = k.event_id
 where k.lot_id = any($1::int[]) and k.id >= $2 and e.id >= $2
   and k.reason in ('numbers_restarted', 'no_price')

-- name: end_open_stays
delete from open_stay o using unnest($1::int[], $2::text[], $3::plate_color[]) ended (lot_id, plate, plate_color)
 where o.lot_id = ended.lot_id and o.plate = ended.plate and o.plate_color = ended.plate_color

-- name: add_open_stays
insert into open_stay (lot_id, plate, plate_color, id, vehicle_class, entered_at, entry_lane_id, entry_event_id, confidence,
                       facts, read_until, counted)
select * from unnest($1::open_stay_row[])

-- name: keep_revisions
-- What is believed of these stays until now, before it is written over.
insert into stay_revision (lot_id, id, stay_id, believed_from, believed_until, plate, plate_color, state, entered_at,
                           left_at, facts, doubts, tariff_id, fee_fen, account_id)
select s.lot_id, was.revision_id, s.id, s.believed_from, greatest($4, s.believed_from), s.plate, s.plate_color, s.state,
       s.entered_at, s.left_at, s.facts, s.doubts, s.tariff_id, s.fee_fen, s.account_id
  from unnest($1::int[], $2::uuid[], $3::uuid[]) was (lot_id, id, revision_id)
  join stay s on s.lot_id = was.lot_id and s.id = was.id

-- name: put_stays
insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, entry_lane_id,
                  exit_lane_id, entry_event_id, exit_event_id, confidence, facts, read_until, doubts, seen_again_at,
                  matched_id, matched_half, merged_into, tariff_id, fee_fen, account_id, uses, let_out, set_fen,
                  at_exit, exits, counted, believed_from)
select s.*, $2::timestamptz from unnest($1::stay_row[]) s
on conflict (lot_id, id) do update set
  plate = excluded.plate, plate_color = excluded.plate_color, vehicle_class = excluded.vehicle_class,
  state = excluded.state, entered_at = excluded.entered_at, left_at = excluded.left_at,
  entry_lane_id = excluded.entry_lane_id, exit_lane_id = excluded.exit_lane_id,
  entry_event_id = excluded.entry_event_id, exit_event_id = excluded.exit_event_id, confidence = excluded.confidence,
  facts = excluded.facts, read_until = excluded.read_until, doubts = excluded.doubts, seen_again_at = excluded.seen_again_at,
  matched_id = excluded.matched_id, matched_half = excluded.matched_half, merged_into = excluded.merged_into,
  tariff_id = excluded.tariff_id, fee_fen = excluded.fee_fen, account_id = excluded.account_id, uses = excluded.uses,
  let_out = excluded.let_out, set_fen = excluded.set_fen, at_exit = excluded.at_exit, exits = excluded.exits,
  counted = excluded.counted, believed_from = excluded.believed_from

-- name: move_counts
-- moved: cars more (or fewer) inside; moved_since: how many of them after the lot's own last count, which is an anchor;
-- a report older than the one that stands is not taken. $7: when the lots were heard of, if it is they who say it.
update lot_occupancy o
   set inside = o.inside + m.moved,
       correction = case when m.reported_at >= coalesce(o.reported_at, '-infinity')
                         then coalesce((select c.capacity from lot_capacity c
                                         where c.lot_id = l.id and c.valid_from <= $1
                                         order by c.valid_from desc limit 1), l.capacity) - m.reported_free - (o.inside + m.moved - m.moved_since)
                         else o.correction end,
       reported_free = case when m.reported_at >= coalesce(o.reported_at, '-infinity') then m.reported_free
                            else o.reported_free end,
       reported_at = greatest(m.reported_at, o.reported_at),
       version = o.version + 1,
       updated_at = $1,
       heard_at = greatest(o.heard_at, $7::timestamptz)
  from unnest($2::int[], $3::int[], $4::int[], $5::timestamptz[], $6::int[])
       m (lot_id, moved, reported_free, reported_at, moved_since)
  join lot l on l.id = m.lot_id
 where o.lot_id = any($2::int[]) and o.lot_id = m.lot_id
returning o.lot_id, o.inside, o.correction, o.reported_free, o.reported_at, o.version, o.updated_at, o.booked, o.heard_at

-- name: add_refused
insert into refused_event (lot_id, id, gateway_id, received_at, event_id, code, field, detail, payload, payload_bytes)
select * from unnest($1::int[], $2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::bytea[], $10::int[])

-- name: count_refused
-- One row a gateway: a later day begins at nothing, an earlier one (another process's clock) counts to the day that is.
insert into refused_count as c (lot_id, gateway_id, day, refused) values ($1, $2, $3, $4)
on conflict (lot_id, gateway_id) do update
   set day = greatest(c.day, excluded.day),
       refused = case when excluded.day > c.day then excluded.refused else c.refused + excluded.refused end
returning refused
