-- Locks are rows, so that they hold wherever the sessions are. Which are taken, and in which order, says the head of
-- sql/parking/events.sql.

create table job (
  name         text primary key,
  holder       text not null,
  leased_until timestamptz not null
);
comment on table job is 'Who does a job of the worker now, and until when nobody else does it. Leases run by the clock of the database.';
grant select, insert, update on job to onelot_service;

create table plate_slot (
  slot int primary key
);
comment on table plate_slot is 'Vehicles by a hash of their plates: whoever draws on what one has left in several lots locks its slot. Nothing is written here.';
insert into plate_slot select generate_series(0, 16383);
-- A row is locked by who might change it.
grant select, update on plate_slot to onelot_service;

grant update (version) on catalog_version to onelot_service;
