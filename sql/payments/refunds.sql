-- Refunds. Who changes one of a charge has locked the charge (charges.sql, lock_charge); one out of suspense, the dispute.

-- name: reserve_refund
-- What a person leaves of a charge it is not raised beyond ($4). The constraint refunded_within_paid is the last word.
update charge set refunded_fen = refunded_fen + $3,
                  kept_max_fen = case when $4 then paid_fen + owed_fen - refunded_fen - $3 else kept_max_fen end
 where lot_id = $1 and id = $2

-- name: release_refund
-- It was closed without money moving.
update charge set refunded_fen = refunded_fen - $3, kept_max_fen = case when $4 then kept_max_fen + $3 else kept_max_fen end
 where lot_id = $1 and id = $2

-- name: insert_refund
-- The clock that says when may be behind the one that said when it was paid.
insert into refund (shard, payable_id, id, attempt_id, dispute_id, adjustment_id, amount_fen, channel, state, reason,
                    asked_by, created_at, updated_at, query_at)
select a.shard, a.payable_id, $3, a.id, $5, $6, $7, $8, $9, $10, $11, greatest($12, a.created_at),
       greatest($12, a.created_at), $13
  from attempt a where a.shard = $1 and a.payable_id = $2 and a.id = $4

-- name: refund_by_id
select shard, payable_id, id, attempt_id, dispute_id, adjustment_id, amount_fen, channel, state, reason, asked_by, code, tries,
       created_at, updated_at, query_at
  from refund where shard = $1 and payable_id = $2 and id = $3

-- name: refunds_of_dispute
select shard, payable_id, id, attempt_id, dispute_id, adjustment_id, amount_fen, channel, state, reason, asked_by, code, tries,
       created_at, updated_at, query_at
  from refund where shard = $1 and payable_id = $2 and dispute_id = $3 order by created_at, id

-- name: move_refund
update refund set state = $4, code = $5, query_at = $6, updated_at = greatest($7, created_at)
 where shard = $1 and payable_id = $2 and id = $3 and state = any($8::refund_state[])

-- name: claim_refunds_to_query
-- As claim_attempts_to_query.
update refund r set query_at = $2, tries = r.tries + 1
  from (select shard, payable_id, id from refund
         where query_at <= $1 and (channel = any($4::text[])) = $5 order by query_at limit $3) as waiting
 where r.shard = waiting.shard and r.payable_id = waiting.payable_id and r.id = waiting.id and r.query_at <= $1
returning r.shard, r.payable_id, r.id, r.attempt_id, r.dispute_id, r.adjustment_id, r.amount_fen, r.channel, r.state, r.reason,
          r.asked_by, r.code, r.tries, r.created_at, r.updated_at, r.query_at
