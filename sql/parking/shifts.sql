-- Shifts at booths, under the lots' locks (events.sql).

-- name: latest
select s.lot_id, s.name, s.id, s.handed_over_at is null as is_open,
       (select max(b.handed_over_at) from booth_shift b where b.lot_id = s.lot_id and b.name = s.name) as handed_over_at
  from unnest($1::int[], $2::text[]) wanted (lot_id, name)
 cross join lateral (select * from booth_shift b
                      where b.lot_id = wanted.lot_id and b.name = wanted.name
                      order by b.handed_over_at is null desc, b.id desc limit 1) s

-- name: handed_over
-- When the lots of shifts last handed over one of any name, before instants.
select seen.lot_id, seen.name, max(b.handed_over_at) as handed_over_at
  from unnest($1::int[], $2::text[], $3::timestamptz[]) seen (lot_id, name, at)
  join booth_shift b on b.lot_id = seen.lot_id and b.handed_over_at <= seen.at
 group by seen.lot_id, seen.name

-- name: open
insert into booth_shift (lot_id, id, name, opened_at)
select * from unnest($1::int[], $2::uuid[], $3::text[], $4::timestamptz[])

-- name: shifts
-- Keyset pages by the number; $3: one alone.
select s.id, l.code as lot, s.name, s.opened_at, coalesce(s.taken_fen, k.fen) as taken_fen,
       coalesce(s.cash_count, k.cash_count) as cash_count, k.late_count, k.waiting_count, s.handed_over_at,
       s.handed_over_by, s.counted_fen, s.counted_fen - s.taken_fen as difference_fen, s.lifts, s.lifts_without_money,
       cardinality(s.open_cases) as open_cases, s.digest
  from booth_shift s
  join lot l on l.id = s.lot_id
 cross join lateral (select coalesce(sum(c.amount_fen), 0)::bigint as fen, count(*)::int as cash_count,
                            (count(*) filter (where c.is_late))::int as late_count,
                            (count(*) filter (where c.charge_id is null))::int as waiting_count
                       from cash_taken c where c.lot_id = s.lot_id and c.shift_id = s.id) k
 where ($1::int[] is null or s.lot_id = any($1)) and s.id > $2 and ($3::uuid is null or s.id = $3)
 order by s.id
 limit $4

-- name: cash
select id, at, amount_fen, charge_id from cash_taken where lot_id = $1 and shift_id = $2 order by id

-- name: reported
select k.id, k.at, k.amount_fen, k.person, k.is_late, c.reference as charge_reference
  from cash_taken k
  left join charge c on c.lot_id = k.lot_id and c.id = k.charge_id
 where k.lot_id = $1 and k.shift_id = $2
 order by k.id

-- name: open_cases
select id from parking_case where lot_id = $1 and resolved_at is null order by id limit $2

-- name: hand_over
update booth_shift set handed_over_at = $3, handed_over_by = $4, counted_fen = $5, taken_fen = $6, cash_count = $7,
                       waiting_count = $8, lifts = $9, lifts_without_money = $10, digest = $11, open_cases = $12
 where lot_id = $1 and id = $2 and handed_over_at is null
