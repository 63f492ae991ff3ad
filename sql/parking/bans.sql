-- Vehicles that are not let in.

-- name: ban
select b.id, b.operator_id, b.lot_id, b.plate, b.plate_color::text as plate_color, b.valid_from, b.valid_until, b.reason,
       b.added_by, b.added_at, b.ended_by, b.ended_at, b.end_reason, b.said, b.said_at
  from ban b where b.id = $1

-- name: bans
-- A page in order of their numbers. $1: of this operator and not of the city; null: all.
select b.id, b.operator_id, b.lot_id, b.plate, b.plate_color::text as plate_color, b.valid_from, b.valid_until, b.reason,
       b.added_by, b.added_at, b.ended_by, b.ended_at, b.end_reason, b.said, b.said_at
  from ban b
 where ($1::bigint is null or b.operator_id = $1) and ($2::text is null or b.plate = $2)
   and ($3::timestamptz is null or b.valid_until is null or b.valid_until > $3)
   and (not $4::boolean or b.said is not null) and b.id > $5
 order by b.id
 limit $6

-- name: bans_of_account
-- Those of the plates that the account pays for now.
select b.id, b.operator_id, b.lot_id, b.plate, b.plate_color::text as plate_color, b.valid_from, b.valid_until, b.reason,
       b.added_by, b.added_at, b.ended_by, b.ended_at, b.end_reason, b.said, b.said_at
  from account_plate p
  join ban b on b.plate = p.plate and b.plate_color = p.plate_color and (b.valid_until is null or b.valid_until > $2)
 where p.account_id = $1 and p.unlinked_at is null
   and not exists (select 1 from plate_contest k
                    where k.plate = p.plate and k.plate_color = p.plate_color and k.account_id = p.account_id
                      and k.resolved_at is null)
 order by b.id

-- name: count_bans
select count(*) from (select 1 from ban where valid_until is null or valid_until > $1 limit $2) found

-- name: add_ban
insert into ban (id, operator_id, lot_id, plate, plate_color, valid_from, valid_until, reason, added_by, added_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: end_ban
-- Its end is said once.
update ban set valid_until = least(valid_until, greatest($2, valid_from)), ended_by = $3, ended_at = $2, end_reason = $4
 where id = $1 and ended_at is null
returning valid_until

-- name: appeal
update ban set account_id = $2, said = $3, said_at = $4 where id = $1 and said is null returning id
