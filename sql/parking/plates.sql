-- The plates that accounts pay for, and those they would pay for if another did not. Who links or unlinks one has locked
-- its slot (events.sql, lock_plates).

-- name: plates_of
-- A claim looks like a link, so that nobody learns from it which plates have accounts.
select p.plate, p.plate_color::text as plate_color, p.linked_at,
       exists (select 1 from plate_contest k
                where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                  and k.resolved_at is null) as contested
  from account_plate p where p.account_id = $1 and p.unlinked_at is null
union all
select plate, plate_color::text, claimed_at, false from plate_claim where account_id = $1
 order by 3, 1

-- name: links_of
-- Contested: by somebody whom staff have not refuted. A claim looks like a link here too.
select p.plate, p.plate_color::text as plate_color, p.linked_at, p.unlinked_at,
       exists (select 1 from plate_contest k
                where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                  and (k.resolved_at is null
                       or not k.link_stands and p.linked_at between k.linked_at and k.resolved_at)) as contested
  from account_plate p where p.account_id = $1
union all
select plate, plate_color::text, claimed_at, null, false from plate_claim where account_id = $1
 order by 3, 1

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

-- name: add_no_plate_text
insert into no_plate_text (operator_id, text, added_at) values ($1, $2, $3) on conflict do nothing returning text

-- name: drop_no_plate_text
delete from no_plate_text where operator_id = $1 and text = $2 returning text
