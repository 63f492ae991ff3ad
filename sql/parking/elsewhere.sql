-- What is known of vehicles in all lots.

-- name: vehicles_of_stays
-- Whose the closed stays are, and when the earliest of each vehicle began.
select s.plate, s.plate_color::text as plate_color, min(s.entered_at) as since
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join stay s on s.lot_id = wanted.lot_id and s.id = wanted.id
 where s.state = 'closed'
 group by s.plate, s.plate_color

-- name: places
-- Where vehicles were since an instant, or are.
select s.plate, s.plate_color::text as plate_color, s.lot_id, s.id, false as is_open
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[]) seen (plate, plate_color, since)
  join stay s on s.plate = seen.plate and s.plate_color = seen.plate_color and s.last_at >= seen.since
 where s.id between $4 and $5 and s.facts <> '{}' and s.state in ('closed', 'superseded', 'exit_only')
union all
select o.plate, o.plate_color::text, o.lot_id, o.id, true
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
  join open_stay o on o.plate = seen.plate and o.plate_color = seen.plate_color

-- name: places_of_stays
select s.plate, s.plate_color::text as plate_color, s.lot_id, s.id, false as is_open
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join stay s on s.lot_id = wanted.lot_id and s.id = wanted.id
 where s.facts <> '{}' and s.state in ('closed', 'superseded', 'exit_only')
union all
select o.plate, o.plate_color::text, o.lot_id, o.id, true
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join open_stay o on o.lot_id = wanted.lot_id and o.id = wanted.id

-- name: stays_shown
select s.id, l.code as lot, s.state::text as state, s.entered_at, s.left_at
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join stay s on s.lot_id = wanted.lot_id and s.id = wanted.id
  join lot l on l.id = s.lot_id
 where s.state <> 'open'
union all
select o.id, l.code, 'open', o.entered_at, null
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join open_stay o on o.lot_id = wanted.lot_id and o.id = wanted.id
  join lot l on l.id = o.lot_id

-- name: cases_of_stays
select k.id, k.stay_id, k.other_stay_id, k.resolved_by
  from parking_case k where k.stay_id = any($1::uuid[]) and k.other_stay_id is not null
union
select k.id, k.stay_id, k.other_stay_id, k.resolved_by
  from parking_case k where k.other_stay_id = any($1::uuid[])

-- name: open_after
-- Open cases of all lots, a page.
select k.id, k.stay_id, k.other_stay_id, k.resolved_by
  from parking_case k
 where k.id > $1 and k.other_stay_id is not null and k.resolved_at is null
 order by k.id
 limit $2

-- name: linked
-- Of plates those that an account pays for, or once did.
select seen.plate, seen.plate_color::text as plate_color
  from unnest($1::text[], $2::plate_color[]) seen (plate, plate_color)
 where exists (select 1 from account_plate p where p.plate = seen.plate and p.plate_color = seen.plate_color)

-- name: facts_after
-- The next reads of a lot, as they came or people decided, and whether an account pays for the plate or once did.
with read as (
  select e.id, e.plate, e.plate_color, e.effective_at as at
    from gate_event e
    left join read_passage m on m.lot_id = e.lot_id and m.read_id = e.id
   where e.lot_id = $1 and e.id > $2 and e.id < $3 and e.first_id is null and coalesce(m.counts, e.stay_id is not null)
     and (select d.counts from decision d where d.lot_id = e.lot_id and d.fact_id = e.id order by d.n desc limit 1) is null
  union all
  select d.fact_id, d.plate, d.plate_color, d.at
    from decision d
   where d.lot_id = $1 and d.fact_id > $2 and d.fact_id < $3 and d.counts
     and not exists (select 1 from decision o where o.lot_id = d.lot_id and o.fact_id = d.fact_id and o.n > d.n)
   order by id
   limit $4)
select r.id, r.plate, r.plate_color::text as plate_color, r.at,
       exists (select 1 from account_plate p where p.plate = r.plate and p.plate_color = r.plate_color) as is_linked
  from read r
 order by r.id
