-- The months of one table that grows, so that each table's are made in a transaction of their own: one transaction for
-- all kept the default partitions of those before while it waited for the next, and met whoever asks two tables in the
-- other order.

create function create_partitions_of(_table text, _now timestamptz) returns int
  language plpgsql security definer set search_path from current set lock_timeout to '2s' as $$
declare
  month date;
  failed int := 0;
begin
  if _now is null or abs(extract(epoch from _now - now())) > 10 * 366 * 86400.0 then
    raise exception 'no months are made for %, which is more than ten years from now', _now using errcode = '22008';
  end if;
  perform 1 from growing_table where name = _table;
  if not found then
    raise exception '% is no table that grows', _table using errcode = '42P01';
  end if;
  for month in
    select generate_series(date_trunc('month', _now at time zone 'UTC') - interval '2 months',
                           date_trunc('month', _now at time zone 'UTC') + interval '3 months', '1 month')::date
  loop
    begin
      perform create_month_partition(_table, month);
    exception
      when lock_not_available then
        raise warning '% is busy: no partitions were made for it', _table;
        return failed + 1;   -- Its other months would wait as long.
      when others then
        failed := failed + 1;
        raise warning 'no partition of % for %: %', _table, month, sqlerrm;
    end;
  end loop;
  return failed;
end $$;
comment on function create_partitions_of is 'Makes the months of a table around an instant that are missing; how many could not be made.';
revoke execute on function create_partitions_of from public;
grant execute on function create_partitions_of to onelot_service;

-- As the version before calls it.
create or replace function create_partitions(_now timestamptz) returns int
  language plpgsql security definer set search_path from current as $$
declare
  grown record;
  failed int := 0;
begin
  for grown in select name from growing_table order by name loop
    failed := failed + create_partitions_of(grown.name, _now);
  end loop;
  return failed;
end $$;
