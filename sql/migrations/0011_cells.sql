-- Several cities may live in one database, each in a schema of its own that knows of no other.

-- Functions look names up where they were made; `migrate` runs a file with that schema alone in its search_path.
alter function guard_partition(text, text) set search_path from current;
alter function create_month_partition(text, date) set search_path from current;
alter function grow(text, int) set search_path from current;
alter function deny() set search_path from current;
alter function same_transaction() set search_path from current;
alter function guard_published() set search_path from current;

-- As before, but with `select 1`: planners of databases of many nodes refuse a row of no columns.
create or replace function drop_expired(_table text, _now timestamptz) returns setof text
  language plpgsql security definer set search_path from current set lock_timeout = '2s' as $$
declare
  months int;
  kept uuid;
  part record;
begin
  select keep_months into months from growing_table where name = _table;
  if months is null then return; end if;
  kept := id_floor((date_trunc('month', least(_now, now()) at time zone 'UTC') - make_interval(months => months))
                   at time zone 'UTC');
  update growing_table set kept_from = kept where name = _table and kept_from < kept;
  for part in
    select c.relname as name, id_floor(month at time zone 'UTC') as first_id,
           id_floor((month + interval '1 month') at time zone 'UTC') as next_id
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid and c.relname ~ '_\d{4}_\d{2}$'
     cross join lateral cast(to_date(right(c.relname, 7), 'YYYY_MM') as timestamp) month
     where i.inhparent = to_regclass(_table)
     order by c.relname
  loop
    if part.next_id > kept then continue; end if;
    if _table = 'stay' and exists (select 1 from open_stay where id >= part.first_id and id < part.next_id) then
      continue;
    end if;
    execute format('drop table %I', part.name);
    return next part.name;
  end loop;
end $$;

do $$ begin
  execute format('grant usage on schema %I to onelot_service', current_schema());
end $$;

-- The test channel's books had a schema of one fixed name; now they lie beside our own, told apart by theirs.
create table channel_local_payment (
  number     text primary key,
  amount_fen bigint not null check (amount_fen > 0),
  payer      text not null,
  state      text not null check (state in ('accepted', 'succeeded', 'failed')),
  code       text,
  at         timestamptz not null
);
comment on table channel_local_payment is 'The local test channel''s own books, as an outside provider holds them: what it was asked to take.';
create table channel_local_refund (
  number         text primary key,
  payment_number text not null references channel_local_payment,
  amount_fen     bigint not null check (amount_fen > 0),
  at             timestamptz not null
);
comment on table channel_local_refund is 'The local test channel''s own books: what it gave back.';
insert into channel_local_payment select number, amount_fen, payer, state, code, at from channel_local.payment;
insert into channel_local_refund select number, payment_number, amount_fen, at from channel_local.refund;
drop table channel_local.refund, channel_local.payment;
drop schema channel_local;
grant select, insert on channel_local_payment, channel_local_refund to onelot_service;
grant update (state, code) on channel_local_payment to onelot_service;

-- Owners' numbers fit the field that identifiers keep for them (payments/ids.py), whoever draws them.
alter sequence owner_id maxvalue 1073741823;
alter table operator add constraint operator_id_fits_identifiers check (id > 0 and id < 1 << 30);
alter table account add constraint account_id_fits_identifiers check (id > 0 and id < 1 << 30);
