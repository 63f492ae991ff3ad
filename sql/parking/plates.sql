-- The plates that accounts pay for, and those they would pay for if another did not.

-- name: plates_of
-- A claim looks like a link, so that nobody learns from it which plates have accounts.
select p.plate, p.plate_color::text as plate_color, p.linked_at,
       exists (select 1 from plate_contest k
                where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                  and k.resolved_at is null) as contested
  from account_plate p where p.account_id = $1
union all
select plate, plate_color::text, claimed_at, false from plate_claim where account_id = $1
 order by 3, 1

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

-- name: add_claim
insert into plate_claim (plate, plate_color, account_id, claimed_at) values ($1, $2, $3, $4) on conflict do nothing

-- name: drop_claim
delete from plate_claim where plate = $1 and plate_color = $2 and account_id = $3 returning plate

-- name: oldest_claim
select c.account_id
  from plate_claim c join account a on a.id = c.account_id and a.status = 'active'
 where c.plate = $1 and c.plate_color = $2
 order by c.claimed_at, c.account_id
 limit 1
