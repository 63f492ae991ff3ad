-- Tokens that were issued, and who may do nothing whatever token they have.

-- name: version
select version from identity_version

-- name: bump_version
update identity_version set version = version + 1

-- name: insert_token
insert into token (id, audience, subject, account_id, operator_id, lot_id, issued_by, issued_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: tokens
-- Keyset pages by id, the newest first; $1 to $3 are who they are for, each null for anybody.
select id, audience, subject, account_id, operator_id, lot_id, issued_by, issued_at, expires_at, revoked_at, revoked_by
  from token
 where ($1::uuid is null or id = $1) and ($2::bigint is null or account_id = $2) and ($3::text is null or subject = $3)
   and ($4::uuid is null or id < $4)
 order by id desc
 limit $5

-- name: revoke_tokens
update token set revoked_at = $4, revoked_by = $5
 where revoked_at is null and expires_at > $4
   and ($1::uuid is null or id = $1) and ($2::bigint is null or account_id = $2) and ($3::text is null or subject = $3)
returning id

-- name: revoked_tokens
select id from token where revoked_at is not null and expires_at > $1

-- name: barred_accounts
select id from account where status <> 'active'

-- name: drop_ended_tokens
delete from token where expires_at < $1
