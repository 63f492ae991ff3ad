-- Links of plates that somebody contests, and the stays that belong to a link. Who contests or resolves has locked the
-- plate's slot (events.sql, lock_plates).

-- name: link
select account_id, linked_at from account_plate
 where plate = $1 and plate_color = $2 and unlinked_at is null
   for update

-- name: vehicle_of_stay
select plate, plate_color::text as plate_color, left_at from stay where lot_id = $1 and id = $2

-- name: last_contest
select id, plate, plate_color::text as plate_color, account_id, linked_at, contested_at, contested_by, resolved_at,
       resolved_by, link_stands, note
  from plate_contest where plate = $1 and plate_color = $2 and account_id = $3 order by id desc limit 1

-- name: contest
select id, plate, plate_color::text as plate_color, account_id, linked_at, contested_at, contested_by, resolved_at,
       resolved_by, link_stands, note
  from plate_contest where id = $1

-- name: lock_contest
select id, plate, plate_color::text as plate_color, account_id, linked_at, contested_at, contested_by, resolved_at,
       resolved_by, link_stands, note
  from plate_contest where id = $1 for update

-- name: open_contests
select id, plate, plate_color::text as plate_color, account_id, linked_at, contested_at, contested_by, resolved_at,
       resolved_by, link_stands, note
  from plate_contest where resolved_at is null and id > $1 order by id limit $2

-- name: add_contest
insert into plate_contest (id, plate, plate_color, account_id, linked_at, lot_id, stay_id, contested_at, contested_by, note)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict do nothing

-- name: resolve_contest
update plate_contest set resolved_at = $2, resolved_by = $3, link_stands = $4, note = $5
 where id = $1 and resolved_at is null

-- name: stays_of_link
-- Stays are found by lot and plate, so every lot is asked.
select s.lot_id, s.id, s.entered_at, s.left_at, s.fee_fen
  from lot l
  join stay s on s.lot_id = l.id and s.plate = $1 and s.plate_color = $2
 where s.account_id = $3 and s.entered_at >= coalesce($4::timestamptz, '-infinity')
   and s.left_at < coalesce($5::timestamptz, 'infinity')
 order by s.id
 limit $6

-- name: drop_resolved
delete from plate_contest where resolved_at < $1
