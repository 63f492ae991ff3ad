-- Charges: written once per stay, corrected, paid or voided. Lines are those of the last correction, if there was any.

-- name: insert_charges
-- On the hot path: any number of charges in one statement. A repeat meets its own row and is passed over.
insert into charge (lot_id, id, stay_id, operator_id, account_id, amount_fen, first_fen, owed_fen, lines, created_at,
                    collect_at, reference, place_hidden)
select lot_id, id, stay_id, operator_id, account_id, amount_fen, amount_fen, amount_fen, lines, $2::timestamptz,
       case when account_id is not null and not held then $2::timestamptz end, reference, place_hidden
  from unnest($1::charge_row[])
 order by lot_id, id
on conflict do nothing

-- name: charges_by_id
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       (case when c.adjustments = 0 then c.lines else (select a.lines from charge_adjustment a
         where a.lot_id = c.lot_id and a.charge_id = c.id and a.n = c.adjustments) end)::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason
  from unnest($1::int[], $2::uuid[]) as wanted (lot_id, id)
  join charge c on c.lot_id = wanted.lot_id and c.id = wanted.id
  join operator o on o.id = c.operator_id

-- name: charges_of_stays
-- Whoever pays them. A charge has the instant of its stay.
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       (case when c.adjustments = 0 then c.lines else (select a.lines from charge_adjustment a
         where a.lot_id = c.lot_id and a.charge_id = c.id and a.n = c.adjustments) end)::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::uuid[]) as wanted (lot_id, stay_id, first_id, last_id)
  join charge c on c.lot_id = wanted.lot_id and c.id between wanted.first_id and wanted.last_id and c.stay_id = wanted.stay_id
  join operator o on o.id = c.operator_id

-- name: paid_at
-- An attempt that paid does not move any more.
select a.payable_id as charge_id, a.updated_at as at
  from unnest($1::int[], $2::uuid[]) wanted (lot_id, id)
  join attempt a on a.shard = wanted.lot_id and a.payable_id = wanted.id
 where a.state = 'succeeded' and a.paid_fen > 0
 order by a.updated_at

-- name: charge_by_reference
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       (case when c.adjustments = 0 then c.lines else (select a.lines from charge_adjustment a
         where a.lot_id = c.lot_id and a.charge_id = c.id and a.n = c.adjustments) end)::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason
  from charge c
  join operator o on o.id = c.operator_id
 where c.reference = $1

-- name: lock_charge
-- Every change of a charge starts here; two that pay, refund or withdraw the same one take turns. The lines are
-- the first ones: this statement does not see a correction that it waited for.
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       c.lines::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason
  from charge c
  join operator o on o.id = c.operator_id
 where c.lot_id = $1 and c.id = $2
   for update of c

-- name: charges_of_account
-- Newest stay first; $2 is the reference of the last charge of the page before.
select c.lot_id, c.id, c.reference, c.place_hidden, c.stay_id, c.operator_id, c.account_id, c.amount_fen, c.first_fen,
       c.paid_fen, c.owed_fen, c.refunded_fen, c.waived_fen, c.kept_max_fen, c.accepted_fen, c.adjustments, c.state, c.method,
       (case when c.adjustments = 0 then c.lines else (select a.lines from charge_adjustment a
         where a.lot_id = c.lot_id and a.charge_id = c.id and a.n = c.adjustments) end)::text as lines, c.created_at, c.paid_at, c.collect_at, c.collect_tries, o.time_zone,
       c.paid_attempt_id, c.void_reason
  from charge c
  join operator o on o.id = c.operator_id
 where c.account_id = $1
   and ($2::uuid is null or c.id < (select last.id from charge last where last.reference = $2 and last.account_id = $1))
 order by c.id desc
 limit $3

-- name: due_charges
select lot_id, id, stay_id from charge where collect_at <= $1 order by collect_at limit $2

-- name: lock_due_charges
-- $3: only of these; null: of all.
-- The outer test of collect_at is not a repetition: it is what PostgreSQL tests again when a row was changed between
-- the snapshot and the lock, and a charge with a payment under way has its collect_at taken away.
select c.lot_id, c.id, c.operator_id, c.account_id, c.owed_fen, c.collect_tries,
       ($1::timestamptz at time zone o.time_zone)::date as today
  from (select lot_id, id from charge
         where collect_at <= $1 and ($3::uuid[] is null or id = any($3)) order by collect_at limit $2) as waiting
  join charge c on c.lot_id = waiting.lot_id and c.id = waiting.id
  join operator o on o.id = c.operator_id
 where c.collect_at <= $1
 order by c.lot_id, c.id
   for update of c skip locked

