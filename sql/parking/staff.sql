-- Accounts of staff.

-- name: insert
insert into staff (login, name, audience, operator_id, lot_id, code_hash, code_until, totp_secret, created_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (login) do nothing
returning id

-- name: by_login
select id, login, name, audience, operator_id, lot_id, password_hash, code_hash, code_until, totp_secret, totp_confirmed,
       totp_step, identity, disabled_at, disabled_by, created_at, created_by
  from staff where login = $1

-- name: by_identity
select id, login, name, audience, operator_id, lot_id, password_hash, code_hash, code_until, totp_secret, totp_confirmed,
       totp_step, identity, disabled_at, disabled_by, created_at, created_by
  from staff where identity = $1

-- name: lock
-- Whatever changes an account reads it first, and nothing changes it in between.
select id from staff where login = $1 for update

-- name: all
-- $1: of this operator alone; null: of any.
select id, login, name, audience, operator_id, lot_id, password_hash, code_hash, code_until, totp_secret, totp_confirmed,
       totp_step, identity, disabled_at, disabled_by, created_at, created_by
  from staff where $1::bigint is null or operator_id = $1
 order by login

-- name: set_code
update staff set code_hash = $2, code_until = $3, totp_secret = $4, totp_confirmed = false, totp_step = 0, password_hash = null
 where id = $1

-- name: set_password
update staff set password_hash = $2, code_hash = null, code_until = null where id = $1

-- name: confirm_totp
update staff set totp_confirmed = true where id = $1

-- name: take_totp_step
-- A code is taken once, also by two who come with it at the same time.
update staff set totp_step = $2 where id = $1 and totp_step < $2 returning id

-- name: set_identity
-- Nothing if it is another's.
update staff set identity = $2
 where id = $1 and not exists (select 1 from staff o where o.identity = $2 and o.id <> $1)
returning id

-- name: disable
update staff set disabled_at = $2, disabled_by = $3 where id = $1

-- name: enable
update staff set disabled_at = null, disabled_by = null where id = $1

-- name: administrators
-- Who could make accounts. Their rows are locked, so that two do not end each other.
select id from staff
 where audience = 'admin' and disabled_at is null
 order by id for update
