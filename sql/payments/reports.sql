-- Figures of reports. Days are business days, both included; $3 limits to one operator, $4 to one lot (null: all).

-- name: take_time
-- Between the rows of a long report, and after the last, a file is written: no connection that was left.
select set_config('idle_in_transaction_session_timeout', '1h', true)

-- name: days
select s.operator_id, s.business_date, s.charges, s.gross_fen, s.refunds_fen, s.platform_fee_fen, s.net_fen, s.collected_fen,
       s.cash_fen, s.carried_fen, s.payout_fen
  from settlement s
 where s.business_date between $1 and $2 and ($3::bigint is null or s.operator_id = $3)
 order by s.business_date, s.operator_id

-- name: periods
-- Statements in stretches of days ($4), by the first day of each that is asked for. What was carried into a stretch is what
-- was carried into its first day.
select d.operator_id, d.period, count(*)::int as days, sum(d.charges)::bigint as charges, sum(d.gross_fen)::bigint as gross_fen,
       sum(d.refunds_fen)::bigint as refunds_fen, sum(d.platform_fee_fen)::bigint as platform_fee_fen,
       sum(d.net_fen)::bigint as net_fen, sum(d.collected_fen)::bigint as collected_fen, sum(d.cash_fen)::bigint as cash_fen,
       (array_agg(d.carried_fen order by d.business_date))[1] as carried_fen, sum(d.payout_fen)::bigint as payout_fen
  from (select s.*, greatest(case when $4::text = 'whole' then $1 else date_trunc($4::text, s.business_date)::date end, $1) as period
          from settlement s
         where s.business_date between $1 and $2 and ($3::bigint is null or s.operator_id = $3)) d
 group by d.operator_id, d.period
 order by d.period, d.operator_id

-- name: lots_of_periods
select d.operator_id, d.period, d.lot_id, sum(d.charges)::bigint as charges, sum(d.gross_fen)::bigint as gross_fen,
       sum(d.refunds_fen)::bigint as refunds_fen, sum(d.collected_fen)::bigint as collected_fen,
       sum(d.cash_fen)::bigint as cash_fen
  from (select l.*, greatest(case when $4::text = 'whole' then $1 else date_trunc($4::text, l.business_date)::date end, $1) as period
          from settlement_line l
         where l.business_date between $1 and $2 and ($3::bigint is null or l.operator_id = $3)) d
 group by d.operator_id, d.period, d.lot_id
 order by d.period, d.operator_id, d.lot_id

-- name: money
-- What was booked for operators by lot, kind and channel, in the column of the statement in which it is. A transfer has one
-- of a channel's, a wallet's or a cash book on one of its sides, or none.
select m.operator_id, m.lot_id, m.kind, m.channel, count(*)::bigint as entries,
       coalesce(sum(m.fen) filter (where m.statement = 'gross'), 0)::bigint as gross_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'given_back'), 0)::bigint as refunds_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'fee'), 0)::bigint as fee_fen,
       coalesce(sum(m.fen) filter (where m.statement = 'collected'), 0)::bigint as collected_fen,
       coalesce(sum(m.fen) filter (where m.kind = 'refund_paid'), 0)::bigint as paid_back_fen,
       coalesce(sum(m.fen) filter (where m.kind in ('overpaid', 'suspense_received')), 0)::bigint
         - coalesce(sum(m.fen) filter (where m.kind = 'suspense_returned'), 0)::bigint as suspense_fen
  from (select j.operator_id, j.lot_id, j.kind, r.statement,
               coalesce(dc.name, cc.name, case when 'wallet' in (t.debit_book, t.credit_book) then 'wallet'
                                               when 'cash' in (t.debit_book, t.credit_book) then 'cash' end) as channel,
               case when r.statement in ('given_back', 'fee') and t.credit_book = 'payable' then -t.amount_fen
                    when r.statement in ('given_back', 'fee') and t.debit_book <> 'payable' then 0
                    else t.amount_fen end as fen
          from journal j
          join journal_rule r on r.kind = j.kind
          join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
          left join channel dc on t.debit_book = 'clearing' and dc.owner_id = t.debit_owner
          left join channel cc on t.credit_book = 'clearing' and cc.owner_id = t.credit_owner
         where j.business_date between $1 and $2 and j.operator_id is not null
           and ($3::bigint is null or j.operator_id = $3) and ($4::int is null or j.lot_id = $4)) m
 group by m.operator_id, m.lot_id, m.kind, m.channel
 order by m.operator_id, m.lot_id nulls first, m.kind, m.channel nulls first

-- name: lines
-- Each entry of which the figures of `money` are made, with the charge and the stay that it is about. $5: of a kind, $6: through a
-- channel (empty: through none). What names its charge itself is not asked for it.
select m.business_date, m.recorded_at, m.operator_id, m.lot_id, m.kind, m.channel, m.statement, m.fen,
       c.reference as charge_reference, c.stay_id, m.owner_id, m.id
  from (select j.business_date, j.recorded_at, j.operator_id, j.lot_id, j.kind, r.statement, j.owner_id, j.id,
               coalesce(dc.name, cc.name, case when 'wallet' in (t.debit_book, t.credit_book) then 'wallet'
                                               when 'cash' in (t.debit_book, t.credit_book) then 'cash' end) as channel,
               case when r.statement in ('given_back', 'fee') and t.credit_book = 'payable' then -t.amount_fen
                    when r.statement in ('given_back', 'fee') and t.debit_book <> 'payable' then 0
                    else t.amount_fen end as fen,
               case when r.about = 'charge' then j.ref
                    else charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses) end as charge_id
          from journal j
          join journal_rule r on r.kind = j.kind
          join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
          left join channel dc on t.debit_book = 'clearing' and dc.owner_id = t.debit_owner
          left join channel cc on t.credit_book = 'clearing' and cc.owner_id = t.credit_owner
         where j.business_date between $1 and $2 and j.operator_id is not null
           and ($3::bigint is null or j.operator_id = $3) and ($4::int is null or j.lot_id = $4)
           and ($5::journal_kind is null or j.kind = $5)) m
  left join charge c on c.lot_id = m.lot_id and c.id = m.charge_id
 where ($6::text is null or coalesce(m.channel, '') = $6)

