-- Settlement: a business day of one operator is closed in one transaction, then summed and kept in another.

-- name: operators
select id, code, name_zh, name_en, platform_fee_bps, time_zone from operator order by id

-- name: make_room
-- A day long past may lie before the months that are kept open for writing.
select create_partitions($1::date::timestamptz)

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

-- name: settled_through
select max(business_date) from settlement where operator_id = $1

-- name: unsettled
-- What moved in the operator's book by day and lot, on days that are closed and so do not change any more. Every debit
-- but the platform's fee and every credit but a billing counts as given back, so that a settlement is always the whole
-- movement of its day.
select j.business_date, coalesce(j.lot_id, 0) as lot_id,
       (count(*) filter (where j.kind = 'stay_billed'))::int as charges,
       coalesce(sum(t.amount_fen) filter (where j.kind = 'stay_billed'), 0)::bigint as gross_fen,
       coalesce(sum(case when t.debit_owner = $1 and t.debit_book = 'payable' then t.amount_fen else -t.amount_fen end)
                filter (where j.kind <> 'stay_billed'), 0)::bigint as refunds_fen
  from journal j
  join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
 where j.operator_id = $1
   and j.business_date > coalesce($3::date, '-infinity')
   and j.business_date <= $2
   and j.kind <> 'platform_fee'
   and ((t.debit_owner = $1 and t.debit_book = 'payable') or (t.credit_owner = $1 and t.credit_book = 'payable'))
 group by 1, 2
 order by 1, 2

-- name: insert_settlement
insert into settlement (operator_id, business_date, id, charges, gross_fen, refunds_fen, platform_fee_bps, platform_fee_fen,
                        net_fen, settled_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: insert_lines
insert into settlement_line (operator_id, business_date, lot_id, charges, gross_fen, refunds_fen)
select $1, $2, lot_id, charges, gross_fen, refunds_fen
  from unnest($3::int[], $4::int[], $5::bigint[], $6::bigint[]) as l (lot_id, charges, gross_fen, refunds_fen)

-- name: close_day
-- Alone: postings share the row of operator_day that this writes. So the transaction does nothing else: until it ends
-- nothing is booked for the operator and cars wait.
select close_day($1, $2)

-- name: settlements
select s.operator_id, o.code as operator_code, s.business_date, s.id, s.charges, s.gross_fen, s.refunds_fen,
       s.platform_fee_bps, s.platform_fee_fen, s.net_fen, s.settled_at
  from settlement s
  join operator o on o.id = s.operator_id
 where s.business_date between $1 and $2 and ($3::text is null or o.code = $3)
 order by s.business_date, s.operator_id
 limit $4

-- name: lines
select lot_id, charges, gross_fen, refunds_fen
  from settlement_line where operator_id = $1 and business_date = $2 order by lot_id
