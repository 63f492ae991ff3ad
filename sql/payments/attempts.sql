-- Attempts to pay charges and top-ups. Their states move by compare-and-set: of two that saw the same answer one moves
-- the row.

-- name: insert_attempt
insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, state, request, created_at, updated_at,
                     query_at, account_id, key_digest)
values ($1, $2, $3, $4, $5, $6, $7, 'submitting', $8::text::jsonb, $9, $9, $10, $11, $12)

-- name: insert_ended_attempts
-- A wallet answers at once.
insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, paid_fen, state, code, created_at,
                     updated_at)
select lot_id, charge_id, id, 'charge', replace(id::text, '-', ''), $8, amount_fen, paid_fen, state, code, $9, $9
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::attempt_state[], $7::text[])
       as a (lot_id, charge_id, id, amount_fen, paid_fen, state, code)

-- name: insert_taken
-- What is told when it was taken has ended.
insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, paid_fen, state, request, created_at,
                     updated_at, key_digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'succeeded', $9::text::jsonb, $10, $10, $11)

-- name: live_attempt
select shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request::text as request,
       next_action::text as next_action, tries, created_at, updated_at, query_at, channel_no, account_id, key_digest
  from attempt where shard = $1 and payable_id = $2 and state in ('submitting', 'accepted', 'unknown')

-- name: attempt_by_id
select shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request::text as request,
       next_action::text as next_action, tries, created_at, updated_at, query_at, channel_no, account_id, key_digest
  from attempt where shard = $1 and payable_id = $2 and id = $3

-- name: lock_attempt
-- Whoever takes an answer decides by the attempt as it stands, and two who take answers about it take turns. Of a charge's
-- attempt the charge is locked before.
select shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request::text as request,
       next_action::text as next_action, tries, created_at, updated_at, query_at, channel_no, account_id, key_digest
  from attempt where shard = $1 and payable_id = $2 and id = $3
   for update

-- name: attempt_by_key
select shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request::text as request,
       next_action::text as next_action, tries, created_at, updated_at, query_at, channel_no, account_id, key_digest
  from attempt where shard = $1 and payable_id = $2 and key_digest = $3

-- name: tried
-- Identifiers start with their time, so from $3 on leaves out what was tried long ago, however much that is. What a wallet
-- answered at once was no try of anybody.
select channel, request->>'payer' as payer, account_id, created_at
  from attempt where shard = $1 and payable_id = $2 and id >= $3 and request ? 'payer'
 order by id

-- name: attempts_of
select shard, payable_id, id, kind, request_no, channel, amount_fen, state, code, request::text as request,
       next_action::text as next_action, tries, created_at, updated_at, query_at, channel_no, account_id, key_digest
  from attempt where shard = $1 and payable_id = $2 order by id

-- name: move_attempt
update attempt set state = $4, code = $5, query_at = $6, next_action = coalesce($7::text::jsonb, next_action),
                   channel_no = coalesce($8, channel_no), updated_at = greatest($9, created_at), paid_fen = $11
 where shard = $1 and payable_id = $2 and id = $3 and state = any($10::attempt_state[])

-- name: tried_by_strangers
-- Whether anybody but the account tried to pay it through a channel between two instants, as tried.
select exists (select 1 from attempt
                where shard = $1 and payable_id = $2 and id >= $3 and id < $4 and account_id is null and request ? 'payer')

-- name: claim_attempts_to_query
-- Claimed by moving query_at ahead, so that no other worker asks for the same one while this one does. $4 are channels,
-- and $5 says whether theirs are wanted or those of all the others.
update attempt a set query_at = $2, tries = a.tries + 1
  from (select shard, payable_id, id from attempt
         where query_at <= $1 and (channel = any($4::text[])) = $5 order by query_at limit $3) as waiting
 where a.shard = waiting.shard and a.payable_id = waiting.payable_id and a.id = waiting.id and a.query_at <= $1
returning a.shard, a.payable_id, a.id, a.kind, a.request_no, a.channel, a.amount_fen, a.state, a.code,
          a.request::text as request, a.next_action::text as next_action, a.tries, a.created_at, a.updated_at, a.query_at,
          a.channel_no, a.account_id, a.key_digest
