-- Drivers' accounts, what they put into their wallets, and the audit trail.

-- name: open_account
insert into account (name, created_at) values ($1, $2) returning id, name, status, created_at

-- name: open_balances
select open_balances($1)

-- name: account_by_id
select id, name, status, created_at from account where id = $1

-- name: lock_account
-- Two top-ups of one account with the same key take turns here, so the second finds the first.
select id, name, status, created_at from account where id = $1 for no key update

-- name: top_up_by_request_no
select account_id, id, request_no, channel, amount_fen, state, code, request::text as request, created_at, updated_at, query_at
  from top_up where account_id = $1 and request_no = $2

-- name: top_up_by_id
select account_id, id, request_no, channel, amount_fen, state, code, request::text as request, created_at, updated_at, query_at
  from top_up where account_id = $1 and id = $2

-- name: insert_top_up
insert into top_up (account_id, id, request_no, channel, amount_fen, state, request, created_at, updated_at, query_at)
values ($1, $2, $3, $4, $5, 'submitting', $6::text::jsonb, $7, $7, $8)

-- name: move_top_up
update top_up set state = $3, code = $4, query_at = $5, updated_at = $6
 where account_id = $1 and id = $2 and state = any($7::attempt_state[])

-- name: claim_top_ups_to_query
update top_up t set query_at = $2
  from (select account_id, id from top_up where query_at <= $1 order by query_at limit $3) as waiting
 where t.account_id = waiting.account_id and t.id = waiting.id and t.query_at <= $1
returning t.account_id, t.id, t.request_no, t.channel, t.amount_fen, t.state, t.code, t.request::text as request, t.created_at,
          t.updated_at, t.query_at

-- name: record_audit
insert into audit (owner_id, id, at, actor, action, subject, detail)
values ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
on conflict do nothing
