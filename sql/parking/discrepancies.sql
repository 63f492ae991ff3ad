-- Holding what is stored against the facts it follows from: some facts of one lot at a time.

-- name: facts_after
-- The numbers of a lot's reads of vehicles, as they came, people decided or their passages say. One more read of an event is
-- none of its own.
select e.id
  from gate_event e
  left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
 where e.lot_id = $1 and e.id > $2 and e.id < $3 and e.first_id is null and coalesce(m.counts, e.stay_id is not null)
   and (select d.counts from decision d where d.lot_id = e.lot_id and d.fact_id = e.id order by d.n desc limit 1) is null
union all
select d.fact_id
  from decision d
 where d.lot_id = $1 and d.fact_id > $2 and d.fact_id < $3 and d.counts
   and not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)
 order by id
 limit $4

-- name: stays_between
-- The numbers of what is stored as a stay and has one of these numbers: each is that of a fact.
select id from stay where lot_id = $1 and id > $2 and id <= $3 and state not in ('merged', 'open')
union all
select id from open_stay where lot_id = $1 and id > $2 and id <= $3

-- name: cases_about
select k.id, k.event_id, k.reason::text as reason, k.resolved_by
  from parking_case k where k.lot_id = $1 and k.event_id = any($2::uuid[])

-- name: put_discrepancies
insert into discrepancy (lot_id, kind, subject_id, says, found_at, turn)
select *, $5, $6 from unnest($1::int[], $2::discrepancy_kind[], $3::uuid[], $4::text[])
on conflict (lot_id, kind, subject_id) do update set says = excluded.says, found_at = excluded.found_at, turn = excluded.turn

-- name: drop_discrepancies
-- What was not found again.
delete from discrepancy where lot_id = $1 and turn <> $2
