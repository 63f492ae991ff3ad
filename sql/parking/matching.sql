-- Which entries exits belong to, as it was decided when.

-- name: last_matches
select m.fact_id, m.n, m.outcome::text as outcome, m.entry_id, m.candidates::text as candidates, m.believed_from, m.believed_until
  from unnest($1::int[], $2::uuid[]) leaving (lot_id, fact_id)
 cross join lateral (select * from match m where m.lot_id = leaving.lot_id and m.fact_id = leaving.fact_id
                      order by m.n desc limit 1) m

-- name: matches_of
select m.fact_id, m.n, m.outcome::text as outcome, m.entry_id, m.candidates::text as candidates, m.believed_from, m.believed_until
  from unnest($1::int[], $2::uuid[]) leaving (lot_id, fact_id)
  join match m on m.lot_id = leaving.lot_id and m.fact_id = leaving.fact_id
 order by m.fact_id, m.n

-- name: kept_since
select believed_from from match where lot_id = $1 and fact_id >= $2 order by fact_id, n limit 1

-- name: end_matches
update match m set believed_until = greatest($4::timestamptz, m.believed_from)
  from unnest($1::int[], $2::uuid[], $3::int[]) ended (lot_id, fact_id, n)
 where m.lot_id = ended.lot_id and m.fact_id = ended.fact_id and m.n = ended.n

-- name: add_matches
insert into match (lot_id, fact_id, n, outcome, entry_id, candidates, believed_from, believed_until)
select made.lot_id, made.fact_id, made.n, made.outcome, made.entry_id, made.candidates::jsonb, $8,
       case when not made.holds then $8::timestamptz end
  from unnest($1::int[], $2::uuid[], $3::int[], $4::match_outcome[], $5::uuid[], $6::text[], $7::boolean[])
       made (lot_id, fact_id, n, outcome, entry_id, candidates, holds)
