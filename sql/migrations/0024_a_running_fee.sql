-- The platform's fee follows what an operator keeps, on whichever day money is taken or given back: it is the difference
-- of what is due of everything so far and what was due before. Rates have a day from which on they hold. A statement says
-- what was collected beside what was billed, and what is paid out once earlier shortfalls are made good.

create table operator_fee (
  operator_id      bigint not null references operator,
  valid_from       date not null,
  platform_fee_bps int not null check (platform_fee_bps between 0 and 10000),
  primary key (operator_id, valid_from)
);
comment on table operator_fee is 'The platform''s share of what an operator keeps, in ten-thousandths, of stays that end on this day or later. Before the first it is that of operator.';
comment on column operator.platform_fee_bps is 'The platform''s share from the beginning on, in ten-thousandths; it never changes. Later shares stand in operator_fee.';
grant select, insert on operator_fee to onelot_service;
revoke update on operator from onelot_service;
grant update (name_zh, name_en) on operator to onelot_service;

-- Raises only, so it holds wherever the row lies.
create function deny_rate() returns trigger language plpgsql set search_path from current as $$
begin
  raise exception 'a share that was agreed stays as it is; add a later one to operator_fee' using errcode = '23514';
end $$;
create trigger rate_stays before update of platform_fee_bps on operator for each row
  when (old.platform_fee_bps is distinct from new.platform_fee_bps) execute function deny_rate();
create trigger rate_stays before update or delete on operator_fee for each row execute function deny_rate();
alter table operator enable always trigger rate_stays;
alter table operator_fee enable always trigger rate_stays;

create function fee_bps(_operator bigint, _day date) returns int
  language plpgsql stable set search_path from current as $$
begin
  return coalesce((select f.platform_fee_bps from operator_fee f
                    where f.operator_id = _operator and f.valid_from <= _day order by f.valid_from desc limit 1),
                  (select o.platform_fee_bps from operator o where o.id = _operator));
end $$;

-- Whole fen of an amount in ten-thousandths of a fen, half to even.
create function fen_of(_exact bigint) returns bigint
  language sql immutable strict parallel safe
  return (_exact - ((_exact % 10000) + 10000) % 10000) / 10000
       + case when ((_exact % 10000) + 10000) % 10000 > 5000 then 1
              when ((_exact % 10000) + 10000) % 10000 = 5000
              then abs((_exact - ((_exact % 10000) + 10000) % 10000) / 10000 % 2) else 0 end;

-- What was booked for an operator: in which column of its statement, of which lot (0: none), and from which stay's day the
-- money is, since the share of that day is kept of it and given back with it.
create view movement as
  select j.operator_id, j.business_date, coalesce(j.lot_id, 0) as lot_id, r.statement, j.kind,
         coalesce(billed.day, j.occurred_on, j.business_date) as traded_on,
         case when r.statement in ('given_back', 'fee') and t.credit_book = 'payable' then -t.amount_fen
              when r.statement in ('given_back', 'fee') and t.debit_book <> 'payable' then 0
              else t.amount_fen end as fen
    from journal j
    join journal_rule r on r.kind = j.kind and r.statement is not null
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
    left join lateral (
           select coalesce(b.occurred_on, b.business_date) as day
             from journal b
            where r.statement = 'given_back'
              and b.owner_id = j.owner_id and b.id between id_first(j.id) and id_last(j.id) and b.kind = 'stay_billed'
              and b.ref = case r.about
                            when 'charge' then j.ref
                            when 'refund' then (select d.payable_id from refund d
                                                 where d.shard = j.lot_id and d.id = j.ref
                                                   and d.payable_id between id_first(j.id) and id_last(j.id))
                            else (select v.ref from journal v where v.owner_id = j.owner_id and v.id = j.reverses) end
            limit 1) billed on true
   where j.operator_id is not null;
comment on view movement is 'What was booked for an operator, by the column of its statement: gross and collected as they came, given_back and fee as what they take from it. traded_on: the day of the stay the money is from.';
grant select on movement to onelot_service;

alter table settlement
  add column collected_fen bigint not null default 0,
  add column fee_exact bigint not null default 0,
  add column fee_by text not null default 'day' check (fee_by in ('day', 'running')),
  add column carried_fen bigint not null default 0 check (carried_fen <= 0),
  add column payout_fen bigint not null default 0 check (payout_fen >= 0),
  drop constraint fee_not_negative;
comment on column settlement.platform_fee_fen is 'What is kept of this day, or (negative) given back: fee_exact in whole fen, half to even, less the same of the day before.';
comment on column settlement.platform_fee_bps is 'The share that holds for stays of this day.';
comment on column settlement.collected_fen is 'What was collected on this day of charges of whatever day.';
comment on column settlement.fee_exact is 'The fee on all that the operator kept through this day, in ten-thousandths of a fen.';
comment on column settlement.fee_by is 'running: as fee_exact says. day: made before, half up of what was left of that day alone; such days enter fee_exact as they were.';
comment on column settlement.carried_fen is 'What earlier statements left short, 0 or less.';
comment on column settlement.payout_fen is 'What is to be paid out for this day: net and carried, if that is more than nothing; else the next statement carries it.';

alter table settlement_line add column collected_fen bigint not null default 0;

-- Statements made so far: their fees stand; shortfalls run from the first.
update settlement s
   set fee_exact = x.fee_exact, carried_fen = x.before_fen - x.peak_before_fen, payout_fen = x.peak_fen - x.peak_before_fen
  from (select operator_id, business_date, fee_exact, sum_fen - net_fen as before_fen,
               greatest(0, max(sum_fen) over through) as peak_fen,
               greatest(0, coalesce(max(sum_fen) over before, 0)) as peak_before_fen
          from (select operator_id, business_date, net_fen,
                       10000 * sum(platform_fee_fen) over days as fee_exact, sum(net_fen) over days as sum_fen
                  from settlement
                window days as (partition by operator_id order by business_date)) sums
        window through as (partition by operator_id order by business_date),
               before as (partition by operator_id order by business_date rows between unbounded preceding and 1 preceding)) x
 where s.operator_id = x.operator_id and s.business_date = x.business_date;
update settlement s set collected_fen = m.fen
  from (select operator_id, business_date, sum(fen) as fen from movement where statement = 'collected' group by 1, 2) m
 where s.operator_id = m.operator_id and s.business_date = m.business_date;
insert into settlement_line (operator_id, business_date, lot_id, charges, gross_fen, refunds_fen, collected_fen)
select m.operator_id, m.business_date, m.lot_id, 0, 0, 0, sum(m.fen)
  from movement m join settlement s on s.operator_id = m.operator_id and s.business_date = m.business_date
 where m.statement = 'collected' group by 1, 2, 3
on conflict (operator_id, business_date, lot_id) do update set collected_fen = excluded.collected_fen;

alter table settlement alter column fee_by set default 'running';
alter table settlement add constraint paid_out_or_carried check (payout_fen = greatest(carried_fen + net_fen, 0));
