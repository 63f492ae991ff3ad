-- Stays of a month, each a few hours long and paid a minute after it ends, most through a channel. Every eighth pays in cash, every
-- twentieth owes. Numbers are of the form of ours (payments/ids.py): the instant, the shard, and a count.
create function pg_temp.number(_at timestamptz, _shard bigint, _kind int, _n bigint) returns uuid immutable language sql as $$
  select (lpad(to_hex((extract(epoch from _at) * 1000)::bigint), 12, '0') || '8' || lpad(to_hex(_kind), 3, '0')
          || lpad(to_hex(2147483648::bigint + _shard), 8, '0') || lpad(to_hex(_n), 8, '0'))::uuid
$$;

set session_replication_role = replica;

create temp table month as
select n, l.id as lot_id, l.operator_id, at as left_at, at - (interval '20 minutes' + n % 300 * interval '1 minute') as entered_at,
       500 + n % 40 * 100 as fen, (at at time zone l.time_zone)::date as day, n % 20 <> 0 as paid, n % 8 = 0 as cash
  from (select n, $1::timestamptz + ($2::timestamptz - $1::timestamptz) * (n::float8 / $3) as at
          from generate_series(1, $3::bigint) n) s
  join (select id, operator_id, time_zone, row_number() over (order by id) - 1 as k, count(*) over () as lots from lot) l
    on l.k = s.n % l.lots;

insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen, believed_from)
select lot_id, pg_temp.number(entered_at, lot_id, 1, n), '鲁A' || lpad(to_hex(n % 1048576), 5, '0'), 'blue', 'small', 'closed',
       entered_at, left_at, fen, left_at
  from month;

insert into charge (lot_id, id, stay_id, operator_id, amount_fen, first_fen, state, method, lines, created_at, paid_at, reference,
                    paid_fen, owed_fen, accepted_fen)
select lot_id, pg_temp.number(entered_at, lot_id, 2, n), pg_temp.number(entered_at, lot_id, 1, n), operator_id, fen, fen,
       case when paid then 'paid' else 'due' end::charge_state, case when not paid then null when cash then 'cash' else 'local' end,
       '[]', left_at, case when paid then left_at + interval '1 minute' end, gen_random_uuid(),
       case when paid then fen else 0 end, case when paid then 0 else fen end, case when paid then fen else 0 end
  from month;

insert into journal (owner_id, id, kind, ref, lot_id, operator_id, business_date, recorded_at, fingerprint, txid, occurred_on)
select operator_id, pg_temp.number(entered_at, operator_id, k.kind, n), k.name::journal_kind,
       pg_temp.number(entered_at, lot_id, 2, n), lot_id, operator_id, day, left_at, '', pg_current_xact_id(), day
  from month cross join (values (3, 'stay_billed'), (4, 'charge_paid')) k (kind, name)
 where k.kind = 3 or paid;

insert into transfer (owner_id, journal_id, leg, debit_owner, debit_book, credit_owner, credit_book, amount_fen, txid)
select operator_id, pg_temp.number(entered_at, operator_id, k.kind, n), 1,
       case when k.kind = 3 or cash then operator_id else 2 end,
       case when k.kind = 3 then 'casual_receivable' when cash then 'cash' else 'clearing' end::ledger_book, operator_id,
       case when k.kind = 3 then 'payable' else 'casual_receivable' end::ledger_book, fen, pg_current_xact_id()
  from month cross join (values (3), (4)) k (kind)
 where k.kind = 3 or paid;

drop table month;

reset session_replication_role
