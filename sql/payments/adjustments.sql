-- Corrections of charges. The charges are locked first, and nobody adds one to a charge that is not (lock_charges).

-- name: lock_accounts
-- Before the charges: no account is closed while its wallet is given something. Who pays for a charge never changes.
select a.id, a.status::text as status
  from account a
 where a.id in (select c.account_id
                  from unnest($1::int[], $2::uuid[]) as named (lot_id, id)
                  join charge c on c.lot_id = named.lot_id and c.id = named.id)
 order by a.id
   for share of a

-- name: lock_charges
-- In the one order all take, with what their drivers accepted and whether the wallet waits. The lines are the first ones.
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       c.lines::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason,
       (select a.debit_max_fen from account a where a.id = c.account_id and a.status = 'active') as debit_max_fen,
       -- What was put to sleep while this waited for the lock is not seen here, but in collect_at.
       c.state = 'due' and c.account_id is not null and c.collect_at is null
       or exists (select 1 from charge_hold h where h.lot_id = c.lot_id and h.charge_id = c.id and h.released_at is null)
       or exists (select 1 from attempt t where t.shard = c.lot_id and t.payable_id = c.id
                                            and t.state in ('submitting', 'accepted', 'unknown')) as asleep
  from unnest($1::int[], $2::uuid[]) as named (lot_id, id)
  join charge c on c.lot_id = named.lot_id and c.id = named.id
  join operator o on o.id = c.operator_id
 order by c.lot_id, c.id
   for update of c

-- name: insert_adjustments
insert into charge_adjustment (lot_id, charge_id, n, id, kind, wanted_fen, amount_fen, change_fen, waived_fen, waived_for,
                               owed_fen, returned_fen, cause, cause_id, lines, business_date, made_at)
select lot_id, charge_id, n, id, kind, wanted_fen, amount_fen, change_fen, waived_fen, waived_for, owed_fen, returned_fen,
       cause, cause_id, lines::jsonb, business_date, $17::timestamptz
  from unnest($1::int[], $2::uuid[], $3::int[], $4::uuid[], $5::adjustment_kind[], $6::bigint[], $7::bigint[], $8::bigint[],
              $9::bigint[], $10::waived_for[], $11::bigint[], $12::bigint[], $13::text[], $14::uuid[], $15::text[],
              $16::date[])
       as a (lot_id, charge_id, n, id, kind, wanted_fen, amount_fen, change_fen, waived_fen, waived_for, owed_fen,
             returned_fen, cause, cause_id, lines, business_date)

-- name: adjust_charges
-- What is owed says whether the charge is due. What waits for a payment that is under way, or for a person, goes on waiting.
update charge c set amount_fen = a.amount_fen, waived_fen = a.waived_fen, owed_fen = c.owed_fen + a.owed_fen,
                    refunded_fen = c.refunded_fen + a.reserved_fen, adjustments = a.n,
                    state = (case when c.owed_fen + a.owed_fen > 0 then 'due' else 'paid' end)::charge_state,
                    collect_at = case when c.account_id is not null and c.owed_fen + a.owed_fen > 0 and not a.asleep
                                      then $9::timestamptz end
  from unnest($1::int[], $2::uuid[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::boolean[])
       as a (lot_id, id, n, amount_fen, waived_fen, owed_fen, reserved_fen, asleep)
 where c.lot_id = a.lot_id and c.id = a.id

-- name: payments_of
-- What attempts paid of these charges and was not given back, the oldest payment of a charge first.
select a.payable_id as charge_id, a.id as attempt_id, a.channel,
       (a.paid_fen - coalesce((select sum(r.amount_fen) from refund r
                                where r.shard = a.shard and r.payable_id = a.payable_id and r.attempt_id = a.id
                                  and r.dispute_id is null and r.state <> 'closed'), 0))::bigint as left_fen
  from unnest($1::int[], $2::uuid[]) as named (lot_id, id)
  join attempt a on a.shard = named.lot_id and a.payable_id = named.id and a.paid_fen > 0
 order by a.payable_id, a.updated_at, a.id

-- name: insert_refunds
-- Into a wallet it has ended at once; a channel is asked by the worker. When: as insert_refund.
insert into refund (shard, payable_id, id, attempt_id, adjustment_id, amount_fen, channel, state, reason, asked_by,
                    created_at, updated_at, query_at)
select r.shard, r.payable_id, r.id, r.attempt_id, r.adjustment_id, r.amount_fen, r.channel, r.state, r.reason, r.asked_by,
       greatest($11, a.created_at), greatest($11, a.created_at), r.query_at
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bigint[], $7::text[], $8::refund_state[],
              $9::text[], $10::text[], $12::timestamptz[])
       as r (shard, payable_id, id, attempt_id, adjustment_id, amount_fen, channel, state, reason, asked_by, query_at)
  join attempt a on a.shard = r.shard and a.payable_id = r.payable_id and a.id = r.attempt_id

-- name: wake_accounts
-- Their wallets hold more. What somebody else has locked is left to its own time: the charges that are locked already
-- are not waited for in the order of all.
update charge c set collect_at = $2
  from (select lot_id, id from charge
         where account_id = any($1::bigint[]) and state = 'due' and collect_at is not null
         order by lot_id, id
           for update skip locked) as waiting
 where c.lot_id = waiting.lot_id and c.id = waiting.id and c.state = 'due' and c.collect_at is not null

-- name: corrections_of
select a.charge_id, (a.made_at at time zone o.time_zone)::date as made_on, a.amount_fen - a.change_fen as from_fen,
       a.amount_fen as to_fen, a.waived_fen, a.returned_fen, a.cause
  from unnest($1::int[], $2::uuid[]) as named (lot_id, id)
  join charge c on c.lot_id = named.lot_id and c.id = named.id
  join operator o on o.id = c.operator_id
  join charge_adjustment a on a.lot_id = named.lot_id and a.charge_id = named.id
 order by a.charge_id, a.n

-- name: adjustments_page
-- Keyset pages by (charge_id, n) of the days from $1 to $2; $3 limits to an operator. An adjustment is later than its charge.
select a.id, a.charge_id, a.n, c.reference, a.lot_id, c.operator_id, a.kind, a.amount_fen - a.change_fen as from_fen,
       a.amount_fen as to_fen, a.waived_fen, a.waived_for, a.owed_fen, a.returned_fen, a.cause, a.cause_id, a.made_at,
       a.business_date
  from charge_adjustment a
  join charge c on c.lot_id = a.lot_id and c.id = a.charge_id
 where a.business_date between $1 and $2 and ($3::bigint is null or c.operator_id = $3)
   and ($4::uuid is null or (a.charge_id, a.n) > ($4, $5::int))
 order by a.charge_id, a.n
 limit $6
