-- What every later file stands on: the owners' sequence, the role the service runs as,
-- and the monthly partitions of every table that grows.

-- Drivers, operators, channels and the platform draw their numbers from one sequence,
-- so an owner in the ledger is one bigint whatever it is. 1 is the platform, 2–99 are channels.
create sequence owner_id start 1001;

do $$ begin
  create role onelot_service nologin;
exception when duplicate_object or unique_violation then null;  -- roles belong to the cluster, not to this database
end $$;

do $$ begin
  execute format('grant onelot_service to %I', current_user);
exception when others then
  if sqlstate not in ('0LP01', '42501') then raise; end if;   -- already a member, or a superuser needs no grant
end $$;

grant usage on schema public to onelot_service;
grant usage on sequence owner_id to onelot_service;

-- The lowest identifier of an instant. Identifiers are UUIDv8: 48 bits of Unix milliseconds, then the
-- shard and chance (payments/ids.py), so a range of identifiers is a range of time.
create function id_floor(_at timestamptz) returns uuid
  language sql immutable strict parallel safe
  return (lpad(to_hex((extract(epoch from _at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- The instant an identifier was drawn at.
create function id_instant(_id uuid) returns timestamptz
  language sql immutable strict parallel safe
  return to_timestamp(('x' || left(replace(_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);

-- Tables that grow, and for how many months a row is kept (null: for ever). What others refer to is kept at least as
-- long as they are: events, then reviews, then stays; charges and all other money as long as the books.
create table growing_table (
  name        text primary key,
  keep_months int check (keep_months > 0),
  kept_from   uuid not null default '00000000-0000-0000-0000-000000000000'
);
comment on table growing_table is 'Tables partitioned by month of their identifier; retention drops whole partitions (drop_expired).';
comment on column growing_table.kept_from is 'The lowest identifier that is surely still there: what came before it may have been dropped.';

-- Statement triggers are not handed down to partitions, and a partition can be addressed by its own name: it gets
-- copies of them. They fire only then, so what goes through the table itself pays nothing for them.
create function guard_partition(_table text, _partition text) returns void language plpgsql as $$
declare
  guard record;
begin
  for guard in
    select pg_get_triggerdef(oid) as text from pg_trigger
     where tgrelid = to_regclass(_table) and not tgisinternal and tgtype & 1 = 0
  loop
    execute regexp_replace(guard.text, ' ON \S+ ', format(' ON %I ', _partition));
  end loop;
end $$;

-- Months are cut at UTC so that every machine draws the same line. The partition is made beside its table and then
-- attached, which lets everybody go on reading and writing the table meanwhile.
create function create_month_partition(_table text, _month date) returns void language plpgsql as $$
declare
  name text := format('%s_%s', _table, to_char(_month, 'YYYY_MM'));
  starts uuid := id_floor(_month::timestamp at time zone 'UTC');
  ends uuid := id_floor((_month + interval '1 month')::timestamp at time zone 'UTC');
begin
  if to_regclass(name) is not null then return; end if;
  execute format('create table %I (like %I including defaults including constraints including generated)', name, _table);
  perform guard_partition(_table, name);
  execute format('alter table %I attach partition %I for values from (%L) to (%L)', _table, name, starts, ends);
end $$;

-- Called by the migration run and by the worker: two months back, three ahead. The service may call it although it
-- may not create tables otherwise. Returns how many partitions could not be made: a row in the default partition that
-- belongs into a month, or a table that is busy, keeps that one from being made and not the others.
create function create_partitions(_now timestamptz) returns int
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
declare
  grown record;
  month date;
  failed int := 0;
begin
  if _now is null or abs(extract(epoch from _now - now())) > 10 * 366 * 86400.0 then
    raise exception 'no months are made for %, which is more than ten years from now', _now using errcode = '22008';
  end if;
  for grown in select name from growing_table order by name loop
    for month in
      select generate_series(date_trunc('month', _now at time zone 'UTC') - interval '2 months',
                             date_trunc('month', _now at time zone 'UTC') + interval '3 months', '1 month')::date
    loop
      begin
        perform create_month_partition(grown.name, month);
      exception
        when lock_not_available then
          failed := failed + 1;
          raise warning '% is busy: no partitions were made for it', grown.name;
          exit;   -- Its other months would wait as long.
        when others then
          failed := failed + 1;
          raise warning 'no partition of % for %: %', grown.name, month, sqlerrm;
      end;
    end loop;
  end loop;
  return failed;
end $$;

-- Called by the worker: drops every month of a table that is wholly older than what it keeps, and says which those were.
-- A clock that runs ahead must not cost anything, so the server's own time is the latest that counts. The month in which
-- a vehicle came that is still inside is kept: its stay is written there when it leaves.
-- Dropping locks the whole table for a moment, so one table a transaction: who holds one lock waits for no other. Who
-- cannot have it soon gives up, and the next round tries again.
create function drop_expired(_table text, _now timestamptz) returns setof text
  language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '2s' as $$
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
    if _table = 'stay' and exists (select from open_stay where id >= part.first_id and id < part.next_id) then
      continue;
    end if;
    execute format('drop table %I', part.name);
    return next part.name;
  end loop;
end $$;

-- A partition that was empty a minute ago has no statistics, and plans made without them are bad ones until the
-- server's own analysis comes round. The worker calls this often; it does nothing where the figures still fit.
create function analyze_grown() returns int
  language plpgsql security definer set search_path = public, pg_temp as $$
declare
  part record;
  done int := 0;
begin
  for part in
    select c.oid::regclass as name
      from growing_table g
      join pg_inherits i on i.inhparent = to_regclass(g.name)
      join pg_class c on c.oid = i.inhrelid
      join pg_stat_user_tables s on s.relid = c.oid
     where s.n_live_tup > 500 and s.n_live_tup > 4 * greatest(c.reltuples, 0)
  loop
    execute format('analyze %s', part.name);
    done := done + 1;
  end loop;
  return done;
end $$;

revoke execute on function guard_partition, create_month_partition, create_partitions, drop_expired, analyze_grown from public;
grant execute on function create_partitions, drop_expired, analyze_grown to onelot_service;

-- A table that grows gets a default partition too: a fact is never refused because a month is missing.
create function grow(_table text, _keep_months int default null) returns void language plpgsql as $$
begin
  insert into growing_table (name, keep_months) values (_table, _keep_months);
  execute format('create table %I partition of %I default', _table || '_default', _table);
  -- An invariant watches that nothing stays there.
  execute format('grant select on %I to onelot_service', _table || '_default');
end $$;