-- name: mark_paid
-- Of each as much as is named, which leaves it due for the rest.
update charge c set state = case when c.owed_fen = paid.fen then 'paid' else 'due' end::charge_state, method = $5,
                    paid_at = greatest($6, c.created_at),
                    paid_fen = c.paid_fen + paid.fen, owed_fen = c.owed_fen - paid.fen, paid_attempt_id = paid.attempt_id,
                    accepted_fen = greatest(c.accepted_fen, c.paid_fen + paid.fen - c.refunded_fen),
                    collect_at = case when c.owed_fen <> paid.fen then c.collect_at end
  from unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[]) as paid (lot_id, id, attempt_id, fen)
 where c.lot_id = paid.lot_id and c.id = paid.id and c.state = 'due'

-- name: mark_declined
update charge c set collect_at = declined.again_at, collect_tries = c.collect_tries + 1
  from unnest($1::int[], $2::uuid[], $3::timestamptz[]) as declined (lot_id, id, again_at)
 where c.lot_id = declined.lot_id and c.id = declined.id and c.state = 'due'

-- name: set_collect_at
-- A charge that is held back stays asleep until a person releases it.
update charge c set collect_at = $3
 where c.lot_id = $1 and c.id = $2 and c.state = 'due' and c.account_id is not null
   and ($3::timestamptz is null or (select 1 from charge_hold h where h.lot_id = $1 and h.charge_id = $2
                                       and h.released_at is null limit 1) is null)

-- name: mark_void
-- Whose billing is withdrawn as it was, without any correction between.
update charge set state = 'void', collect_at = null, void_reason = $3, owed_fen = 0
 where lot_id = $1 and id = $2 and state = 'due'

-- name: mark_withdrawn
-- As mark_void, of one that was corrected: what was paid of it is kept, and it is not raised beyond that.
update charge set state = (case when paid_fen > 0 then 'paid' else 'void' end)::charge_state, collect_at = null,
                  void_reason = $3, owed_fen = 0, kept_max_fen = paid_fen - refunded_fen, adjustments = adjustments + 1
 where lot_id = $1 and id = $2 and state = 'due'

-- name: wake_account
-- The account has money again: what waits for it is due now. Locked in the one order all take, and before the wallet.
-- A charge without collect_at has a payment under way and stays asleep.
update charge c set collect_at = $2
  from (select lot_id, id from charge
         where account_id = $1 and state = 'due' and collect_at is not null
         order by lot_id, id
           for update) as waiting
 where c.lot_id = waiting.lot_id and c.id = waiting.id and c.state = 'due' and c.collect_at is not null

-- name: hide_places
-- Locked in the one order all take.
update charge c set place_hidden = $4
  from (select had.lot_id, had.id
          from unnest($2::int[], $3::uuid[]) as named (lot_id, id)
          join charge had on had.lot_id = named.lot_id and had.id = named.id
         where had.account_id = $1 and had.place_hidden <> $4
         order by had.lot_id, had.id
           for update of had) as hidden
 where c.lot_id = hidden.lot_id and c.id = hidden.id

-- name: note_cleared
-- Which of these no account pays and nothing is owed of any more.
insert into charge_cleared (lot_id, charge_id, stay_id, cleared_at)
select c.lot_id, c.id, c.stay_id, $3
  from unnest($1::int[], $2::uuid[]) as moved (lot_id, id)
  join charge c on c.lot_id = moved.lot_id and c.id = moved.id
 where c.account_id is null and c.state <> 'due'
on conflict do nothing

-- name: take_cleared
-- Whoever takes them passes them on in the same transaction; what another takes meanwhile is left to that one.
delete from charge_cleared c
 using (select lot_id, charge_id from charge_cleared order by cleared_at limit $1 for update skip locked) taken
 where c.lot_id = taken.lot_id and c.charge_id = taken.charge_id
returning c.lot_id, c.charge_id, c.stay_id

-- name: settled_charges
-- Of which charges a lot's line of a business day is made, and what each adds to it: by number, after $4.
select m.charge_id as id,
       (count(*) filter (where m.kind = 'stay_billed'))::int as charges,
       coalesce(sum(m.fen) filter (where m.statement = 'gross'), 0)::bigint as gross_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'given_back'), 0)::bigint as refunds_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'collected'), 0)::bigint as collected_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'cash'), 0)::bigint as cash_fen
  from movement m
 where m.operator_id = $1 and m.business_date = $2 and m.lot_id = $3 and m.statement <> 'fee' and m.charge_id > $4
 group by m.charge_id
 order by m.charge_id
 limit $5
