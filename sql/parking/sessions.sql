-- Sessions of staff and of drivers, and what was tried in vain.

-- name: insert
insert into session (token_hash, staff_id, account_id, begun_at, seen_at, ends_at, address, agent)
values ($1, $2, $3, $4, $4, $5, $6, $7)

-- name: seen
-- Whose session it is, if it has neither ended nor been idle for too long ($3 and $4: since when at the longest, of staff
-- and of drivers).
select s.token_hash, s.seen_at, s.ends_at, s.account_id, f.login, f.name, f.audience, f.operator_id, f.lot_id
  from session s
  left join staff f on f.id = s.staff_id
 where s.token_hash = $1 and s.ends_at > $2
   and s.seen_at > case when s.staff_id is null then $4::timestamptz else $3::timestamptz end
   and f.disabled_at is null

-- name: touch
update session set seen_at = $2 where token_hash = $1

-- name: of_staff
select token_hash, begun_at, seen_at, ends_at, address, agent
  from session where staff_id = $1 and ends_at > $2
 order by seen_at desc

-- name: of_account
select begun_at, seen_at, ends_at, address, agent from session where account_id = $1 order by seen_at desc

-- name: end_of_account
delete from session where account_id = $1

-- name: end
delete from session where token_hash = $1 returning token_hash

-- name: end_of_staff
-- $2: but not this one; null: all.
delete from session where staff_id = $1 and token_hash is distinct from $2::bytea returning token_hash

-- name: drop_ended
delete from session where ends_at < $1

-- name: note_failures
-- Each of them has its row then, and they are locked in one order, until the try is counted.
insert into sign_in_failure (who, failures, last_at)
select who, 0, $2 from unnest($1::bytea[]) who order by who
on conflict (who) do nothing

-- name: failures
select who, failures, last_at from sign_in_failure where who = any($1::bytea[]) order by who for update

-- name: count_failures
-- What is a day old does not count any more ($3).
update sign_in_failure set failures = case when last_at < $3 then 1 else failures + 1 end, last_at = $2
 where who = any($1::bytea[])

-- name: forgive
delete from sign_in_failure where who = $1

-- name: forgive_one
update sign_in_failure set failures = greatest(failures - 1, 0) where who = $1

-- name: drop_old_failures
delete from sign_in_failure where last_at < $1
