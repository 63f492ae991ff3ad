-- What a person should look at is a case, and its table says so: parking_case, as `case` is a word of SQL. Only names
-- change, nothing is copied.

alter type review_reason rename to case_reason;
alter table review rename to parking_case;
alter index review_open rename to case_open;
alter index review_by_event rename to case_by_event;
alter index review_appeals rename to case_appeals;
update growing_table set name = 'parking_case' where name = 'review';
comment on table parking_case is 'Events and stays that a person should look at, appeals of drivers, and what was said of them.';

-- Its months, and what of each is named after it.
do $$
declare
  part record;
  named record;
begin
  for part in
    select c.oid::regclass as name, regexp_replace(c.relname, '^review', 'parking_case') as becomes
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'parking_case'::regclass
  loop
    execute format('alter table %s rename to %I', part.name, part.becomes);
  end loop;
  for named in
    select k.conrelid::regclass as place, k.conname as name, regexp_replace(k.conname, '^review', 'parking_case') as becomes
      from pg_constraint k
     where k.conname ~ '^review' and k.coninhcount = 0
       and (k.conrelid = 'parking_case'::regclass
            or k.conrelid in (select inhrelid from pg_inherits where inhparent = 'parking_case'::regclass))
     order by k.conrelid
  loop
    execute format('alter table %s rename constraint %I to %I', named.place, named.name, named.becomes);
  end loop;
  for named in
    select c.oid::regclass as name, regexp_replace(c.relname, '^review', 'parking_case') as becomes
      from pg_index x join pg_class c on c.oid = x.indexrelid
     where c.relname ~ '^review' and x.indrelid in (select inhrelid from pg_inherits where inhparent = 'parking_case'::regclass)
  loop
    execute format('alter index %s rename to %I', named.name, named.becomes);
  end loop;
end $$;
