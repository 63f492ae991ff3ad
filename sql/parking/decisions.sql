-- What people decide about events, which only grows.

-- name: fact
-- An event as it was recorded, and what became of its vehicle; counts: without any decision. One more read of an event is
-- none of its own.
select e.lot_id, e.id, e.lane_id, e.kind::text as direction, e.effective_at as at, e.plate,
       e.plate_color::text as plate_color, e.vehicle_class::text as vehicle_class, e.confidence,
       false as looked_at, null::text as let_out, null::bigint as set_fen, m.passed_at,
       coalesce(e.reason = 'banned', false) as kept_out,
       case when e.reason = 'banned' then opened_from_afar(e.lot_id, e.id) else false end as opened_for,
       coalesce(m.counts, e.stay_id is not null) as counts
  from gate_event e
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
 where e.lot_id = $1 and e.id = $2 and e.first_id is null

-- name: decisions
select lot_id, fact_id, n, id, kind::text as kind, about_id, case_id, undoes, note, decided_by, decided_at, request_key,
       lane_id, direction::text as direction, at, plate, plate_color::text as plate_color,
       vehicle_class::text as vehicle_class, confidence, counts, looked_at, let_out::text as let_out, set_fen, pair_id,
       with_id, said_hash
  from decision
 where lot_id = $1 and fact_id = $2
 order by n

-- name: decisions_with
-- What was decided with another decision: of the same fact, of one that was made by hand for it, or of a read of the same
-- ticket.
select fact_id, n from decision where lot_id = $1 and with_id = $2 order by fact_id, n

-- name: passed_at
-- Of a read that was made by hand for a passage.
select passed_at from read_passage where lot_id = $1 and read_id = $2

-- name: decisions_around
-- About facts, and reads made by hand for them.
select d.lot_id, d.fact_id, d.n, d.id, d.kind::text as kind, d.about_id, d.case_id, d.undoes, d.note, d.decided_by,
       d.decided_at, d.request_key, d.lane_id, d.direction::text as direction, d.at, d.plate,
       d.plate_color::text as plate_color, d.vehicle_class::text as vehicle_class, d.confidence, d.counts, d.looked_at,
       d.let_out::text as let_out, d.set_fen, d.pair_id, d.with_id, d.said_hash
  from unnest($1::int[], $2::uuid[]) f (lot_id, id)
  join decision d on d.lot_id = f.lot_id and d.fact_id = f.id
union
select d.lot_id, d.fact_id, d.n, d.id, d.kind::text, d.about_id, d.case_id, d.undoes, d.note, d.decided_by,
       d.decided_at, d.request_key, d.lane_id, d.direction::text, d.at, d.plate, d.plate_color::text,
       d.vehicle_class::text, d.confidence, d.counts, d.looked_at, d.let_out::text, d.set_fen, d.pair_id, d.with_id, d.said_hash
  from unnest($1::int[], $2::uuid[]) f (lot_id, id)
  join decision d on d.lot_id = f.lot_id and d.about_id = f.id and d.kind in ('manual_entry', 'manual_exit')
 order by decided_at, fact_id, n

-- name: decision_by_key
-- About a fact, or for it: a manual entry, or the pair that an entry was made half of.
select lot_id, fact_id, n, id, kind::text as kind, about_id, case_id, undoes, note, decided_by, decided_at, request_key,
       lane_id, direction::text as direction, at, plate, plate_color::text as plate_color,
       vehicle_class::text as vehicle_class, confidence, counts, looked_at, let_out::text as let_out, set_fen, pair_id,
       with_id, said_hash
  from decision
 where lot_id = $1 and request_key = $3 and (fact_id = $2 or (about_id = $2 and kind in ('manual_entry', 'manual_exit', 'pair')))
 order by fact_id = $2 desc, n desc
 limit 1

-- name: add_decision
insert into decision (lot_id, fact_id, n, id, kind, about_id, case_id, undoes, note, decided_by, decided_at, request_key,
                      lane_id, direction, at, plate, plate_color, vehicle_class, confidence, counts, looked_at, let_out,
                      set_fen, pair_id, with_id, said_hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)

-- name: pairs
-- The entries that people gave to exits, in the order in which they did.
select d.fact_id, d.pair_id
  from unnest($1::int[], $2::uuid[]) leaving (lot_id, id)
  join decision d on d.lot_id = leaving.lot_id and d.fact_id = leaving.id
 where d.pair_id is not null
   and not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)
 order by d.decided_at, d.id

-- name: said_since
-- What people said of reads last: whether a vehicle passed there, and of which stay the read is by that. $3 and $4: between
-- which numbers such a stay lies.
select d.fact_id, d.counts,
       (select s.id from stay s
         where s.lot_id = d.lot_id and s.plate = d.plate and s.plate_color = d.plate_color and s.last_at >= d.at
           and s.id between $3 and $4 and s.state <> 'open' and d.fact_id = any (s.facts)
         limit 1) as stay_id
  from unnest($1::int[], $2::uuid[]) read (lot_id, id)
  join decision d on d.lot_id = read.lot_id and d.fact_id = read.id
 where not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)
