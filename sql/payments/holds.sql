-- Charges that are held back.

-- name: insert_holds
-- Only of charges that were written just now: a repeat holds nothing back that was free before.
insert into charge_hold (lot_id, charge_id, reason, held_at)
select h.lot_id, h.charge_id, h.reason, $4
  from unnest($1::int[], $2::uuid[], $3::text[]) as h (lot_id, charge_id, reason)
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where c.state = 'due' and c.collect_at is null and c.account_id is not null and c.created_at = $4
on conflict do nothing

-- name: lock_held
-- A charge is locked before what holds it back is changed, in the one order all take.
select 1 from charge c
  join unnest($1::int[], $2::uuid[]) as named (lot_id, id) on c.lot_id = named.lot_id and c.id = named.id
 order by c.lot_id, c.id
   for update of c

-- name: place_holds
-- What was released because its doubt had gone may be held for it again. What a person released stays free.
insert into charge_hold (lot_id, charge_id, reason, held_at)
select h.lot_id, h.charge_id, h.reason, $4
  from unnest($1::int[], $2::uuid[], $3::text[]) as h (lot_id, charge_id, reason)
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where c.state = 'due' and c.account_id is not null
on conflict (lot_id, charge_id, reason) do update set held_at = excluded.held_at, released_at = null, released_by = null
 where charge_hold.released_by = $5

-- name: keep_asleep
update charge c set collect_at = null
  from unnest($1::int[], $2::uuid[]) as h (lot_id, id)
 where c.lot_id = h.lot_id and c.id = h.id and c.collect_at is not null
   and exists (select 1 from charge_hold o where o.lot_id = h.lot_id and o.charge_id = h.id and o.released_at is null)

-- name: release_holds
update charge_hold o set released_at = $4, released_by = $5
  from unnest($1::int[], $2::uuid[], $3::text[]) as h (lot_id, charge_id, reason)
 where o.lot_id = h.lot_id and o.charge_id = h.charge_id and o.reason = h.reason and o.released_at is null

-- name: wake_released
-- While a payment has not ended the wallet waits for it, and is tried when it fails.
update charge c set collect_at = $3
  from unnest($1::int[], $2::uuid[]) as h (lot_id, id)
 where c.lot_id = h.lot_id and c.id = h.id and c.state = 'due' and c.account_id is not null and c.collect_at is null
   and not exists (select 1 from charge_hold o where o.lot_id = h.lot_id and o.charge_id = h.id and o.released_at is null)
   and not exists (select 1 from attempt t where t.shard = h.lot_id and t.payable_id = h.id
                                             and t.state in ('submitting', 'accepted', 'unknown'))

-- name: release_hold
-- By a person: whatever it is held for.
update charge_hold set released_at = $3, released_by = $4
 where lot_id = $1 and charge_id = $2 and released_at is null
returning charge_id

-- name: held_for
select h.charge_id
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, charge_id)
  join charge_hold h on h.lot_id = wanted.lot_id and h.charge_id = wanted.charge_id
 where h.released_at is null and h.reason = $3

-- name: held_charges
-- Keyset pages by identifier; $1 limits to an operator, $2 to a lot, $3 to what is held for a reason, among others.
select c.id as charge_id, c.reference, c.stay_id, c.lot_id, c.operator_id, c.account_id, c.owed_fen as amount_fen,
       array_agg(h.reason order by h.reason) as reasons, min(h.held_at) as held_at
  from charge_hold h
  join charge c on c.lot_id = h.lot_id and c.id = h.charge_id
 where h.released_at is null and c.state = 'due'
   and ($1::bigint is null or c.operator_id = $1) and ($2::int is null or c.lot_id = $2) and c.id > $4
   and ($3::text is null or exists (select 1 from charge_hold o where o.lot_id = c.lot_id and o.charge_id = c.id
                                                                 and o.reason = $3 and o.released_at is null))
 group by c.lot_id, c.id
 order by c.id
 limit $5

-- name: holds_of
-- Also those that a person released; what went with its doubt is none any more.
select h.charge_id, h.reason
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, charge_id)
  join charge_hold h on h.lot_id = wanted.lot_id and h.charge_id = wanted.charge_id
 where h.released_at is null or h.released_by <> $3
