-- Who is inside asks for what leaving now costs and pays it before going to the exit. Each time it was asked is a fact.

create table prepayment (
  lot_id   int not null,
  stay_id  uuid not null,
  n        int not null check (n > 0),
  asked_at timestamptz not null,
  pay_by   timestamptz not null,
  fee_fen  bigint not null check (fee_fen > 0),
  ended_at timestamptz,
  primary key (lot_id, stay_id, n),
  constraint asked_before_it_lapses check (pay_by > asked_at)
) partition by range (stay_id);
create index prepayment_waiting on prepayment (pay_by) where ended_at is null;
select grow('prepayment', 37);
select create_month_partition('prepayment', month)
  from (select distinct to_date(right(c.relname, 7), 'YYYY_MM') as month
          from pg_inherits i join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
         where i.inhparent = 'stay'::regclass) made;
comment on table prepayment is 'What vehicles that were inside were quoted: until then their stays are billed if that was paid and they left in time.';
comment on column prepayment.n is 'Its number in its stay, from 1. The last one that was not ended is what the charge of the stay is over.';
comment on column prepayment.fee_fen is 'What the whole stay cost then.';
comment on column prepayment.ended_at is 'When it was replaced by another one, lapsed, or was no longer waited for since its vehicle had left.';
grant select, insert, update (ended_at) on prepayment to onelot_service;
