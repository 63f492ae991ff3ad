-- For how many months before and after an instant a table that grows has partitions, as its owner wants it: who brings
-- stays of two years ago has their months made, and they do not lie in the default partition.

alter table growing_table
  add months_before smallint not null default 2 check (months_before between 0 and 120),
  add months_ahead smallint not null default 3 check (months_ahead between 1 and 24);
comment on column growing_table.months_before is 'So many months before the present one have a partition (create_partitions_of).';
comment on column growing_table.months_ahead is 'So many months after the present one have a partition, so that none is missing when it begins.';

create or replace function create_partitions_of(_table text, _now timestamptz) returns int
  language plpgsql security definer set search_path from current set lock_timeout to '2s' as $$
declare
  grown record;
  month date;
  failed int := 0;
begin
  if _now is null or abs(extract(epoch from _now - now())) > 10 * 366 * 86400.0 then
    raise exception 'no months are made for %, which is more than ten years from now', _now using errcode = '22008';
  end if;
  select months_before, months_ahead into grown from growing_table where name = _table;
  if not found then
    raise exception '% is no table that grows', _table using errcode = '42P01';
  end if;
  for month in
    select generate_series(date_trunc('month', _now at time zone 'UTC') - make_interval(months => grown.months_before),
                           date_trunc('month', _now at time zone 'UTC') + make_interval(months => grown.months_ahead),
                           '1 month')::date
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
