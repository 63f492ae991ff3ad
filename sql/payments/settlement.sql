-- Settlement: a business day of one operator is closed in one transaction, then summed and kept in another.

-- name: operators
-- platform_fee_bps: the share of stays that end today.
select id, code, name_zh, name_en, fee_bps(id, (now() at time zone time_zone)::date) as platform_fee_bps, time_zone
  from operator order by id

-- name: rates
select valid_from, platform_fee_bps
  from (select null::date as valid_from, platform_fee_bps from operator where id = $1
        union all
        select valid_from, platform_fee_bps from operator_fee where operator_id = $1) r
 order by valid_from nulls first

-- name: put_rate
insert into operator_fee (operator_id, valid_from, platform_fee_bps) values ($1, $2, $3)
on conflict (operator_id, valid_from) do update set platform_fee_bps = excluded.platform_fee_bps

-- name: database_now
select now()

-- name: open_run
insert into settlement_run (business_date, stage, started_at) values ($1, 'started', $2) on conflict do nothing

-- name: finish_run
update settlement_run set stage = 'done', finished_at = $2 where business_date = $1 and stage = 'started'

-- name: lock_settler
-- Two who settle the same operator take turns. Postings lock another row (operator_day), so this one may be held while a
-- day is summed.
select 1 from operator where id = $1 for no key update

-- name: closed_through
select closed_through from operator_day where operator_id = $1

-- name: days_to_settle
-- Days without a statement, from the first with one or with movement on: there is none that a later reader would miss.
select day::date
  from generate_series(
         coalesce(least((select min(business_date) from settlement where operator_id = $1),
                        (select min(business_date) from journal where operator_id = $1)), $2::date),
         $2::date, interval '1 day') day
 where not exists (select 1 from settlement s where s.operator_id = $1 and s.business_date = day::date)
 order by day

-- name: carry_into
-- What the last statement before a day hands on.
select fee_exact, least(carried_fen + net_fen - cash_fen, 0) as short_fen
  from settlement where operator_id = $1 and business_date < $2 order by business_date desc limit 1

-- name: movements
-- What moved for the operator on these days by day, lot and the day of the stays. They are closed and do not change.
select business_date, lot_id, traded_on,
       (count(*) filter (where kind = 'stay_billed'))::int as charges,
       coalesce(sum(fen) filter (where statement = 'gross'), 0)::bigint as gross_fen,
       coalesce(sum(fen) filter (where statement = 'given_back'), 0)::bigint as refunds_fen,
       coalesce(sum(fen) filter (where statement = 'collected'), 0)::bigint as collected_fen,
       coalesce(sum(fen) filter (where statement = 'cash'), 0)::bigint as cash_fen
  from movement
 where operator_id = $1 and business_date between $2 and $3 and statement <> 'fee'
 group by business_date, lot_id, traded_on
 order by business_date, lot_id, traded_on

-- name: insert_settlement
insert into settlement (operator_id, business_date, id, charges, gross_fen, refunds_fen, platform_fee_bps, platform_fee_fen,
                        net_fen, settled_at, collected_fen, cash_fen, carried_fen, payout_fen, fee_exact)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: insert_lines
insert into settlement_line (operator_id, business_date, lot_id, charges, gross_fen, refunds_fen, collected_fen, cash_fen)
select $1, $2, lot_id, charges, gross_fen, refunds_fen, collected_fen, cash_fen
  from unnest($3::int[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
       as l (lot_id, charges, gross_fen, refunds_fen, collected_fen, cash_fen)

-- name: close_day
-- Alone: postings share the row of operator_day that this writes. So the transaction does nothing else: until it ends
-- nothing is booked for the operator and cars wait.
select close_day($1, $2)

-- name: settlements
-- Keyset pages by (business_date, operator_id), after $5 and $6; $3 and $4 limit to one operator before the page is cut.
select s.operator_id, o.code as operator_code, s.business_date, s.id, s.charges, s.gross_fen, s.refunds_fen,
       s.platform_fee_bps, s.platform_fee_fen, s.net_fen, s.settled_at, s.collected_fen, s.cash_fen, s.carried_fen, s.payout_fen
  from settlement s
  join operator o on o.id = s.operator_id
 where s.business_date between $1 and $2 and ($3::text is null or o.code = $3) and ($4::bigint is null or s.operator_id = $4)
   and ($5::date is null or (s.business_date, s.operator_id) > ($5, $6::bigint))
 order by s.business_date, s.operator_id
 limit $7

-- name: lines
select lot_id, charges, gross_fen, refunds_fen, collected_fen, cash_fen
  from settlement_line where operator_id = $1 and business_date = $2 order by lot_id
