-- Drivers' accounts and what they put into their wallets.

-- name: open_account
insert into account (name, created_at) values ($1, $2) returning id, name, status, created_at, debit_max_fen

-- name: open_balances
select open_balances($1)

-- name: account_by_id
select id, name, status, created_at, debit_max_fen from account where id = $1

-- name: lock_account
-- Two top-ups of one account with the same key take turns here, so the second finds the first.
select id, name, status, created_at, debit_max_fen from account where id = $1 for no key update

-- name: top_up_by_key
select account_id, id, amount_fen, created_at from top_up where account_id = $1 and key_digest = $2

-- name: top_up_by_id
select account_id, id, amount_fen, created_at from top_up where account_id = $1 and id = $2

-- name: insert_top_up
insert into top_up (account_id, id, key_digest, amount_fen, created_at) values ($1, $2, $3, $4, $5)

-- name: set_status
update account set status = $2 where id = $1

-- name: set_debit_max
update account set debit_max_fen = $2 where id = $1

-- name: rename
update account set name = $2 where id = $1

-- name: known_as
select account_id, known_as from account_known_as where account_id = any($1::bigint[])

-- name: account_known_as
select account_id, known_as from account_known_as where known_as = any($1::text[])

-- name: call
insert into account_known_as (known_as, account_id) values ($2, $1)
on conflict (account_id) do update set known_as = excluded.known_as

-- name: forget_known_as
delete from account_known_as where account_id = $1

-- name: close_account
update account set status = 'closed', closed_at = $2, name = '' where id = $1

-- name: has_open_top_ups
-- Money of one that is asked for still may come, and money of one in dispute too.
select exists (select 1 from attempt
                where shard = $1 and kind = 'top_up'
                  and (state in ('submitting', 'accepted', 'unknown') or query_at is not null))
    or exists (select 1 from dispute where shard = $1 and payable = 'top_up' and state = 'open')

-- name: top_ups_of_account
select u.id, u.amount_fen, a.channel, a.state, a.request->>'payer' as payer, u.created_at
  from top_up u
  join attempt a on a.shard = u.account_id and a.payable_id = u.id and a.kind = 'top_up'
 where u.account_id = $1
 order by u.id desc
 limit $2
