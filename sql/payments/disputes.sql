-- What a person at finance has to look at.

-- name: insert_dispute
-- The same words again are the same dispute, also when it is resolved.
insert into dispute (shard, id, kind, payable, payable_id, attempt_id, refund_id, operator_id, channel, asked_fen, said, held_fen,
                     opened_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12, $13)
on conflict do nothing

-- name: dispute_by_id
select shard, id, kind, payable, payable_id, attempt_id, refund_id, operator_id, channel, asked_fen, said::text as said,
       held_fen, state, opened_at, resolved_at, resolved_by, resolution, note
  from dispute where shard = $1 and id = $2

-- name: lock_dispute
-- After the charge it is about, if it is about one.
select shard, id, kind, payable, payable_id, attempt_id, refund_id, operator_id, channel, asked_fen, said::text as said,
       held_fen, state, opened_at, resolved_at, resolved_by, resolution, note
  from dispute where shard = $1 and id = $2
   for update

-- name: disputes_page
-- $1: the operator whose disputes are asked for, or null for all; $2: state; $3: where the last page ended.
select shard, id, kind, payable, payable_id, attempt_id, refund_id, operator_id, channel, asked_fen, said::text as said,
       held_fen, state, opened_at, resolved_at, resolved_by, resolution, note
  from dispute
 where state = $2 and ($1::bigint is null or operator_id = $1) and id > $3
 order by id
 limit $4

-- name: hold
update dispute set held_fen = $3 where shard = $1 and id = $2

-- name: resolve
update dispute set state = 'resolved', resolution = $3, resolved_by = $4, note = $5,
                   resolved_at = greatest($6, opened_at)
 where shard = $1 and id = $2 and state = 'open'
