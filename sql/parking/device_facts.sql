-- What devices said beside plate reads, and the passages by which reads stand. Under the lots' locks (events.sql).

-- name: records
-- As event_records of events.sql.
select f.lot_id, f.gateway_id, f.event_id, f.id, f.kind::text as kind, f.lane_id, f.occurred_at, f.received_at,
       f.content_hash, f.reason::text as reason, f.stay_id, f.first_id
  from unnest($1::int[], $2::int[], $3::text[]) sent (lot_id, gateway_id, event_id)
 cross join lateral (
       select * from device_fact g
        where g.lot_id = sent.lot_id and g.gateway_id = sent.gateway_id and g.event_id = sent.event_id
          and g.id between $4 and $5
        order by g.id desc limit 64) f

-- name: add
insert into device_fact (lot_id, id, gateway_id, event_id, kind, lane_id, occurred_at, received_at, effective_at, replay,
                         applies, outcome, of_event_id, said, content_hash, reason, stay_id, doubts, first_id, clock_ahead,
                         found)
select * from unnest($1::int[], $2::uuid[], $3::int[], $4::text[], $5::device_fact_kind[], $6::int[], $7::timestamptz[],
                     $8::timestamptz[], $9::timestamptz[], $10::boolean[], $11::boolean[], $12::passage_outcome[],
                     $13::text[], $14::jsonb[], $15::bytea[], $16::case_reason[], $17::uuid[], $18::jsonb[], $19::uuid[],
                     $20::interval[], $21::jsonb[])

-- name: tells_passages
update lot_occupancy set tells_passages = true where lot_id = any($1::int[]) and not tells_passages

-- name: passages
-- Of lanes between two instants, as people decided: what is void is none.
select f.lot_id, f.id, f.lane_id, f.effective_at as at, f.outcome::text as outcome, f.of_event_id as of,
       coalesce(d.is_settled, false) as is_settled, d.made_id is not null as is_named
  from unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[]) near (lot_id, lane_id, since, until)
  join device_fact f on f.lot_id = near.lot_id and f.lane_id = near.lane_id
   and f.effective_at between near.since and near.until
  left join lateral (select o.applies, o.is_settled, o.made_id from device_decision o where o.lot_id = f.lot_id and o.fact_id = f.id
                      order by o.n desc limit 1) d on true
 where f.kind = 'passage' and coalesce(d.applies, f.applies) and f.first_id is null and f.id between $5 and $6

-- name: seen
-- Reads of lanes between two instants as they stand. What a person said was no vehicle does not apply.
select e.lot_id, e.id, coalesce(d.lane_id, e.lane_id) as lane_id, coalesce(d.direction, e.kind)::text as direction,
       coalesce(d.at, e.effective_at) as at, coalesce(d.plate, e.plate) as plate,
       coalesce(d.plate_color, e.plate_color)::text as plate_color,
       coalesce(d.vehicle_class, e.vehicle_class)::text as vehicle_class, coalesce(d.confidence, e.confidence) as confidence,
       coalesce(d.looked_at, false) as looked_at, d.let_out::text as let_out, d.set_fen, m.passed_at,
       d.counts is null and coalesce(e.reason = 'banned', false) as kept_out,
       case when e.reason = 'banned' then opened_from_afar(e.lot_id, e.id) else false end as opened_for, e.event_id,
       coalesce(d.counts, e.stay_id is not null or m.read_id is not null) as applies,
       coalesce(d.counts, m.counts, e.stay_id is not null) as counts, d.counts is not null as decided, m.passage_id
  from unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[]) near (lot_id, lane_id, since, until)
  join gate_event e on e.lot_id = near.lot_id and e.lane_id = near.lane_id
   and e.effective_at between near.since and near.until
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
  left join lateral (select * from decision o where o.lot_id = e.lot_id and o.fact_id = e.id
                      order by o.n desc limit 1) d on true
 where e.first_id is null and e.id between $5 and $6

-- name: around
-- Who is inside, also at an exit, and whom a lane saw around an instant.
select plate, bool_or(is_inside) as is_inside, bool_or(is_moving) as is_moving
  from (select o.plate, true as is_inside, o.entered_at > $2::timestamptz - $3::interval as is_moving
          from open_stay o where o.lot_id = $1
        union all
        select s.plate, true, s.left_at > $2 - $3 from stay s where s.lot_id = $1 and s.at_exit and s.state = 'closed'
        union all
        select e.plate, false, true
          from lane l
          join gate_event e on e.lot_id = l.lot_id and e.lane_id = l.id
           and e.effective_at between $2 - $3 and $2 + $3
         where l.lot_id = $1) seen
 where plate <> ''
 group by plate

-- name: put_read_passages
insert into read_passage (lot_id, read_id, passage_id, outcome, passed_at, counts)
select * from unnest($1::int[], $2::uuid[], $3::uuid[], $4::passage_outcome[], $5::timestamptz[], $6::boolean[])
on conflict (lot_id, read_id) do update set passage_id = excluded.passage_id, outcome = excluded.outcome,
  passed_at = excluded.passed_at, counts = excluded.counts
