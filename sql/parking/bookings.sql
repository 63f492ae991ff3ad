-- Bookings, and how lots take them. Who writes one has locked its lot (events.sql, lock_lots).

-- name: rule
select spaces, early_min, late_min from booking_rule where lot_id = $1

-- name: set_rule
insert into booking_rule (lot_id, spaces, early_min, late_min) values ($1, $2, $3, $4)
on conflict (lot_id) do update set spaces = excluded.spaces, early_min = excluded.early_min, late_min = excluded.late_min

-- name: booking
select b.lot_id, b.id, b.reference, b.plate, b.plate_color::text as plate_color, b.starts_at, b.ends_at, b.holds_from, b.holds_until,
       b.note, b.added_by, b.added_at, b.changed_by, b.changed_at, b.ended_by, b.ended_at, b.end_reason, b.came_at
  from booking_now b where b.lot_id = $1 and b.reference = $2

-- name: bookings
-- A page in order of their numbers. $3: without those that were over at an instant, or cancelled.
select b.lot_id, b.id, b.reference, b.plate, b.plate_color::text as plate_color, b.starts_at, b.ends_at, b.holds_from, b.holds_until,
       b.note, b.added_by, b.added_at, b.changed_by, b.changed_at, b.ended_by, b.ended_at, b.end_reason, b.came_at
  from booking_now b
 where b.lot_id = $1 and ($2::text is null or b.plate = $2)
   and ($3::timestamptz is null or (b.ends_at > $3 and b.ended_at is null))
   and b.id > $4
 order by b.id
 limit $5

-- name: bookings_within
-- Those that may take a space of a lot at some moment of a time.
select b.lot_id, b.id, b.reference, b.plate, b.plate_color::text as plate_color, b.starts_at, b.ends_at, b.holds_from, b.holds_until,
       b.note, b.added_by, b.added_at, b.changed_by, b.changed_at, b.ended_by, b.ended_at, b.end_reason, b.came_at
  from booking_now b
 where b.lot_id = $1 and b.ends_at > $2 and b.holds_from < $3 and b.ended_at is null

-- name: bookings_of_vehicles
-- Those of vehicles in lots that touch a time and were not cancelled.
select b.lot_id, b.id, b.reference, b.plate, b.plate_color::text as plate_color, b.starts_at, b.ends_at, b.holds_from, b.holds_until,
       b.note, b.added_by, b.added_at, b.changed_by, b.changed_at, b.ended_by, b.ended_at, b.end_reason, null::timestamptz as came_at
  from unnest($1::int[], $2::text[], $3::plate_color[]) seen (lot_id, plate, plate_color)
  join booking b on b.lot_id = seen.lot_id and b.plate = seen.plate and b.plate_color = seen.plate_color
 where b.ends_at > $4 and b.holds_from <= $5 and b.ended_at is null

-- name: add_booking
insert into booking (lot_id, id, reference, plate, plate_color, starts_at, ends_at, holds_from, holds_until, note, added_by, added_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: change_booking
update booking
   set plate = $3, plate_color = $4, starts_at = $5, ends_at = $6, holds_from = $7, holds_until = $8, note = $9, changed_by = $10,
       changed_at = $11
 where lot_id = $1 and id = $2

-- name: end_booking
update booking set ended_by = $3, ended_at = $4, end_reason = $5 where lot_id = $1 and id = $2
