-- The history of the schema itself. Run by sql/migrate.py as the owner of the schema.

-- name: schema
-- Where everything is made: the first schema of the search_path that exists, or null.
select current_schema()

-- name: one_at_a_time
-- Two processes that start together migrate one after the other; the second then finds nothing to do.
select pg_advisory_lock(7411, 1)

-- name: next_please
select pg_advisory_unlock(7411, 1)

-- name: open_history
create table if not exists schema_migration (
  number     int primary key check (number > 0),
  name       text not null,
  sha256     text not null,
  applied_at timestamptz not null
)

-- name: describe_history
comment on table schema_migration is 'Which files of sql/migrations this database has had, with the sha256 of each as it was applied.'

-- name: show_history
grant select on schema_migration to onelot_service

-- name: applied
select number, name, sha256 from schema_migration order by number

-- name: be_patient
-- A migration that cannot get its lock gives up instead of queueing everybody behind it.
set local lock_timeout = '5s'

-- name: look_at_bodies_later
-- Early files wrote `public` into their functions, where another schema's names would be missing. They are pinned to the
-- right one before anything calls them.
set local check_function_bodies = off

-- name: name_one_schema
-- Within a migration names mean this schema and no other, temporary ones last; so does `set search_path from current`.
select set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)

-- name: pin_functions
-- A function that says where it looks names up looks in the schema it was made in, whatever its file wrote.
do $$
declare
  here text := format('%I, pg_temp', current_schema());
  elsewhere record;
begin
  for elsewhere in
    select p.oid::regprocedure as name
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where n.nspname = current_schema()
       and exists (select 1 from unnest(p.proconfig) setting
                    where starts_with(setting, 'search_path=') and setting <> 'search_path=' || here)
  loop
    execute format('alter function %s set search_path = %s', elsewhere.name, here);
  end loop;
end $$

-- name: remember
insert into schema_migration (number, name, sha256, applied_at) values ($1, $2, $3, $4)

-- name: create_partitions
select create_partitions($1)

-- name: build_alone
-- False: another process builds the indexes of this schema now. It is not waited for: who builds waits for all who were there before, and so
-- for whoever would wait here.
select pg_try_advisory_lock(7412, hashtext(current_schema()))

-- name: build_no_more
select pg_advisory_unlock(7412, hashtext(current_schema()))

-- name: unfinished_indexes
-- The parts that an index lacks which was made on its table alone (create index … on only …): how each is dropped if it
-- was left half built, built beside those who write, and put into its index.
select format('drop index concurrently if exists %I', part.index_name) as drop_half,
       regexp_replace(pg_get_indexdef(part.whole), '^CREATE (UNIQUE )?INDEX \S+ ON ONLY \S+',
                      format('CREATE \1INDEX CONCURRENTLY %I ON %I', part.index_name, part.table_name)) as build,
       format('alter index %s attach partition %I', part.whole::regclass, part.index_name) as attach
  from (select i.indexrelid as whole, p.relname as table_name, w.relname || substr(p.relname, length(t.relname) + 1) as index_name
          from pg_index i
          join pg_class w on w.oid = i.indexrelid
          join pg_class t on t.oid = i.indrelid and t.relkind = 'p' and t.relnamespace = to_regnamespace(quote_ident(current_schema()))
          join pg_inherits h on h.inhparent = t.oid
          join pg_class p on p.oid = h.inhrelid
         where not i.indisvalid
           and not exists (select 1 from pg_inherits c join pg_index x on x.indexrelid = c.inhrelid
                            where c.inhparent = i.indexrelid and x.indrelid = p.oid)) part
 order by part.table_name, part.index_name
