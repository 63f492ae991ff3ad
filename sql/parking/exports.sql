-- What is held of the vehicles that an account pays for, for its driver: of the time in which it paid for them. The links
-- ($1 to $4) are those of paid_links.

-- name: paid_links
-- The times in which an account paid for plates, but those that are contested and not refuted.
select p.plate, p.plate_color::text as plate_color, p.linked_at as since, p.unlinked_at as until
  from account_plate p
 where p.account_id = $1
   and not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and (k.resolved_at is null or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at))
 order by p.linked_at, p.plate

-- name: exempt
select distinct v.id, v.operator_id, v.lot_id, v.plate, v.plate_color::text as plate_color, v.tags, v.facts::text as facts,
       v.valid_from, v.valid_until, v.reason, v.added_at, v.ended_at, v.end_reason
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
  join exempt_vehicle v on v.plate = link.plate and v.plate_color = link.plate_color
   and (v.valid_until is null or v.valid_until > link.since) and (link.until is null or v.valid_from < link.until)
 order by v.id
 limit $5

-- name: bans
-- $6: the account; what others said is not its driver's.
select distinct b.id, b.operator_id, b.lot_id, b.plate, b.plate_color::text as plate_color, b.valid_from, b.valid_until,
       b.reason, b.added_at, b.ended_at, b.end_reason,
       case when b.account_id = $6 then b.said end as said, case when b.account_id = $6 then b.said_at end as said_at
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
  join ban b on b.plate = link.plate and b.plate_color = link.plate_color
   and (b.valid_until is null or b.valid_until > link.since) and (link.until is null or b.valid_from < link.until)
 order by b.id
 limit $5

-- name: passes
select distinct p.id, p.operator_id, p.code, p.lot_ids, p.bays, v.plate, v.plate_color::text as plate_color, p.valid_from,
       p.valid_through, p.ended_through, p.note, p.added_at, p.ended_at, p.end_reason
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
  join pass_vehicle v on v.plate = link.plate and v.plate_color = link.plate_color
  join parking_pass p on p.id = v.pass_id and least(p.valid_through, p.ended_through) >= link.since::date
   and (link.until is null or p.valid_from <= link.until::date)
 order by p.id, v.plate
 limit $5

-- name: bookings
select distinct b.lot_id, b.reference, b.plate, b.plate_color::text as plate_color, b.starts_at, b.ends_at, b.note,
       b.added_at, b.changed_at, b.ended_at, b.end_reason
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
  join booking b on b.plate = link.plate and b.plate_color = link.plate_color
   and b.ends_at > link.since and (link.until is null or b.starts_at < link.until)
 order by b.starts_at, b.lot_id, b.reference
 limit $5

-- name: tickets
-- Found by lot and plate, so every lot is asked.
select distinct t.lot_id, t.number, t.issued_at, t.plate, t.plate_color::text as plate_color, t.claimed_at
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
 cross join lot l
  join ticket t on t.lot_id = l.id and t.plate = link.plate and t.plate_color = link.plate_color
   and t.claimed_at >= link.since and (link.until is null or t.claimed_at < link.until)
 order by t.issued_at, t.number
 limit $5

-- name: charging
-- Found by lot and plate, so every lot is asked.
select distinct c.lot_id, c.session, c.plate, c.plate_color::text as plate_color, c.started_at, c.ended_at, c.bay,
       c.energy_wh, c.told_at
  from unnest($1::text[], $2::plate_color[], $3::timestamptz[], $4::timestamptz[]) link (plate, plate_color, since, until)
 cross join lot l
  join charging_session c on c.lot_id = l.id and c.plate = link.plate and c.plate_color = link.plate_color
   and c.started_at >= link.since and (link.until is null or c.started_at < link.until)
 order by c.started_at, c.lot_id, c.told_at
 limit $5
