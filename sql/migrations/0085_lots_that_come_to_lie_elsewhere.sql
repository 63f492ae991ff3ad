-- In which lot a lot lies, and along which road, from an instant on.

create table lot_surroundings (
  lot_id          int not null references lot,
  valid_from      timestamptz not null,
  inside_of       int references lot,
  inner_clock     inner_clock not null,
  road            text,
  road_within_min int,
  primary key (lot_id, valid_from),
  constraint not_inside_itself check (inside_of <> lot_id),
  constraint road_is_whole check ((road is null) = (road_within_min is null)),
  constraint road_within_limits check (road_within_min between 1 and 120),
  constraint stops_a_clock_around check (inner_clock = 'runs' or inside_of is not null)
);
comment on table lot_surroundings is 'In which lot a lot lies, what the clock there does, and along which road, from an instant on; until the first as lot says it.';
comment on column lot.inside_of is 'The lot that it lay in from the beginning: whoever is here is there as well. Later ones stand in lot_surroundings.';
grant select, insert, update (inside_of, inner_clock, road, road_within_min) on lot_surroundings to onelot_service;
