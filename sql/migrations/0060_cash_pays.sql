-- Cash at the booth pays what is owed, is set off against what its operator is paid out, and is handed over in shifts.

insert into book values ('cash', 'asset', 'append', false, '现金', 'taken in cash by an operator, which has it');
insert into transfer_rule values
  ('charge_paid',       'cash',           'operator', 'receivable',        'driver'),
  ('charge_paid',       'cash',           'operator', 'casual_receivable', 'casual'),
  ('overpaid',          'cash',           'operator', 'suspense',          'driver'),
  ('overpaid',          'cash',           'operator', 'suspense',          'casual'),
  ('suspense_returned', 'suspense',       'driver',   'cash',              'operator'),
  ('suspense_returned', 'suspense',       'casual',   'cash',              'operator'),
  ('refund_paid',       'refund_payable', 'operator', 'cash',              'operator');

alter table settlement add column cash_fen bigint not null default 0;
alter table settlement_line add column cash_fen bigint not null default 0;
alter table settlement drop constraint paid_out_or_carried;
alter table settlement add constraint paid_out_or_carried check (payout_fen = greatest(carried_fen + net_fen - cash_fen, 0));
comment on column settlement.cash_fen is 'What the operator took in cash itself on this day, less what it gave back so: it has that money, and so much less is paid out.';
comment on column settlement_line.cash_fen is 'The part of it that one lot took.';

-- Cash moves by whatever kind of journal, and is of the day on which it moved.
create or replace view movement as
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
            where (r.statement = 'given_back' or r.about = 'adjustment')
              and b.owner_id = j.owner_id and b.id between id_first(j.id) and id_last(j.id) and b.kind = 'stay_billed'
              and b.ref = case r.about
                            when 'charge' then j.ref
                            when 'adjustment' then (select d.charge_id from charge_adjustment d
                                                     where d.lot_id = j.lot_id and d.id = j.ref
                                                       and d.charge_id between id_first(j.id) and id_last(j.id))
                            when 'refund' then (select d.payable_id from refund d
                                                 where d.shard = j.lot_id and d.id = j.ref
                                                   and d.payable_id between id_first(j.id) and id_last(j.id))
                            else (select v.ref from journal v where v.owner_id = j.owner_id and v.id = j.reverses) end
            limit 1) billed on true
   where j.operator_id is not null
  union all
  select j.operator_id, j.business_date, coalesce(j.lot_id, 0), 'cash', j.kind, coalesce(j.occurred_on, j.business_date),
         case when t.debit_book = 'cash' then t.amount_fen else -t.amount_fen end
    from journal j
    join transfer t on t.owner_id = j.owner_id and t.journal_id = j.id
   where j.operator_id is not null and (t.debit_book = 'cash' or t.credit_book = 'cash');

create table booth_shift (
  lot_id              int not null,
  id                  uuid not null,
  name                text not null,
  opened_at           timestamptz not null,
  handed_over_at      timestamptz,
  handed_over_by      text,
  counted_fen         bigint check (counted_fen >= 0),
  taken_fen           bigint check (taken_fen >= 0),
  cash_count          int,
  waiting_count       int,
  lifts               int,
  lifts_without_money int,
  digest              text,
  primary key (lot_id, id),
  constraint handed_over_whole check (
    num_nulls(handed_over_at, handed_over_by, counted_fen, taken_fen, cash_count, waiting_count, lifts,
              lifts_without_money, digest) in (0, 9))
) partition by range (id);
create index booth_shift_by_name on booth_shift (lot_id, name, id);
select grow('booth_shift', 13);
comment on table booth_shift is 'A turn of a person at a booth (班次): opened by whoever asks or by the first cash, handed over with what was counted, and then it takes no more.';
comment on column booth_shift.name is 'The shift, or else the person, as the booth says with its cash.';
comment on column booth_shift.taken_fen is 'What the booth said it took, as it was when the shift was handed over.';
comment on column booth_shift.waiting_count is 'How many of its cash facts were before a person then, for nothing was known that they pay.';
comment on column booth_shift.digest is 'SHA-256 over the cash and the lifts that were handed over, as parking/shifts.py writes them down.';
grant select, insert on booth_shift to onelot_service;
grant update (handed_over_at, handed_over_by, counted_fen, taken_fen, cash_count, waiting_count, lifts, lifts_without_money,
              digest) on booth_shift to onelot_service;

create table cash_taken (
  lot_id      int not null,
  id          uuid not null,
  gateway_id  int not null,
  shift_id    uuid not null,
  is_late     boolean not null,
  amount_fen  bigint not null check (amount_fen > 0),
  at          timestamptz not null,
  person      text,
  of_event_id text,
  plate       text,
  charge_id   uuid,
  booked_at   timestamptz,
  primary key (lot_id, id),
  constraint booked_for_a_charge check ((charge_id is null) = (booked_at is null))
) partition by range (id);
create index cash_waiting on cash_taken (lot_id, id) where charge_id is null;
create index cash_of_shift on cash_taken (lot_id, shift_id, id);
select grow('cash_taken', 13);
comment on table cash_taken is 'Cash that a booth said it took, by the number of that fact: booked for a charge, or waiting for one and before a person.';
comment on column cash_taken.is_late is 'It was taken in a shift that was handed over before it was told, and so stands in the next one.';
grant select, insert on cash_taken to onelot_service;
grant update (charge_id, booked_at) on cash_taken to onelot_service;

select create_month_partition(t.name, month)
  from (values ('booth_shift'), ('cash_taken')) t (name),
       (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'gate_event'::regclass) made;