-- name: ledger
-- Every transfer of journals that concern an operator, or of all.
select j.business_date, j.recorded_at, j.owner_id, j.id, j.kind, j.operator_id, j.lot_id, j.ref, t.leg, t.debit_owner, t.debit_book,
       t.credit_owner, t.credit_book, t.amount_fen
  from journal j
  join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
 where j.business_date between $1 and $2 and ($3::bigint is null or j.operator_id = $3) and ($4::int is null or j.lot_id = $4)
   and ($5::journal_kind is null or j.kind = $5)

-- name: trial_balance
-- Every book over all of its owners, or those of one operator: what stood in it before, what moved, and what stands after.
select b.book, b.kind, b.name_zh, b.name_en,
       coalesce(sum(l.debit_fen - l.credit_fen) filter (where l.business_date < $1), 0)::bigint as opening_fen,
       coalesce(sum(l.debit_fen) filter (where l.business_date >= $1), 0)::bigint as debit_fen,
       coalesce(sum(l.credit_fen) filter (where l.business_date >= $1), 0)::bigint as credit_fen
  from book b
  left join (select j.business_date, s.book, s.debit_fen, s.credit_fen
               from journal j
               join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
              cross join lateral (values (t.debit_owner, t.debit_book, t.amount_fen, 0::bigint),
                                         (t.credit_owner, t.credit_book, 0::bigint, t.amount_fen))
                         as s (owner_id, book, debit_fen, credit_fen)
              where j.business_date <= $2 and ($3::bigint is null or s.owner_id = $3)) l on l.book = b.book
 group by b.book, b.kind, b.name_zh, b.name_en
 order by b.book

-- name: arrears
-- What is owed now of charges that were made in a time ($1 to $2), by how many days ($4) ago that was.
select c.operator_id, c.lot_id, c.account_id is not null as by_account, count(*)::bigint as charges,
       sum(c.owed_fen)::bigint as owed_fen,
       coalesce(sum(c.owed_fen) filter (where $4 - c.created_at < interval '8 days'), 0)::bigint as days_7_fen,
       coalesce(sum(c.owed_fen) filter (where $4 - c.created_at >= interval '8 days' and $4 - c.created_at < interval '31 days'), 0)::bigint
         as days_30_fen,
       coalesce(sum(c.owed_fen) filter (where $4 - c.created_at >= interval '31 days' and $4 - c.created_at < interval '91 days'), 0)::bigint
         as days_90_fen,
       coalesce(sum(c.owed_fen) filter (where $4 - c.created_at >= interval '91 days' and $4 - c.created_at < interval '181 days'), 0)::bigint
         as days_180_fen,
       coalesce(sum(c.owed_fen) filter (where $4 - c.created_at >= interval '181 days'), 0)::bigint as older_fen
  from charge c
 where c.state = 'due' and c.created_at >= $1 and c.created_at < $2 and ($3::bigint is null or c.operator_id = $3)
   and ($5::int is null or c.lot_id = $5)
 group by c.operator_id, c.lot_id, c.account_id is not null
 order by c.operator_id, c.lot_id, by_account

-- name: refunds
-- What was asked to go back, and how it stands now, by the day on which it was booked. Who bears it: the operator, whose money it
-- was; or nobody, where it was paid without being owed.
select j.operator_id, j.lot_id, r.channel, r.dispute_id is not null as of_suspense, r.adjustment_id is not null as of_correction,
       count(*)::bigint as refunds, sum(r.amount_fen)::bigint as asked_fen,
       coalesce(sum(r.amount_fen) filter (where r.state = 'succeeded'), 0)::bigint as paid_fen,
       coalesce(sum(r.amount_fen) filter (where r.state in ('requested', 'unknown')), 0)::bigint as open_fen,
       coalesce(sum(r.amount_fen) filter (where r.state = 'closed'), 0)::bigint as closed_fen
  from journal j
  join refund r on r.shard = j.lot_id and r.id = j.ref and r.payable_id between id_first(j.id) and id_last(j.id)
 where j.business_date between $1 and $2 and j.kind in ('refund_requested', 'suspense_returned')
   and ($3::bigint is null or j.operator_id = $3) and ($4::int is null or j.lot_id = $4)
 group by j.operator_id, j.lot_id, r.channel, of_suspense, of_correction
 order by j.operator_id, j.lot_id, r.channel, of_suspense, of_correction

-- name: of_charge
-- What was booked about a charge, whose journals have its instant in their numbers; $1: who may own them.
select j.business_date, j.recorded_at, j.owner_id, j.id, j.kind, j.operator_id, j.lot_id, j.ref, t.leg, t.debit_owner, t.debit_book,
       t.credit_owner, t.credit_book, t.amount_fen
  from journal j
  join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
 where j.owner_id = any($1::bigint[]) and j.id between id_first($2) and id_last($2)
   and charge_of(j.kind, j.owner_id, j.id, j.lot_id, j.ref, j.reverses) = $2
 order by j.recorded_at, j.id, t.leg
