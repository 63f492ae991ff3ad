-- The time in a lot inside of others may not count there.

create type inner_clock as enum ('runs', 'stops');
alter table lot
  add column inner_clock inner_clock not null default 'runs',
  add constraint stops_a_clock_around check (inner_clock = 'runs' or inside_of is not null);
comment on column lot.inner_clock is 'Whether the lots that it lies in count the time of who is here as well (runs), or not.';
