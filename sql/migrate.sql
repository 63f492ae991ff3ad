-- The history of the schema itself. Run by sql/migrate.py as the owner of the database.

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

-- name: remember
insert into schema_migration (number, name, sha256, applied_at) values ($1, $2, $3, $4)

-- name: create_partitions
select create_partitions($1)
