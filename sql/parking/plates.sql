-- The plates that accounts pay for. Who links or unlinks one has locked its slot (events.sql, lock_plates).

-- name: plates_of
select plate, plate_color::text as plate_color, linked_at from account_plate
 where account_id = $1 and unlinked_at is null
 order by linked_at, plate

-- name: plate_holder
select p.account_id, a.status::text as status
  from account_plate p join account a on a.id = p.account_id
 where p.plate = $1 and p.plate_color = $2 and p.unlinked_at is null

-- name: link_plate
-- Never before the last link ended, whatever the clocks say. A link that was ended in its first instant never was.
insert into account_plate as before (plate, plate_color, account_id, linked_at)
select $1, $2, $3, greatest($4::timestamptz, max(p.unlinked_at)) from account_plate p where p.plate = $1 and p.plate_color = $2
on conflict (plate, plate_color, linked_at) do update set account_id = excluded.account_id, unlinked_at = null
 where before.unlinked_at = before.linked_at
returning linked_at

-- name: unlink_plate
update account_plate set unlinked_at = greatest($4, linked_at)
 where plate = $1 and plate_color = $2 and account_id = $3 and unlinked_at is null
returning plate
