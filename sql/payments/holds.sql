-- Charges that are held back.

-- name: insert_holds
-- Only of charges that were written just now: a repeat holds nothing back that was free before.
insert into charge_hold (lot_id, charge_id, reason, held_at)
select h.lot_id, h.charge_id, h.reason, $4
  from unnest($1::int[], $2::uuid[], $3::text[]) as h (lot_id, charge_id, reason)
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where c.state = 'due' and c.collect_at is null and c.account_id is not null and c.created_at = $4
on conflict do nothing

-- name: release_hold
update charge_hold set released_at = $3, released_by = $4
 where lot_id = $1 and charge_id = $2 and released_at is null
returning charge_id

-- name: held_charges
-- Keyset pages by identifier; $1 limits to an operator, $2 to a lot.
select c.id as charge_id, c.lot_id, c.operator_id, c.account_id, c.amount_fen, h.reason, h.held_at
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where h.released_at is null and c.state = 'due'
   and ($1::bigint is null or c.operator_id = $1) and ($2::int is null or c.lot_id = $2) and c.id > $3
 order by c.id
 limit $4
