-- Refunds of charges. Who changes one has locked its charge (charges.sql, lock_charge).

-- name: reserve_refund
-- Negative to release. The constraint refunded_within_amount is the last word.
update charge set refunded_fen = refunded_fen + $3 where lot_id = $1 and id = $2

-- name: insert_refund
insert into refund (lot_id, charge_id, id, amount_fen, channel, state, reason, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8)

-- name: refund_by_id
select lot_id, charge_id, id, amount_fen, channel, state, reason, created_at, updated_at
  from refund where lot_id = $1 and charge_id = $2 and id = $3

-- name: move_refund
update refund set state = $4, updated_at = $6
 where lot_id = $1 and charge_id = $2 and id = $3 and state = any($5::refund_state[])

-- name: claim_unresolved_refunds
-- Claimed by moving updated_at, so that another worker leaves them alone until this one had its turn.
update refund r set updated_at = $1
  from (select lot_id, charge_id, id from refund
         where state in ('requested', 'unknown') and updated_at <= $2 order by updated_at limit $3) as stale
 where r.lot_id = stale.lot_id and r.charge_id = stale.charge_id and r.id = stale.id
   and r.state in ('requested', 'unknown') and r.updated_at <= $2
returning r.lot_id, r.charge_id, r.id, r.amount_fen, r.channel, r.state, r.reason, r.created_at, r.updated_at
