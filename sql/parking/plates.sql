-- The plates that accounts pay for.

-- name: plates_of
select plate, plate_color::text as plate_color, linked_at from account_plate where account_id = $1 order by linked_at, plate

-- name: link_plate
-- One payer per plate: whom another active account pays for is not taken from it, however fast two ask at once.
insert into account_plate as held (plate, plate_color, account_id, linked_at) values ($1, $2, $3, $4)
on conflict (plate, plate_color) do update set account_id = excluded.account_id, linked_at = excluded.linked_at
 where held.account_id = excluded.account_id
    or exists (select 1 from account a where a.id = held.account_id and a.status <> 'active')
returning account_id

-- name: plate_holder
select account_id from account_plate where plate = $1 and plate_color = $2 for update

-- name: unlink_plate
delete from account_plate where plate = $1 and plate_color = $2 and account_id = $3 returning plate

-- name: release_plate
delete from account_plate where plate = $1 and plate_color = $2 returning account_id
